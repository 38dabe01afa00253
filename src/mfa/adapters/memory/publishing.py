"""Events in a list."""

from mfa.application.ports.publishing import Publisher
from mfa.domain.events import Event


class MemoryPublisher(Publisher):
    """Keeps what has happened, in order, for whoever looks at ``events``."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, event: Event) -> None:
        """Keep one event."""
        self.events.append(event)
