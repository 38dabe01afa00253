"""Projects that differ from the one that the other tests are about, each in a process of its own, on SQLite."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def environment(**more: str) -> dict[str, str]:
    """Leave out what this run was told: its settings, its database, which process it is, and what it measures."""
    told = {"DJANGO_SETTINGS_MODULE", "MFA_TEST_DATABASE", "PYTEST_XDIST_WORKER", "PYTEST_PLUGINS"}
    return {**{name: value for name, value in os.environ.items() if name not in told}, **more}


@pytest.mark.parametrize("project", ["closed", "uuid_user"])
def test_a_project(project: str) -> None:
    walk = subprocess.run(  # noqa: S603 - this very program, on files of this repository
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            f"--ds=tests.projects.{project}.settings",
            f"tests/projects/{project}/walk.py",
        ],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert walk.returncode == 0, walk.stdout + walk.stderr


@pytest.mark.parametrize("first", ["rest_framework.views", "mfa.adapters.drf.permissions", "mfa.urls"])
def test_whatever_is_imported_first_the_defaults_are_found(first: str) -> None:
    """The framework imports its default classes while it makes its first view, so these may not ask for that view."""
    start = f"import django; django.setup(); import {first}; from rest_framework.views import APIView as made"
    started = subprocess.run(  # noqa: S603 - as above
        [sys.executable, "-c", f"{start}; print(made.permission_classes)"],
        cwd=ROOT,
        env=environment(DJANGO_SETTINGS_MODULE="tests.projects.closed.settings"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert started.stdout.strip() == "[<class 'mfa.adapters.drf.permissions.IsVerified'>]", started.stderr
