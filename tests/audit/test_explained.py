"""An audit fails for what nothing explains, for more of a kind than is explained, and for what explains nothing."""

import pytest

from tests.audit.explained import Explanation, Finding, unexplained

ONE = Explanation("B1", "tests/*", "password", "made up", most=2)


def finding(rule: str = "B1", path: str = "tests/one.py", text: str = "password = 1") -> Finding:
    return Finding("bandit", rule, path, 7, text)


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        ([finding()], []),
        ([finding(), finding(path="tests/two.py")], []),
        ([finding()] * 3, ["explains 2, of which there are 3: B1 in tests/*"]),
        ([], ["explains nothing any more: B1 in tests/*"]),
        ([finding(), finding(path="src/one.py")], ["src/one.py:7: B1 (bandit): password = 1"]),
        ([finding(), finding("B2")], ["tests/one.py:7: B2 (bandit): password = 1"]),
        ([finding(), finding(text="seed = 1")], ["tests/one.py:7: B1 (bandit): seed = 1"]),
    ],
)
def test_what_is_told_of_findings(findings: list[Finding], told: list[str]) -> None:
    assert unexplained(findings, [ONE]) == told
