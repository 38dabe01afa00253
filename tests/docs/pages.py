"""The pages of the documentation, taken apart."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "packages" / "js" / "README.md"
MODELS = ROOT / "models" / "README.md"
STANDARDS = sorted((ROOT / "docs" / "standards").glob("*.md"))
PAGES = sorted(
    [
        *(ROOT / f"{each}.md" for each in ("README", "CODE_OF_CONDUCT", "CONTRIBUTING", "SECURITY")),
        *(MODULE, MODELS),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs" / "moving").glob("*.md"),
        *STANDARDS,
    ]
)
RECIPES = sorted((ROOT / "docs" / "recipes").glob("*.md"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
WRITTEN = sorted({*PAGES, *RECIPES, *DECISIONS, *ROOT.glob("*.md"), *ROOT.glob("examples/*/README.md")})
"""All that people read."""

FENCE = re.compile(r"^```(?P<language>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\|(?P<cells>.+)\|$", re.MULTILINE)
CELL_END = re.compile(r"(?<!\\)\|")


class Block(NamedTuple):
    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path, *languages: str) -> list[Block]:
    text = page.read_text()
    found = [
        Block(page, text.count("\n", 0, match.start()) + 1, match["language"], match["text"])
        for match in FENCE.finditer(text)
    ]
    return [block for block in found if not languages or block.language in languages]


def pages_with(*languages: str) -> list[Path]:
    return [page for page in PAGES if blocks(page, *languages)]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


class Typed(NamedTuple):
    """A line after a prompt, and what the page says that it answers."""

    place: str
    command: str
    answer: str


def typed(block: Block) -> Iterator[Typed]:
    prompts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert prompts[0] == "", f"{block}: there is no prompt"
    for prompt in prompts[1:]:
        command, _, answer = prompt.partition("\n")
        yield Typed(str(block), command, answer)


def fits(expected: str, shown: str) -> bool:
    """Whether the output is what is expected, white space aside, which pages use to be readable."""
    pattern = ".*".join(re.escape("".join(part.split())) for part in expected.split("..."))
    return re.fullmatch(pattern, "".join(shown.split()), re.DOTALL) is not None


def rows(page: Path, heading: str) -> list[list[str]]:
    """The rows of the first table under a heading, without its head."""
    text = FENCE.sub("", page.read_text())
    _, found, section = text.partition(f"# {heading}\n")
    assert found, f"{name(page)} has no heading {heading!r}"
    section = re.split(r"^#+ ", section, maxsplit=1, flags=re.MULTILINE)[0]
    table = [[cell.strip() for cell in CELL_END.split(match["cells"])] for match in ROW.finditer(section)]
    return table[2:]
