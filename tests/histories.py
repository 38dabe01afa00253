"""Histories on every database that answers, and the table of what they came to (``tests/integration/histories``)."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests import services

ROOT = Path(__file__).resolve().parent.parent
HEAD = (
    "database",
    "histories",
    "operations",
    "answers by status",
    "faults by kind",
    "unanswered",
    "violations",
    "slowest check",
)
HEAD_OF_FLAWS = ("flaw", "database", "found in history", "operations until then")


def main(arguments: Sequence[str]) -> int:
    wished = argparse.ArgumentParser(prog="make histories", description=__doc__)
    wished.add_argument("--minutes", type=float, default=1, help="on each database")
    wished.add_argument("--seed", type=int, default=0, help="what plans are made of")
    wished.add_argument("--broken", action="store_true", help="with one flaw after the other, until each is found")
    wished.add_argument("--database", choices=("sqlite", "postgresql", "mariadb"), help="one alone")
    asked = wished.parse_args(arguments)
    rows, failed = [], False
    for database in [asked.database] if asked.database else ["sqlite", "postgresql", "mariadb"]:
        reason = None if database == "sqlite" else services.absence(database)
        if reason is not None:
            print(f"skipped: {reason}", flush=True)
            failed |= database in services.required()
            continue
        command = [sys.executable, "-m", "tests.integration.histories"]
        command += ["--minutes", str(asked.minutes), "--seed", str(asked.seed), *(["--broken"] if asked.broken else [])]
        environment = {**os.environ, "MFA_TEST_DATABASE": database, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        ran = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        failed |= ran.returncode != 0
        told = [line for line in ran.stdout.splitlines() if line.startswith("{")]
        rows += [(of_flaw if asked.broken else of_run)(json.loads(line)) for line in told]
    print(table([HEAD_OF_FLAWS if asked.broken else HEAD, *rows]))
    return int(failed)


def of_run(told: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        told["database"],
        f"{told['histories']:,}",
        f"{told['operations']:,}",
        counted(told["answers"]),
        counted(told["faults"]),
        f"{told['unanswered']:,}",
        str(len(told["violations"])),
        f"{told['slowest']:.2f} s",
    )


def of_flaw(told: Mapping[str, Any]) -> tuple[str, ...]:
    found = str(told["histories"]) if told["violations"] else "not found"
    return (told["flaw"], told["database"], found, f"{told['operations']:,}")


def counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} of {name}" for name, count in sorted(counts.items()) if count)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Write the rows as a table in Markdown, the first as its head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
