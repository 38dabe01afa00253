from datetime import timedelta
from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa.domain.throttling import (
    LONGEST_WAIT,
    Failures,
    RecursiveThrottle,
    SendLimits,
    Sends,
    SimpleThrottle,
    ThrottlePolicy,
)
from tests.unit.domain.samples import HOUR, NOW, SECOND, TICK, Settings

TIMEOUT = Settings().verification_throttle_timeout
LIMITS = SendLimits(interval=timedelta(seconds=30), hourly=3)


def wait(policy: ThrottlePolicy, count: int) -> timedelta | None:
    until = policy.locked_until(Failures(count=count, last_at=NOW))
    return None if until is None else until - NOW


@pytest.mark.parametrize("policy", [SimpleThrottle(Settings()), RecursiveThrottle(Settings())])
def test_nothing_is_locked_before_the_allowed_tries_are_used_up(policy: ThrottlePolicy) -> None:
    assert policy.locked_until(Failures()) is None
    assert [wait(policy, count) for count in range(5)] == [None] * 5
    assert wait(policy, 5) == TIMEOUT


def test_the_simple_throttle_waits_once_after_every_set_of_tries() -> None:
    policy = SimpleThrottle(Settings())

    assert {count for count in range(101) if wait(policy, count)} == set(range(5, 101, 5))
    assert {wait(policy, count) for count in range(5, 101, 5)} == {TIMEOUT}


def test_the_recursive_throttle_waits_one_timeout_longer_after_every_further_failure() -> None:
    policy = RecursiveThrottle(Settings())

    assert [wait(policy, count) for count in (5, 6, 7, 100)] == [TIMEOUT, 2 * TIMEOUT, 3 * TIMEOUT, 96 * TIMEOUT]


def test_the_recursive_throttle_stops_growing_at_120_timeouts() -> None:
    policy = RecursiveThrottle(Settings())

    assert LONGEST_WAIT == 120
    assert wait(policy, 123) == 119 * TIMEOUT
    assert wait(policy, 124) == 120 * TIMEOUT == HOUR
    assert wait(policy, 125) == HOUR
    assert wait(policy, 1_000_000) == HOUR


@pytest.mark.parametrize("kind", [SimpleThrottle, RecursiveThrottle])
def test_tries_and_timeout_come_from_the_settings(kind: type[SimpleThrottle | RecursiveThrottle]) -> None:
    policy = kind(Settings(verification_throttle_tryouts=1, verification_throttle_timeout=7 * SECOND))

    assert wait(policy, 0) is None
    assert wait(policy, 1) == 7 * SECOND
    assert wait(policy, 2) == (7 * SECOND if kind is SimpleThrottle else 14 * SECOND)


@pytest.mark.parametrize("policy", [SimpleThrottle(Settings()), RecursiveThrottle(Settings())])
def test_the_wait_starts_at_the_last_failure(policy: ThrottlePolicy) -> None:
    assert policy.locked_until(Failures(count=5, last_at=NOW - HOUR)) == NOW - HOUR + TIMEOUT


@pytest.mark.parametrize("policy", [SimpleThrottle(Settings()), RecursiveThrottle(Settings())])
def test_failures_of_which_no_time_is_known_earn_no_wait(policy: ThrottlePolicy) -> None:
    assert policy.locked_until(Failures(count=5)) is None


def test_one_more_failure_counts_and_remembers_when() -> None:
    first = Failures().one_more(NOW)
    second = first.one_more(NOW + SECOND)

    assert first == Failures(count=1, last_at=NOW)
    assert second == Failures(count=2, last_at=NOW + SECOND)


@pytest.mark.parametrize(
    ("left", "right", "total"),
    [
        (Failures(), Failures(), Failures()),
        (Failures(count=2, last_at=NOW), Failures(), Failures(count=2, last_at=NOW)),
        (Failures(), Failures(count=2, last_at=NOW), Failures(count=2, last_at=NOW)),
        (
            Failures(count=2, last_at=NOW),
            Failures(count=3, last_at=NOW - HOUR),
            Failures(count=5, last_at=NOW),
        ),
        (
            Failures(count=2, last_at=NOW - HOUR),
            Failures(count=3, last_at=NOW),
            Failures(count=5, last_at=NOW),
        ),
    ],
)
def test_failures_add_up_and_keep_the_later_time(left: Failures, right: Failures, total: Failures) -> None:
    assert left + right == total


some_failures = st.builds(
    lambda count, minutes: Failures(count=count, last_at=NOW + timedelta(minutes=minutes)) if count else Failures(),
    st.integers(0, 200),
    st.integers(-1000, 1000),
)


