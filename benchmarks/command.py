"""The options that the programs which measure operations have in common."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence

from benchmarks.cost.operations import WAYS
from benchmarks.cost.rounds import ROUNDS
from benchmarks.cost.rows import ROWS
from benchmarks.cost.sides import PEOPLE
from benchmarks.machine import disturbance
from tests import services

DATABASES = ("sqlite", "postgresql")


def parser_of(program: str, description: str | None, more_rows: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return a parser that knows what operations are measured on."""
    rows = [*ROWS, *more_rows]
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--rows", type=_listed(rows), default=rows, help=", ".join(rows))
    parser.add_argument("--databases", type=_listed(DATABASES), default=DATABASES, help=", ".join(DATABASES))
    parser.add_argument("--ways", type=_listed(WAYS), default=WAYS, help=", ".join(WAYS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--people", type=int, default=PEOPLE, help="each of whom asks once in a round")
    return parser


def unanswered(databases: Iterable[str]) -> str | None:
    """Return why a database cannot be used, or None where all of them can; say so where the machine is busy."""
    if busy := disturbance():
        print(busy, file=sys.stderr)
    return services.absence("postgresql") if "postgresql" in databases else None


def _listed(known: Sequence[str]) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        names = text.split(",")
        if unknown := set(names) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: there is {', '.join(known)}")
        return names

    return read
