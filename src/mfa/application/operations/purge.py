"""Dropping what has expired."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import attrs

from mfa.application.operations.operator import Operator
from mfa.application.ports.audit import acting
from mfa.application.ports.purging import ExpiredRows
from mfa.application.transactions import MOST_ATTEMPTS_OF_OPERATORS, Decision, UseCase, retried
from mfa.domain import events
from mfa.domain.accounts import Account
from mfa.domain.operations import purged

BATCH = 200
"""Rows in one statement: each is looked up in every index of its table, and the whole batch is locked meanwhile."""

Progress = Callable[[str, int], object]
"""Is told of what kind how many were dropped so far."""


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
