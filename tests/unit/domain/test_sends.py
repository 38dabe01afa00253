from datetime import timedelta
from itertools import pairwise

import attrs
from hypothesis import given
from hypothesis import strategies as st

from mfa.domain.sends import SendLimits, Sends
from tests.unit.domain.samples import HOUR, MINUTE, NOW, SECOND, TICK

LIMITS = SendLimits(interval=timedelta(seconds=30), hourly=3)


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


def test_after_a_failed_delivery_one_more_goes_at_once_and_counts() -> None:
    at = NOW + timedelta(minutes=10)
    failed = sends_at(0, 10).failed(at)

    assert failed.recent == (NOW, at)
    assert failed.free_at(LIMITS, at) == at


def test_after_the_second_failure_in_a_row_the_interval_holds() -> None:
    again = sends_at(0).failed(NOW).one_more(NOW + SECOND).failed(NOW + SECOND)

    assert again.free_at(LIMITS, NOW + SECOND) == NOW + SECOND + LIMITS.interval
    later = again.one_more(NOW + MINUTE).failed(NOW + MINUTE)
    assert later.last_at is None


def test_failures_use_up_the_hours_codes() -> None:
    sends = sends_at(0).failed(NOW).one_more(NOW).one_more(NOW + MINUTE).failed(NOW + MINUTE)

    assert sends.capped(LIMITS, NOW + MINUTE)
    assert sends.free_at(LIMITS, NOW + MINUTE) == NOW + HOUR


def test_the_failure_of_an_older_code_does_not_lift_the_interval_after_a_newer_one() -> None:
    sends = sends_at(0, 10)

    assert sends.failed(NOW) == sends


def test_a_clock_that_was_wrong_holds_nobody_up() -> None:
    ahead = NOW + 365 * 24 * HOUR

    assert Sends(recent=(ahead,) * 3, last_at=ahead).free_at(LIMITS, NOW) == NOW
    assert Sends(recent=(NOW + MINUTE,) * 3, last_at=NOW + MINUTE).free_at(LIMITS, NOW) == NOW + HOUR
    assert Sends(last_at=NOW + MINUTE).free_at(LIMITS, NOW) == NOW + LIMITS.interval
    assert not Sends(recent=(ahead,) * 3).capped(LIMITS, NOW)
