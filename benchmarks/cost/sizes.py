"""The same operations with more and more devices, on PostgreSQL, beside those with the fewest."""

from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.cost.operations import Extent, verdict
from benchmarks.cost.rounds import Outcome, in_turns
from benchmarks.cost.rows import ROWS
from benchmarks.cost.sides import PACKAGE, site
from benchmarks.databases import one_of_its_own

SIZES = (1_000, 100_000, 1_000_000)
"""Devices; there are half as many users and twice as many challenges."""

MEASURED = ("gate", "verify")

MOST_GROWTH = 0.1

HEAD = (
    "| operation | devices | CPU | quartiles | latency | quartiles | target | | CPU, ms | latency, ms |\n"
    "|---|---:|---:|---:|---:|---:|---:|---|---:|---:|"
)
"""Ratios to the fewest, whose figures stand in brackets."""


def grown(extent: Extent) -> Iterator[str]:
    """Measure all sizes in turns, and yield the lines of the table."""
    with ExitStack() as stack:
        sites = []
        for size in SIZES:
            database = stack.enter_context(one_of_its_own("postgresql"))
            sites.append(stack.enter_context(site(PACKAGE, database, "crowd", BENCHMARK_DEVICES=str(size))))
            sites[-1].requests(MEASURED[0], extent.people)
        for row in MEASURED:
            outcomes = in_turns(sites, row, people=extent.people, rounds=extent.rounds)
            for size, outcome in zip(SIZES[1:], outcomes, strict=True):
                yield told(row, size, outcome)


def told(row: str, size: int, outcome: Outcome) -> str:
    """Return a line of the table; a target is missed where more devices cost more, of either time."""
    cpu, wall = outcome.cpu_ratio, outcome.wall_ratio
    most = 1 + MOST_GROWTH
    cells = [
        ROWS[row].title,
        f"{size:,}",
        f"{cpu.median:.2f}",
        f"{cpu.low:.2f} to {cpu.high:.2f}",
        f"{wall.median:.2f}",
        f"{wall.low:.2f} to {wall.high:.2f}",
        f"{most:.2f}",
        verdict(met=max(cpu.median, wall.median) <= most),
        f"{outcome.second.cpu * 1000:.2f} ({outcome.first.cpu * 1000:.2f})",
        f"{outcome.second.wall * 1000:.2f} ({outcome.first.wall * 1000:.2f})",
    ]
    return f"| {' | '.join(cells)} |"
