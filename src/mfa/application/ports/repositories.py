"""Where accounts are kept."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

import attrs

from mfa.domain.accounts import Account
from mfa.domain.challenges import SpentLogin
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.proofs import Proofs
from mfa.domain.values import ValueObject

Credentials = TypeVar("Credentials")
"""The row that an authentication class makes a request's token of."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class HeldDevice(ValueObject):
    """An active device, and whose it is; ``state`` is sealed."""

    user_id: UserId
    index: int
    method: str
    state: bytes = attrs.field(repr=False)


class Holders(Protocol):
    """Knows whose a device is, by the name that no other device has."""

    @abstractmethod
    def held(self, unique: str) -> HeldDevice | None:
        """Return the active device of that unique name, or None where there is none."""


class AccountIndex(Protocol):
    """Goes through all accounts, a batch at a time."""

    @abstractmethod
    def users(self, *, after: UserId | None, limit: int) -> Sequence[UserId]:
        """Return the next users who have an account, in an order that stays; none at the end."""

    @abstractmethod
    def awaited_by(self, user_id: UserId) -> Sequence[TokenId]:
        """Return the tokens of a user for which something is out."""

    @abstractmethod
    def seals(self, length: int) -> Mapping[bytes, int]:
        """Count what is sealed, by so many bytes at the beginning of each seal."""

    @abstractmethod
    def seals_of(self, users: Collection[UserId], length: int) -> Mapping[UserId, Collection[bytes]]:
        """Return what the seals of these users begin with, by so many bytes; who has none may be left out."""


class AccountRepository(Holders, AccountIndex, Protocol):
    """Keeps accounts, and lets only the faster of two writers win."""

    @abstractmethod
    def of(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        """Return a user's account with the challenges of one token; an empty one where nothing is stored."""

    def proofs(self, user_id: UserId, token_id: TokenId, *, trusts: bool) -> Proofs[Any]:
        """Return what a gate asks of an account by as little as it takes; with ``trusts``, remembered browsers too."""
        return self.of(user_id, token_id)

    @abstractmethod
    def save(self, before: Account, after: Account, *, spending: SpentLogin | None = None) -> Account:
        """Store what differs between two states of an account, enter what is spent, and return the account as stored.

        Raises ``StaleAccount``, having changed nothing, when the stored version is no longer that of ``before``, unless
        nothing differs but what is out for one token; and when a challenge that differs is not stored as it was read,
        since that need not have moved the version. Raises ``NotUnique`` when a device is to be called what another
        user's device is called, and ``AlreadySpent``. What a device confirmed that another has taken the place of
        (``Device.renews``) is dropped for other tokens.
        """


@runtime_checkable
class AccountJoin(Protocol):
    """Reads an account in the statement in which a token is read; an ``AccountRepository`` that can do so is one."""

    @abstractmethod
    def read_joined(
        self,
        tokens: Any,  # noqa: ANN401 - whatever the store knows tokens by
        known_by: Mapping[str, str],
        *,
        between: tuple[TokenId, TokenId],
        known_as: Callable[[Credentials], Token],
    ) -> tuple[Credentials, Account | None]:
        """Return the one of the ``tokens`` that has these values, with its ``user``, and the account as it meets it.

        ``between`` are the first and the last identity that it may have, the account None where the two are not kept
        together. Raises what the store raises where nothing is found.
        """
