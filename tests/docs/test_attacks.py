"""The page of the attacks and the tests that try them name one another."""

import ast
import re

from tests.attacks import PAGE, ROOT, rows

ASVS = ROOT / "docs" / "standards" / "asvs.md"


def found_in(path: str) -> set[str]:
    """The tests of a file as pytest names them, without its folder."""
    body = ast.parse((ROOT / path).read_text()).body
    classes = [each for each in body if isinstance(each, ast.ClassDef)]
    functions = [("", each) for each in body] + [(f"{each.name}::", part) for each in classes for part in each.body]
    return {f"{path}::{where}{each.name}" for where, each in functions if isinstance(each, ast.FunctionDef)}


def test_every_attack_has_a_test_that_exists() -> None:
    named = {test for row in rows() for test in row.tests}

    assert [row.attack for row in rows() if not row.tests] == []
    assert sorted(named - {each for test in named for each in found_in(test.partition("::")[0])}) == []


def test_every_test_of_an_attack_is_on_the_page() -> None:
    files = sorted((ROOT / "tests/integration/attacks").glob("test_*.py"))
    tried = {each for file in files for each in found_in(str(file.relative_to(ROOT))) if "::test_" in each}

    assert files
    assert sorted(tried - {test for row in rows() for test in row.tests}) == []


def test_every_requirement_that_is_named_has_its_row() -> None:
    named = {*re.findall(r"\b6\.\d\.\d+\b", PAGE.read_text())}

    assert named <= {*re.findall(r"^\| (6\.\d\.\d+)", ASVS.read_text(), re.MULTILINE)}


def test_what_is_cited_is_linked_and_nothing_else() -> None:
    text = PAGE.read_text()
    linked = {*re.findall(r"^\[([^]]+)\]: http", text, re.MULTILINE)}
    cited = {*re.findall(r"\[((?:CVE|GHSA)-[\w-]+)\](?!:)", text), *re.findall(r"\]\[([^]]+)\]", text), "cve.org"}

    assert linked == cited
