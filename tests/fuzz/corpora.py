"""What is kept of earlier runs: a file for each target, with a value of bytes in each line as Python writes it."""

from ast import literal_eval
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).with_name("corpus")

MOST_BYTES = 10_000
"""Of one file: what is longer is not kept, the shortest values first."""


def read(name: str) -> list[bytes]:
    file = FOLDER / f"{name}.txt"
    return [literal_eval(line) for line in file.read_text("ascii").splitlines()] if file.exists() else []


def write(name: str, values: Iterable[bytes]) -> None:
    lines, size = [], 0
    for line in sorted({f"{value!r}\n" for value in values}, key=lambda line: (len(line), line)):
        size += len(line)
        if size <= MOST_BYTES:
            lines.append(line)
    (FOLDER / f"{name}.txt").write_text("".join(lines), "ascii")
