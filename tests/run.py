"""Everything that must pass, in one command: style, types, imports, then the tests on every database that answers.

The whole suite runs on SQLite; what meets the database runs again on PostgreSQL and on MariaDB. What is absent is
skipped, and said so, unless MFA_REQUIRE names it: then it fails. Arguments are handed to pytest.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import coverage

from tests import services
from tests.demanded import Function, reached_only_with

STORED = [f"tests/integration/{folder}" for folder in ("django", "tokens")]
"""What meets the database, and so runs on each; pages, mail and descriptions are the same on all of them."""

STORED_TOO = [f"tests/integration/{folder}" for folder in ("drf", "promises")]
"""The same, but it runs no line of the package on a server that the others do not, so nothing is measured there."""

BEFORE_THE_DATABASE = (
    "tests/integration/drf/test_hostile_input.py",
    "tests/integration/drf/test_webauthn.py",
    "tests/integration/tokens/test_jwt_gate.py",
)
"""What is decided before a database is asked, and so the same on all of them, too."""

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def run(*command: str, printed: IO[str] | None = None, **environment: str) -> None:
    shown = " ".join([*(f"{name}={value}" for name, value in environment.items()), *command])
    print(f"\n--- {shown}", file=printed, flush=True)
    program, *arguments = command
    subprocess.run(
        [BIN / program, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
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


def check() -> None:
    run("ruff", "check")
    run("ruff", "format", "--check")
    run("mypy")
    run("lint-imports", "--no-cache", "--no-logo")


def test(arguments: list[str], absent: frozenset[str]) -> None:
    """Runs the tests under coverage.

    The servers' turn comes beside that of SQLite, which knows nothing of them; what it prints follows when it is over.
    """
    measured, pytest = ["coverage", "run", "-m", "pytest", *arguments], ["pytest", *arguments]
    run("coverage", "erase")
    with tempfile.TemporaryFile("w+") as printed, ThreadPoolExecutor() as pool:
        present = [database for database in ("postgresql", "mariadb") if database not in absent]
        beside = pool.submit(on_servers, measured, pytest, present, printed)
        run(*measured)
        print("\n--- beside that: the same on " + " and ".join(present or ["nothing else"]), flush=True)
        failure = beside.exception()
        printed.seek(0)
        shutil.copyfileobj(printed, sys.stdout)
    if failure:
        raise failure
    run("coverage", "combine", "--quiet")


def on_servers(measured: list[str], pytest: list[str], databases: list[str], printed: IO[str]) -> None:
    aside = [f"--ignore={each}" for each in BEFORE_THE_DATABASE]
    for database in databases:
        run(*measured, *STORED, *aside, printed=printed, MFA_TEST_DATABASE=database)
        run(*pytest, *STORED_TOO, *aside, printed=printed, MFA_TEST_DATABASE=database)


def report(undemanded: list[Function]) -> Iterator[str]:
    """Prints what no test has run, and yields what is wrong with that."""
    print("\n--- coverage report", flush=True)
    measured = coverage.Coverage()
    measured.load()
    for function in undemanded:
        if not function.lines.intersection(measured.analysis2(str(function.path))[3]):
            yield f"{function} runs without {function.service}, so it is to be demanded (tests/demanded.py)"
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
        check()
        test(arguments, frozenset(absences))
    except subprocess.CalledProcessError as error:
        print(f"\nfailed: {Path(error.cmd[0]).name} (exit code {error.returncode})")
        return 1
    if wrong := list(report(undemanded)):
        print("\n".join(["", *(f"failed: {sentence}" for sentence in wrong)]))
        return 1
    told = [f"skipped: {reason}" for reason in absences.values()]
    told += [f"not demanded of coverage without {each.service}: {each}" for each in undemanded]
    print("\n".join(["", *told, "everything passed"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
