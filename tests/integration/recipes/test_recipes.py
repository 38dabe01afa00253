"""Each recipe walked with the real package, in a process of its own; and what its page says is what was walked."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import RECIPES, ROOT, blocks
from tests.recipes import run

STOCK: dict[str, list[str]] = {
    "allauth": [],
    "dj_rest_auth": ["dj_rest_auth.urls"],
    "djoser": ["djoser.urls.authtoken"],
    "frameworks": [],
    "neighbours": [],
}
"""Routes of the package itself, of which there is a warning."""


@pytest.mark.parametrize("name", STOCK)
def test_it_is_walked_with_the_real_package(name: str) -> None:
    assert run("tests.projects.recipe", name, *STOCK[name]).splitlines() == [f"walked {name}"]


def test_every_page_names_the_project_that_is_walked_through() -> None:
    named = {match[1] for page in RECIPES for match in re.finditer(r"`examples/(\w+)`", page.read_text())}

    assert named == {*STOCK} == {path.parent.name for path in (ROOT / "examples").glob("*/walk.py")}


@pytest.mark.parametrize("page", RECIPES, ids=lambda page: page.stem)
def test_what_a_page_shows_stands_in_the_example(page: Path) -> None:
    for block in blocks(page, "python"):
        place, _, text = block.text.removeprefix("# ").partition("\n")
        assert text.strip() in re.sub("  # noqa.*", "", (ROOT / place).read_text()), block
