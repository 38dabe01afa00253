"""How long to wait after wrong values, and between two messages."""

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Protocol

import attrs

LONGEST_WAIT = 120
"""The recursive policy stops growing at this many times the time-out: an hour for the default of 30 seconds."""

HOUR = timedelta(hours=1)


@attrs.frozen(kw_only=True)
class Failures:
    """How often wrong values were given, and when the last one was."""

    count: int = 0
    last_at: datetime | None = None

    def one_more(self, now: datetime) -> "Failures":
        """Count one more wrong value."""
        return Failures(count=self.count + 1, last_at=now)

    def __add__(self, other: "Failures") -> "Failures":
        """Add up the counts and keep the later time."""
        times = [at for at in (self.last_at, other.last_at) if at is not None]
        return Failures(count=self.count + other.count, last_at=max(times, default=None))

    def __bool__(self) -> bool:
        """Tell whether anything was counted."""
        return self.count > 0


class ThrottlePolicy(Protocol):
    """Decides from the failures so far until when no further value is looked at."""

    @abstractmethod
    def locked_until(self, failures: Failures) -> datetime | None:
        """Return the end of the wait that these failures have earned, in the past or to come; None for no wait."""


class ThrottleSettings(Protocol):
    """The part of the configuration that the built-in policies read."""

    @property
    def verification_throttle_tryouts(self) -> int:
        """Failures before the first wait."""

    @property
    def verification_throttle_timeout(self) -> timedelta:
        """Length of one wait."""


class SimpleThrottle(ThrottlePolicy):
    """After every ``TRYOUTS`` failures, one ``TIMEOUT``."""

    def __init__(self, config: ThrottleSettings) -> None:
        self._tryouts = config.verification_throttle_tryouts
        self._timeout = config.verification_throttle_timeout

    def locked_until(self, failures: Failures) -> datetime | None:
        """Wait once whenever another set of tries is used up."""
        if failures.last_at is None or not failures or failures.count % self._tryouts:
            return None
        return failures.last_at + self._timeout


class RecursiveThrottle(ThrottlePolicy):
    """From the ``TRYOUTS``-th failure on, a wait that grows by one ``TIMEOUT`` with every further failure.

    Growing waits are what RFC 4226 section 7.3 asks for: a delay of the number of failures times a constant.
    """

    def __init__(self, config: ThrottleSettings) -> None:
        self._tryouts = config.verification_throttle_tryouts
        self._timeout = config.verification_throttle_timeout

    def locked_until(self, failures: Failures) -> datetime | None:
        """Wait longer after every failure beyond the allowed ones."""
        if failures.last_at is None or failures.count < self._tryouts:
            return None
        return failures.last_at + self._timeout * min(failures.count - self._tryouts + 1, LONGEST_WAIT)


@attrs.frozen(kw_only=True)
class SendLimits:
    """How often one user may be sent a code by one method."""

    interval: timedelta
    hourly: int


@attrs.frozen(kw_only=True)
class Sends:
    """When codes were sent to one user by one method: the last hour's, and the one that holds back the next."""

    recent: tuple[datetime, ...] = ()
    last_at: datetime | None = None

    def free_at(self, limits: SendLimits, now: datetime) -> datetime:
        """Return from when on the limits allow another code; ``now`` or earlier means at once."""
        waits = [now]
        if self.last_at is not None:
            waits.append(self.last_at + limits.interval)
        within_the_hour = self._within_the_hour(now)
        if len(within_the_hour) >= limits.hourly:
            waits.append(within_the_hour[-limits.hourly] + HOUR)
        return max(waits)

    def one_more(self, now: datetime) -> "Sends":
        """Enter a code that is about to be sent."""
        return Sends(recent=(*self._within_the_hour(now), now), last_at=now)

    def failed(self, at: datetime, *, perhaps_sent: bool) -> "Sends":
        """Let the user ask again at once after a failed delivery.

        A delivery that timed out may have gone through, so it stays in the hourly count: otherwise a slow gateway
        would lift the cap that protects the owner of the address.
        """
        recent = self.recent if perhaps_sent else tuple(sent for sent in self.recent if sent != at)
        return Sends(recent=recent, last_at=None if self.last_at == at else self.last_at)

    def _within_the_hour(self, now: datetime) -> tuple[datetime, ...]:
        return tuple(sent for sent in self.recent if sent > now - HOUR)
