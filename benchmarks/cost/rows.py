"""What is measured, and how much it may cost."""

from typing import NamedTuple


class Row(NamedTuple):
    """An operation, with the most CPU time that it may take, as a multiple of the floor's; None where none is set."""

    title: str
    target: float | None = None


ROWS = {
    "gate": Row("gate, joined authentication", 1.05),
    "gate-stock": Row("gate, stock authentication", 1.30),
    "gate-async": Row("gate, stock authentication, asynchronous view"),
    "verify": Row("verify, stock authentication", 1.35),
    "verify-joined": Row("verify, joined authentication", 1.10),
    "wrong": Row("verify, wrong value"),
    "register": Row("register", 1.80),
    "overview": Row("overview"),
    "dispatch": Row("dispatch"),
}
