from datetime import UTC, datetime, timedelta

import pytest

from mfa.adapters.system.clock import SystemClock
from mfa.application.ports.system import Clock
from mfa.testing.contracts.system import ClockContract


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return SystemClock()

    def test_the_time_is_now(self, clock: Clock) -> None:
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
