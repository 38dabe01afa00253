"""How long ago is it, by a clock that may have been wrong?"""

from datetime import UTC, datetime, timedelta

import pytest

from mfa.domain.moments import SKEW, elapsed

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (timedelta(hours=-1), timedelta(hours=1)),
        (timedelta(0), timedelta(0)),
        (timedelta(seconds=1), timedelta(0)),
        (SKEW, timedelta(0)),
        (SKEW + timedelta(microseconds=1), None),
        (timedelta(days=365), None),
    ],
)
def test_a_time_from_the_future_is_now_or_was_a_clock_that_was_wrong(
    ahead: timedelta, expected: timedelta | None
) -> None:
    assert elapsed(NOW + ahead, NOW) == expected
