"""The demo as a process of its own, and a shell that types what its reader would type."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests import services
from tests.services import free_port

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 60  # seconds
READY = "Ctrl-C ends it."


class Demo:
    """A demo that runs in ``folder``; what it prints goes to ``log``."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port = free_port()
        self.log = folder / "demo.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error::DeprecationWarning", "-W", "error::ResourceWarning", "-m", "demo"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "PORT": str(self.port),
                    "DEMO_DATABASE": str(folder / "demo.sqlite3"),
                    **environment,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def printed(self) -> str:
        return self.log.read_text()

    def wait_until_ready(self) -> None:
        until = time.monotonic() + PATIENCE
        while READY not in self.printed:
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < until, self.printed
            time.sleep(0.02)

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(by)
        return self.process.wait(PATIENCE)

    def type(self, commands: Sequence[str]) -> list[tuple[int, str]]:
        """Types commands into one shell, and returns the status and the output of each."""
        services.require("curl")
        lines = ["exec 2>&1"]
        for command in commands:
            lines += [command.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}"), "printf '\\036%s\\036' $?"]
        shell = subprocess.run(
            ["bash", "-u"],  # noqa: S607 - wherever it is
            input="\n".join(lines),
            cwd=ROOT,
            env={**os.environ, "MAKEFLAGS": "", "MFLAGS": ""},
            stdout=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        parts = re.split("\x1e([0-9]+)\x1e", shell.stdout)
        assert len(parts) == 2 * len(commands) + 1, shell.stdout
        return [(int(status), output) for output, status in zip(parts[0:-1:2], parts[1::2], strict=True)]


@contextmanager
def running_demo(folder: Path, **environment: str) -> Iterator[Demo]:
    demo = Demo(folder, **environment)
    try:
        demo.wait_until_ready()
        yield demo
    finally:
        demo.process.kill()
        demo.process.wait()
