"""The module for browsers, where there is none: its own tests, by the runner of Node.js, and its types."""

from pathlib import Path

import pytest

from tests import npm, services
from tests.integration.demo.running import ROOT
from tests.npm import node

MODULE = ROOT / "src" / "mfa" / "adapters" / "django" / "static" / "mfa"


@pytest.fixture(scope="session")
def modules() -> Path:
    return npm.modules(Path(__file__).with_name("client"))


def test_its_own_tests_pass() -> None:
    services.require("node")

    said = node("--test", cwd=ROOT / "packages" / "js")

    assert "# fail 0" in said
    assert "# pass 0" not in said


def test_its_types_are_those_of_the_description(modules: Path, tmp_path: Path) -> None:
    made = tmp_path / "api.d.ts"

    node(modules / "openapi-typescript/bin/cli.js", ROOT / "docs/openapi.yaml", "-o", made, cwd=tmp_path)

    assert made.read_text() == (MODULE / "api.d.ts").read_text()
