"""Tokens that are rows: known by a digest and by when the row was made, so that one made anew starts unverified."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import router, transaction

from mfa.domain.identifiers import TokenId, UserId

_CREATED = 20
"""The digits of a moment, to the microsecond."""

_IDENTITY = "%s:%s.%04d%02d%02d%02d%02d%02d%06d"
"""The system, the digest and the moment: so it is written in a third of the time that ``isoformat`` takes."""


def identity(system: str, digest: str, created: datetime) -> TokenId:
    """Join a digest of the key with the time of creation.

    The digest stands first and by itself, so that a database that knows only the key can find all that begins with it.
    """
    at = created if created.tzinfo is None else created.astimezone(UTC)
    written = (system, digest, at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond)
    return TokenId(_IDENTITY % written)


def identities(system: str, digest: str) -> tuple[TokenId, TokenId]:
    """Return the first and the last identity that a key can have, whenever its row was made.

    They differ from all between in nothing but digits, which are in the same order in every collation.
    """
    return TokenId(f"{system}:{digest}.{'0' * _CREATED}"), TokenId(f"{system}:{digest}.{'9' * _CREATED}")


def owns(request: object, row: Any) -> bool:  # noqa: ANN401 - a row of whichever model
    """Tell whether nobody else acts for a request than the owner of the token that came with it.

    What impersonates users puts another into the owner's place, as whom the token has confirmed nothing. Frameworks
    that know their users by nothing but the token leave nobody there.
    """
    user = getattr(request, "user", None)
    return user is None or not user.is_authenticated or str(user.pk) == str(row.user_id)


def dated(row: Any) -> Any:  # noqa: ANN401 - a row of whichever model
    """Give a row that is not stored yet the moment that its model would give it now, and return it."""
    row._meta.get_field("created").pre_save(row, add=True)  # noqa: SLF001 - Django's name for it
    return row


def insert(row: Any) -> None:  # noqa: ANN401 - as above
    """Store a row with the moment that it has, which its model would replace by that of the insert."""
    created, database = row.created, router.db_for_write(type(row))
    try:
        with transaction.atomic(using=database):
            row.save(using=database, force_insert=True)
            type(row)._base_manager.using(database).filter(pk=row.pk).update(created=created)  # noqa: SLF001 - as above
    finally:
        row.created = created


def end_rows(model: Any, user_id: UserId) -> int:  # noqa: ANN401 - as above
    """Delete the tokens of a user where they are written, whatever their manager hides, and return how many."""
    found = model._base_manager.using(router.db_for_write(model)).filter(user_id=user_id)  # noqa: SLF001 - as above
    ended: int = found.delete()[1].get(model._meta.label, 0)  # noqa: SLF001 - as above
    return ended


def users() -> Any:  # noqa: ANN401 - whatever model the project has
    """Return the users where they are written: a replica may not know yet who has gone."""
    model = get_user_model()
    return model._default_manager.using(router.db_for_write(model))  # noqa: SLF001 - Django's name for it
