"""Processes that verify in a loop, and note what they waited for."""

import multiprocessing
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import attrs
from django.db import OperationalError, connections

from benchmarks.scale.actions import ROUND, verify_app
from benchmarks.scale.crowd import Deployment, Person
from mfa.domain.errors import Unavailable

CLIENTS = 8

PAUSE = 0.05
"""Seconds between two verifications of a client: eight without a pause leave two cores to nobody else."""

LONGEST_LOCK = 50
"""Milliseconds after which PostgreSQL ends a client's statement that waits for a lock."""

LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code for that (appendix A of its manual)."""

OVER = -1
"""The phase in which clients end."""


@attrs.define
class Seen:
    """What a client saw in a phase: how long its requests took, in seconds, and how often it waited too long."""

    times: list[float] = attrs.field(factory=list)
    locked: int = 0
    refused: int = 0


class LockWatch:
    """Counts the statements that waited for a lock for too long."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - as in Django
        """Execute a statement."""
        try:
            return execute(*arguments)
        except OperationalError as error:
            self.count += getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE
            raise


@attrs.frozen
class Clients:
    """The processes: set the phase, which is a number, and ask in the end what each saw in which."""

    phase: "Synchronized[int]"
    reports: "multiprocessing.SimpleQueue[dict[int, Seen]]"

    def seen(self) -> dict[int, Seen]:
        """End them, and return what all of them saw, by phase."""
        self.phase.value = OVER
        together: defaultdict[int, Seen] = defaultdict(Seen)
        for _ in range(CLIENTS):
            for phase, seen in self.reports.get().items():
                together[phase].times += seen.times
                together[phase].locked += seen.locked
                together[phase].refused += seen.refused
        return dict(together)


@contextmanager
def clients(deployed: Deployment, people: Sequence[Person]) -> Iterator[Clients]:
    """Start the clients, each with people of its own; no connection to a database may be open."""
    context = multiprocessing.get_context("fork")
    lent = Clients(context.Value("i", 0), context.SimpleQueue())
    started = [
        context.Process(target=_serve, args=(deployed, people[number::CLIENTS], lent), daemon=True)
        for number in range(CLIENTS)
    ]
    for process in started:
        process.start()
    try:
        yield lent
    finally:
        for process in started:
            process.join(timeout=5)
            process.kill()
            process.join()


def _serve(deployed: Deployment, people: Sequence[Person], lent: Clients) -> None:
    watch = LockWatch()
    found: defaultdict[int, Seen] = defaultdict(Seen)
    with connections["default"].cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LONGEST_LOCK}ms'")
    with connections["default"].execute_wrapper(watch):
        while (phase := lent.phase.value) != OVER:
            deployed.clock.advance(ROUND)
            for person in people:
                if (phase := lent.phase.value) == OVER:
                    break
                _verify(deployed, person, found[phase], watch)
                time.sleep(PAUSE)
    connections.close_all()
    lent.reports.put(dict(found))


def _verify(deployed: Deployment, person: Person, seen: Seen, watch: LockWatch) -> None:
    act = verify_app(deployed, person)
    locked, began = watch.count, time.perf_counter()
    try:
        act()
    except Unavailable:
        seen.refused += 1
    seen.times.append(time.perf_counter() - began)
    seen.locked += watch.count - locked
