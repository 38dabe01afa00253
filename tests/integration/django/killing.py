"""A process that runs management commands in processes of its own, each of which may be killed in the middle.

``python -m tests.integration.django.killing <database>`` reads lines of JSON, ``{"fault", "arguments", "mfa"}``, and
answers each with the status of the command, or with -9 where the fault has killed it. It never has a connection, so
each child has one of its own.
"""

import contextlib
import gc
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
KILLED = -9


class Killing:
    """The process, for whoever wants commands killed."""

    def __init__(self, database: str) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-W", "ignore", "-m", __name__, database],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, mfa: Mapping[str, object], fault: str = "0 before nothing") -> int:
        """Run a command with these settings, and return its status, or that it was killed."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"fault": fault, "arguments": arguments, "mfa": {**mfa}}) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextlib.contextmanager
def killing(database: str) -> Iterator[Killing]:
    """Have the process for as long as the block lasts."""
    made = Killing(database)
    try:
        yield made
    finally:
        assert made.process.stdin is not None
        made.process.stdin.close()
        made.process.wait(60)
        assert made.process.stdout is not None
        made.process.stdout.close()


def _main(database: str) -> None:
    import django  # noqa: PLC0415 - only in the process itself, which sets it up

    django.setup()
    from django.db import connection  # noqa: PLC0415 - as above

    from mfa.adapters import accessor  # noqa: PLC0415 - as above
    from tests.projects.promises import faults  # noqa: PLC0415 - as above

    connection.settings_dict["NAME"] = database
    assert accessor.use_cases() is not None
    assert faults.HEADER
    gc.freeze()  # or each child would copy what it looks through, and the end of this process would take a second
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(_child(**json.loads(line)))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _child(fault: str, arguments: list[str], mfa: dict[str, Any]) -> int:
    from django.core.management import CommandError, call_command  # noqa: PLC0415 - as above
    from django.db import connection  # noqa: PLC0415 - as above
    from django.test import override_settings  # noqa: PLC0415 - as above

    from tests.projects.promises.faults import Fault  # noqa: PLC0415 - as above

    status = 0
    with override_settings(MFA=mfa), Fault.read(fault).armed():
        try:
            call_command(*arguments, stdout=io.StringIO(), stderr=io.StringIO(), skip_checks=True)
        except CommandError as error:
            status = error.returncode
    connection.close()
    return status


if __name__ == "__main__":
    _main(sys.argv[1])
