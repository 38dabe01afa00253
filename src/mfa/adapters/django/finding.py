"""Users by what other packages call them."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from mfa.adapters.django.database import translate_errors
from mfa.adapters.django.users import writable
from mfa.application.ports.importing import KnownUser, UserFinder
from mfa.domain.identifiers import UserId


class DjangoUserFinder(UserFinder):
    """Looks many users up in one statement, where they are written; those who may not log in are users, too."""

    @translate_errors
    def by_keys(self, keys: Collection[str]) -> Mapping[str, KnownUser]:
        """Read every key as the user model does: SQLite, for one, writes a UUID without dashes.

        A number is read in its one form alone: what somebody has typed, such as 1_0, is nobody's key.
        """
        read = {text: found for text in keys if (found := _read(text)) is not None}
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


def _read(text: str) -> Any:  # noqa: ANN401 - whatever keys the project's users have
    field: Any = get_user_model()._meta.pk  # noqa: SLF001 - Django's name for it
    try:
        read = field.to_python(text)
        field.run_validators(read)
    except ValidationError:
        return None
    return None if isinstance(read, int) and str(read) != text else read


def _users(**conditions: object) -> Iterable[Any]:
    model: Any = get_user_model()
    users: Iterable[Any] = writable().filter(**conditions).only("pk", model.USERNAME_FIELD)
    return users


def _known(user: Any) -> KnownUser:  # noqa: ANN401 - whatever model the project has
    return KnownUser(id=UserId(str(user.pk)), name=str(user.get_username()))
