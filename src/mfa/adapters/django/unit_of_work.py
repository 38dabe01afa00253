"""One durable transaction per change."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import attrs
from django.db import IntegrityError, transaction

from mfa.adapters.django import prepared
from mfa.adapters.django.database import database, translate_errors
from mfa.application.ports.audit import AuditLevel, AuditTrail, rows_of
from mfa.application.ports.publishing import Publisher
from mfa.application.ports.repositories import AccountRepository
from mfa.application.ports.unit_of_work import NotDurable, UnitOfWork
from mfa.domain.accounts import Account
from mfa.domain.challenges import SpentLogin
from mfa.domain.errors import StaleAccount
from mfa.domain.events import Event
from mfa.domain.identifiers import TokenId, UserId
from mfa.domain.proofs import Proofs

_NOT_DURABLE = (
    "A use case of mfa was called inside atomic(), or with autocommit switched off: its own commit, which counts wrong "
    "values, could be rolled back there. Call it outside, and decorate views with non_atomic_requests."
)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class DjangoUnitOfWork(UnitOfWork):
    """Commits through ``atomic(durable=True)``: a commit that somebody else may still roll back is none.

    Inside a caller's own transaction it raises ``NotDurable`` before anything is written: a failure that is counted
    there would be gone with that transaction, and with it the bound on guesses.
    """

    accounts: AccountRepository
    publisher: Publisher
    audit: AuditTrail
    level: AuditLevel = "changes"

    @translate_errors
    def account(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        """Read an account in a statement of its own."""
        return self.accounts.of(user_id, token_id)

    @translate_errors
    def proofs(self, user_id: UserId, token_id: TokenId, *, trusts: bool) -> Proofs[Any]:
        """Read what a gate asks in a statement of its own."""
        return self.accounts.proofs(user_id, token_id, trusts=trusts)

    def commit(
        self,
        before: Account,
        after: Account,
        events: Sequence[Event],
        *,
        spending: SpentLogin | None = None,
        beside: Callable[[], None] | None = None,
    ) -> Account:
        """Write in one transaction, and publish when it is over."""
        stored = after

        def save() -> None:
            nonlocal stored
            stored = self.accounts.save(before, after, spending=spending)
            if beside is not None:
                beside()

        self.record(events, beside=save if before != after or spending is not None else beside)
        return stored

    def record(self, events: Sequence[Event], *, beside: Callable[[], None] | None = None) -> None:
        """Write down the events that are kept, and publish them all."""
        rows = rows_of(events, self.level)

        def write() -> None:
            if beside is not None:
                beside()
            if rows:
                self.audit.add(rows)

        if beside is not None or rows:
            self._write(write)
        for event in events:
            self.publisher.publish(event)

    @translate_errors
    def _write(self, write: Callable[[], None]) -> None:
        """Write in a transaction, and have what the database finds inconsistent judged again.

        So it is with a user who is deleted at that moment, whose account has nothing to belong to any more.
        """
        alias = database()
        connection = transaction.get_connection(alias)
        if not connection.in_atomic_block and not connection.get_autocommit():
            raise NotDurable(_NOT_DURABLE)
        try:
            with ExitStack() as stack:
                try:
                    stack.enter_context(transaction.atomic(using=alias, durable=True))
                except RuntimeError as error:
                    raise NotDurable(_NOT_DURABLE) from error
                stack.enter_context(prepared.one_cursor(alias))
                write()
        except IntegrityError:
            raise StaleAccount from None
