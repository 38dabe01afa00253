"""Fills the tables, purges and rotates while clients verify, and tells what each of them met."""

import os
import re
import statistics
import sys
import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
from django.core.management import call_command
from django.db import connections

from benchmarks.machine import disturbance, machine
from benchmarks.scale.crowd import SINCE, Deployment, Person, Upkeep, deployment, fill, keep_house
from benchmarks.upkeep.clients import CLIENTS, LONGEST_LOCK, Clients, Seen, clients
from benchmarks.upkeep.settings import FORMER
from mfa.adapters.system.vault import AesGcmVault
from mfa.application.operations import Operator

SLOWEST_STATEMENT = 0.2
"""Seconds."""

MOST_GROWTH = 4.0
"""MiB by which memory may grow once the first tenth is done: what an allocator keeps, and no row of what is to do."""

TO_RESEAL = 4_000
"""People, all of whose seals are under the key that is to go; everybody else's are under the first."""

PENDING = 2_000
"""Of them, who have begun to register a device and never activated it."""

WHO_VERIFY = 200

ALONE_SECONDS = 20

PHASES = ("alone", "purge", "rotation")

DATABASE = "default"

# The token that the clients do not use is over; as many ends as there are seconds in half a year.
_ENDS = "CASE t WHEN 2 THEN %(since)s::timestamptz + ((u::bigint * 7919 + i) %% 15000000) * interval '1 second' END"

_PENDING = """
INSERT INTO multi_factor_devicerecord (account_id, index, method, name, state, created_at, expires_at, failures,
                                       recent_failures)
SELECT account_id, 2, method, 'pending', state, created_at, created_at + interval '1 day', 0, 0
FROM multi_factor_devicerecord WHERE index = 0 AND account_id %% %(step)s = 1
"""

_NEXT_INDEX = "UPDATE multi_factor_accountrecord SET next_index = 3 WHERE user_id %% %(step)s = 1"

_TRAIL = """
INSERT INTO multi_factor_auditrecord (event, user_id, method, at, actor, why, reason, user_agent)
SELECT 'mfa.verified', u::text, 'totp', %(since)s::timestamptz - interval '10 years' + u * interval '1 second', '',
       '', '', ''
FROM generate_series(1, %(rows)s) u
"""


