"""Lays the pages out as Sphinx wants them: in the folders of the four parts, with the links that this asks for.

The files themselves stay where they are, so that they read as well in a repository.
"""

import os
import re
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from docs.site.generated import GENERATED
from docs.site.layout import DOCS, LIST, ROOT, Page, children, every_page, parts

COPIED = ("images", "surface")
DRAWING = re.compile(r"^```mermaid\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[(?P<text>(?:`[^`]*`|[^\[\]`])*)\]\((?P<target>[^)\s]+)\)")
_DIRECTIVE = re.compile(r"^```\{.*?^```\n", re.MULTILINE | re.DOTALL)
"""What only Sphinx understands."""
_MARK = re.compile(r"^<!-- site: (?P<name>\w+) -->$", re.MULTILINE)


def lay_out(folder: Path) -> None:
    """Fill a folder, which is made anew, with what Sphinx makes the site of.

    ``plain`` in it has the pages as Markdown, with what they have from the code, and ``llms.txt``, which lists them (https://llmstxt.org).
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name in COPIED:
        shutil.copytree(DOCS / name, folder / name)
        # Sphinx moves what its pages show; those in Markdown look for it here. Their drawings are the texts.
        shutil.copytree(DOCS / name, folder / "plain" / name, ignore=shutil.ignore_patterns("drawing-*"))
    shutil.copy(DOCS / "openapi.yaml", folder)
    _write(folder / "plain" / "openapi.yaml", (DOCS / "openapi.yaml").read_text())
    places = {page.file: page.place for page in every_page()}
    for page in every_page():
        written = _linked(page, places)
        full = _MARK.sub(lambda match: GENERATED[match["name"]](), written)
        _write(folder / f"{page.place}.md", _drawn(full) + _contents(page))
        _write(folder / "plain" / f"{page.place}.md", _DIRECTIVE.sub("", full))
    _write(folder / "plain" / "llms.txt", "\n".join(_for_models()))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _linked(page: Page, places: dict[Path, str]) -> str:
    """Return a page with its links between files as links between places.

    What is no page is in the repository, if ``MFA_SOURCE`` says where that is; otherwise the words stay.
    """
    here, source = Path(page.place).parent, os.environ.get("MFA_SOURCE")

    def link(match: re.Match[str]) -> str:
        target, found, anchor = match["target"].partition("#")
        if "://" in target or not target:
            return match[0]
        file = (page.file.parent / target).resolve()
        if file in places:
            place = f"{places[file]}.md"
        elif file == DOCS / "openapi.yaml" or any(file.is_relative_to(DOCS / name) for name in COPIED):
            place = file.relative_to(DOCS).as_posix()
        elif source:
            return f"[{match['text']}]({source}/blob/HEAD/{file.relative_to(ROOT).as_posix()}{found}{anchor})"
        else:
            return match["text"]
        return f"[{match['text']}]({os.path.relpath(place, here)}{found}{anchor})"

    pieces = _CODE.split(page.file.read_text())
    pieces[::2] = [_LINK.sub(link, piece) for piece in pieces[::2]]
    return "".join(pieces)


def digest(text: str) -> str:
    """Return what a picture says of the text that it was drawn from."""
    return sha256(text.encode()).hexdigest()


def name_of(text: str) -> str:
    """Return how the pictures of a drawing begin in docs/images, by its ``accTitle``."""
    return f"drawing-{re.sub(r'[^a-z]+', '-', _said(text, 'accTitle').lower()).strip('-')}"


def _said(text: str, key: str) -> str:
    found = re.search(rf"^ *{key}: (.+)$", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"a drawing has no {key}, which says what it shows:\n{text}")
    return found[1]


def _drawn(text: str) -> str:
    return DRAWING.sub(lambda match: _drawing(match["text"]), text)


def _drawing(text: str) -> str:
    """Return the pictures of a drawing, by day and by night; a wide one does not shrink on a phone, but scrolls."""
    shown = []
    wide = "" if text.startswith("flowchart TD") else " .wide"
    for scheme in ("light", "dark"):
        picture = f"images/{name_of(text)}-{scheme}.svg"
        if digest(text) not in (DOCS / picture).read_text():
            raise ValueError(f"{picture} shows an older drawing: make drawings")
        shown.append(f"![{_said(text, 'accDescr')}](/{picture}){{.only-{scheme}{wide}}}")
    return "\n".join(shown)


def _contents(page: Page) -> str:
    """Return the tables of contents that make the navigation."""
    if page.file == LIST:
        return "".join(
            _toctree([f":caption: {part.title}"], [f"{each.title} <{each.place}>" for each in part.pages])
            for part in parts()
        )
    beneath = [Path(each.place).name for each in children(page)]
    told = "](" in page.file.read_text()
    return _toctree([":titlesonly:"], beneath, hidden=told) if beneath else ""


def _toctree(options: list[str], entries: list[str], *, hidden: bool = True) -> str:
    return "\n".join(["", "", "```{toctree}", *[":hidden:"] * hidden, *options, "", *entries, "```"])


def _for_models() -> Iterator[str]:
    """Yield the lines of ``llms.txt``."""
    _, summary, *_ = LIST.read_text().split("\n\n")
    yield from ["# drf-mfa", "", *(f"> {line}" for line in summary.splitlines())]
    for part in parts():
        yield from ["", f"## {part.title}", ""]
        for page in part.pages:
            yield f"- [{page.title}]({page.place}.md): {page.sentence}"
            yield from (f"- [{each.title}]({each.place}.md)" for each in children(page))
    yield ""
