"""What Django knows of its users."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import router
from django.db.models import Model
from django.utils import timezone

from mfa.adapters.django import prepared
from mfa.adapters.django.database import translate_errors
from mfa.application.ports.importing import KnownUser, UserFinder
from mfa.application.ports.users import UserDirectory
from mfa.domain.identifiers import UserId
from mfa.domain.policies import Profile


class DjangoUserDirectory(UserDirectory):
    """Looks users up in the project's user model, whatever its key and fields are.

    They are read where they are written, as accounts are: on a replica that lags, somebody who was dismissed would
    still log in, and nothing would be demanded yet of somebody who was promoted. Nor would anything be of somebody whom
    the project's manager hides, and whose token passes all the same.
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
        groups = writable().filter(pk=user_id).filter(groups__isnull=False)
        return frozenset(groups.values_list("groups__name", flat=True))


class DjangoUserFinder(UserFinder):
    """Looks many users up in one statement, where they are written; those who may not log in are users, too."""

    @translate_errors
    def by_keys(self, keys: Collection[str]) -> Mapping[str, KnownUser]:
        """Read every key as the user model does: SQLite, for one, writes a UUID without dashes.

        A number is read in its one form alone: what somebody has typed, such as 1_0, is nobody's key.
        """
        read = {
            text: found
            for text in keys
            if (found := read_key(text)) is not None and (not isinstance(found, int) or str(found) == text)
        }
        users = {user.pk: _known(user) for user in _users(pk__in=read.values())}
        return {text: users[found] for text, found in read.items() if found in users}

    @translate_errors
    def by_names(self, names: Collection[str]) -> Mapping[str, KnownUser]:
        """Compare once more: a database may take two names for one that Python does not."""
        field = str(get_user_model().USERNAME_FIELD)
        # PostgreSQL takes no text with a zero in it, and so nobody there is called so.
        asked = [name for name in names if "\0" not in name]
        users = {str(user.get_username()): _known(user) for user in _users(**{f"{field}__in": asked})}
        return {name: users[name] for name in names if name in users}


def writable() -> Any:  # noqa: ANN401 - whatever model the project has
    """Return the users where they are written: all, as Django follows a key to them, whoever a manager hides."""
    model = get_user_model()
    return model._base_manager.db_manager(router.db_for_write(model))  # noqa: SLF001 - Django's name for it


def shown() -> Any:  # noqa: ANN401 - as above
    """Return those whom the project's own manager shows, where they are written."""
    model = get_user_model()
    return model._default_manager.db_manager(router.db_for_write(model))  # noqa: SLF001 - as above


def by_natural_key(name: str) -> Any:  # noqa: ANN401 - as above
    """Return who is called so as the project's manager reads names; as they are written, where it hides him."""
    model: Any = get_user_model()
    try:
        return shown().get_by_natural_key(name)
    except model.DoesNotExist:
        return writable().get(**{model.USERNAME_FIELD: name})


def read_key(text: str) -> Any:  # noqa: ANN401 - whatever keys the project's users have
    """Read a primary key as the user model does; None for what is none."""
    field: Any = get_user_model()._meta.pk  # noqa: SLF001 - Django's name for it
    try:
        key = field.to_python(text)
        field.run_validators(key)
    except ValidationError:
        return None
    return key


def _users(**conditions: object) -> Iterable[Any]:
    model: Any = get_user_model()
    users: Iterable[Any] = writable().filter(**conditions).only("pk", model.USERNAME_FIELD)
    return users


def _known(user: Any) -> KnownUser:  # noqa: ANN401 - whatever model the project has
    return KnownUser(id=UserId(str(user.pk)), name=str(user.get_username()))


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
