"""Measures the package beside the floor, and prints a table: ``make bench``."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from benchmarks.cost.rounds import ROUNDS, Outcome, contest
from benchmarks.cost.rows import ROWS
from benchmarks.cost.sides import FLOOR, PACKAGE, PEOPLE, site
from benchmarks.databases import one_of_its_own
from tests import services

DATABASES = ("sqlite", "postgresql")


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for; fails where an answer is not what it should be."""
    asked = parsed(arguments)
    print(
        "| operation | database | CPU time / floor's | quartiles | target | | ms | floor's ms | latency / floor's "
        "| ms | floor's ms | statements | floor's |\n|---|---|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|"
    )
    for database in asked.databases:
        if database == "postgresql" and (reason := services.absence(database)):
            print(f"failed: {reason}")
            return 1
        for row, outcome, statements in measured(database, asked):
            print(line(row, database, outcome, statements), flush=True)
    return 0


def measured(kind: str, asked: argparse.Namespace) -> Iterator[tuple[str, Outcome, tuple[int, int]]]:
    """Measure on one kind of database."""
    with ExitStack() as stack:
        floor, package = (
            stack.enter_context(site(side, stack.enter_context(one_of_its_own(kind)))) for side in (FLOOR, PACKAGE)
        )
        for row in asked.rows:
            statements = (len(floor.statements(row, asked.people)), len(package.statements(row, asked.people)))
            yield row, contest(floor, package, row, people=asked.people, rounds=asked.rounds), statements


def line(row: str, database: str, outcome: Outcome, statements: tuple[int, int]) -> str:
    """Return a line of the table."""
    title, target = ROWS[row]
    low, ratio, high = outcome.cpu_ratio
    (floor_cpu, cpu), (floor_wall, wall) = outcome.cpu, outcome.wall
    cells = [
        title,
        database,
        f"{ratio:.2f}",
        f"{low:.2f} to {high:.2f}",
        "none" if target is None else f"{target:.2f}",
        "" if target is None else "met" if ratio <= target else "**not met**",
        f"{cpu * 1000:.2f}",
        f"{floor_cpu * 1000:.2f}",
        f"{outcome.wall_ratio.median:.2f}",
        f"{wall * 1000:.2f}",
        f"{floor_wall * 1000:.2f}",
        str(statements[1]),
        str(statements[0]),
    ]
    return f"| {' | '.join(cells)} |"


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.cost", description=__doc__)
    parser.add_argument("--rows", type=listed(ROWS), default=list(ROWS))
    parser.add_argument("--databases", type=listed(DATABASES), default=list(DATABASES))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--people", type=int, default=PEOPLE)
    return parser.parse_args(arguments)


class listed:  # noqa: N801 - used as a function
    """Reads a comma-separated list of names."""

    def __init__(self, known: object) -> None:
        self._known = list(known)  # type: ignore[call-overload]

    def __call__(self, text: str) -> list[str]:
        """Return the names; raises ``ArgumentTypeError`` for one that nobody knows."""
        names = text.split(",")
        if unknown := set(names) - set(self._known):
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: there is {', '.join(self._known)}")
        return names


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
