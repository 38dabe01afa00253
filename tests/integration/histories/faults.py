"""What goes wrong while requests are under way, from outside of the processes that answer them.

What hits a request at one of its statements is asked for with the request (``tests.projects.promises.faults``).
"""

import os
import random
import signal
import sqlite3
import time
from contextlib import closing, suppress
from importlib import import_module
from typing import Any

import psycopg

from tests import services
from tests.integration.histories.recording import Recorder
from tests.integration.promises.table import DATABASE

MOMENT = 0.01
LONGER_THAN_PATIENCE = {"sqlite": 0.3, "postgresql": 0.3, "mariadb": 1.2}
"""Seconds that a row stays locked: more than a statement waits for it, and less than the package tries."""

JUMPS = (1, 31, 31, 95, 601, 3601, -45, -45, -7200)


def kill(recorder: Recorder, chance: random.Random, database: str) -> None:
    """Kill a worker, whatever it is doing."""
    del database
    time.sleep(chance.uniform(0, 5 * MOMENT))
    with suppress(ProcessLookupError):
        os.kill(chance.choice(sorted(recorder.deployment.workers())), signal.SIGKILL)


def jump(recorder: Recorder, chance: random.Random, database: str) -> None:
    """Set the clock to another time."""
    del database
    time.sleep(chance.uniform(0, 3 * MOMENT))
    recorder.set_clock(recorder.now + chance.choice(JUMPS))


def lock(recorder: Recorder, chance: random.Random, database: str) -> None:
    """Hold the account for longer than anybody waits for it."""
    del chance
    with _outsider(database) as connection:
        cursor = connection.cursor()
        if DATABASE == "sqlite":
            cursor.execute("BEGIN IMMEDIATE")
        else:
            cursor.execute(f"SELECT version FROM {ACCOUNTS} WHERE user_id = {recorder.person.id} FOR UPDATE")  # noqa: S608 - our tables
        time.sleep(LONGER_THAN_PATIENCE[DATABASE])
        connection.rollback()


def deadlock(recorder: Recorder, chance: random.Random, database: str) -> None:
    """Take the devices first and the account then, as no request does, while some take them the other way round."""
    del chance
    with _outsider(database) as connection:
        cursor = connection.cursor()
        with suppress(*_ended()):
            cursor.execute(f"SELECT id FROM {DEVICES} WHERE account_id = {recorder.person.id} FOR UPDATE")  # noqa: S608 - our tables
            time.sleep(3 * MOMENT)
            cursor.execute(f"SELECT version FROM {ACCOUNTS} WHERE user_id = {recorder.person.id} FOR UPDATE")  # noqa: S608 - our tables
        connection.rollback()


ACCOUNTS = "multi_factor_accountrecord"
DEVICES = "multi_factor_devicerecord"

FAULTS = {"worker killed": kill, "clock set": jump, "row locked": lock}
if DATABASE != "sqlite":
    FAULTS["deadlock"] = deadlock


def deadlocks(database: str) -> int:
    """How many the server has ended so far."""
    with _outsider(database) as connection:
        cursor = connection.cursor()
        if DATABASE == "postgresql":
            cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            return int(cursor.fetchone()[0])
        cursor.execute("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")
        return int(cursor.fetchone()[1])


def _outsider(database: str) -> Any:  # noqa: ANN401 - as the drivers have it
    connection: Any
    match DATABASE:
        case "postgresql":
            host, port = services.POSTGRESQL.host, services.POSTGRESQL.port
            late = "-c deadlock_timeout=10s"
            connection = psycopg.connect(host=host, port=port, user="postgres", dbname=database, options=late)
        case "mariadb":
            client = import_module("MySQLdb")
            host, port = services.MARIADB.host, services.MARIADB.port
            connection = client.connect(host=host, port=port, user="root", database=database)
        case _:
            connection = sqlite3.connect(database, timeout=1, isolation_level=None)
    return closing(connection)


def _ended() -> tuple[type[Exception], ...]:
    return (
        (psycopg.errors.DeadlockDetected,) if DATABASE == "postgresql" else (import_module("MySQLdb").OperationalError,)
    )
