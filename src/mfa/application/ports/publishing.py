"""Who hears of events."""

from abc import abstractmethod
from typing import Protocol

from mfa.domain.events import Event


class Publisher(Protocol):
    """Tells the world what has happened, after it is stored; it never fails the request that it reports on."""

    @abstractmethod
    def publish(self, event: Event) -> None:
        """Tell of one event."""
