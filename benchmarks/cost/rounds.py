"""Sides in turns, and what comes of it."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from benchmarks.cost.sides import Batch

ROUNDS = 16

WARMING = 2
"""Rounds before those, which do not count."""


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
        """Return how much CPU time the second took, as a multiple of the first's, round by round."""
        return Spread.of([second.cpu / first.cpu for first, second in self.rounds])

    @property
    def wall_ratio(self) -> Spread:
        """Return how long the second took, as a multiple of the first's latency, round by round."""
        return Spread.of([second.wall / first.wall for first, second in self.rounds])

    @property
    def first(self) -> Batch:
        """Return the medians of the first."""
        return _median([first for first, _ in self.rounds])

    @property
    def second(self) -> Batch:
        """Return the medians of the second."""
        return _median([second for _, second in self.rounds])


def in_turns(contestants: Sequence[Contestant], row: str, *, people: int, rounds: int) -> list[Outcome]:
    """Measure all of them in each round, forth and back; return how each but the first compares with the first."""
    measured: list[dict[int, Batch]] = []
    for number in range(rounds + WARMING):
        order = list(enumerate(contestants))
        measured.append({place: each.measure(row, people) for place, each in order[:: -1 if number % 2 else 1]})
    counted = measured[WARMING:]
    return [Outcome([(batch[0], batch[place]) for batch in counted]) for place in range(1, len(contestants))]


def _median(batches: Sequence[Batch]) -> Batch:
    return Batch(
        cpu=statistics.median(batch.cpu for batch in batches), wall=statistics.median(batch.wall for batch in batches)
    )
