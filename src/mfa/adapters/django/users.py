"""What Django knows of its users."""

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import router
from django.db.models import Model, QuerySet
from django.utils import timezone

from mfa.adapters.django import prepared
from mfa.adapters.django.database import translate_errors
from mfa.application.ports.users import UserDirectory
from mfa.domain.identifiers import UserId
from mfa.domain.policies import Profile


class DjangoUserDirectory(UserDirectory):
    """Looks users up in the project's user model, whatever its key and fields are.

    They are read where they are written, as accounts are: on a replica that lags, somebody who was dismissed would
    still log in, and nothing would be demanded yet of somebody who was promoted.
    """

    @translate_errors
    def profile(self, user_id: UserId) -> Profile:
        """Read one user; what a custom model does not have is left empty."""
        model = get_user_model()
        user: Any = prepared.one(router.db_for_write(model), model, user_id)
        if user is None:
            return Profile()
        return Profile(
            name=str(user.get_username()),
            email=str(getattr(user, user.get_email_field_name(), None) or ""),
            is_staff=bool(getattr(user, "is_staff", False)),
            is_superuser=bool(getattr(user, "is_superuser", False)),
            joined_at=_moment(getattr(user, "date_joined", None)),
            active=bool(getattr(user, "is_active", True)),
        )

    @translate_errors
    def groups(self, user_id: UserId) -> frozenset[str]:
        """Read the names of a user's groups in one statement; none where the model means something else by them."""
        if model_of_groups(get_user_model()) is None:
            return frozenset()
        return frozenset(_users(user_id).filter(groups__isnull=False).values_list("groups__name", flat=True))


def writable() -> Any:  # noqa: ANN401 - whatever model the project has
    """Return the users where they are written."""
    model = get_user_model()
    return model._default_manager.db_manager(router.db_for_write(model))  # noqa: SLF001 - Django's name for it


def _users(user_id: UserId) -> QuerySet[Any]:
    users: QuerySet[Any] = writable().filter(pk=user_id)
    return users


def model_of_groups(model: Any) -> type[Model] | None:  # noqa: ANN401 - whatever model the project has
    """Return the model of the groups that a user is in by name; None where the project has none, or means others."""
    try:
        field = model._meta.get_field("groups")  # noqa: SLF001 - Django's name for it
        groups: type[Model] | None = field.related_model if field.many_to_many else None
        return groups if groups is not None and groups._meta.get_field("name") is not None else None  # noqa: SLF001
    except FieldDoesNotExist:
        return None


def _moment(joined: object) -> datetime | None:
    if not isinstance(joined, datetime):
        return None
    return timezone.make_aware(joined) if timezone.is_naive(joined) else joined
