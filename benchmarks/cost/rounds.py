"""Two sides in turns, and what comes of it."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from benchmarks.cost.sides import Batch

ROUNDS = 20
WARMING = 3


class Contestant(Protocol):
    """Whoever can be measured."""

    def measure(self, row: str, people: int) -> Batch:
        """Have each of the users ask once, and return what that cost."""


class Spread(NamedTuple):
    """The median of some figures, and the quartiles around it."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> "Spread":
        """Sum figures up."""
        if len(figures) == 1:
            return cls(*figures, *figures, *figures)
        low, median, high = statistics.quantiles(figures, n=4, method="inclusive")
        return cls(low, median, high)


class Outcome(NamedTuple):
    """The rounds of one row: a batch of the one that is compared with, and one of the one that is compared."""

    rounds: list[tuple[Batch, Batch]]

    @property
    def cpu_ratio(self) -> Spread:
        """Return by how much more CPU time the second took, round by round."""
        return Spread.of([second.cpu / first.cpu for first, second in self.rounds])

    @property
    def wall_ratio(self) -> Spread:
        """Return by how much longer the second took, round by round."""
        return Spread.of([second.wall / first.wall for first, second in self.rounds])

    @property
    def cpu(self) -> tuple[float, float]:
        """Return the CPU time of each, in seconds for one request."""
        return (
            statistics.median(first.cpu for first, _ in self.rounds),
            statistics.median(second.cpu for _, second in self.rounds),
        )

    @property
    def wall(self) -> tuple[float, float]:
        """Return the latency of each, in seconds."""
        return (
            statistics.median(first.wall for first, _ in self.rounds),
            statistics.median(second.wall for _, second in self.rounds),
        )


def contest(first: Contestant, second: Contestant, row: str, *, people: int, rounds: int) -> Outcome:
    """Measure two in turns, each as often first as the other, after some rounds that do not count."""
    measured = []
    for number in range(-WARMING if rounds > WARMING else -1, rounds):
        if number % 2:
            later = second.measure(row, people)
            batches = first.measure(row, people), later
        else:
            batches = first.measure(row, people), second.measure(row, people)
        if number >= 0:
            measured.append(batches)
    return Outcome(measured)
