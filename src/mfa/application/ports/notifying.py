"""Who tells users what has happened to their accounts."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from mfa.domain.events import Event


class Notifier(Protocol):
    """Tells a user of events, after they are stored; it never fails the request that it reports on."""

    @abstractmethod
    def notify(self, events: Sequence[Event], addresses: Mapping[int, str]) -> None:
        """Tell of what was committed together.

        ``addresses`` are those of devices that have gone, by index, which nobody could look up any more.
        """
