"""Measures the package beside the floor, and prints tables: ``make bench``."""

import shlex
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence

from benchmarks.command import parser_of, unanswered
from benchmarks.cost import imports, memory, operations, sizes
from benchmarks.cost.operations import Extent
from benchmarks.cost.rows import ROWS
from benchmarks.cost.sides import FLOOR, PACKAGE
from benchmarks.machine import machine

BEYOND_HEAD = "| beyond the floor | | spread | target | |\n|---|---:|---:|---:|---|"

MORE_ROWS = ("size", "import", "memory")


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for; fails where an answer is not what it should be."""
    asked = parser_of("benchmarks.cost", __doc__, MORE_ROWS).parse_args(arguments)
    if reason := unanswered(asked.databases):
        print(f"failed: {reason}")
        return 1
    command = f"make bench ARGS={shlex.quote(' '.join(arguments))}" if arguments else "make bench"
    print(f"`{command}`; {asked.rounds} rounds of {asked.people} requests to each side. {machine(*asked.databases)}")
    for head, lines in tables(asked):
        print(f"\n{head}", flush=True)
        for line in lines:
            print(line, flush=True)
    return 0


def tables(asked: Namespace) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield the tables that are asked for, each as its head and its lines, which are measured as they are taken."""
    rows = [row for row in asked.rows if row in ROWS]
    extent = Extent(rows, asked.ways, asked.people, asked.rounds)
    if rows:
        compared = (operations.compared(FLOOR, PACKAGE, database, extent) for database in asked.databases)
        yield operations.HEAD, (operations.told(line) for lines in compared for line in lines)
    if "size" in asked.rows and "postgresql" in asked.databases:
        yield sizes.HEAD, sizes.grown(extent)
    beyond: dict[str, Callable[[], Iterator[str]]] = {
        "import": imports.imported,
        "memory": lambda: memory.held(asked.people),
    }
    if wanted := [measure for row, measure in beyond.items() if row in asked.rows]:
        yield BEYOND_HEAD, (line for measure in wanted for line in measure())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
