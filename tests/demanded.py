"""What coverage demands: every line and branch; but, without a service, not the functions that it alone can reach.

No comment hides a line. ``tests.run`` says in its last lines what was not demanded, and fails where the tests reach a
function without the service that it is said to need.
"""

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).resolve().parent.parent / "src"


class Function(NamedTuple):
    """A function of the package, by its file and its name, and the services without all of which nothing runs it."""

    services: tuple[str, ...]
    file: str
    name: str

    def __str__(self) -> str:
        return f"{self.file}, {self.name}"

    @property
    def path(self) -> Path:
        return SOURCE / self.file

    @property
    def pattern(self) -> str:
        """What coverage knows the function by; the name stands once in the package."""
        return rf"^\s*def {re.escape(self.name)}\("

    @property
    def lines(self) -> frozenset[int]:
        [found] = [
            node
            for node in ast.walk(ast.parse(self.path.read_text()))
            if isinstance(node, ast.FunctionDef) and node.name == self.name
        ]
        return frozenset(range(found.lineno, (found.end_lineno or found.lineno) + 1))


FUNCTIONS = [
    Function(("mariadb",), "mfa/adapters/django/prepared.py", "as_mysql"),
    Function(("postgresql",), "mfa/adapters/django/fields.py", "as_postgresql"),
    Function(("postgresql",), "mfa/adapters/django/fields.py", "_read_text"),
    Function(("postgresql", "mariadb"), "mfa/adapters/tokens/authtoken.py", "_lock"),
]


def reached_only_with(services: Iterable[str]) -> list[Function]:
    absent = {*services}
    return [function for function in FUNCTIONS if absent.issuperset(function.services)]
