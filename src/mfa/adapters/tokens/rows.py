"""Tokens that are rows: known by a digest and by when the row was made, so that one made anew starts unverified."""

from datetime import UTC, datetime

from mfa.domain.identifiers import TokenId

_CREATED = 20
"""The digits of a moment, to the microsecond."""


def identity(system: str, digest: str, created: datetime) -> TokenId:
    """Join a digest of the key with the time of creation.

    The digest stands first and by itself, so that a database that knows only the key can find all that begins with it.
    """
    moment = created if created.tzinfo is None else created.astimezone(UTC)
    return TokenId(f"{system}:{digest}.{moment:%Y%m%d%H%M%S%f}")


def identities(system: str, digest: str) -> tuple[TokenId, TokenId]:
    """Return the first and the last identity that a key can have, whenever its row was made.

    They differ from all between in nothing but digits, which are in the same order in every collation.
    """
    return TokenId(f"{system}:{digest}.{'0' * _CREATED}"), TokenId(f"{system}:{digest}.{'9' * _CREATED}")
