"""The kit for tests opens nothing: nobody in the package knows it, and it knows nobody before it is asked."""

import ast
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import mfa.testing
from tests.unit.architecture.project import CONFIG, SOURCE

STUB = SOURCE / "mfa" / "testing" / "__init__.pyi"


def test_nobody_so_much_as_names_it() -> None:
    """But the one sentence that a test run reads."""
    kit = SOURCE / "mfa" / "testing"
    others = [path for path in SOURCE.rglob("*.py") if not path.is_relative_to(kit)]

    assert [path.stem for path in others if "mfa.testing" in path.read_text()] == ["answers"]


def test_the_doors_are_those_that_their_types_tell_of() -> None:
    told = {
        alias.name: f"{node.module}"
        for node in ast.parse(STUB.read_text()).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert told == dict(vars(mfa.testing)["_HOMES"])
    for name, home in told.items():
        assert getattr(mfa.testing, name) is getattr(import_module(home), name)
    with pytest.raises(AttributeError, match="nothing"):
        mfa.testing.nothing  # type: ignore[attr-defined]  # noqa: B018 - that is what raises


PROJECT = """
import sys

def test_of_a_project_that_knows_no_django():
    heavy = {"attr", "attrs", "cryptography", "dependency_injector", "django", "rest_framework"}
    assert "mfa.testing.plugin" in sys.modules
    assert heavy.isdisjoint(sys.modules)
"""


def test_the_plugin_is_harmless_where_there_is_no_django(tmp_path: Path) -> None:
    (tmp_path / "test_project.py").write_text(PROJECT)
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(SOURCE)}
    [name] = CONFIG["project"]["entry-points"]["pytest11"].values()

    result = subprocess.run(  # noqa: S603 - pytest of this environment
        [sys.executable, "-m", "pytest", "-q", "-p", name, "test_project.py"],
        cwd=tmp_path,
        env={key: value for key, value in environment.items() if key not in {"PYTEST_PLUGINS", "PYTEST_ADDOPTS"}},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr


def test_its_name_is_the_one_that_projects_turn_it_off_by() -> None:
    assert CONFIG["project"]["entry-points"]["pytest11"] == {"mfa.testing.plugin": "mfa.testing.plugin"}
