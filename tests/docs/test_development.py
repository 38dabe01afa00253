"""The numbers of the page for developers are those of the house."""

import re
from itertools import chain
from typing import get_args

import attrs
import pytest

from mfa.application.use_cases import UseCases
from tests.docs.pages import ROOT, rows
from tests.unit.architecture.project import imported, modules

PAGE = ROOT / "docs" / "development.md"


def size(folder: str) -> tuple[int, int]:
    """How many files there are in a folder, and how many lines in them."""
    texts = [path.read_text() for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts]
    return sum(bool(text.strip()) for text in texts), sum(text.count("\n") for text in texts)


def folders() -> list[tuple[str, int, int]]:
    return [(folder.strip("`"), int(files), int(lines)) for folder, files, lines in rows(PAGE, "Size")]


@pytest.mark.parametrize(("folder", "files", "lines"), folders())
def test_sizes_are_as_told(folder: str, files: int, lines: int) -> None:
    assert size(folder) == pytest.approx((files, lines), rel=0.05)


def test_every_room_has_its_size() -> None:
    rooms = {f"src/mfa/{path.name}" for path in (ROOT / "src" / "mfa").iterdir() if (path / "__init__.py").exists()}

    assert rooms <= {folder for folder, _, _ in folders()}


def test_a_use_case_is_named_by_its_own_file_and_where_it_is_made() -> None:
    kinds = chain(*(get_args(field.type) or [field.type] for field in attrs.fields(attrs.resolve_types(UseCases))))
    homes = {
        kind.__name__: kind.__module__
        for kind in kinds
        if isinstance(kind, type) and re.match(r"mfa\.application\.(?!ports\.|use_cases)", kind.__module__)
    }
    elsewhere = {
        (name, module)
        for module, tree in modules()
        for name, home in homes.items()
        if f"{home}.{name}" in imported(tree).values()
    }

    assert len(homes) > 8
    assert elsewhere == {(name, UseCases.__module__) for name in homes}
