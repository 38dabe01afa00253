"""How the pages are written: their headings, their words, and that no picture is left over."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.pages import DECISIONS, FENCE, ROOT, WRITTEN, name

PICTURES = ROOT / "docs" / "images"
HEADING = re.compile(r"^(?P<level>#+) (?P<text>.+)$", re.MULTILINE)
CODE = re.compile(r"`[^`]+`|\b[A-Z]\w+-\S+")
"""Code, and names of tests."""

WORD = re.compile(r"[A-Za-z]+")
NAMES = {"Django", "GitHub", "Kubernetes", "Level", "Ninja", "OpenAPI", "Python", "React", "WebAuthn"}
"""What has a capital wherever it stands, beside abbreviations."""

LONGEST = 120

UNWRITTEN = {
    "means nothing": r"simply|you can easily|obviously|of course|please note|note that|in order to|click here",
    "praises": r"powerful|robust|seamless\w*|blazing\w*|effortless\w*|world-class|cutting-edge|best-in-class",
    "a token is the bearer's, and nothing that anybody types or carries": (
        r"(?:one-time|time-based|counter-based|hardware|security|soft|otp|totp|hotp|e?mail(?:ed)?|sms) tokens?"
        r"|(?:type|enter|typing|entering) (?:the|a|your|their|his|her) token"
    ),
    "said twice": r"(?P<word>[a-z]+)(?: |\n)(?P=word)",
}


def text_of(page: Path) -> str:
    """What a page says, without its blocks."""
    return FENCE.sub("", page.read_text())


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_headings_are_one_tree_in_sentence_case(page: Path) -> None:
    headings = [(len(found["level"]), found["text"]) for found in HEADING.finditer(text_of(page))]
    levels = [level for level, _ in headings]

    assert page.read_text().startswith("# ")
    assert levels.count(1) == 1
    assert all(level <= above + 1 for above, level in pairwise(levels))
    for _, text in headings:
        told = WORD.findall(CODE.sub("", text.partition(": ")[2] if page in DECISIONS else text))
        assert [word for word in told[1:] if word[0].isupper() and not word.isupper() and word not in NAMES] == [], text


@pytest.mark.parametrize("page", DECISIONS, ids=name)
def test_a_decision_is_headed_by_its_number(page: Path) -> None:
    assert page.name == "README.md" or page.read_text().startswith(f"# {page.name[:4]}: ")


@pytest.mark.parametrize("page", DECISIONS, ids=name)
def test_a_decision_that_is_replaced_says_by_which(page: Path) -> None:
    replaced = re.search(r"^Takes the place of .*?\n\n", page.read_text(), re.MULTILINE | re.DOTALL)

    for older in re.findall(r"\((\S+\.md)\)", replaced[0]) if replaced else ():
        assert f"({page.name})" in (page.parent / older).read_text(), older


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_words_are_plain_and_those_of_the_glossary(page: Path) -> None:
    text = CODE.sub("`", text_of(page))
    for why, words in UNWRITTEN.items():
        assert [found[0] for found in re.finditer(rf"\b(?:{words})\b", text, re.IGNORECASE)] == [], why


def test_every_picture_is_shown() -> None:
    shown = {Path(found).name for page in WRITTEN for found in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text())}
    drawn = {each.name for each in PICTURES.glob("drawing-*.svg")}  # which make docs puts in place of their texts
    assert {each.name for each in PICTURES.iterdir()} == shown | drawn


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_lines_are_as_long_as_those_of_the_code(page: Path) -> None:
    """But for rows of tables, addresses, code that is one word, and the list, of which a line is an entry."""
    alone = re.compile(r"\||\[[^\]]+\]: |\s*`[^`]+`\.?$|\* \[[^\]]+\]\([^)]+\): ")

    assert [line for line in text_of(page).splitlines() if len(line) > LONGEST and not alone.match(line)] == []
