"""How much memory the workers hold as time goes on: by what the system counts, and by what they have not freed.

What an allocator keeps for later is in the first alone. So a slow leak is seen in the second, which stands still.
"""

import json
import os
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

import attrs

EVERY = 2.0
"""Seconds between two readings."""

LEAST = 240
"""Seconds that a worker has to live before its memory is judged."""

MOST_GROWTH = 4.0
"""MiB between the averages of a worker's second sixth and its last: what an allocator keeps, and no leak that lasts.

The first sixth is when a worker imports what it had no need of before, and compiles its statements.
"""

MOST_OBJECTS, MOST_REST = 10_000, 0.5
"""What a worker may allocate and not free from the middle of its time to the end: small objects of Python, and MiB of
all else.

By then it keeps nothing more but what is compiled at last, such as a statement that is seldom sent.
"""

_PAGE = os.sysconf("SC_PAGE_SIZE") / 1024**2


class Held(NamedTuple):
    """What a process has allocated and not freed, at a time in seconds: small objects, and MiB of all else."""

    at: float
    objects: int
    rest: float


@attrs.frozen
class Worker:
    """Readings of one process: seconds, and MiB."""

    pid: int
    readings: Sequence[tuple[float, float]]
    held: Sequence[Held] = ()

    @property
    def seconds(self) -> float:
        """How long it was seen."""
        return self.readings[-1][0] - self.readings[0][0]

    @property
    def sixths(self) -> list[float]:
        """The averages of each sixth of its time, in MiB."""
        size = len(self.readings) / 6
        parts = [self.readings[round(number * size) : round((number + 1) * size)] for number in range(6)]
        return [statistics.fmean(each for _, each in part) for part in parts]

    @property
    def growth(self) -> float:
        """By how much more it held in the last sixth than in the second, in MiB."""
        return self.sixths[-1] - self.sixths[1]

    @property
    def flat(self) -> bool:
        """Whether it grew by no more than it may, where it lived for long enough to be judged."""
        if self.seconds < LEAST:
            return True
        objects, rest = self.kept
        return self.growth <= MOST_GROWTH and objects <= MOST_OBJECTS and rest <= MOST_REST

    @property
    def kept(self) -> tuple[int, float]:
        """How many more small objects it has kept, and MiB of all else, since the middle of its time."""
        half = [each for each in self.held if each.at >= self.readings[0][0] + self.seconds / 2]
        return (half[-1].objects - half[0].objects, half[-1].rest - half[0].rest) if half else (0, 0.0)

    @property
    def slope(self) -> float:
        """MiB a minute, by least squares over the second half."""
        half = self.readings[len(self.readings) // 2 :]
        times, sizes = zip(*half, strict=True)
        return 60 * statistics.linear_regression(times, sizes).slope


@contextmanager
def watched(children: Callable[[], Sequence[int]], port: int) -> Iterator[Callable[[], list[Worker]]]:
    """Read the memory of processes until the end of the block; lends what returns those that lived for long."""
    readings: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    held: defaultdict[int, list[Held]] = defaultdict(list)
    over = threading.Event()

    def read() -> None:
        while not over.wait(EVERY):
            for pid in children():
                with suppress(FileNotFoundError, ProcessLookupError):
                    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                    readings[pid].append((time.monotonic(), pages * _PAGE))

    def ask() -> None:
        while not over.wait(EVERY):
            with suppress(OSError, HTTPException, ValueError):  # nothing that can be read, as in a fault
                pid, told = _held(port)
                held[pid].append(told)

    def found() -> list[Worker]:
        workers = [Worker(pid, each, held[pid]) for pid, each in readings.items() if len(each) > 12]
        return [each for each in workers if each.seconds > LEAST] or workers

    threads = [threading.Thread(target=each, daemon=True) for each in (read, ask)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _held(port: int) -> tuple[int, Held]:
    """Ask whichever process answers, and return which that was."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", "/held/")
        told = json.loads(connection.getresponse().read())
    return told["pid"], Held(time.monotonic(), told["objects"], told["rest"] / 1024**2)