@attrs.define
class Done:
    """What a phase did: seconds in all, those of each statement by its kind, and its memory in MiB as it went on."""

    seconds: float = 0
    # In four bytes each, or of half a million statements these would be the memory that grows.
    statements: "defaultdict[str, array[float]]" = attrs.field(factory=lambda: defaultdict(lambda: array("f")))
    memory: list[float] = attrs.field(factory=list)
    answer: object = None

    def __call__(self, execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:  # noqa: ANN401 - as in Django
        """Time a statement."""
        began = time.perf_counter()
        try:
            return execute(sql, *arguments)
        finally:
            self.statements[kind(sql)].append(time.perf_counter() - began)

    def tell(self, *_: object) -> None:
        """Note how much memory is held."""
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.memory.append(pages * os.sysconf("SC_PAGE_SIZE") / 1024**2)

    @property
    def settled(self) -> float:
        """The most memory that was held in the first tenth, in MiB."""
        return max(self.memory[: len(self.memory) // 10 + 1])

    @property
    def growth(self) -> float:
        """By how much more was held later, in MiB."""
        return max(self.memory) - self.settled


def kind(sql: str) -> str:
    """Say what a statement does to which table, and whether to more than one account's rows."""
    table = re.search(r"multi_factor_(\w+)record", sql)
    many = ", counted" if "COUNT(" in sql else ", many" if " IN (%s, %s" in sql or " LIMIT " in sql else ""
    return f"{sql.split(None, 1)[0]} {table.group(1) if table else ''}{many}"


def measure(devices: int) -> int:
    """Print what was measured, and return how the program ends."""
    if busy := disturbance():
        print(busy, file=sys.stderr)
    with deployment() as deployed:
        people = filled(deployed, devices)
        print(f"{machine('postgresql')}\n", flush=True)
        connections.close_all()
        with clients(deployed, people) as verifying:
            done = worked(deployed, verifying)
            seen = {PHASES[number]: each for number, each in verifying.seen().items()}
        connections.close_all()
    print_clients(seen)
    print_work(done)
    problems = missed(seen, done)
    print("\n".join(["", *(f"failed: {each}" for each in problems)] if problems else ["", "every target is met"]))
    return 1 if problems else 0


def filled(deployed: Deployment, devices: int) -> list[Person]:
    """Fill the database, and return who verifies."""
    began = time.perf_counter()
    call_command("migrate", verbosity=0)
    deployed.clock.time = SINCE + timedelta(days=200)
    header = deployed.use_cases.vault.seal(b"", b"")[: deployed.use_cases.vault.header_bytes]
    upkeep = Upkeep(vault=AesGcmVault([FORMER]), header=header, challenges_end=_ENDS)
    people = fill(deployed, DATABASE, devices, TO_RESEAL, upkeep=upkeep)
    step = devices // 2 // PENDING
    with connections[DATABASE].cursor() as cursor:
        cursor.execute(_PENDING, {"step": step})
        cursor.execute(_NEXT_INDEX, {"step": step})
        cursor.execute(_TRAIL, {"since": SINCE, "rows": devices // 10})
    keep_house(DATABASE)
    print(f"{devices:,} devices filled in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return people[:: len(people) // WHO_VERIFY]


def worked(deployed: Deployment, verifying: Clients) -> dict[str, Done]:
    """Let the clients alone for a while, then purge, then rotate."""
    time.sleep(ALONE_SECONDS)
    operator = Operator(name="upkeep", why="measured")
    done = {}
    for number, name in enumerate(PHASES[1:], 1):
        done[name] = Done()
        verifying.phase.value = number
        began = time.perf_counter()
        with connections[DATABASE].execute_wrapper(done[name]):
            if name == "purge":
                done[name].answer = deployed.use_cases.operations.purge(operator, progress=done[name].tell)
            else:
                done[name].answer = deployed.use_cases.rotate_keys(done[name].tell, operator=operator)
        done[name].seconds = time.perf_counter() - began
        print(f"{name}: {done[name].seconds:.0f} s, {done[name].answer}", file=sys.stderr, flush=True)
    return done


def print_clients(seen: dict[str, Seen]) -> None:
    """Print what those who verified met."""
    heads = ["verifications", "median", "99 of 100 within", "longest", f"waits over {LONGEST_LOCK} ms"]
    print(f"| {CLIENTS} clients verify | {' | '.join(heads)} |")
    print("|---|---:|---:|---:|---:|---:|")
    for phase, each in seen.items():
        print(f"| {phase} | {len(each.times):,} | {' | '.join(spread(each.times))} | {each.locked} |")
    print()


def print_work(done: dict[str, Done]) -> None:
    """Print what was done beside them."""
    print("| | took | memory, in the first tenth | later at most | did |\n|---|---:|---:|---:|---|")
    for name, each in done.items():
        memory = f"{each.settled:.1f} MiB | {each.growth:+.1f} MiB"
        print(f"| {name} | {each.seconds:.0f} s | {memory} | {each.answer} |")
    print("\n| of the | statement | times | median | 99 of 100 within | slowest | over the target |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for name, each in done.items():
        for sql, times in sorted(each.statements.items()):
            print(f"| {name} | {sql} | {len(times):,} | {' | '.join(spread(times))} | {len(slow(times))} |")


def spread(times: Sequence[float]) -> list[str]:
    """Return the median, what 99 of 100 are within, and the longest."""
    most = statistics.quantiles(times, n=100, method="inclusive")[98] if len(times) > 1 else times[0]
    return [f"{1000 * each:.1f} ms" for each in (statistics.median(times), most, max(times))]


def slow(times: Sequence[float]) -> list[float]:
    """Return those that are over the target."""
    return [each for each in times if each > SLOWEST_STATEMENT]


def missed(seen: dict[str, Seen], done: dict[str, Done]) -> list[str]:
    """Return which targets are missed."""
    return [
        *(
            f"{name}: {sql}, {len(slow(times))} of {len(times):,} over {1000 * SLOWEST_STATEMENT:.0f} ms"
            for name, each in done.items()
            for sql, times in each.statements.items()
            if slow(times)
        ),
        *(f"{name}: memory grew by {each.growth:.1f} MiB" for name, each in done.items() if each.growth > MOST_GROWTH),
        *(f"{phase}: {each.locked} waits for a lock" for phase, each in seen.items() if each.locked),
        *(f"{phase}: {each.refused} verifications refused" for phase, each in seen.items() if each.refused),
    ]
