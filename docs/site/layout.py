"""Which page stands where: docs/README.md lists the pages in four parts, and everything follows that list."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LIST = DOCS / "README.md"
ELSEWHERE = {
    "README.md": "overview",
    "CHANGELOG.md": "changes",
    "CODE_OF_CONDUCT.md": "conduct",
    "CONTRIBUTING.md": "contributing",
    "SECURITY.md": "security-policy",
    "models/README.md": "models",
    "packages/js/README.md": "mfa-js",
}
"""Pages that stand outside docs, and what the site calls them."""

_PART = re.compile(r"^## (?P<title>.+)$")
_ENTRY = re.compile(r"^\* \[(?P<title>[^\]]+)\]\((?P<path>[^)]+)\): (?P<sentence>.+)$")


class Page(NamedTuple):
    """A page: the file that it is written in, its place on the site, without an ending, and what the list says."""

    file: Path
    place: str
    title: str
    sentence: str


class Part(NamedTuple):
    """One of the four kinds of documentation (https://diataxis.fr), with its pages in the order of the list."""

    title: str
    pages: tuple[Page, ...]


def parts() -> list[Part]:
    """Return what is listed, part by part."""
    found: list[tuple[str, list[Page]]] = []
    for line in LIST.read_text().splitlines():
        if part := _PART.match(line):
            found.append((part["title"], []))
        elif entry := _ENTRY.match(line):
            title, pages = found[-1]
            file = (DOCS / entry["path"]).resolve()
            pages.append(Page(file, f"{_folder(title)}/{_name(file)}", entry["title"], entry["sentence"]))
    return [Part(title, tuple(pages)) for title, pages in found]


def children(page: Page) -> list[Page]:
    """Return the pages beside a page that opens a folder, such as all decisions."""
    if page.file.name != "README.md" or page.file.parent.parent != DOCS:
        return []
    files = sorted(file for file in page.file.parent.glob("*.md") if file != page.file)
    return [Page(file, page.place.removesuffix("index") + file.stem, _heading(file), "") for file in files]


def every_page() -> Iterator[Page]:
    """Return all pages of the site, the start page first."""
    yield Page(LIST, "index", _heading(LIST), "")
    for part in parts():
        for page in part.pages:
            yield page
            yield from children(page)


def _heading(file: Path) -> str:
    return file.read_text().partition("\n")[0].removeprefix("# ")


def _folder(title: str) -> str:
    return title.lower().replace(" ", "-")


def _name(file: Path) -> str:
    inside = file.relative_to(ROOT).as_posix()
    if inside in ELSEWHERE:
        return ELSEWHERE[inside]
    if file.name != "README.md":
        return file.stem.removeprefix("start-")  # which its folder says
    return f"{file.parent.name}/index" if file.parent.parent == DOCS else file.parent.name
