"""Every operation of the package beside the same of the floor, on one kind of database, served in both ways."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from benchmarks.cost.rounds import Contestant, Outcome, in_turns
from benchmarks.cost.rows import ROWS
from benchmarks.cost.served import server
from benchmarks.cost.sides import Side, Site, site
from benchmarks.databases import one_of_its_own

WAYS = ("process", "gunicorn")
"""Called in the process that measures itself, or asked from outside."""


class Extent(NamedTuple):
    """How much is measured: which rows in which ways, and with how many users in how many rounds."""

    rows: Sequence[str]
    ways: Sequence[str]
    people: int
    rounds: int


class Line(NamedTuple):
    """What came of one operation: the statements are those of the one that is compared with, and of the other."""

    row: str
    database: str
    way: str
    outcome: Outcome
    statements: tuple[int, int]


def compared(first: Side, second: Side, kind: str, extent: Extent) -> Iterator[Line]:
    """Measure two sides in turns; each has a database of its own."""
    with ExitStack() as stack:
        pairs: list[tuple[Side, dict[str, Any], Site]] = []
        for side in (first, second):
            database = stack.enter_context(one_of_its_own(kind))
            pairs.append((side, database, stack.enter_context(site(side, database))))
        sites = [beside for _, _, beside in pairs]
        contestants: dict[str, Callable[[], list[Contestant]]] = {
            "process": lambda: [*sites],
            "gunicorn": lambda: [stack.enter_context(server(*pair)) for pair in pairs],
        }
        for way in extent.ways:
            meeting = contestants[way]()
            for row in extent.rows:
                before, after = (len(each.statements(row, extent.people)) for each in sites)
                [outcome] = in_turns(meeting, row, people=extent.people, rounds=extent.rounds)
                yield Line(row, kind, way, outcome, (before, after))


HEAD = (
    "| operation | database | served | CPU | quartiles | target | | latency | CPU, ms | latency, ms | statements |\n"
    "|---|---|---|---:|---:|---:|---|---:|---:|---:|---:|"
)
"""Ratios first; in brackets stands the one that is compared with."""


def told(line: Line) -> str:
    """Return a line of the table."""
    title, target = ROWS[line.row]
    low, ratio, high = line.outcome.cpu_ratio
    first, second = line.outcome.first, line.outcome.second
    cells = [
        title,
        line.database,
        line.way,
        f"{ratio:.2f}",
        f"{low:.2f} to {high:.2f}",
        "" if target is None else f"{target:.2f}",
        "" if target is None else verdict(met=ratio <= target),
        f"{line.outcome.wall_ratio.median:.2f}",
        f"{second.cpu * 1000:.2f} ({first.cpu * 1000:.2f})",
        f"{second.wall * 1000:.2f} ({first.wall * 1000:.2f})",
        f"{line.statements[1]} ({line.statements[0]})",
    ]
    return f"| {' | '.join(cells)} |"


def verdict(*, met: bool) -> str:
    """Say whether a target is met."""
    return "met" if met else "**not met**"
