"""Programs that npm installs, each folder of them by its own lock, beside the environment of Python."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests import services

CACHE = Path(__file__).parents[1] / ".venv"


def modules(project: Path) -> Path:
    """What a folder's package.json names, installed once for each lock; skips the test where that cannot be done."""
    services.require("node")
    lock = project / "package-lock.json"
    installed = CACHE / f"node-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    if not installed.exists():
        CACHE.mkdir(exist_ok=True)
        folder = Path(mkdtemp(dir=CACHE, prefix="node-"))
        for each in (lock, project / "package.json"):
            shutil.copy(each, folder)
        ended = subprocess.run(
            ["npm", "ci", "--engine-strict", "--no-audit", "--no-fund", "--ignore-scripts"],  # noqa: S607 - on the PATH, as the probe says
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            shutil.rmtree(folder)
            said = f"npm cannot install what {project.name} needs:\n{ended.stderr}"
            pytest.fail(said) if "node" in services.required() else pytest.skip(said)
        try:
            folder.rename(installed)
        except OSError:  # another process was faster
            shutil.rmtree(folder)
    return installed / "node_modules"


def node(*arguments: object, cwd: Path) -> str:
    """What a program for Node.js prints; the test fails where the program does."""
    ended = subprocess.run(  # noqa: S603 - our own
        ["node", *map(str, arguments)],  # noqa: S607 - on the PATH, as the probe says
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
