"""Where accounts are kept."""

from abc import abstractmethod
from typing import Protocol

from mfa.domain.accounts import Account
from mfa.domain.identifiers import TokenId, UserId


class AccountRepository(Protocol):
    """Keeps accounts, and lets only the faster of two writers win."""

    @abstractmethod
    def of(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        """Return a user's account with the challenges of one token; an empty one where nothing is stored."""

    @abstractmethod
    def save(self, before: Account, after: Account) -> Account:
        """Store what differs between two states of an account, and return it as stored.

        Raises ``StaleAccount``, having changed nothing, when the stored version is no longer that of ``before``.
        """
