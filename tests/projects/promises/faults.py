"""Faults on demand: a header says at which statement or send of a request, before or after it, and what happens.

``X-Fault: 3 before kill`` kills the process before the third. Beginnings of transactions count where they are
statements of their own, and commits always; so do sends. The kinds: ``error`` (the database reports a failure),
``lost`` (the connection is cut by the server), ``kill`` (the process dies on the spot), ``hang`` (nothing happens any
more), and ``linger``, which is no fault: every first write waits a little, so that others come in between.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TypeVar

import attrs
import psycopg
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponseBase

from tests import services

HEADER = "X-Fault"
STRUCK = "X-Fault-Struck"
REACHED = "X-Fault-Reached"
LINGER = "0 before linger"
LINGERING = 0.02  # seconds
SECRET = "what a driver knows of a row"
"""Stands in every failure, so that it can be looked for where it must not be."""

Done = TypeVar("Done")


@attrs.define
class Fault:
    at: int
    when: str
    kind: str
    reached: int = 0
    struck: bool = False

    @classmethod
    def read(cls, text: str) -> "Fault":
        at, when, kind = text.split()
        return cls(int(at), when, kind)

    def around(self, act: Callable[[], Done]) -> Done:
        self.reached += 1
        due = self.reached == self.at
        if due and self.when == "before":
            self.strike()
        done = act()
        if due and self.when == "after":
            self.strike()
        return done

    def strike(self) -> None:
        self.struck = True
        match self.kind:
            case "error":
                raise OperationalError(SECRET)
            case "lost":
                cut()
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "hang":
                time.sleep(3600)

    def execute(self, execute: Callable[..., Done], sql: str, *arguments: Any) -> Done:
        if self.kind == "linger" and sql.startswith(("INSERT", "UPDATE")):
            time.sleep(LINGERING)
        try:
            return self.around(lambda: execute(sql, *arguments))
        except OperationalError:
            # Nobody will read what was found, and until it is closed it holds SQLite's lock.
            arguments[-1]["cursor"].close()
            raise

    @contextmanager
    def armed(self) -> Iterator[None]:
        wrapped: Any = connection
        # The statements that begin a connection (MariaDB has two) count for nothing: a number means the same statement
        # in a worker that has just begun and in one that has not.
        wrapped.ensure_connection()
        commit = wrapped._commit
        wrapped._commit = lambda: self.around(commit)
        _armed.append(self)
        try:
            with connection.execute_wrapper(self.execute):
                yield
        finally:
            _armed.remove(self)
            del wrapped._commit


_armed: list[Fault] = []


def point(act: Callable[[], Done]) -> Done:
    """Does what a fault may hit, besides statements."""
    return _armed[-1].around(act) if _armed else act()


def cut() -> None:
    """Has the server end this connection, and waits until it has; a file has no server."""
    driver: Any = connection.connection
    match connection.vendor:
        case "postgresql":
            with psycopg.connect(
                host=services.POSTGRESQL.host, port=services.POSTGRESQL.port, user="postgres", dbname="postgres"
            ) as server:
                server.execute("SELECT pg_terminate_backend(%s, 5000)", [driver.info.backend_pid])
        case "mysql":
            client = import_module("MySQLdb")
            server = client.connect(host=services.MARIADB.host, port=services.MARIADB.port, user="root")
            try:
                cursor = server.cursor()
                number = driver.thread_id()
                cursor.execute("KILL %s", [number])
                while cursor.execute("SELECT id FROM information_schema.processlist WHERE id = %s", [number]):
                    time.sleep(0.001)
            finally:
                server.close()


def middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    def handle(request: HttpRequest) -> HttpResponseBase:
        text = request.headers.get(HEADER)
        if text is None:
            return get_response(request)
        fault = Fault.read(text)
        with fault.armed():
            response = get_response(request)
        response[REACHED] = str(fault.reached)
        response[STRUCK] = "yes" if fault.struck else "no"
        return response

    return handle
