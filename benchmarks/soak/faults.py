"""Faults, in turn: a worker killed, the database crashed, Redis emptied and killed, the mail server down."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import cycle

import attrs

from benchmarks.soak.servers import WORKERS, Deployment

DATABASE_SECONDS, REDIS_SECONDS, MAIL_SECONDS = 3, 5, 10
"""How long each is gone."""


@attrs.frozen
class Fault:
    """What was done, when it began, and when it was put right, in seconds since the epoch."""

    kind: str
    began: float
    righted: float


def kill_worker(deployed: Deployment) -> None:
    """Kill the youngest, so that the memory of the others is that of the whole time; wait until there are four."""
    youngest = deployed.gunicorn.children()[-1]
    os.kill(youngest, signal.SIGKILL)
    while youngest in (there := deployed.gunicorn.children()) or len(there) < WORKERS:
        time.sleep(0.01)


def crash_database(deployed: Deployment) -> None:
    """Have it stop as if the power failed, which is its immediate shutdown, and start it again."""
    deployed.database.end(signal.SIGQUIT)
    time.sleep(DATABASE_SECONDS)
    deployed.database.start()
    deployed.wait_for_database()


def empty_redis(deployed: Deployment) -> None:
    """Empty it, kill it, and start it again."""
    deployed.ask_redis("FLUSHALL")
    deployed.redis.end(signal.SIGKILL)
    time.sleep(REDIS_SECONDS)
    deployed.redis.start()
    deployed.wait_for_redis()


def silence_mail(deployed: Deployment) -> None:
    """Have nobody take mail for a while."""
    deployed.mail.down()
    time.sleep(MAIL_SECONDS)
    deployed.mail.up()


FAULTS: Mapping[str, Callable[[Deployment], None]] = {
    "a worker killed": kill_worker,
    "database crashed": crash_database,
    "Redis emptied, killed": empty_redis,
    "mail server down": silence_mail,
}


def strike(deployed: Deployment, every: float, until: float) -> Iterator[Fault]:
    """Do one after another, each so many seconds after the one before, until then; by the monotonic clock."""
    due = time.monotonic() + every
    for kind, act in cycle(FAULTS.items()):
        if due >= until:
            break
        time.sleep(max(due - time.monotonic(), 0))
        began = time.time()
        act(deployed)
        yield Fault(kind, began, time.time())
        due += every
    time.sleep(max(until - time.monotonic(), 0))
