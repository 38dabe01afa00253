"""The module for browsers, where there is none: its own tests, by the runner of Node.js."""

from tests import services
from tests.integration.demo.running import ROOT
from tests.npm import node


def test_its_own_tests_pass() -> None:
    services.require("node")

    said = node("--test", "packages/js/test/", cwd=ROOT)

    assert "# fail 0" in said
    assert "# pass 0" not in said
