"""Who takes part: the floor, the package, or the package of another commit, each in processes of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.cost.asking import Ask

ROOT = Path(__file__).resolve().parents[2]

PEOPLE = 40
"""Each of whom asks once in a round."""


class Batch(NamedTuple):
    """What one request cost: the mean of the CPU time and the median of the latency, in seconds."""

    cpu: float
    wall: float


class Side(NamedTuple):
    """A project, and where the package is imported from."""

    name: str
    project: str
    source: Path = ROOT / "src"

    def environment(self, database: dict[str, Any], **more: str) -> dict[str, str]:
        """Return the environment of a process.

        Hashes are the same in all of them, so that no two differ by the order of some set. Bytecode is kept, as
        wherever a package is installed: or else what is measured is how long Python takes to compile this one.
        """
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {
            **kept,
            "BENCHMARK_DATABASE": json.dumps(database),
            "DJANGO_SETTINGS_MODULE": f"{self.project}.settings",
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": f"{self.source}{os.pathsep}{ROOT}",
            **more,
        }


FLOOR = Side("floor", "benchmarks.floor")
PACKAGE = Side("package", "benchmarks.package")


class Failed(Exception):
    """A process has ended before its time; what it had to say stands above."""


class Site:
    """A side's process, to which requests are nothing but a call of its WSGI application."""

    def __init__(self, process: "subprocess.Popen[str]", name: str) -> None:
        self._process = process
        self.name = name
        self._answer()

    def measure(self, row: str, people: int) -> Batch:
        """Have each of the users ask once, and return what that cost."""
        return Batch(**self._order("measure", row, people))

    def requests(self, row: str, people: int) -> list[Ask]:
        """Put the users back to where they were, and return a request of each."""
        return [Ask(*each) for each in self._order("requests", row, people)]

    def statements(self, row: str, people: int) -> list[str]:
        """Return the statements of one request."""
        found: list[str] = self._order("statements", row, people)
        return found

    def answer(self, ask: Ask) -> int:
        """Ask once, and return the status."""
        status: int = self._order("answer", *ask)
        return status

    def _order(self, *order: object) -> Any:  # noqa: ANN401 - whatever was ordered
        assert self._process.stdin is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> Any:  # noqa: ANN401 - as above
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Failed(self.name)
        return json.loads(line)


@contextmanager
def site(side: Side, database: dict[str, Any], people: str = "people", **environment: str) -> Iterator[Site]:
    """Start a side's process, which makes the tables; end it afterwards."""
    command: Sequence[str] = [sys.executable, "-m", "benchmarks.cost.site", f"{side.project}.{people}"]
    with subprocess.Popen(  # noqa: S603 - our own
        command,
        cwd=ROOT,
        env=side.environment(database, **environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Site(process, side.name)
        finally:
            process.kill()
