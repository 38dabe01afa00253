"""The time of the machine."""

from datetime import UTC, datetime

from mfa.application.ports.system import Clock


class SystemClock(Clock):
    """Reads the clock of the machine."""

    def now(self) -> datetime:
        """Return the time now, aware and in UTC."""
        return datetime.now(UTC)
