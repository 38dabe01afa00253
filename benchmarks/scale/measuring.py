"""Fills the databases, reads the plans, and takes the times in turns."""

import statistics
import sys
import time
from collections import defaultdict

from django.core.management import call_command

from benchmarks.machine import machine
from benchmarks.scale import plans
from benchmarks.scale.actions import ACTIONS, FIRST, ROUND
from benchmarks.scale.crowd import Deployment, Person, deployment, fill, keep_house
from benchmarks.scale.settings import SIZES, Chosen

PEOPLE = 250
"""Of whom each does everything once in a round."""

ROUNDS = 8

BATCH = 5
"""So many people act on one size before it is another's turn: whatever else the machine does meets all sizes."""

MOST_GROWTH = 0.2

Crowds = dict[int, list[Person]]
Times = dict[tuple[str, int], list[float]]


def measure() -> int:
    """Print the plans and the times, and return how the program ends."""
    with deployment() as deployed:
        crowds = {size: filled(deployed, size) for size in SIZES}
        print(f"{machine('postgresql')}\n")
        problems = [*planned(deployed, crowds), *compared(timed(deployed, crowds))]
    print("\n".join(["", *(f"failed: {each}" for each in problems)] if problems else ["", "flat"]))
    return 1 if problems else 0


def filled(deployed: Deployment, size: int) -> list[Person]:
    """Fill the database of a size, and return whom to measure with."""
    began = time.perf_counter()
    Chosen.alias = str(size)
    call_command("migrate", database=str(size), verbosity=0)
    people = fill(deployed, str(size), size, PEOPLE)[:PEOPLE]
    keep_house(str(size))
    print(f"{size:,} devices filled in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return people


def planned(deployed: Deployment, crowds: Crowds) -> list[str]:
    """Print the plan of every statement in every size, and return what is wrong with them."""
    problems = []
    seen: dict[tuple[str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for size, [person, *_] in crowds.items():
        Chosen.alias = str(size)
        deployed.clock.advance(ROUND)
        for name, action in (*ACTIONS.items(), *FIRST.items()):
            for sql, values in plans.statements(str(size), action(deployed, person)):
                plan = plans.plan(str(size), (sql, values))
                problems += [f"{name} with {size:,} devices: {each}" for each in plans.objections(plan)]
                names, sizes = seen.setdefault((plans.verb(sql), plans.summary(plan)), ({}, {}))
                names[name] = sizes[f"{size:,}"] = None
    print("| statement | of | devices | plan |\n|---|---|---|---|")
    for (verb, summary), (names, sizes) in seen.items():
        print(f"| {verb} | {'; '.join(names)} | {'; '.join(sizes)} | {summary} |")
    print(flush=True)
    return problems


def timed(deployed: Deployment, crowds: Crowds) -> Times:
    """Take the times, a few people of each size at a time, and each size as often first as any other."""
    times: Times = defaultdict(list)
    turns = 0
    for warming in (True, *([False] * ROUNDS)):
        deployed.clock.advance(ROUND)
        for start in range(0, PEOPLE, BATCH):
            turns += 1
            first = turns % len(SIZES)
            for size in (*SIZES[first:], *SIZES[:first]):
                Chosen.alias = str(size)
                for person in crowds[size][start : start + BATCH]:
                    for name, action in ACTIONS.items():
                        act = action(deployed, person)
                        began = time.perf_counter()
                        act()
                        taken = time.perf_counter() - began
                        if not warming:
                            times[name, size].append(taken)
    return times


def compared(times: Times) -> list[str]:
    """Print the medians, and return what moved by too much."""
    problems = []
    heads = [f"{size:,} devices" for size in SIZES]
    print(f"| median | {' | '.join(heads)} |\n|---|{'---:|' * len(SIZES)}")
    for name in ACTIONS:
        medians = [statistics.median(times[name, size]) for size in SIZES]
        cells = [f"{medians[0] * 1000:.2f} ms"]
        for size, median in zip(SIZES[1:], medians[1:], strict=True):
            growth = median / medians[0] - 1
            cells.append(f"{median * 1000:.2f} ms ({growth:+.0%})")
            if abs(growth) >= MOST_GROWTH:
                problems.append(f"{name} with {size:,} devices: the median moved by {growth:+.0%}")
        print(f"| {name} | {' | '.join(cells)} |")
    return problems
