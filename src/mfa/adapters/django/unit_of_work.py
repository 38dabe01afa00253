"""One durable transaction per change."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import attrs
from django.db import IntegrityError, OperationalError, transaction

from mfa.adapters.django.repositories import database
from mfa.application.ports.publishing import Publisher
from mfa.application.ports.repositories import AccountRepository
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.domain.accounts import Account
from mfa.domain.errors import StaleAccount
from mfa.domain.events import Event
from mfa.domain.identifiers import TokenId, UserId

_OUTRUN = frozenset({"40001", "40P01", 1020, 1213})
"""What databases call a transaction that lost to another: PostgreSQL's states, and MariaDB's numbers."""

_NOT_DURABLE = (
    "A use case of mfa was called inside atomic(), or with autocommit switched off: its own commit, which counts wrong "
    "values, could be rolled back there. Call it outside, and decorate views with non_atomic_requests."
)


@attrs.frozen(kw_only=True)
class DjangoUnitOfWork(UnitOfWork):
    """Commits through ``atomic(durable=True)``: a commit that somebody else may still roll back is none.

    Inside a caller's own transaction it raises ``RuntimeError`` before anything is written: a failure that is counted
    there would be gone with that transaction, and with it the bound on guesses.
    """

    accounts: AccountRepository
    publisher: Publisher

    def account(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        """Read an account in a statement of its own."""
        return self.accounts.of(user_id, token_id)

    def commit(self, before: Account, after: Account, events: Sequence[Event]) -> Account:
        """Write in one transaction, and publish when it is over."""
        stored = after
        if before != after:
            with _outrun_as_stale(), _durable():
                stored = self.accounts.save(before, after)
        for event in events:
            self.publisher.publish(event)
        return stored


@contextmanager
def _durable() -> Iterator[None]:
    connection = transaction.get_connection(database())
    if not connection.in_atomic_block and not connection.get_autocommit():
        raise RuntimeError(_NOT_DURABLE)
    with ExitStack() as stack:
        try:
            stack.enter_context(transaction.atomic(using=database(), durable=True))
        except RuntimeError as error:
            raise RuntimeError(_NOT_DURABLE) from error
        yield


@contextmanager
def _outrun_as_stale() -> Iterator[None]:
    """Have what another transaction made impossible judged again, like any change that came too late.

    So it is with a user who is deleted at that moment, whose account has nothing to belong to any more, and with
    stricter levels of isolation, where the database itself finds out who was first.
    """
    try:
        yield
    except IntegrityError:
        raise StaleAccount from None
    except OperationalError as error:
        if _OUTRUN.isdisjoint({getattr(error.__cause__, "sqlstate", None), *error.args[:1]}):
            raise
        raise StaleAccount from error
