"""What is measured, and how much it may cost."""

from typing import NamedTuple


class Row(NamedTuple):
    """An operation, with the most CPU time that it may take, as a multiple of the floor's; None where none is set."""

    title: str
    target: float | None = None


ROWS = {
    "gate": Row("gate, joined authentication", 1.05),
    "gate-stock": Row("gate, stock authentication", 1.20),
    "verify": Row("verify, right value", 1.5),
    "wrong": Row("verify, wrong value"),
    "register": Row("register"),
    "overview": Row("overview"),
    "dispatch": Row("dispatch"),
}
