"""The attacks of ``docs/attacks.md``, tried: each row's tests, and a table of what came of them.

Arguments are handed to pytest.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "attacks.md"


class Row(NamedTuple):
    """One attack, and the tests that try it, as pytest names them."""

    attack: str
    tests: tuple[str, ...]


def rows() -> list[Row]:
    """Read the tables of the page."""
    cells = [line.strip("| ").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return [Row(each[0], tuple(re.findall("`([^`]+)`", each[-1]))) for each in cells if each[0] != "attack"]


class Outcomes:
    """A plugin that remembers what came of each test, all its examples together."""

    def __init__(self) -> None:
        self.of: dict[str, set[str]] = defaultdict(set)
        self.seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = report.nodeid.partition("[")[0]
        self.seconds[test] += report.duration
        if report.when == "call" or not report.passed:
            self.of[test].add(report.outcome)


def main(arguments: list[str]) -> int:
    table, outcomes = rows(), Outcomes()
    tests = list(dict.fromkeys(test for row in table for test in row.tests))
    status = pytest.main(["-q", "--no-header", *tests, *arguments], plugins=[outcomes])
    print("\n| attack | test | outcome | seconds |\n|---|---|---|---|")
    for row in table:
        for test in row.tests:
            came = ", ".join(sorted(outcomes.of[test])) or "not run"
            print(f"| {row.attack} | {test} | {came} | {outcomes.seconds[test]:.2f} |")
    stopped = sum(all(outcomes.of[test] == {"passed"} for test in row.tests) for row in table)
    print(f"\n{stopped} of {len(table)} attacks stopped")
    return int(status or stopped != len(table))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
