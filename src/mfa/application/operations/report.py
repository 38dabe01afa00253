"""How many users have which methods."""

from collections.abc import Iterable, Mapping
from functools import partial

import attrs

from mfa.application.ports.reports import AccountReports, Report
from mfa.application.transactions import retried
from mfa.domain.identifiers import UserId
from mfa.domain.rules import Rules

NONE = "none"
DISABLED = "disabled"


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
