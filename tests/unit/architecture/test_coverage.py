import re

import pytest

from tests import services
from tests.demanded import FUNCTIONS, SOURCE, Function, reached_only_with
from tests.unit.architecture.project import CONFIG


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_what_is_not_always_demanded_is_one_function_that_a_service_reaches(function: Function) -> None:
    everywhere = "\n".join(path.read_text() for path in SOURCE.rglob("*.py"))

    assert len(re.findall(function.pattern, everywhere, re.MULTILINE)) == 1
    assert function.lines
    assert function in reached_only_with(function.services)
    assert function not in reached_only_with(function.services[1:])
    assert services.known() >= {*function.services}


def test_everything_else_is_demanded() -> None:
    report = CONFIG["tool"]["coverage"]["report"]

    assert report["exclude_lines"] == [r"^\s*\.\.\.$", r"@(abc\.)?abstractmethod"]
    assert report["fail_under"] == 100
    assert CONFIG["tool"]["coverage"]["run"] == {"branch": True, "parallel": True, "source_pkgs": ["mfa"]}
