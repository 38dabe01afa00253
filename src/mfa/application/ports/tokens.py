"""Which bearer token a request carries, and how a new one is made."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

import attrs

from mfa.domain.identifiers import Token, UserId
from mfa.domain.policies import Confirmation
from mfa.domain.values import ValueObject


class TokenProvider(Protocol):
    """Recognises the tokens of one system.

    A class that is named by dotted path in ``TOKEN_PROVIDER`` is made once, with the ``Config``.
    """

    @property
    @abstractmethod
    def scheme(self) -> str:
        """Return the authentication scheme (RFC 9110 section 11.1) that a refusal names, such as ``Token``."""

    @abstractmethod
    def token_of(self, request: object) -> Token | None:
        """Return the token of an authenticated request, or None where its credentials are no token of this system.

        Nor are they one where the request acts for another user than theirs, as where operators impersonate users.
        """


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class PreparedToken(ValueObject):
    """A token that is known before there is one, so that what it confirms is stored before anybody can use it.

    ``issue`` makes it, and returns what its bearer is shown, once: ``token``, and ``expires_at`` where it has an end.
    Until then nothing of it is anywhere.
    """

    token: Token
    issue: Callable[[], Mapping[str, object]] = attrs.field(repr=False)


@runtime_checkable
class TokenIssuer(Protocol):
    """Logs a user in by making a token; a ``TokenProvider`` that can do so is one, and passkey login needs it."""

    @abstractmethod
    def prepare(self, user_id: UserId, request: object) -> PreparedToken | None:
        """Prepare a token that nobody has seen before; None for a user who is gone or may not have another."""


@runtime_checkable
class CookieIssuer(Protocol):
    """Has the browser keep what it issues; a ``TokenIssuer`` whose tokens are cookies is one.

    The page of another site could then log its visitor in with somebody else's passkey, so a login is asked for the
    token against forgery.
    """

    @property
    @abstractmethod
    def sets_cookie(self) -> bool:
        """Tell whether a token that is made sets a cookie."""


@runtime_checkable
class CredentialRenewer(Protocol):
    """Renews credentials when they come to be worth more; a ``TokenProvider`` whose credentials can be fixed is one.

    Otherwise whoever knew the old ones, or planted them (session fixation), shares in the verification.
    """

    @abstractmethod
    def successor(self, request: object) -> PreparedToken | None:
        """Prepare the token under which a verification of the request's is stored, and which takes its place then.

        None where its credentials are not renewed.
        """


@runtime_checkable
class TokenEnder(Protocol):
    """Ends tokens before their time; a ``TokenProvider`` whose tokens can be ended is one."""

    @abstractmethod
    def end_all(self, user_id: UserId) -> Mapping[str, int | None]:
        """End every token of a user, in the transaction that is open.

        Returns how many, by the name of the provider; None where its tokens cannot be ended.
        """


class Unendable(TokenEnder):
    """Stands for a provider whose tokens cannot be ended, and says so."""

    def __init__(self, name: str) -> None:
        self._name = name

    def end_all(self, user_id: UserId) -> Mapping[str, int | None]:
        """End nothing."""
        return {self._name: None}


def ender_of(provider: TokenProvider) -> TokenEnder:
    """Return the provider where it ends tokens as well, or else who says that it cannot."""
    return provider if isinstance(provider, TokenEnder) else Unendable(type(provider).__name__)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Recorded(ValueObject):
    """How a token stood when it was made, in the token's own words; it is not asked which methods resist phishing."""

    required: int
    enrolled: bool
    verifications: tuple[Confirmation, ...]
    grace_until: datetime | None = None


@runtime_checkable
class StandingRecorder(Protocol):
    """Finds in the credentials themselves how they stand; a ``TokenProvider`` whose tokens are signed may be one.

    A gate then asks nobody, and is as old as the token.
    """

    @abstractmethod
    def recorded(self, request: object) -> Recorded | None:
        """Return what the credentials of a request tell; None where they tell nothing that can be judged by."""
