"""Measures the package beside the floor, and prints tables: ``make bench``."""

import sys
from collections.abc import Sequence

from benchmarks.command import parser_of, unanswered
from benchmarks.cost import operations
from benchmarks.cost.operations import Extent
from benchmarks.cost.sides import FLOOR, PACKAGE


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for; fails where an answer is not what it should be."""
    asked = parser_of("benchmarks.cost", __doc__).parse_args(arguments)
    if reason := unanswered(asked.databases):
        print(f"failed: {reason}")
        return 1
    extent = Extent(asked.rows, asked.ways, asked.people, asked.rounds)
    print(operations.HEAD)
    for database in asked.databases:
        for line in operations.compared(FLOOR, PACKAGE, database, extent):
            print(operations.told(line), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
