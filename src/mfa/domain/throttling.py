"""Wrong values: how many there were, how long they make their user wait, and when they are too many for a device.

Two limits hold at once. Waits over a recent sum slow guessing down, and lift themselves, so that a stranger shuts
nobody out for long. A hard end for each device stops guessing for good (NIST SP 800-63B-4 section 3.2.2).
"""

from abc import abstractmethod
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

import attrs

from mfa.domain.moments import elapsed
from mfa.domain.values import ValueObject

LONGEST_WAIT = 120
"""The recursive policy stops growing at this many times the time-out: an hour for the default of 30 seconds."""

MOST_GONE = 20
"""Into so many slices the memory of failures at devices that are gone is cut, each of which is one entry at most."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Failures(ValueObject):
    """Wrong values given for one device.

    ``count`` is how many there were since the last right one, which is what disables. ``recent`` is how many of them
    make the user wait: those since the memory last ran out. ``last_at`` is when the last one was.
    """

    count: int = 0
    recent: int = 0
    last_at: datetime | None = None

    def one_more(self, now: datetime, memory: timedelta) -> "Failures":
        """Count one more wrong value; what was forgotten stays forgotten."""
        recent = self.recent if self.remembered(now, memory) else 0
        return Failures(count=self.count + 1, recent=recent + 1, last_at=now)

    def remembered(self, now: datetime, memory: timedelta) -> bool:
        """Tell whether they still make anybody wait; a time from the future, when a clock was wrong, never does."""
        age = None if self.last_at is None else elapsed(self.last_at, now)
        return age is not None and bool(self.recent) and age < memory

    def pardoned(self) -> "Failures":
        """Make nobody wait any more, and go on counting towards the end of the device."""
        return attrs.evolve(self, recent=0)

    def __bool__(self) -> bool:
        return self.count > 0


class ThrottlePolicy(Protocol):
    """Decides from the failures so far until when no further value is looked at.

    A class that is named by dotted path in ``VERIFICATION_THROTTLE`` is made once, with the ``Config``.
    """

    @abstractmethod
    def locked_until(self, failures: Failures) -> datetime | None:
        """Return the end of the wait that these failures have earned, in the past or to come; None for no wait.

        ``count`` is the sum over all of a user's guessable devices, without what is forgotten.
        """


class _ThrottleSettings(Protocol):
    """The part of the configuration that the built-in policies read."""

    @property
    def verification_throttle_tryouts(self) -> int:
        """Failures before the first wait."""

    @property
    def verification_throttle_timeout(self) -> timedelta:
        """Length of one wait."""


class SimpleThrottle(ThrottlePolicy):
    """After every ``TRYOUTS`` failures, one ``TIMEOUT``."""

    def __init__(self, config: _ThrottleSettings) -> None:
        self._tryouts = config.verification_throttle_tryouts
        self._timeout = config.verification_throttle_timeout

    def locked_until(self, failures: Failures) -> datetime | None:
        """Wait once whenever another set of tries is used up."""
        if failures.last_at is None or not failures or failures.count % self._tryouts:
            return None
        return failures.last_at + self._timeout


class RecursiveThrottle(SimpleThrottle):
    """From the ``TRYOUTS``-th failure on, a wait that grows by one ``TIMEOUT`` with every further failure.

    Growing waits are what RFC 4226 section 7.3 asks for: a delay of the number of failures times a constant.
    """

    def locked_until(self, failures: Failures) -> datetime | None:
        """Wait longer after every failure beyond the allowed ones."""
        if failures.last_at is None or failures.count < self._tryouts:
            return None
        return failures.last_at + self._timeout * min(failures.count - self._tryouts + 1, LONGEST_WAIT)


def waiting_until(
    failures: Iterable[Failures], policy: ThrottlePolicy, memory: timedelta, now: datetime
) -> datetime | None:
    """Return when the wait is over that failures at several devices have earned together; None where there is none.

    The sum falls whenever the failures at one device are forgotten, and a wait ends with the failures that it is for.
    A time up to a minute ahead is read as now.
    """
    known = sorted((min(each.last_at or now, now), each.recent) for each in failures if each.remembered(now, memory))
    over = now
    while known:
        count = sum(recent for _, recent in known)
        until = policy.locked_until(Failures(count=count, recent=count, last_at=known[-1][0]))
        if until is None or until <= over:
            break
        over = min(until, known[0][0] + memory)
        known = [(at, recent) for at, recent in known if at + memory > over]
    return over if over > now else None


def with_gone(
    gone: tuple[Failures, ...], more: Iterable[Failures], memory: timedelta, now: datetime
) -> tuple[Failures, ...]:
    """Add what was counted at devices that go to what went before, or else registering anew would buy new guesses.

    What is forgotten is left out. Failures of about the same time become one entry, so that their number has a bound.
    """
    slices: dict[int, Failures] = {}
    for each in sorted((*gone, *more), key=lambda each: each.last_at or now):
        if each.last_at is None or not each.remembered(now, memory):
            continue
        position = int(each.last_at.timestamp() / (memory / MOST_GONE).total_seconds())
        recent = each.recent + (slices[position].recent if position in slices else 0)
        slices[position] = Failures(count=recent, recent=recent, last_at=each.last_at)
    return tuple(slices.values())
