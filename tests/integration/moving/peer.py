"""Other packages as they are: in an environment of their own, enrolling users by their own code, into a database file.

What has to be run there is ``peers/SOURCE.py``, as a module: as a script it would hide the package of its name.
It is given the path of a file for SQLite, and prints one JSON document of what a test has to know: the keys of users,
their seeds, which codes they have used and which they have left.
"""

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from tests import services

ROOT = Path(__file__).parents[3]


class Peer(NamedTuple):
    """What another package has left behind: its tables, and what its users know."""

    file: Path
    said: Any


def peer(source: str, folder: Path) -> Peer:
    """Let another package enrol users; skips the test where its environment is not there."""
    services.require("moving")
    file = folder / f"{source}.sqlite3"
    command = [str(services.MOVING), "-m", f"tests.integration.moving.peers.{source}", str(file)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env={"PYTHONPATH": "src"})  # noqa: S603
    assert ran.returncode == 0, ran.stderr
    return Peer(file, json.loads(ran.stdout))
