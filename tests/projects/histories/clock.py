"""A clock that stands, in all processes, until it is set to another time."""

from datetime import UTC, datetime

from mfa.application.ports.system import Clock
from tests.projects.promises.clock import folder


class HeldClock(Clock):
    def now(self) -> datetime:
        return datetime.fromtimestamp(int((folder() / "now").read_text()), UTC)


def hold(seconds: int) -> None:
    """Sets the time of all processes, at one moment for each of them."""
    later = folder() / "now.new"
    later.write_text(str(seconds))
    later.replace(folder() / "now")
