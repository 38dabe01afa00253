"""A side behind gunicorn, asked over the loopback interface, with a connection for each request."""

import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import pairwise
from typing import Any, NamedTuple

from benchmarks.cost.asking import Ask, WrongAnswer
from benchmarks.cost.sides import ROOT, Batch, Failed, Side, Site

PATIENCE = 60
"""Seconds."""

CALIBRATIONS = 9

USAGE = Ask("GET", "/-/usage/", "", 200)


class Usage(NamedTuple):
    """What a worker has used so far: CPU time in seconds and memory in bytes, all of it and what is its own alone."""

    pid: int
    cpu: float
    resident: int
    private: int


class Server:
    """A side's worker; a site over the same database keeps its users ready."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, beside: Site) -> None:
        self._process = process
        self._port = port
        self._beside = beside
        self.usage()
        # What asking for the usage costs itself.
        asked = [self.usage().cpu for _ in range(CALIBRATIONS + 1)]
        self._own = statistics.median(after - before for before, after in pairwise(asked))

    def measure(self, row: str, people: int) -> Batch:
        """Have each of the users ask once; return the CPU time of the worker and the latency as a client sees it."""
        asks = self._beside.requests(row, people)
        walls = []
        before = self.usage()
        for ask in asks:
            start = time.perf_counter()
            self.content(ask)
            walls.append(time.perf_counter() - start)
        after = self.usage()
        if before.pid != after.pid:
            raise Failed(f"{self._beside.name}: the worker was replaced")
        return Batch(cpu=(after.cpu - before.cpu - self._own) / len(asks), wall=statistics.median(walls))

    def usage(self) -> Usage:
        """Return what the worker has used so far."""
        return Usage(**json.loads(self.content(USAGE)))

    def content(self, ask: Ask) -> bytes:
        """Ask, and return the body of the answer; raises ``WrongAnswer``."""
        if self._process.poll() is not None:
            raise Failed(self._beside.name)
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            connection.request(ask.method, ask.path, ask.body or None, ask.headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status != ask.status:
            raise WrongAnswer(ask, response.status, content)
        return content


@contextmanager
def server(side: Side, database: dict[str, Any], beside: Site) -> Iterator[Server]:
    """Start gunicorn for a side, and end it afterwards."""
    # It inherits the socket, so nobody else can take the port, and nobody has to wait for it.
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        environment = side.environment(database, BENCHMARK_SOCKET=str(listening.fileno()))
        command = ["-m", "gunicorn", "--config", "benchmarks/cost/gunicorn_conf.py", "benchmarks.cost.wsgi"]
        with subprocess.Popen(  # noqa: S603 - our own
            [sys.executable, *command], cwd=ROOT, env=environment, pass_fds=[listening.fileno()]
        ) as process:
            try:
                yield Server(process, listening.getsockname()[1], beside)
            finally:
                process.terminate()
