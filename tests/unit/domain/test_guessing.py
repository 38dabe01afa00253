"""What a stranger who knows the password gets to guess, by the arithmetic itself; docs/security.md has the table."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mfa.domain.throttling import Failures, RecursiveThrottle, SimpleThrottle, ThrottlePolicy, waiting_until
from tests.unit.domain.samples import HOUR, NOW, Settings

DAY = 24 * HOUR
PAGE = Path(__file__).resolve().parents[3] / "docs/security.md"
POLICIES = {"recursive": RecursiveThrottle(Settings()), "simple": SimpleThrottle(Settings())}
MOST_FAILURES = 100
CODES_THAT_FIT = 3
"""Of the million that six digits have: those of the steps before, now and next."""


def guesses(policy: ThrottlePolicy, time: timedelta, *, cleared_every: timedelta | None = None) -> int:
    """How many wrong values are looked at in that time, where each is given as soon as it may be."""
    failures, now, count = Failures(), NOW, 0
    while now < NOW + time:
        until = waiting_until([failures], policy, DAY, now)
        if failures.count >= MOST_FAILURES or until is not None:
            later = _next(until, failures, now, cleared_every)
            if later is None:
                return count
            now = later
            if cleared_every is not None and (now - NOW) % cleared_every == timedelta(0):
                failures = Failures()
            continue
        failures = failures.one_more(now, DAY)
        count += 1
    return count


def _next(
    until: datetime | None, failures: Failures, now: datetime, cleared_every: timedelta | None
) -> datetime | None:
    cleared = None if cleared_every is None else NOW + cleared_every * ((now - NOW) // cleared_every + 1)
    if failures.count >= MOST_FAILURES:
        return cleared
    return min(each for each in (until, cleared) if each is not None)


def test_the_table_of_the_page_is_what_the_arithmetic_gives() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", PAGE.read_text(), re.MULTILINE)
    told = {name: [int(cell.replace(",", "")) for cell in re.findall(r"[\d,]+", cells)] for name, cells in rows}

    assert {name: told[name] for name in POLICIES} == {
        name: [
            guesses(policy, HOUR),
            guesses(policy, DAY),
            guesses(policy, 365 * DAY),
            guesses(policy, 365 * DAY, cleared_every=DAY),
        ]
        for name, policy in POLICIES.items()
    }


@pytest.mark.parametrize(("cleared_every", "chance"), [(None, 0.0003), (DAY, 0.09)])
def test_the_chances_of_the_page(cleared_every: timedelta | None, chance: float) -> None:
    tries = guesses(POLICIES["recursive"], 365 * DAY, cleared_every=cleared_every)

    assert 1 - (1 - CODES_THAT_FIT / 10**6) ** tries == pytest.approx(chance, rel=0.1)
