"""Changes of accounts in memory, and what has happened."""

from collections.abc import Callable, Sequence

from mfa.application.ports.audit import AuditLevel, AuditTrail, rows_of
from mfa.application.ports.publishing import Publisher
from mfa.application.ports.repositories import AccountRepository
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.domain.accounts import Account
from mfa.domain.challenges import SpentLogin
from mfa.domain.events import Event
from mfa.domain.identifiers import TokenId, UserId


class MemoryPublisher(Publisher):
    """Keeps what has happened, in order, for whoever looks at ``events``."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, event: Event) -> None:
        """Keep one event."""
        self.events.append(event)


class MemoryUnitOfWork(UnitOfWork):
    """Saves, then publishes; there is nothing to roll back, since a save that is refused has changed nothing."""

    def __init__(
        self, accounts: AccountRepository, publisher: Publisher, audit: AuditTrail, level: AuditLevel = "changes"
    ) -> None:
        self._accounts = accounts
        self._publisher = publisher
        self._audit = audit
        self._level: AuditLevel = level

    def account(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        """Read an account."""
        return self._accounts.of(user_id, token_id)

    def commit(
        self,
        before: Account,
        after: Account,
        events: Sequence[Event],
        *,
        spending: SpentLogin | None = None,
        beside: Callable[[], None] | None = None,
    ) -> Account:
        """Store the change, where there is one, then publish the events, and return the account as stored.

        Raises ``AlreadySpent``, and ``StaleAccount`` when another change came first; then nothing is published.
        """
        stored = self._accounts.save(before, after, spending=spending)
        self.record(events, beside=beside)
        return stored

    def record(self, events: Sequence[Event], *, beside: Callable[[], None] | None = None) -> None:
        """Write down the events that are kept, then publish them all."""
        if beside is not None:
            beside()
        self._audit.add(rows_of(events, self._level))
        for event in events:
            self._publisher.publish(event)
