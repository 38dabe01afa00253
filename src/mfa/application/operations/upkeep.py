"""Dropping what has expired, sealing everything under the first key, and counting what is sealed under which."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import attrs

from mfa.application.operations.operator import Operator
from mfa.application.ports.audit import SYSTEM, Origin, acting
from mfa.application.ports.purging import ExpiredRows
from mfa.application.ports.repositories import AccountIndex
from mfa.application.ports.system import KeyRotations, Vault
from mfa.application.transactions import MOST_ATTEMPTS_OF_OPERATORS, Decision, UseCase, retried
from mfa.domain import events
from mfa.domain.accounts import Account
from mfa.domain.errors import RotationIncomplete, SealError
from mfa.domain.identifiers import TokenId, UserId
from mfa.domain.operations import MEMORY_INDEX, purged
from mfa.domain.values import ValueObject

BATCH = 200
"""Rows in one statement: each is looked up in every index of its table, and the whole batch is locked meanwhile."""

Progress = Callable[[str, int], object]
"""Is told of what kind how many were dropped so far."""

BATCH_OF_ACCOUNTS = 200
"""Accounts whose keys, and what their seals begin with, are read at once."""

MOST_PASSES = 3
"""How often all accounts are gone through: what is sealed meanwhile by a process with the old settings is found."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Purge(UseCase):
    """Drops what has expired, in batches, while requests are served, and never what still counts.

    Rows that concern nobody any more (challenges, spent logins, the audit trail beyond its retention) are deleted by
    an index; what is part of an account (pending devices, passes, remembered browsers) goes through its
    compare-and-set, and what was guessed at it stays counted. Raises ``Throttled`` and ``Unavailable``, having dropped
    what it told of.
    """

    expired: ExpiredRows
    audit_retention: timedelta

    def __call__(
        self, operator: Operator, *, batch: int = BATCH, progress: Progress = lambda _kind, _count: None
    ) -> dict[str, int]:
        """Purge, and return how many of each kind went."""
        now = self.transactions.clock.now()
        counts: Counter[str] = Counter(dict.fromkeys(("devices", "trusts", *self.expired.kinds), 0))
        for user_id in self.expired.accounts(now, batch):
            dropped = self.transactions.run(user_id, None, self._decide, attempts=MOST_ATTEMPTS_OF_OPERATORS)
            counts.update(dropped)
            if dropped:
                progress("accounts", counts["devices"] + counts["trusts"])
        for kind in self.expired.kinds:
            until = now - self.audit_retention if kind == "audit" else now
            for dropped_rows in self.expired.drop(kind, until, batch):
                counts[kind] += dropped_rows
                progress(kind, counts[kind])
        with acting(operator.origin):
            happened = events.Purged(at=now, counts=dict(counts))
            retried(lambda: self.transactions.unit_of_work.record((happened,)))
        return dict(counts)

    def _decide(self, account: Account, now: datetime) -> Decision[dict[str, int]]:
        after = purged(account, self.transactions.rules, now)
        dropped = {
            "devices": len(account.devices) - len(after.devices),
            "trusts": len(account.trusts) - len(after.trusts),
        }
        return Decision(account=after, events=(), answer={kind: count for kind, count in dropped.items() if count})


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class SealedUnder(ValueObject):
    """How many values are sealed under a key, by what the key is called; ``first`` where it is the one that seals."""

    key: str
    values: int
    first: bool


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class CountSeals:
    """Counts what is sealed under each key, and changes nothing; raises ``Unavailable``."""

    accounts: AccountIndex
    vault: Vault

    def __call__(self) -> tuple[SealedUnder, ...]:
        """Count; the keys come in the order of what they are called."""
        return _sealed_under(self.accounts, self.vault)


