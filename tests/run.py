"""Everything that must pass, in one command: style, types, imports, then the tests on every database that answers.

The whole suite runs on SQLite; what meets the database runs again on PostgreSQL and on MariaDB. What is absent is
skipped, and said so, unless MFA_REQUIRE names it: then it fails. Arguments are handed to pytest.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests import services

STORED = [f"tests/integration/{folder}" for folder in ("django", "drf", "e2e", "promises", "tokens")]
"""What meets the database, and so runs on each; pages, mail and descriptions are the same on all of them."""

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def run(*command: str, **environment: str) -> None:
    shown = " ".join([*(f"{name}={value}" for name, value in environment.items()), *command])
    print(f"\n--- {shown}", flush=True)
    program, *arguments = command
    subprocess.run([BIN / program, *arguments], cwd=ROOT, env={**os.environ, **environment}, check=True)


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


def test(arguments: list[str]) -> list[str]:
    """Runs the tests under coverage, and returns why something was skipped."""
    skipped = []
    pytest = ["coverage", "run", "-m", "pytest", *arguments]
    run("coverage", "erase")
    run(*pytest)
    for database in ("postgresql", "mariadb"):
        if reason := services.absence(database):
            skipped.append(reason)
        else:
            run(*pytest, *STORED, MFA_TEST_DATABASE=database)
    run("coverage", "combine", "--quiet")
    run("coverage", "report")
    return skipped


def main(arguments: list[str]) -> int:
    install_mariadb_client()
    if missing := [reason for name in sorted(services.required()) if (reason := services.absence(name))]:
        print("\n".join(f"failed: {reason}, and MFA_REQUIRE names it" for reason in missing))
        return 1
    try:
        check()
        skipped = test(arguments)
    except subprocess.CalledProcessError as error:
        print(f"\nfailed: {Path(error.cmd[0]).name} (exit code {error.returncode})")
        return 1
    print("\n".join(["", *(f"skipped: {reason}" for reason in skipped), "everything passed"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
