"""The table of promises: what was tried, what was answered, and what should never have been."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import attrs

DATABASE = os.environ.get("MFA_TEST_DATABASE", "sqlite")
FILE = os.environ.get("MFA_PROMISES")
"""Where the rows of a run go, as lines of JSON, so that one table can be made of the runs on all databases."""

HEAD = ("promise", "database", "attempts", "answers", "violations")


@attrs.define(kw_only=True)
class Row:
    promise: str
    database: str
    attempts: int = 0
    answers: Counter[str] = attrs.field(factory=Counter)
    violations: list[str] = attrs.field(factory=list)

    @property
    def cells(self) -> tuple[str, ...]:
        answers = ", ".join(f"{count:,} of {answer}" for answer, count in sorted(self.answers.items()))
        return (self.promise, self.database, f"{self.attempts:,}", answers, str(len(self.violations)))


class Table:
    """Adds up what is told of the same promise on the same database."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Row] = {}

    def add(
        self,
        promise: str,
        *,
        attempts: int,
        answers: Mapping[str, int],
        violations: Sequence[str] = (),
        database: str = DATABASE,
    ) -> None:
        row = self.rows.setdefault((promise, database), Row(promise=promise, database=database))
        row.attempts += attempts
        row.answers.update(answers)
        row.violations += violations

    def write(self, file: Path) -> None:
        with file.open("a") as lines:
            lines.writelines(json.dumps(attrs.asdict(row)) + "\n" for row in self.rows.values())

    def read(self, file: Path) -> None:
        for line in file.read_text().splitlines():
            self.add(**json.loads(line))

    def __str__(self) -> str:
        """Returns the table in Markdown, by promise and then by database."""
        cells = [HEAD, *(row.cells for _, row in sorted(self.rows.items()))]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [_line(each, widths) for each in cells]
        rule = _line(["-" * width for width in widths], widths)
        return "\n".join([lines[0], rule, *lines[1:]])


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"
