"""The names by which the rest of the domain refers to people and credentials."""

from datetime import datetime
from typing import NewType

import attrs

from mfa.domain.values import ValueObject

UserId = NewType("UserId", str)
"""The primary key of a user, as text, so that integer and UUID keys look the same to the core."""

TokenId = NewType("TokenId", str)
"""The digest that stands for a bearer token; the token itself never enters the core."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Token(ValueObject):
    """A bearer token as the core knows it: whose it is, and the digest that tells it from every other.

    ``scheme`` is the authentication scheme (RFC 9110 section 11.1) that a refusal names, where it is not the
    provider's. ``expires_at`` is when the token ends, where nothing that its bearer does can move that, and
    ``issued_at`` when it was made, where its kind cannot be ended before. None of these tells tokens apart.
    """

    id: TokenId = attrs.field(repr=False)
    user_id: UserId
    scheme: str = attrs.field(default="", eq=False)
    expires_at: datetime | None = attrs.field(default=None, eq=False)
    issued_at: datetime | None = attrs.field(default=None, eq=False)
