"""The list of the pages has every page, and pages that the site completes are complete without it."""

import pkgutil
import re
from pathlib import Path

import pytest

from docs.site.layout import DOCS, ELSEWHERE, ROOT, every_page
from docs.site.versions import lay_out
from mfa.adapters.django.management import commands
from tests.docs.pages import rows


def test_every_page_is_listed_once() -> None:
    listed = [page.file for page in every_page()]

    assert len(listed) == len({page.place for page in every_page()})
    assert sorted(listed) == sorted(
        [*DOCS.rglob("*.md"), *(ROOT / each for each in ELSEWHERE), ROOT / "examples" / "react" / "README.md"]
    )


def test_every_command_is_told() -> None:
    told = [name.strip("`") for name, _ in rows(DOCS / "commands.md", "Commands")]

    assert told == sorted(each.name for each in pkgutil.iter_modules(commands.__path__))


def test_the_list_is_written_as_the_site_reads_it() -> None:
    lines = [line for line in (DOCS / "README.md").read_text().splitlines() if "](" in line]

    assert [line for line in lines if not re.fullmatch(r"\* \[[^\]]+\]\([^)]+\): .+\.", line)] == []


def test_without_a_release_the_root_leads_to_what_comes_next(tmp_path: Path) -> None:
    latest, archives, target = (tmp_path / each for each in ("latest", "archives", "site"))
    for each in (latest, archives, target):
        each.mkdir()
    (latest / "index.html").write_text("what comes next")
    (target / "left.html").touch()

    lay_out(latest, archives, target)

    assert 'url=latest/"' in (target / "index.html").read_text()
    assert (target / "versions.json").read_text() == '["latest"]'
    assert sorted(each.name for each in target.iterdir()) == ["index.html", "latest", "versions.json"]

    (archives / "drf-mfa-docs.zip").touch()
    with pytest.raises(ValueError, match="is not called"):
        lay_out(latest, archives, target)
