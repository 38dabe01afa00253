"""What Django knows of its users."""

from datetime import datetime
from typing import Any

import attrs
from django.contrib.auth import get_user_model
from django.db.models import Manager
from django.utils import timezone

from mfa.application.ports.users import UserDirectory
from mfa.domain.identifiers import UserId
from mfa.domain.policies import Profile


@attrs.frozen
class DjangoUserDirectory(UserDirectory):
    """Looks users up in the project's user model, whatever its key and fields are."""

    def profile(self, user_id: UserId) -> Profile:
        """Read one user; what a custom model does not have is left empty."""
        user: Any = get_user_model()._default_manager.filter(pk=user_id).first()  # noqa: SLF001 - Django's name for it
        if user is None:
            return Profile()
        groups = getattr(user, "groups", None)
        return Profile(
            name=str(user.get_username()),
            email=str(getattr(user, user.get_email_field_name(), None) or ""),
            is_staff=bool(getattr(user, "is_staff", False)),
            groups=frozenset(groups.values_list("name", flat=True) if isinstance(groups, Manager) else ()),
            joined_at=_moment(getattr(user, "date_joined", None)),
        )


def _moment(joined: object) -> datetime | None:
    if not isinstance(joined, datetime):
        return None
    return timezone.make_aware(joined) if timezone.is_naive(joined) else joined
