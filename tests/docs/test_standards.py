"""The tables of standards and of compliance name what there is, each requirement once, and are counted right."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import attrs
import pytest
from django.conf import global_settings
from knox.settings import DEFAULTS

from mfa.config import Config
from tests.docs.pages import ROOT, STANDARDS, name, rows

README = ROOT / "docs" / "standards" / "README.md"
COMPLIANCE = ROOT / "docs" / "compliance.md"
TABLES = [page for page in STANDARDS if page != README]
VERDICTS = ("met", "by setting", "not ours", "not met")

TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")
NAME = re.compile(r"`([A-Z][A-Z0-9_]+)`")
DEFAULT = re.compile(r"`([A-Z][A-Z0-9_]+)` \(default `([^`]+)`\)")
AT = re.compile(r"`([A-Z][A-Z0-9_]+)`(?: \(default `[^`]+`\))? at `([^`]+)`")
LOOSE = re.compile(r"\bdefault\b(?!\.md)|`[A-Z][A-Z0-9_]+`(?: is|:) [`\d]")
"""A default, or a value, that is told in no form that is compared."""
SETTINGS = {field.name.upper() for field in attrs.fields(Config)}
OTHERS = {*dir(global_settings), *DEFAULTS}
"""What Django and knox call their own."""


def sections(page: Path) -> dict[str, list[list[str]]]:
    """Return the rows of the table of each section that has one."""
    found = {title: rows(page, title) for title in re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE)}
    return {title: table for title, table in found.items() if table}


@cache
def functions_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("page", TABLES, ids=name)
def test_each_verdict_is_shown_or_has_its_reason(page: Path) -> None:
    for title, table in sections(page).items():
        for requirement, *_, verdict, how, shown in table:
            named = TEST.findall(shown)
            missing = [f"{file}::{test}" for file, test in named if test not in functions_of(file)]
            right = {
                "met": bool(named),
                "by setting": bool(named and SETTINGS & {*NAME.findall(how)}),
                "not ours": not shown,
                "not met": bool(how and not shown),
            }
            assert right[verdict], (title, requirement)
            assert missing == [], (title, requirement)


@pytest.mark.parametrize("page", [*TABLES, COMPLIANCE], ids=name)
def test_each_requirement_stands_once(page: Path) -> None:
    for title, table in sections(page).items():
        assert [each for each, times in Counter(row[0] for row in table).items() if times > 1] == [], title


def test_verdicts_are_counted() -> None:
    told = {page: [int(number) for number in numbers] for page, *numbers in rows(README, "How many")}
    verdicts = {page: [row[-3] for table in sections(page).values() for row in table] for page in TABLES}

    assert told == {
        f"[{page.stem}]({page.name})": [found.count(each) for each in VERDICTS] for page, found in verdicts.items()
    }


@pytest.mark.parametrize("page", [*STANDARDS, COMPLIANCE], ids=name)
def test_each_setting_that_is_named_exists(page: Path) -> None:
    assert {*NAME.findall(page.read_text())} - SETTINGS - OTHERS == set()


def test_each_rule_has_its_settings_or_says_that_it_has_none() -> None:
    for title, table in sections(COMPLIANCE).items():
        for rule, _, settings, _ in table:
            assert bool(SETTINGS & {*NAME.findall(settings)}) != settings.startswith("none"), (title, rule)


@pytest.mark.parametrize("page", [*STANDARDS, COMPLIANCE], ids=name)
def test_each_default_that_is_named_is_one_and_each_value_is_taken(page: Path) -> None:
    text = page.read_text()
    how = [row[2] if page == COMPLIANCE else row[-2] for table in sections(page).values() for row in table]

    assert [key for key, told in DEFAULT.findall(text) if read(key, told) != getattr(Config(), key.lower())] == []
    assert [key for key, told in AT.findall(text) if read(key, told) is None] == []
    assert page == README or [cell for cell in how if LOOSE.search(DEFAULT.sub("", cell))] == []


def read(key: str, told: str) -> object:
    """Return what the package makes of a value of a setting; raises ValueError where the setting takes none like it."""
    value = ast.literal_eval(told)
    return None if value is None else getattr(attrs.fields(Config), key.lower()).metadata["rule"].read(value)
