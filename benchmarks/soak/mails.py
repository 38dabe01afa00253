"""What is noted of each mailed code by whoever hands it over, which is in the end beside what its user was answered."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import attrs


def digest(value: object) -> str:
    """Return what stands for a value in a record."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]


@attrs.frozen(kw_only=True)
class Sent:
    """A code that is handed over, when, in seconds since the epoch, and for which token and device."""

    at: float
    token: str
    index: int
    value: str
    """A digest of it."""


def note(sent: Sent) -> None:
    """Write it down, in one piece, whoever else does."""
    with Path(os.environ["SOAK_SENT"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(attrs.asdict(sent)) + "\n")


def noted(file: Path) -> list[Sent]:
    """Return what was written down, by the time."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return sorted((Sent(**json.loads(line)) for line in lines), key=lambda each: each.at)


@attrs.frozen
class Mailed:
    """A code that has arrived, and when."""

    code: str
    at: float


def mailed(file: Path) -> Sequence[Mailed]:
    """Return what has arrived at an address, the first first."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    return [Mailed(code, float(at)) for code, at in map(str.split, lines)]
