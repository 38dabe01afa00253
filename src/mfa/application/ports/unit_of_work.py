"""One change of an account, whole or not at all."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from mfa.domain.accounts import Account
from mfa.domain.challenges import SpentLogin
from mfa.domain.events import Event
from mfa.domain.identifiers import TokenId, UserId
from mfa.domain.proofs import Proofs


class NotDurable(RuntimeError):
    """A commit was asked for where somebody else could still undo it: no refusal, but a mistake of whoever calls."""


class UnitOfWork(Protocol):
    """Reads an account and commits its next state together with the events that led there."""

    @abstractmethod
    def account(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        """Read an account outside any transaction: the commit finds out whether it is still so.

        Raises ``StoreBusy`` and ``Unavailable``.
        """

    def proofs(self, user_id: UserId, token_id: TokenId, *, trusts: bool) -> Proofs[Any]:
        """Read of an account what a gate asks, remembered browsers only where asked; raises as ``account`` does."""
        return self.account(user_id, token_id)

    @abstractmethod
    def commit(
        self,
        before: Account,
        after: Account,
        events: Sequence[Event],
        *,
        spending: SpentLogin | None = None,
        beside: Callable[[], None] | None = None,
    ) -> Account:
        """Store the change durably with its rows of the audit trail, then publish the events, and return the account.

        With ``spending``, what serves once is entered in the same transaction, whether the account differs or not, and
        ``beside`` is called in it, perhaps more than once.
        Raises ``AlreadySpent`` where it has served, ``StaleAccount`` when another change came first, and ``StoreBusy``
        when the store gave way to one; then nothing is stored and nothing published. Raises ``Unavailable`` when the
        store failed; then nothing is published, and all is stored or nothing. Raises ``NotDurable`` inside a
        transaction of the caller's, before anything is stored.
        """

    @abstractmethod
    def record(self, events: Sequence[Event], *, beside: Callable[[], None] | None = None) -> None:
        """Store what is no account's in the audit trail, then publish it.

        ``beside`` is called in the same transaction. Raises ``StoreBusy`` and ``Unavailable``.
        """
