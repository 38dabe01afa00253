"""The project behind gunicorn, with four workers, on a database of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import attrs
import psycopg

from tests import services
from tests.integration.promises.stage import OverNetwork, Stage
from tests.integration.promises.table import DATABASE
from tests.services import free_port

ROOT = Path(__file__).resolve().parents[3]
WORKERS = 4
PATIENCE = 60  # seconds
SETTINGS = "tests.projects.promises.settings"


@attrs.frozen(kw_only=True)
class Deployment(Stage):
    """A server that runs."""

    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def printed(self) -> str:
        return self.log.read_text(errors="replace")

    def reload(self) -> None:
        """Have every worker replaced by a new one, and wait until the old ones are gone."""
        before = self.workers()
        self.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + PATIENCE
        while (now := self.workers()) & before or len(now) < WORKERS:
            assert time.monotonic() < until, self.printed
            time.sleep(0.05)

    def workers(self) -> set[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return set(map(int, children.read_text().split()))


def environment(folder: Path, database: str, **more: str) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    here = {"PROMISES_FOLDER": str(folder), "PROMISES_DATABASE": database, "DJANGO_SETTINGS_MODULE": SETTINGS}
    return {**known, **here, **more}


@contextlib.contextmanager
def own_database(folder: Path) -> Iterator[str]:
    """Makes a database with the project's tables, and takes it away again."""
    name = str(folder / "promises.sqlite3") if DATABASE == "sqlite" else f"drf_mfa_promises_{uuid4().hex}"
    _administer(f"CREATE DATABASE {name}")
    try:
        migrate = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env=environment(folder, name), check=True)  # noqa: S603 - this very program
        yield name
    finally:
        _administer(f"DROP DATABASE {name}{' WITH (FORCE)' if DATABASE == 'postgresql' else ''}")


def _administer(statement: str) -> None:
    match DATABASE:
        case "postgresql":
            with psycopg.connect(
                host=services.POSTGRESQL.host,
                port=services.POSTGRESQL.port,
                user="postgres",
                dbname="postgres",
                autocommit=True,
            ) as server:
                server.execute(statement.encode())
        case "mariadb":
            client = import_module("MySQLdb")
            server = client.connect(host=services.MARIADB.host, port=services.MARIADB.port, user="root")
            try:
                server.cursor().execute(statement)
            finally:
                server.close()


@contextlib.contextmanager
def served(folder: Path, database: str, name: str, timeout: int = 60, **more: str) -> Iterator[Deployment]:
    """Serve the project until the end of the block; ``timeout`` is how long a worker may be silent."""
    port = free_port()
    log = folder / f"{name}.log"
    command = [
        *(sys.executable, "-m", "gunicorn", "tests.projects.promises.wsgi:application"),
        *("--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS), "--preload", "--timeout", str(timeout)),
        *("--worker-tmp-dir", str(folder), "--no-control-socket"),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - this very program
            command,
            cwd=ROOT,
            env=environment(folder, database, **more),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + PATIENCE
        while not _answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield Deployment(OverNetwork(port), folder, port=port, process=process, log=log)
    finally:
        # Nothing is looked at any more, and interpreters that end by themselves take a second each.
        with contextlib.suppress(ProcessLookupError):  # it has never begun
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
