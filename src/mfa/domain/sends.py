"""How often codes may be sent: an owner has an inbox and a project a bill, and a stranger needs but a password."""

from datetime import datetime, timedelta

import attrs

from mfa.domain.moments import elapsed
from mfa.domain.values import ValueObject

HOUR = timedelta(hours=1)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class SendLimits(ValueObject):
    """How often one user may be sent a code by one method."""

    interval: timedelta
    hourly: int


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Sends(ValueObject):
    """When codes were sent to one user by one method.

    ``recent`` are the last hour's, whether they got there or not. ``last_at`` holds back the next, and is None where
    one more may go at once. ``retried`` tells that this is already so since the last delivery that failed.
    """

    recent: tuple[datetime, ...] = ()
    last_at: datetime | None = None
    retried: bool = False

    def free_at(self, limits: SendLimits, now: datetime) -> datetime:
        """Return from when on the limits allow another code; ``now`` or earlier means at once."""
        waits = [now]
        if self.last_at is not None and elapsed(self.last_at, now) is not None:
            waits.append(min(self.last_at, now) + limits.interval)
        within_the_hour = self._within_the_hour(now)
        if len(within_the_hour) >= limits.hourly:
            waits.append(within_the_hour[-limits.hourly] + HOUR)
        return max(waits)

    def capped(self, limits: SendLimits, now: datetime) -> bool:
        """Tell whether the hourly limit is reached."""
        return len(self._within_the_hour(now)) >= limits.hourly

    def one_more(self, now: datetime) -> "Sends":
        """Enter a code that is about to be sent."""
        retried = self.retried and self.last_at is None
        return Sends(recent=(*self._within_the_hour(now), now), last_at=now, retried=retried)

    def failed(self, at: datetime) -> "Sends":
        """Let the user ask again at once after a failed delivery, but not after the second in a row.

        It stays in the hourly count. Otherwise a gateway that fails, or an address that it refuses, would be asked as
        often as a stranger likes, and what it says of addresses with it.
        """
        if self.last_at != at or self.retried:
            return self
        return attrs.evolve(self, last_at=None, retried=True)

    def _within_the_hour(self, now: datetime) -> tuple[datetime, ...]:
        """Return the last hour's; a time from the future, when a clock was wrong, holds nobody up."""
        ages = ((sent, elapsed(sent, now)) for sent in self.recent)
        return tuple(min(sent, now) for sent, age in ages if age is not None and age < HOUR)
