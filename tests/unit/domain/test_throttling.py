from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfa.domain.throttling import (
    LONGEST_WAIT,
    MOST_GONE,
    Failures,
    RecursiveThrottle,
    SimpleThrottle,
    ThrottlePolicy,
    waiting_until,
    with_gone,
)
from tests.unit.domain.samples import HOUR, MINUTE, NOW, SECOND, TICK, Settings, failures

TIMEOUT = Settings().verification_throttle_timeout
DAY = timedelta(days=1)


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


def test_failures_are_true_once_something_was_counted() -> None:
    assert not Failures()
    assert Failures().one_more(NOW, DAY)


def test_failures_cannot_be_changed() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Failures().count = 0  # type: ignore[misc]


# The memory of one device


def test_one_more_failure_counts_and_remembers_when() -> None:
    first = Failures().one_more(NOW, DAY)
    second = first.one_more(NOW + SECOND, DAY)

    assert first == Failures(count=1, recent=1, last_at=NOW)
    assert second == Failures(count=2, recent=2, last_at=NOW + SECOND)


def test_what_is_forgotten_stays_forgotten_but_counts_towards_the_end_of_the_device() -> None:
    owned = failures(7)

    assert owned.one_more(NOW + DAY - TICK, DAY) == Failures(count=8, recent=8, last_at=NOW + DAY - TICK)
    assert owned.one_more(NOW + DAY, DAY) == Failures(count=8, recent=1, last_at=NOW + DAY)


@pytest.mark.parametrize(
    ("owned", "remembered"),
    [
        (Failures(), False),
        (failures(1), True),
        (failures(1, NOW - DAY + TICK), True),
        (failures(1, NOW - DAY), False),
        (failures(1, NOW + MINUTE), True),
        (failures(1, NOW + MINUTE + TICK), False),
        (failures(1).pardoned(), False),
        (Failures(count=1, recent=1), False),
    ],
)
def test_how_long_failures_make_anybody_wait(owned: Failures, remembered: bool) -> None:  # noqa: FBT001
    assert owned.remembered(NOW, DAY) is remembered


# The wait for all devices together


WAITS: list[tuple[list[Failures], timedelta | None]] = [
    # failures at several devices, and how long they make their user wait
    ([], None),
    ([failures(4)], None),
    ([failures(5)], 30 * SECOND),
    ([failures(3), failures(2, NOW - HOUR)], 30 * SECOND),
    ([failures(3), failures(2, NOW - DAY)], None),
    ([failures(3), failures(2).pardoned()], None),
    ([failures(5, NOW - 29 * SECOND)], SECOND),
    ([failures(5, NOW - 30 * SECOND)], None),
    ([failures(9)], 150 * SECOND),
    ([failures(124)], HOUR),
    ([failures(1000)], HOUR),
    # a clock was ahead: up to a minute it is read as now, beyond that it holds nobody up
    ([failures(5, NOW + MINUTE)], 30 * SECOND),
    ([failures(5, NOW + MINUTE + TICK)], None),
    ([failures(3), failures(500, NOW + 365 * DAY)], None),
    # a part is forgotten while the user waits, and the wait is for what is left
    ([failures(100, NOW - DAY + MINUTE), failures(4)], MINUTE),
    ([failures(100, NOW - DAY + MINUTE), failures(9)], 150 * SECOND),
    ([failures(100, NOW - DAY + SECOND), failures(5)], 30 * SECOND),
]


@pytest.mark.parametrize(("owned", "wait"), WAITS)
def test_what_a_user_waits_for(owned: list[Failures], wait: timedelta | None) -> None:
    until = waiting_until(owned, RecursiveThrottle(Settings()), DAY, NOW)

    assert (until and until - NOW) == wait


def test_who_is_pardoned_waits_no_more_and_keeps_the_count() -> None:
    assert failures(3).pardoned() == Failures(count=3, recent=0, last_at=NOW)


def test_a_policy_is_asked_with_the_sum_and_the_time_of_the_last() -> None:
    asked: list[Failures] = []

    class Policy(ThrottlePolicy):
        def locked_until(self, failures: Failures) -> None:
            asked.append(failures)

    owned = [failures(3), failures(2, NOW - MINUTE), Failures(count=9, recent=1, last_at=NOW - 2 * MINUTE)]

    assert waiting_until(owned, Policy(), HOUR, NOW) is None
    assert asked == [Failures(count=6, recent=6, last_at=NOW)]


def test_no_wait_outlives_the_memory_of_its_failures() -> None:
    assert waiting_until([failures(124)], RecursiveThrottle(Settings()), MINUTE, NOW) == NOW + MINUTE


some = st.builds(failures, st.integers(0, 200), st.integers(-2000, 0).map(lambda each: NOW + each * MINUTE))


@given(st.lists(some, max_size=5))
def test_a_wait_ends_when_it_says_and_is_never_longer_than_its_setting(owned: list[Failures]) -> None:
    policy = RecursiveThrottle(Settings())
    until = waiting_until(owned, policy, DAY, NOW)

    if until is not None:
        assert NOW < until <= NOW + HOUR
        assert waiting_until(owned, policy, DAY, until - TICK) == until
        assert waiting_until(owned, policy, DAY, until) is None


# What is left of devices that are gone


def test_failures_at_devices_that_go_are_kept_until_they_are_forgotten() -> None:
    gone = with_gone((failures(2, NOW - HOUR - DAY), failures(3, NOW - 9 * HOUR)), [failures(4), Failures()], DAY, NOW)

    assert gone == (failures(3, NOW - 9 * HOUR), failures(4))


def test_those_of_about_the_same_time_become_one() -> None:
    assert with_gone((failures(2),), [failures(3, NOW + SECOND)], DAY, NOW) == (failures(5, NOW + SECOND),)


def test_however_many_go_few_are_kept_and_none_is_lost() -> None:
    gone: tuple[Failures, ...] = ()
    for minute in range(24 * 60):
        gone = with_gone(gone, [failures(1, NOW + minute * MINUTE)], DAY, NOW + minute * MINUTE)

    assert len(gone) <= MOST_GONE + 1
    assert sum(each.recent for each in gone) == 24 * 60
