"""How a user stands, for whoever is asked for help, and how many users have which methods."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

import attrs

from mfa.application.ports.audit import AuditQuery, AuditRow, AuditTrail
from mfa.application.ports.reports import AccountReports, Report
from mfa.application.transactions import ListedDevice, UseCase, retried
from mfa.domain.identifiers import UserId
from mfa.domain.rules import Rules
from mfa.domain.trusts import Trust
from mfa.domain.values import ValueObject

LAST_EVENTS = 10


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class AccountStatus(ValueObject):
    """A user's devices, pending ones and passes among them, what waits until when, browsers and the last events.

    ``unreadable`` are the indexes of devices whose seals do not open, as where a key is lost: they verify nothing, and
    nobody knows how many values they have left.
    """

    devices: tuple[ListedDevice, ...]
    unreadable: tuple[int, ...] = ()
    waits_until: datetime | None
    failures: int
    locked_down: bool
    trusts: tuple[Trust, ...]
    events: Sequence[AuditRow]


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ShowStatus(UseCase):
    """Tells how a user stands, and never a secret; raises ``Unavailable``."""

    audit: AuditTrail

    def __call__(self, user_id: UserId) -> AccountStatus:
        """Show a user's standing."""
        account = retried(lambda: self.transactions.unit_of_work.account(user_id, None))
        now, rules = self.transactions.clock.now(), self.transactions.rules
        query = AuditQuery(user_id=user_id, limit=LAST_EVENTS)
        shown = [each for each in account.devices if each.visible(each.registered_by, now)]
        unreadable = tuple(each.index for each in shown if self.transactions.opened(each, account) is None)
        return AccountStatus(
            devices=tuple(
                ListedDevice(device=each, confirmed=False, disabled=rules.disabled(each))
                if each.index in unreadable
                else self.transactions.listed(account, each, now)
                for each in shown
            ),
            unreadable=unreadable,
            waits_until=account.waits_until(rules, now),
            failures=account.remembered_failures(rules, now),
            locked_down=account.locked_down,
            trusts=account.remembered(now),
            events=retried(lambda: self.audit.read(query)),
        )


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ReportUsers:
    """Counts users; raises ``Unavailable``."""

    reports: AccountReports
    rules: Rules

    def __call__(self) -> Report:
        """Count all users."""
        return retried(partial(self._report, None))

    def by_group(self) -> Mapping[str, Report]:
        """Count the users of each group, by its name."""
        return {group: retried(partial(self._report, group)) for group in retried(self.reports.groups)}

    def _report(self, group: str | None) -> Report:
        guessable = [each.name for each in self.rules.methods if each.guessable]
        counted = self.reports.count(group, self.rules.max_failures, guessable)
        methods = {each.name: 0 for each in self.rules.methods} | dict(counted.methods)
        return attrs.evolve(counted, methods=methods)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ReportMissing:
    """Names the users who have no active device, a batch at a time; raises ``Unavailable``."""

    reports: AccountReports

    def __call__(self) -> Iterable[UserId]:
        """Go through the users without a device, in the order of their keys."""
        return self.reports.missing()
