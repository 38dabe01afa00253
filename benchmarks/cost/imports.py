"""What the package's imports cost beyond those of Django and Django REST framework, in fresh processes."""

import json
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from benchmarks.cost.operations import verdict
from benchmarks.cost.sides import PACKAGE, ROOT, Side

TARGET = 60
"""Milliseconds."""

TIMES = 9

OPTIONAL = (
    "celery",
    "django_tasks",
    "drf_spectacular",
    "fido2",
    "jwt",
    "knox",
    "phonenumbers",
    "requests",
    "rest_framework_simplejwt",
    "segno",
)
"""What a project with the defaults never uses, or not before the first registration.

What Django REST framework itself imports wherever it is installed does not count.
"""

BARE = Side("Django and Django REST framework", "benchmarks.cost")

_IMPORT = re.compile(r"^import time:\s*(\d+) \|\s*\d+ \|\s*(\S+)$", re.MULTILINE)

_MICROSECONDS = 1000


def imported() -> Iterator[str]:
    """Yield the lines of the table."""
    bare = _started(BARE)[0]
    known = frozenset(bare["modules"])
    # Whatever is not compiled yet is compiled now.
    package = _started(PACKAGE)[0]
    taken = []
    beyond = []
    for _ in range(TIMES):
        package, times = _started(PACKAGE, timed=True)
        taken.append(sum(time for name, time in times if name not in known) / _MICROSECONDS)
        beyond.append((_started(PACKAGE)[0]["cpu"] - _started(BARE)[0]["cpu"]) * 1000)
    median = statistics.median(taken)
    yield (
        f"| imports of `mfa.urls` and the container, by `-X importtime` | {median:.0f} ms | {_spread(taken)} "
        f"| {TARGET} ms | {verdict(met=median <= TARGET)} |"
    )
    yield (
        f"| CPU time until the container is built, without `-X importtime` | {statistics.median(beyond):.0f} ms "
        f"| {_spread(beyond)} | | |"
    )
    early = [name for name in OPTIONAL if name in package["modules"] and name not in known]
    absent = [name for name in OPTIONAL if find_spec(name) is None]
    names = ", ".join(early) or "none"
    unknown = f" (not installed here: {', '.join(absent)})" if absent else ""
    yield f"| optional packages imported before they are used | {names}{unknown} | | none | {verdict(met=not early)} |"


def _started(side: Side, *, timed: bool = False) -> tuple[dict[str, Any], list[tuple[str, int]]]:
    """Start a side; return what it tells, and the microseconds of each import by itself."""
    options = ["-X", "importtime"] if timed else []
    arguments = ["package"] if side is PACKAGE else []
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, *options, "-m", "benchmarks.cost.start", *arguments],
        cwd=ROOT,
        env=side.environment({"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}),
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if timed else None,
        text=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told, [(name, int(time)) for time, name in _IMPORT.findall(done.stderr or "")]


def _spread(figures: list[float]) -> str:
    low, _, high = statistics.quantiles(figures, n=4, method="inclusive")
    return f"{low:.0f} to {high:.0f} ms"