@given(some_failures, some_failures, some_failures)
def test_the_order_of_adding_failures_does_not_matter(one: Failures, two: Failures, three: Failures) -> None:
    assert one + two == two + one
    assert (one + two) + three == one + (two + three)
    assert one + Failures() == one


def test_failures_are_true_once_something_was_counted() -> None:
    assert not Failures()
    assert Failures().one_more(NOW)


def test_failures_cannot_be_changed() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Failures().count = 0  # type: ignore[misc]


def test_a_first_code_may_be_sent_at_once() -> None:
    assert Sends().free_at(LIMITS, NOW) == NOW


def test_the_next_code_waits_for_the_interval() -> None:
    sends = Sends().one_more(NOW)

    assert sends.free_at(LIMITS, NOW) == NOW + LIMITS.interval
    assert sends.free_at(LIMITS, NOW + LIMITS.interval - TICK) == NOW + LIMITS.interval
    assert sends.free_at(LIMITS, NOW + LIMITS.interval) == NOW + LIMITS.interval
    assert sends.free_at(LIMITS, NOW + HOUR) == NOW + HOUR


def sends_at(*minutes: int) -> Sends:
    sends = Sends()
    for minute in minutes:
        sends = sends.one_more(NOW + timedelta(minutes=minute))
    return sends


def test_the_hourly_cap_lets_the_next_code_out_when_the_oldest_is_an_hour_old() -> None:
    sends = sends_at(0, 10, 20)

    assert sends.free_at(LIMITS, NOW + timedelta(minutes=30)) == NOW + HOUR
    assert sends.free_at(LIMITS, NOW + HOUR - TICK) == NOW + HOUR
    assert sends.free_at(LIMITS, NOW + HOUR) == NOW + HOUR
    assert sends_at(10, 20).free_at(LIMITS, NOW + timedelta(minutes=30)) == NOW + timedelta(minutes=30)


def test_the_hour_slides() -> None:
    sends = sends_at(0, 10, 20, 60)

    assert sends.free_at(LIMITS, NOW + timedelta(minutes=61)) == NOW + timedelta(minutes=70)


def test_a_cap_that_was_lowered_is_kept_from_now_on() -> None:
    sends = sends_at(0, 10, 20)
    lowered = attrs.evolve(LIMITS, hourly=1)

    assert sends.free_at(lowered, NOW + timedelta(minutes=30)) == NOW + timedelta(minutes=80)


def test_the_longer_of_interval_and_cap_holds() -> None:
    limits = SendLimits(interval=2 * HOUR, hourly=1)

    assert Sends().one_more(NOW).free_at(limits, NOW) == NOW + 2 * HOUR


def test_what_is_older_than_an_hour_is_forgotten() -> None:
    sends = sends_at(0, 1, 60)

    assert sends.recent == (NOW + timedelta(minutes=1), NOW + HOUR)
    assert sends.last_at == NOW + HOUR


@given(st.lists(st.integers(0, 600), max_size=60), st.integers(1, 10), st.integers(0, 300))
def test_no_hour_holds_more_codes_than_the_cap(gaps: list[int], hourly: int, interval: int) -> None:
    limits = SendLimits(interval=timedelta(seconds=interval), hourly=hourly)
    sends, now, sent = Sends(), NOW, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        if sends.free_at(limits, now) <= now:
            sends = sends.one_more(now)
            sent.append(now)
            assert len(sends.recent) <= hourly

    assert all(sum(start <= at < start + HOUR for at in sent) <= hourly for start in sent)
    assert all(later - earlier >= limits.interval for earlier, later in pairwise(sent))


def test_a_failed_delivery_frees_the_user_to_ask_again_at_once() -> None:
    sends = sends_at(0, 10).failed(NOW + timedelta(minutes=10), perhaps_sent=False)

    assert sends.recent == (NOW,)
    assert sends.free_at(LIMITS, NOW + timedelta(minutes=10)) == NOW + timedelta(minutes=10)


def test_a_delivery_that_timed_out_stays_in_the_hourly_count() -> None:
    at = NOW + timedelta(minutes=20)
    sends = sends_at(0, 10, 20).failed(at, perhaps_sent=True)

    assert sends.free_at(LIMITS, at) == NOW + HOUR
    assert sends.last_at is None
    assert sends_at(0, 10, 20).failed(at, perhaps_sent=False).free_at(LIMITS, at) == at


def test_the_failure_of_an_older_code_does_not_lift_the_interval_after_a_newer_one() -> None:
    sends = sends_at(0, 10).failed(NOW, perhaps_sent=False)

    assert sends == Sends(recent=(NOW + timedelta(minutes=10),), last_at=NOW + timedelta(minutes=10))