def _sealed_under(accounts: AccountIndex, vault: Vault) -> tuple[SealedUnder, ...]:
    found = retried(lambda: accounts.seals(vault.header_bytes)) if vault.header_bytes else {}
    counted = [
        SealedUnder(key=vault.key_of(beginning), values=values, first=vault.current(beginning))
        for beginning, values in found.items()
        if len(beginning) == vault.header_bytes
    ]
    return tuple(sorted(counted, key=lambda each: each.key))


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class RotateKeys(UseCase):
    """Seals under the first key whatever is sealed under another, account by account.

    Each goes through the compare-and-set, so that a counter never moves back, and it may run while serving, be stopped
    and run again. When nothing is left under another key, those that were derived while there were no others open
    nothing any more; that, and the row of the audit trail, are stored together. Raises ``UnknownKey`` where a key is
    missing, and ``BrokenSeal``, having left what it could not open as it was, and sealed the rest anew;
    ``RotationIncomplete`` where somebody goes on sealing under another key; ``Throttled`` and ``Unavailable``.
    """

    accounts: AccountIndex
    rotations: KeyRotations | None
    """None where all keys are derived from the secret: there are no others yet, for which those would have to go."""

    def __call__(
        self, progress: Callable[[int], object] = lambda _looked_at: None, *, operator: Operator | None = None
    ) -> int:
        """Rotate, and return how many accounts had something to seal anew; the system acts where there is no operator.

        ``progress`` is told after each batch how many accounts were looked at.
        """
        with acting(Origin(actor=SYSTEM) if operator is None else operator.origin):
            resealed = 0
            for _ in range(MOST_PASSES):
                resealed += self._reseal_all(progress)
                if all(each.first for each in _sealed_under(self.accounts, self.transactions.vault)):
                    self._complete(resealed)
                    return resealed
            raise RotationIncomplete

    def _complete(self, resealed: int) -> None:
        now = self.transactions.clock.now()
        happened = events.KeysRotated(at=now, accounts=resealed)
        complete = None if self.rotations is None else partial(self.rotations.complete, now)
        retried(lambda: self.transactions.unit_of_work.record((happened,), beside=complete))

    def _reseal_all(self, progress: Callable[[int], object]) -> int:
        """Go through all accounts, also where one does not open; raises what the first such one raised."""
        resealed = looked_at = 0
        unread: SealError | None = None
        last: UserId | None = None
        while batch := retried(partial(self.accounts.users, after=last, limit=BATCH_OF_ACCOUNTS)):
            for user_id in self._to_reseal(batch):
                try:
                    resealed += self._reseal(user_id)
                except SealError as error:
                    unread = unread or error
            looked_at, last = looked_at + len(batch), batch[-1]
            progress(looked_at)
        if unread is not None:
            raise unread
        return resealed

    def _to_reseal(self, users: Sequence[UserId]) -> Sequence[UserId]:
        """Leave out whose seals all begin with the first key, so that their accounts are not read for nothing."""
        vault = self.transactions.vault
        if not vault.header_bytes:
            return users
        found = retried(partial(self.accounts.seals_of, users, vault.header_bytes))
        return [user_id for user_id in users if not all(map(vault.current, found.get(user_id, ())))]

    def _reseal(self, user_id: UserId) -> bool:
        tokens: tuple[TokenId | None, ...] = (None, *retried(partial(self.accounts.awaited_by, user_id)))
        resealed = [
            self.transactions.run(user_id, token, self._decide, attempts=MOST_ATTEMPTS_OF_OPERATORS) for token in tokens
        ]
        return any(resealed)

    def _decide(self, account: Account, _: datetime) -> Decision[bool]:
        after = account
        for device in account.devices:
            state = self._sealed(device.state, account, device.index)
            after = after.replaced(attrs.evolve(device, state=state))
        for challenge in account.challenges:
            if challenge.sent is not None:
                sent = self._sealed(challenge.sent, account, challenge.index, challenge.token_id)
                after = after.with_challenge(attrs.evolve(challenge, sent=sent))
        if account.moved is not None:
            after = attrs.evolve(after, moved=self._sealed(account.moved, account, MEMORY_INDEX))
        return Decision(account=after, events=(), answer=after != account)

    def _sealed(self, sealed: bytes, account: Account, index: int, token_id: TokenId | None = None) -> bytes:
        if self.transactions.vault.current(sealed):
            return sealed
        return self.transactions.seal(
            self.transactions.open(sealed, account, index, token_id), account, index, token_id
        )
