"""The deployment: a PostgreSQL, a PgBouncer, a Redis and a mail server of its own, gunicorn and a worker of Celery."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import cast

import attrs
import psycopg
import redis
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services import free_port

ROOT = Path(__file__).resolve().parents[2]
SENT = "sent.jsonl"
"""Where each code is noted that is handed over."""

HOST = "127.0.0.1"
WORKERS = 4
PATIENCE = 60
"""Seconds."""

POOLER = """
[databases]
soak = host={host} port={database} user=postgres
[pgbouncer]
listen_addr = {host}
listen_port = {pooler}
unix_socket_dir =
auth_type = any
pool_mode = transaction
server_login_retry = 1
query_wait_timeout = 10
"""
"""Beside what it must be told: a database that was down is tried again after one second instead of fifteen, and nobody
waits for one for more than ten instead of two minutes."""


def absence() -> str | None:
    """Return which program is not there, or None."""
    missing = [name for name in ("pgbouncer", "redis-server") if shutil.which(name, path=_path()) is None]
    return f"not on the PATH: {', '.join(missing)}" if missing else None if _programs() else "no PostgreSQL is here"


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin"


def _programs() -> Path | None:
    """Return where PostgreSQL's own programs are, which Debian keeps from the PATH."""
    on_path = shutil.which("initdb")
    found = [Path(on_path)] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@attrs.define
class Server:
    """A program that runs until it is ended."""

    command: Sequence[str | Path]
    log: Path
    plain: bool = False
    """Whether it refuses to run as root."""
    environment: Mapping[str, str] = attrs.field(factory=dict)
    process: "subprocess.Popen[bytes]" = attrs.field(init=False)

    def start(self) -> None:
        """Start it, and wait for nothing."""
        user = plain_user() if self.plain else None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own
                self.command,
                cwd=ROOT,
                env={**os.environ, **self.environment, "PATH": _path()},
                stdout=log,
                stderr=log,
                user=user,
                extra_groups=None if user is None else [],
            )

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, and wait until it is gone."""
        self.process.send_signal(how)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def children(self) -> list[int]:
        """Return its processes, the oldest first."""
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return sorted(map(int, text.split()), key=_started)


def _started(pid: int) -> int:
    """Return when a process was started, in ticks of the clock; 0 for one that is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def plain_user() -> str | None:
    """Return the user that servers run as which refuse root, or None where this is not root."""
    return "postgres" if os.geteuid() == 0 else None


