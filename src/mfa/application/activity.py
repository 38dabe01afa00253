"""What has happened to a user's own account, for the user."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import attrs

from mfa.application.ports.audit import AuditQuery, AuditRow, AuditTrail
from mfa.application.transactions import UseCase, retried
from mfa.domain.accounts import Account
from mfa.domain.devices import Device
from mfa.domain.identifiers import Token
from mfa.domain.values import ValueObject

MEMORY = timedelta(days=90)
PAGE = 20


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ActivityPage(ValueObject):
    """Rows of the user's own, the newest first, the devices that are still there, and where other pages begin.

    What is older than the row ``following`` is on the next page, and what is newer than ``preceding`` on the one
    before; None where there is no such page.
    """

    rows: Sequence[AuditRow]
    devices: Mapping[int, Device]
    following: int | None
    preceding: int | None


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ListActivity(UseCase):
    """Lists the last 90 days to a token that is verified; raises ``Refused`` and ``Unavailable``."""

    audit: AuditTrail

    def __call__(
        self, token: Token, *, before: int | None = None, after: int | None = None, account: Account | None = None
    ) -> ActivityPage:
        """List a page: the newest rows, those just older than the row ``before``, or those just newer than ``after``.

        ``account`` was read along with the token.
        """
        account, now = account or self.transactions.account(token), self.transactions.clock.now()
        account.demand_standing(self.transactions.required(account), self.transactions.rules, now)
        back = after is not None
        query = AuditQuery(
            user_id=account.user_id, since=now - MEMORY, before=before, after=after, oldest_first=back, limit=PAGE + 1
        )
        read = retried(lambda: self.audit.read(query))
        rows, more = read[:PAGE], len(read) > PAGE
        rows = rows[::-1] if back else rows
        return ActivityPage(
            rows=rows,
            devices={device.index: device for device in account.visible(now)},
            following=rows[-1].number if rows and (more or back) else None,
            preceding=rows[0].number if rows and (more if back else before is not None) else None,
        )
