"""Everything that must pass, in one command: style, types, imports, spelling, then the tests on each database there is.

The whole suite runs on SQLite, in as many processes as there are cores; what meets the database runs again on
PostgreSQL and on MariaDB. What is absent is skipped, and said so, unless MFA_REQUIRE names it: then it fails. Arguments
are handed to pytest.

MFA_EARLIER is a folder with what an earlier run has left, which had no services: what has passed then is not repeated,
on SQLite what was skipped then is run, and what either has measured counts.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import coverage

from tests import services
from tests.demanded import Function, reached_only_with
from tests.skipped import skipped

PROMISES = "tests/integration/promises"

STORED = (
    "tests/integration/django",
    *(f"tests/integration/tokens/test_{name}.py" for name in ("authtoken", "ending", "issuing", "joined", "knox")),
    "tests/integration/tokens/test_login_races.py",
    PROMISES,
    "tests/integration/histories/test_histories.py",
    *(f"tests/integration/drf/test_{name}.py" for name in ("registration", "transactions", "verifier")),
)
"""What meets a lock, a constraint or a type of the database, and so runs on each."""

BEFORE_THE_DATABASE = (
    *(f"tests/integration/django/test_{name}.py" for name in ("acting", "checks", "clients", "gate", "notices")),
    *(f"tests/integration/django/test_{name}.py" for name in ("projects", "requirements", "route_checks", "signals")),
    *(f"tests/integration/django/test_{name}.py" for name in ("commands", "third_party", "token_checks")),
    *(f"tests/integration/django/test_admin{name}.py" for name in ("", "_acts", "_site")),
    "tests/integration/django/test_commands_half_way.py::test_a_command_whose_database_fails",
    *(
        f"tests/integration/django/test_commands_half_way.py::{upkeep}::test_a_database_that_fails_is_told_of"
        for upkeep in ("TestRotation", "TestPurge")
    ),
    "tests/integration/django/test_rehashing.py::test_every_other_change_does",
    *(
        f"tests/integration/drf/test_verifier.py::test_{name}"
        for name in ("a_malformed_value_is_no_failure", "a_name_has_its_rules", "whether_to_dispatch_again_is_said")
    ),
    "tests/integration/tokens/test_joined.py::test_the_framework_may_be_told_of_it",
)
"""What is decided before a database is asked, or counts what is the same on each."""

ASIDE = [f"--{'deselect' if '::' in each else 'ignore'}={each}" for each in BEFORE_THE_DATABASE]

CORES = max(2, os.cpu_count() or 2)
PYTEST = ("python", "-m", "pytest")
MEASURE = "tests.measured"
MEASURED = (*PYTEST, "-p", MEASURE)
"""Named twice: one process measures before it finds this package's plugin, the others learn of it by PYTEST_PLUGINS."""
ROOT = Path(__file__).resolve().parent.parent
EARLIER = os.environ.get("MFA_EARLIER")
BIN = Path(sys.executable).parent


def run(*command: str, printed: IO[str] | None = None, **environment: str) -> None:
    """Runs a program of this environment.

    What Python compiles is kept, for the tests start many processes that would all compile it anew.
    """
    shown = " ".join([*(f"{name}={value}" for name, value in environment.items()), *command])
    print(f"\n--- {shown}", file=printed, flush=True)
    program, *arguments = command
    subprocess.run(
        [BIN / program, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment},
        check=True,
        stdout=printed,
        stderr=printed and subprocess.STDOUT,
    )


def install_mariadb_client() -> None:
    """Builds the client where its headers are, for it is not among the locked requirements of development."""
    if services.has_mariadb_client() or not shutil.which("mariadb_config"):
        return
    try:
        run("pip", "install", "-qq", "--require-hashes", "--requirement", "requirements/mariadb.txt")
    except subprocess.CalledProcessError:
        print("MariaDB's client for Python could not be built", flush=True)


def style() -> None:
    run("ruff", "check")
    run("ruff", "format", "--check")
    run("lint-imports", "--no-cache", "--no-logo")
    run("python", "-m", "tests.catalogues", "--check")
    run("typos")


def test(arguments: list[str], databases: list[str]) -> None:
    """Looks at the style, and runs the tests under coverage.

    Types have their turn beside that, and the servers beside SQLite, which knows nothing of them; what they print
    follows when that is over. One process more where there are no servers: a good part of the tests waits for what it
    has started.
    """
    processes = ("-n", str(CORES if databases else CORES + 1), "--no-loadscope-reorder", "-p", "tests.skipped")
    files = sorted({name.partition("::")[0] for name in skipped(EARLIER)}) if EARLIER else []
    run("coverage", "erase")
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor())
        outputs = [stack.enter_context(tempfile.TemporaryFile("w+")) for _ in range(1 + len(databases))]
        others = [] if EARLIER else [pool.submit(run, "mypy", printed=outputs[0])]
        try:
            if not EARLIER:
                style()
            others += [pool.submit(stored, arguments, *each) for each in zip(databases, outputs[1:], strict=True)]
            run(
                *(PYTEST if EARLIER else MEASURED),
                *processes,
                *files,
                *arguments,
                PYTEST_PLUGINS="" if EARLIER else MEASURE,
            )
        finally:
            failures = [other.exception() for other in others]
            print("\n--- beside that:", flush=True)
            for printed in outputs:
                printed.seek(0)
                shutil.copyfileobj(printed, sys.stdout)
    for failure in filter(None, failures):
        raise failure
    run("coverage", "combine", "--quiet", ".", *([f"{EARLIER}/.coverage"] if EARLIER else []))


def stored(arguments: list[str], database: str, printed: IO[str]) -> None:
    """Runs what meets the database, on a server."""
    run(*MEASURED, *STORED, *ASIDE, *arguments, printed=printed, MFA_TEST_DATABASE=database, PYTEST_PLUGINS=MEASURE)


def report(undemanded: list[Function]) -> Iterator[str]:
    """Prints what no test has run, and yields what is wrong with that."""
    print("\n--- coverage report", flush=True)
    measured = coverage.Coverage()
    measured.load()
    for function in undemanded:
        if not function.lines.intersection(measured.analysis2(str(function.path))[3]):
            services = " and ".join(function.services)
            yield f"{function} runs without {services}, so it is to be demanded (tests/demanded.py)"
        measured.exclude(function.pattern)
    if measured.report() < 100:
        yield "coverage"


def main(arguments: list[str]) -> int:
    install_mariadb_client()
    absences = services.absences()
    if missing := services.required() & absences.keys():
        print("\n".join(f"failed: {absences[name]}, and MFA_REQUIRE names it" for name in sorted(missing)))
        return 1
    undemanded = reached_only_with(absences)
    try:
        test(arguments, [database for database in ("postgresql", "mariadb") if database not in absences])
    except subprocess.CalledProcessError as error:
        print(f"\nfailed: {Path(error.cmd[0]).name} (exit code {error.returncode})")
        return 1
    if wrong := list(report(undemanded)):
        print("\n".join(["", *(f"failed: {sentence}" for sentence in wrong)]))
        return 1
    told = [f"skipped: {reason}" for reason in absences.values()]
    told += [f"not demanded of coverage without {' and '.join(each.services)}: {each}" for each in undemanded]
    print("\n".join(["", *told, "everything passed"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
