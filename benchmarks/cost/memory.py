"""What a worker of gunicorn holds after many requests, beyond what the floor's holds."""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.cost.operations import verdict
from benchmarks.cost.rows import ROWS
from benchmarks.cost.served import Usage, server
from benchmarks.cost.sides import FLOOR, PACKAGE, Side, site
from benchmarks.databases import one_of_its_own

TARGET = 10
"""MiB."""

TIMES = 3
"""Workers of each side."""

PASSES = 3
"""How often everybody does everything."""

_MIB = 1024**2


def held(people: int) -> Iterator[str]:
    """Yield the line of the table: memory that is resident, and in brackets what of it is the worker's own alone."""
    floors, packages = [], []
    for _ in range(TIMES):
        floors.append(_used(FLOOR, people))
        packages.append(_used(PACKAGE, people))
    beyond = [(package.resident - floor.resident) / _MIB for floor, package in zip(floors, packages, strict=True)]
    own = [(package.private - floor.private) / _MIB for floor, package in zip(floors, packages, strict=True)]
    median, requests = statistics.median(beyond), people * len(ROWS) * PASSES
    yield (
        f"| resident memory of a worker after {requests:,} requests; in brackets, what is the worker's own alone "
        f"| {median:.1f} MiB ({statistics.median(own):.1f} MiB) | {min(beyond):.1f} to {max(beyond):.1f} MiB "
        f"| {TARGET} MiB | {verdict(met=median <= TARGET)} |"
    )


def _used(side: Side, people: int) -> Usage:
    """Have a new worker serve everything, and return what it uses then; its tables were made by another process."""
    with ExitStack() as stack:
        database = stack.enter_context(one_of_its_own("sqlite"))
        beside = stack.enter_context(site(side, database))
        worker = stack.enter_context(server(side, database, beside))
        for _ in range(PASSES):
            for row in ROWS:
                for ask in beside.requests(row, people):
                    worker.content(ask)
        return worker.usage()
