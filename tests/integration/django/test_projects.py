"""Projects that differ from the one that the other tests are about, each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("project", ["uuid_user"])
def test_a_project(project: str) -> None:
    walk = subprocess.run(  # noqa: S603 - this very program, on files of this repository
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            f"--ds=tests.projects.{project}.settings",
            f"tests/projects/{project}/walk.py",
        ],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert walk.returncode == 0, walk.stdout + walk.stderr
