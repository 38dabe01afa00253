"""The module for browsers, where there is none: its own tests, by the runner of Node.js, and its types."""

from pathlib import Path

import pytest

from tests import npm, services
from tests.integration.demo.running import ROOT
from tests.npm import node

MODULE = ROOT / "src" / "mfa" / "adapters" / "django" / "static" / "mfa"

USE = """
import * as mfa from "./mfa.js";

const at = mfa.site({ token: () => Promise.resolve("secret") });
const left: Promise<number> = mfa.status(at, "transfer").then((status) => status["verifications-left"]);
const required: Promise<boolean | undefined> = mfa.fields(at, "sms").then((fields) => fields["number"]?.required);
const get = mfa.guarded(fetch, (requirement) => requirement?.phishing_resistant);
export { get, left, required };
"""


@pytest.fixture(scope="session")
def modules() -> Path:
    return npm.modules(Path(__file__).with_name("client"))


def test_its_own_tests_pass() -> None:
    services.require("node")

    said = node("--test", "packages/js/test/", cwd=ROOT)

    assert "# fail 0" in said
    assert "# pass 0" not in said


def test_its_types_are_those_of_the_description(modules: Path, tmp_path: Path) -> None:
    made = tmp_path / "api.d.ts"

    node(modules / "openapi-typescript/bin/cli.js", ROOT / "docs/openapi.yaml", "-o", made, cwd=tmp_path)

    assert made.read_text() == (MODULE / "api.d.ts").read_text()


def test_its_types_are_strict(modules: Path, tmp_path: Path) -> None:
    for name in ("mfa.js", "mfa.d.ts", "api.d.ts"):
        (tmp_path / name).symlink_to(MODULE / name)
    (tmp_path / "use.ts").write_text(USE)
    (tmp_path / "package.json").write_text('{"type": "module"}')

    options = "--noEmit --strict --preserveSymlinks --target es2022 --module nodenext --lib es2022,dom,dom.iterable"
    node(modules / "typescript-current/bin/tsc", *options.split(), "use.ts", cwd=tmp_path)
