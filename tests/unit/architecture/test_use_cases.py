"""What a new use case touches: its own file, and the one that names all of them and makes them."""

from types import NoneType, UnionType
from typing import get_args, get_type_hints

from mfa.application.use_cases import Operations, UseCases, make_use_cases
from tests.unit.architecture.project import mentioned, modules

HERE = make_use_cases.__module__

NO_USE_CASES = "mfa.application.ports."


def use_cases() -> list[type]:
    kinds: list[type] = []
    for hint in [*get_type_hints(UseCases).values(), *get_type_hints(Operations).values()]:
        kinds += [each for each in get_args(hint) if each is not NoneType] if isinstance(hint, UnionType) else [hint]
    return [each for each in kinds if each.__module__.startswith("mfa.application.") and NO_USE_CASES not in path(each)]


def path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def test_a_use_case_is_named_in_two_places() -> None:
    found = use_cases()
    assert len(found) >= 13
    places = {kind: {kind.__module__} for kind in found}
    for name, tree in modules():
        names = mentioned(tree)
        for kind, known in places.items():
            if path(kind) in names:
                known.add(name)

    assert places == {kind: {kind.__module__, HERE} for kind in found}
