"""Fuzzes what reads hostile bytes, a while each, and tells what came of it in a table: see ``make fuzz``.

Two targets, or as many as there are cores, have their turn at once. A crash is told with the line that has it tried
again by the tests, and fails the run.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.fuzz import corpora  # noqa: E402 - Django has to be set up before
from tests.fuzz.targets import TARGETS  # noqa: E402 - as above

SLOWEST_SECONDS = 10
"""No value of ``MOST_BYTES`` may take longer."""

MOST_BYTES = 4096
MOST_MEGABYTES = 2048
WIDTHS = (20, 11, 8, 12, 9, 7)


@attrs.frozen
class Outcome:
    """What libFuzzer says of a run."""

    name: str
    printed: str
    crashes: tuple[bytes, ...]
    failed: bool

    def last(self, pattern: str) -> int:
        found = re.findall(pattern, self.printed)
        return int(found[-1]) if found else 0

    @property
    def passed(self) -> bool:
        """Whether it ran, and crashed nothing."""
        _, executions, _, _, edges, crashes = self.row
        return bool(executions and edges and not crashes)

    @property
    def row(self) -> tuple[object, ...]:
        executions = self.last(r"stat::number_of_executed_units:\s+(\d+)") or self.last(r"(?m)^#(\d+)\s")
        speed = self.last(r"stat::average_exec_per_sec:\s+(\d+)") or self.last(r"exec/s: (\d+)")
        new = self.last(r"stat::new_units_added:\s+(\d+)")
        return self.name, executions, speed, new, self.last(r" cov: (\d+)"), len(self.crashes) or int(self.failed)


def fuzzer(name: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.fuzz.fuzzer", name, *map(str, arguments)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, errors="replace"
    )
    done.stdout = re.sub("(?m)^INFO: .*\n", "", done.stdout)
    return done


def fuzz(name: str, seconds: int, *, keep: bool) -> Outcome:
    """Fuzz one target from its seeds and what is kept; ``keep`` what reaches more than the seeds do."""
    with tempfile.TemporaryDirectory(prefix="drf-mfa-fuzz-") as scratch:
        seeds, grown, crashed, least = (Path(scratch) / each for each in ("seeds", "grown", "crashed", "least"))
        for folder in (seeds, grown, crashed, least):
            folder.mkdir()
        given = [*TARGETS[name].seeds, *corpora.read(name)]
        for number, value in enumerate(given):
            (seeds / f"{number}").write_bytes(value)
        words = Path(scratch) / "words"
        words.write_text("".join(f'"{escaped(word)}"\n' for word in ("0", *TARGETS[name].words)), "ascii")
        done = fuzzer(
            name,
            f"-max_total_time={seconds}",
            f"-timeout={SLOWEST_SECONDS}",
            f"-rss_limit_mb={MOST_MEGABYTES}",
            f"-max_len={MOST_BYTES}",
            f"-artifact_prefix={crashed}/",
            f"-dict={words}",
            "-print_final_stats=1",
            grown,
            seeds,
        )
        if keep and not done.returncode:
            merged = fuzzer(name, "-set_cover_merge=1", f"-max_len={MOST_BYTES}", least, seeds, grown)
            merged.check_returncode()
            corpora.write(name, {path.read_bytes() for path in least.iterdir()} - {*TARGETS[name].seeds})
        crashes = tuple(path.read_bytes() for path in sorted(crashed.iterdir()))
        return Outcome(name, done.stdout, crashes, bool(done.returncode))


def escaped(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


def line(cells: Iterable[object]) -> str:
    first, *others = zip(cells, WIDTHS, strict=True)
    return "  ".join([f"{first[0]:<{first[1]}}", *(f"{cell:>{width}}" for cell, width in others)])


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=...")
    parser.add_argument("targets", nargs="*", metavar="target", help=f"all by default: {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=60, help="how long each is tried; 60 by default")
    parser.add_argument("--keep", action="store_true", help="keep what reaches more of the code in tests/fuzz/corpus")
    given = parser.parse_args()
    if unknown := {*given.targets} - {*TARGETS}:
        parser.error(f"no target: {', '.join(sorted(unknown))}")
    print(line(["target", "executions", "exec/s", "new entries", "edges", "crashes"]), flush=True)
    failed = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for outcome in pool.map(lambda name: fuzz(name, given.seconds, keep=given.keep), given.targets or TARGETS):
            print(line(outcome.row), flush=True)
            failed += [] if outcome.passed else [outcome]
    for outcome in failed:
        print(f"\n{outcome.printed[-4000:]}")
        for crash in outcome.crashes:
            print(f"to have it tried by the tests, put this into tests/fuzz/corpus/{outcome.name}.txt:\n{crash!r}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
