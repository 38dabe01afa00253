"""Runs the deployment at the limit of the machine, with faults, and prints what came of it: ``make soak``.

It fails where anything was lost or accepted twice, where anything but what is expected, 503 or no answer came, where
memory grew, and where nothing came back after a fault. That it does fail is seen with ``--flaw`` (see ``flaws.py``).
"""

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import django

from benchmarks.machine import disturbance, place, versions
from benchmarks.soak import servers
from benchmarks.soak.clients import CLIENTS, LONGEST_MAIL, Attempt, clients, read
from benchmarks.soak.faults import Fault, strike
from benchmarks.soak.mails import Mailed, Sent, digest, mailed, noted
from benchmarks.soak.memory import Worker, watched

FLAWS = ("twice", "forgets", "leaks")
MINUTE = 60
SERVED = {200, 201, 204}
NEEDED_BY_MAIL = {"Redis emptied, killed", "mail server down"}
GRACE = 5.0
"""Seconds after which all clients have noticed that it is over."""

SHOWN = 20
"""Violations that are printed."""


def main(arguments: Sequence[str]) -> int:
    """Run, judge and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--flaw", choices=FLAWS, default="", help="an adapter to replace, to see the run fail")
    asked = parser.parse_args(arguments)
    if reason := servers.absence():
        print(f"failed: {reason}")
        return 1
    if busy := disturbance():
        print(busy, file=sys.stderr)
    # Whoever ends it ends its servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="mfa-soak-") as folder:
        return soak(Path(folder), asked.minutes * 60, asked.flaw)


def soak(folder: Path, seconds: float, flaw: str) -> int:
    """Let it run, then look."""
    with (
        servers.deployment(folder, flaw) as deployed,
        watched(deployed.gunicorn.children, deployed.port) as workers,
    ):
        with clients(deployed.port, folder) as end:
            faults, idle = [], idle_seconds()
            for fault in strike(deployed, min(MINUTE, seconds / 5), time.monotonic() + seconds):
                print(f"{fault.kind}: {fault.righted - fault.began:.1f} s", file=sys.stderr, flush=True)
                faults.append(fault)
            busy = 1 - (idle_seconds() - idle) / (seconds * (os.cpu_count() or 1))
            unfinished = end()
        attempts, watched_workers = read(folder), workers()
        arrived = {file.name: mailed(file) for file in deployed.mail.folder.iterdir()}
        sent = noted(folder / servers.SENT)
        os.environ |= {**deployed.environment, "SOAK_DATABASE": str(deployed.database_port)}
        django.setup()
        from benchmarks.soak.judging import Stored, judged, refused  # noqa: PLC0415 - the models are there only now

        stored = Stored.read()
        outages = [Outage.of(fault, attempts, deployed.mail.arrivals) for fault in faults]
        problems = [
            *unfinished,
            *judged(attempts, stored, arrived, sent),
            *of_outages(outages, attempts),
            *(
                f"worker {each.pid}: {each.growth:+.1f} MiB, kept {each.kept}"
                for each in watched_workers
                if not each.flat
            ),
        ]
        print_answers(attempts, busy)
        print_mails(sent, arrived, Counter(why for _, why in refused(attempts, stored, sent)))
        print_outages(outages)
        print_memory(watched_workers)
        if problems:
            print(deployed.said(), file=sys.stderr)
    print("\n".join(["", *(f"failed: {each}" for each in problems[:SHOWN])]))
    print(f"{len(problems)} violations")
    return 1 if problems else 0


@attrs.frozen
class Outage:
    """A fault, when what needs the server was served again, and how often nothing or 503 was answered meanwhile."""

    fault: Fault
    over: float | None
    unanswered: int
    unavailable: int

    @classmethod
    def of(cls, fault: Fault, attempts: Sequence[Attempt], arrivals: Sequence[float]) -> "Outage":
        """Find out."""
        served = (
            arrivals
            if fault.kind in NEEDED_BY_MAIL
            else (each.ended for each in attempts if each.status in SERVED and each.began > fault.righted)
        )
        over = min((each for each in served if each > fault.righted), default=None)
        found = cls(fault, over, unanswered=0, unavailable=0)
        meanwhile = Counter(each.status for each in attempts if found.has(each))
        return attrs.evolve(found, unanswered=meanwhile[None], unavailable=meanwhile[503])

    def has(self, attempt: Attempt) -> bool:
        """Tell whether a request was under way in it, or soon after."""
        until = (self.fault.righted if self.over is None else self.over) + GRACE
        return attempt.ended >= self.fault.began and attempt.began <= until


def of_outages(outages: Sequence[Outage], attempts: Sequence[Attempt]) -> Iterator[str]:
    """After each fault what needs the server is served again, and at no other time is nothing or 503 answered."""
    for each in outages:
        if each.over is None:
            yield f"{each.fault.kind}: nothing came back"
    beside = sum(each.unknown and not any(outage.has(each) for outage in outages) for each in attempts)
    if beside:
        yield f"{beside} requests were not answered, or by 5xx, when nothing was wrong"


def idle_seconds() -> float:
    """Return for how long the cores of this machine together have had nothing to do."""
    return int(Path("/proc/stat").read_text().split()[4]) / os.sysconf("SC_CLK_TCK")


def print_answers(attempts: Sequence[Attempt], busy: float) -> None:
    """Print what was asked, and what was answered."""
    took = attempts[-1].ended - attempts[0].began
    lives = len({each.user for each in attempts})
    print(f"{place()}; {versions('Django', 'gunicorn', 'psycopg', 'celery')}.\n")
    print(
        f"{took / 60:.0f} minutes, {CLIENTS} clients, {servers.WORKERS} workers: {len(attempts):,} requests, "
        f"{len(attempts) / took:.0f} a second, of {lives:,} users. "
        f"The cores were busy for {busy:.0%} of the time.\n"
    )
    print("| request | requests | answers |\n| --- | ---: | --- |")
    for act in sorted({each.act for each in attempts}):
        answers = Counter(str(each.status or "none") for each in attempts if each.act == act)
        told = ", ".join(f"{count:,} of {status}" for status, count in sorted(answers.items()))
        print(f"| {act} | {answers.total():,} | {told} |")


def print_mails(sent: Sequence[Sent], arrived: Mapping[str, Sequence[Mailed]], refused: Counter[str | None]) -> None:
    """Print how long codes were under way, and which were refused, and why."""
    at = {digest(each.code): each.at for codes in arrived.values() for each in codes}
    ways = sorted(at[each.value] - each.at for each in sent if each.value in at)
    late = sum(way > LONGEST_MAIL for way in ways)
    print(
        f"\n{len(sent):,} codes were handed over, and {len(ways):,} arrived: half of them within "
        f"{statistics.median(ways):.1f} s, {late} after more than {LONGEST_MAIL:.0f} s, the last after "
        f"{ways[-1]:.1f} s.\n"
    )
    print("| a mailed code was refused | times |\n| --- | ---: |")
    for why, times in sorted(refused.items(), key=str):
        print(f"| {why or 'for no reason that is noted'} | {times} |")


def print_outages(outages: Sequence[Outage]) -> None:
    """Print how each kind of fault was met."""
    print("\n| fault | times | down | served again after | not answered | 503 |\n| --- | ---: |" + 4 * " ---: |")
    for kind in {each.fault.kind: None for each in outages}:
        those = [each for each in outages if each.fault.kind == kind]
        downs = [each.fault.righted - each.fault.began for each in those]
        waits = [each.over - each.fault.righted for each in those if each.over is not None]
        nothing, unavailable = sum(each.unanswered for each in those), sum(each.unavailable for each in those)
        print(f"| {kind} | {len(those)} | {_spread(downs)} | {_spread(waits)} | {nothing} | {unavailable} |")


def print_memory(workers: Sequence[Worker]) -> None:
    """Print what the workers held."""
    print(
        "\n| worker | seen | second sixth | last sixth | growth | slope | small objects kept | all else kept |\n"
        "| --- | ---: |" + 6 * " ---: |"
    )
    for number, each in enumerate(workers, 1):
        sizes = f"{each.sixths[1]:.1f} MiB | {each.sixths[-1]:.1f} MiB | {each.growth:+.1f} MiB"
        objects, rest = each.kept
        kept = f"{objects:+,} | {rest:+.2f} MiB"
        print(f"| {number} | {each.seconds / 60:.0f} min | {sizes} | {each.slope:+.2f} MiB/min | {kept} |")


def _spread(seconds: Sequence[float]) -> str:
    return f"{min(seconds):.1f} to {max(seconds):.1f} s" if seconds else "never"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
