"""One name, one class: whoever reads a name in a traceback, or looks for it, finds one place."""

import ast
from collections import defaultdict

from tests.unit.architecture.project import modules

SHARED = {
    "Migration": "what Django looks for in each module of migrations",
    "Command": "what Django looks for in each module of management commands",
    "VerifiedTokenAuthentication": "the contract names one of knox and one of authtoken, each for its own tokens",
}
"""Names that several classes have, and why."""


def defined() -> dict[str, list[str]]:
    """Return the modules by the names of their classes; one inside another goes by the name of that."""
    found = defaultdict(list)
    for module, tree in modules():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                found[node.name].append(module)
    return found


def test_no_two_classes_share_a_name() -> None:
    assert {name: places for name, places in defined().items() if len(places) > 1 and name not in SHARED} == {}


def test_what_may_be_shared_is_there() -> None:
    assert {*SHARED} <= defined().keys()
