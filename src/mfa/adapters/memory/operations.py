"""What operators need of a store, over accounts in memory."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from sys import maxsize

from mfa.adapters.memory.audit import MemoryAuditTrail
from mfa.adapters.memory.repositories import MemoryAccountRepository
from mfa.adapters.memory.users import MemoryUserDirectory
from mfa.application.ports.audit import NOWHERE, Client, ClientAddress
from mfa.application.ports.notifying import Notifier
from mfa.application.ports.purging import ExpiredRows
from mfa.application.ports.reports import AccountReports, Report
from mfa.domain.events import Event
from mfa.domain.identifiers import UserId


class MemoryClientAddress(ClientAddress):
    """Takes every request to come from one place."""

    def __init__(self, client: Client = NOWHERE) -> None:
        self.client = client

    def client_of(self, request: object) -> Client:
        """Return the one place."""
        return self.client


class MemoryNotifier(Notifier):
    """Keeps what users would be told."""

    def __init__(self) -> None:
        self.told: list[tuple[Sequence[Event], Mapping[int, str]]] = []

    def notify(self, events: Sequence[Event], addresses: Mapping[int, str]) -> None:
        """Keep what was committed together."""
        self.told.append((events, addresses))


class MemoryAccountReports(AccountReports):
    """Counts the users that the directory was told of."""

    def __init__(self, accounts: MemoryAccountRepository, users: MemoryUserDirectory) -> None:
        self._accounts = accounts
        self._users = users

    def groups(self) -> Sequence[str]:
        """Return the names of all groups that a user is in, sorted."""
        return sorted({group for user_id in self._users.all() for group in self._users.groups(user_id)})

    def count(self, group: str | None, max_failures: int, guessable: Collection[str]) -> Report:
        """Count the users of a group, or all."""
        users = [each for each in self._users.all() if group is None or group in self._users.groups(each)]
        methods: dict[str, int] = {}
        none = disabled = 0
        for user_id in users:
            active = self._accounts.of(user_id).active
            none += not active
            guessed = (each for each in active if each.guessable or each.method in guessable)
            disabled += any(each.failures.count >= max_failures for each in guessed)
            for method in {each.method for each in active}:
                methods[method] = methods.get(method, 0) + 1
        return Report(users=len(users), methods=methods, none=none, disabled=disabled)

    def missing(self) -> Iterable[UserId]:
        """Go through the users without an active device."""
        return (each for each in self._users.all() if not self._accounts.of(each).active)


class MemoryExpiredRows(ExpiredRows):
    """Finds what has expired by looking at everything."""

    kinds = ("challenges", "logins", "audit")

    def __init__(self, accounts: MemoryAccountRepository, audit: MemoryAuditTrail) -> None:
        self._accounts = accounts
        self._audit = audit

    def accounts(self, now: datetime, batch: int) -> Iterable[UserId]:
        """Go through the accounts in which something has expired."""
        for user_id in self._accounts.users(after=None, limit=maxsize):
            account = self._accounts.of(user_id)
            over = any(each.expires_at is not None and each.expires_at <= now for each in account.devices)
            if over or any(each.expires_at <= now for each in account.trusts):
                yield user_id

    def drop(self, kind: str, until: datetime, batch: int) -> Iterable[int]:
        """Drop so many at once that ended by then, and tell how many."""
        while dropped := self._drop(kind, until, batch):
            yield dropped

    def _drop(self, kind: str, until: datetime, batch: int) -> int:
        return self._audit.drop(until, batch) if kind == "audit" else self._accounts.drop(kind, until, batch)
