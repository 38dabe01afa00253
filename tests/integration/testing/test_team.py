"""The project of a team, whose tests are run as the team runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROJECT = ROOT / "examples" / "team"


@pytest.mark.skipif(os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="it has a database of its own")
def test_the_tests_of_a_team_pass() -> None:
    ours = {"PYTEST_PLUGINS", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "DJANGO_SETTINGS_MODULE"}
    environment = {name: value for name, value in os.environ.items() if name not in ours}

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "mfa.testing.plugin"],
        cwd=PROJECT,
        env={**environment, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " passed" in ran.stdout