class Mailroom:
    """A mail server, which can be down, and a file with the codes of each address, which ``mailed`` reads."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        folder.mkdir()
        self.arrivals: list[float] = []
        self._code = re.compile(r"^ {4}([0-9]+)\r?$", re.MULTILINE)
        self._controller = self._opened()

    def _opened(self) -> Controller:
        controller = Controller(self, hostname=HOST, port=self.port)
        controller.start()
        return controller

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as aiosmtpd calls it
        """Take a mail."""
        letter = message_from_bytes(cast("bytes", envelope.content), policy=default)
        body = letter.get_body(("plain",))
        arrived = time.time()
        self.arrivals.append(arrived)
        for code in self._code.findall(body.get_content() if body is not None else ""):
            for address in envelope.rcpt_tos:
                with (self.folder / address).open("a") as file:
                    file.write(f"{code} {arrived}\n")
        return "250 OK"

    def down(self) -> None:
        """Have nobody listen."""
        self._controller.stop()

    def up(self) -> None:
        """Listen again."""
        self._controller = self._opened()


@attrs.frozen(kw_only=True)
class Deployment:
    """What runs, and where."""

    folder: Path
    port: int
    database: Server
    database_port: int
    redis: Server
    redis_port: int
    gunicorn: Server
    mail: Mailroom
    environment: Mapping[str, str]
    """What the project has to know."""

    def wait_for_database(self) -> None:
        """Wait until it takes connections."""
        _until(lambda: psycopg.connect(host=HOST, port=self.database_port, user="postgres", dbname="postgres").close())

    def wait_for_redis(self) -> None:
        """Wait until it answers."""
        _until(lambda: self.ask_redis("PING"))

    def ask_redis(self, command: str) -> None:
        """Send a command."""
        with redis.Redis(HOST, self.redis_port) as client:
            client.execute_command(command)

    def said(self) -> str:
        """Return the ends of the logs."""
        return "\n".join(f"{log.name}: {log.read_text()[-2000:]}" for log in sorted(self.folder.glob("*.log")))


def _until(act: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            act()
        except (OSError, psycopg.OperationalError, redis.RedisError):
            if time.monotonic() > end:
                raise
            time.sleep(0.02)
        else:
            return


@contextmanager
def deployment(folder: Path, flaw: str) -> Iterator[Deployment]:
    """Start everything, and end it afterwards."""
    port, database_port, pooler_port, redis_port, mail_port = (free_port() for _ in range(5))
    programs = _programs()
    assert programs is not None
    if user := plain_user():
        shutil.chown(folder, user)
    cluster = folder / "cluster"
    new = "-U postgres -A trust -E UTF8 --locale=C"
    initdb: list[str | Path] = [programs / "initdb", "-D", cluster, *new.split()]
    quiet = subprocess.DEVNULL
    subprocess.run(initdb, check=True, stdout=quiet, user=user, cwd=folder)  # noqa: S603 - PostgreSQL's
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(POOLER.format(host=HOST, database=database_port, pooler=pooler_port))
    environment = {
        "DJANGO_SETTINGS_MODULE": "benchmarks.soak.settings",
        "SOAK_DATABASE": str(pooler_port),
        "SOAK_REDIS": str(redis_port),
        "SOAK_MAIL": str(mail_port),
        "SOAK_SENT": str(folder / SENT),
        "SOAK_FLAW": flaw,
    }
    postgres = f"-p {database_port} -c listen_addresses={HOST} -c unix_socket_directories="
    store = f"redis-server --bind {HOST} --port {redis_port} --dir {folder} --save"
    served = (
        f"gunicorn django.core.wsgi:get_wsgi_application() --bind {HOST}:{port} --preload --workers {WORKERS} "
        f"--worker-tmp-dir {folder} --no-control-socket"
    )
    queued = (
        "celery --app benchmarks.soak.tasks worker --pool solo --loglevel WARNING "
        "--without-mingle --without-gossip --without-heartbeat"
    )
    python = [sys.executable, "-m"]
    lent = Deployment(
        folder=folder,
        port=port,
        database=Server(
            [programs / "postgres", "-D", cluster, *postgres.split()], folder / "postgresql.log", plain=True
        ),
        database_port=database_port,
        redis=Server([*store.split(), ""], folder / "redis.log"),
        redis_port=redis_port,
        gunicorn=Server([*python, *served.split()], folder / "gunicorn.log", environment=environment),
        mail=Mailroom(folder / "mails", mail_port),
        environment=environment,
    )
    pooler = Server(["pgbouncer", configuration], folder / "pgbouncer.log", plain=True)
    worker = Server([*python, *queued.split()], folder / "celery.log", environment=environment)
    with ExitStack() as stack:
        stack.callback(lent.mail.down)
        for server, how in ((lent.database, signal.SIGINT), (lent.redis, signal.SIGTERM), (pooler, signal.SIGTERM)):
            server.start()
            stack.callback(server.end, how)
        lent.wait_for_database()
        with psycopg.connect(
            host=HOST, port=database_port, user="postgres", dbname="postgres", autocommit=True
        ) as admin:
            admin.execute("CREATE DATABASE soak")
        migrate = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env={**os.environ, **environment}, check=True)  # noqa: S603 - our own
        for server in (lent.gunicorn, worker):
            server.start()
            stack.callback(server.end)
        _until(lambda: socket.create_connection((HOST, port), timeout=1).close())
        yield lent
