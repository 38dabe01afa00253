"""Other packages that the recipes stand beside, laid over the tests' environment: installed once for each lock."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests import services

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "recipes.txt"
CACHE = ROOT / ".venv"


def packages() -> Path:
    """Where they are; skips the test where they cannot be installed, or fails it where anything is required."""
    installed = CACHE / f"recipes-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    if not installed.exists():
        CACHE.mkdir(exist_ok=True)
        folder = Path(mkdtemp(dir=CACHE, prefix="recipes-"))
        pip = (
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "-qq",
            "install",
            "--no-deps",
            "--no-compile",
        )
        ended = subprocess.run(  # noqa: S603 - this Python, and our own lock
            [*pip, "--require-hashes", "--target", folder, "--requirement", LOCK],
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            shutil.rmtree(folder)
            said = f"the packages of the recipes cannot be installed:\n{ended.stderr}"
            pytest.fail(said) if services.required() else pytest.skip(said)
        try:
            folder.rename(installed)
        except OSError:  # another process was faster
            shutil.rmtree(folder)
    return installed


def run(*arguments: str) -> str:
    """What a program prints that finds the package, the examples and those packages; the test fails where it does."""
    paths = os.pathsep.join(map(str, (ROOT / "src", ROOT, packages())))
    ended = subprocess.run(  # noqa: S603 - this Python
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
