"""What has happened to a user's own account, for the user."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import attrs

from mfa.application.ports.audit import AuditQuery, AuditRow, AuditTrail
from mfa.application.transactions import UseCase, retried
from mfa.domain.devices import Device
from mfa.domain.identifiers import Token

MEMORY = timedelta(days=90)
PAGE = 20


@attrs.frozen(kw_only=True)
class ActivityPage:
    """Rows of the user's own, the newest first, the devices that are still there, and where the next page begins.

    ``following`` is None at the end.
    """

    rows: Sequence[AuditRow]
    devices: Mapping[int, Device]
    following: int | None


@attrs.frozen(kw_only=True, eq=False, repr=False)
class ListActivity(UseCase):
    """Lists the last 90 days to a token that is verified; raises ``Refused`` and ``Unavailable``."""

    audit: AuditTrail

    def __call__(self, token: Token, *, before: int | None = None) -> ActivityPage:
        """List a page, of what is older than the row ``before`` which a page ended."""
        account, now = self.transactions.account(token), self.transactions.clock.now()
        account.demand_standing(self.transactions.required(account), self.transactions.rules, now)
        query = AuditQuery(user_id=token.user_id, since=now - MEMORY, before=before, limit=PAGE + 1)
        rows = retried(lambda: self.audit.read(query))
        return ActivityPage(
            rows=rows[:PAGE],
            devices={device.index: device for device in account.visible(now)},
            following=rows[PAGE - 1].number if len(rows) > PAGE else None,
        )
