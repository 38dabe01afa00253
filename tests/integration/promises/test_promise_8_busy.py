"""Promise 8, when somebody else holds the rows: tried again a few times, then 503, and nothing has happened."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import psycopg
import pytest

from mfa.application.transactions import MOST_BUSY_ATTEMPTS
from tests import services
from tests.integration.promises.conftest import Record
from tests.integration.promises.deployment import Deployment
from tests.integration.promises.stage import Person
from tests.integration.promises.table import DATABASE

LOCK = "SELECT version FROM multi_factor_accountrecord WHERE user_id = {} FOR UPDATE"


@contextlib.contextmanager
def held(database: str, person: Person) -> Iterator[None]:
    """Hold the lock that a change of the person's account needs."""
    line = _connect(database)
    try:
        line.cursor().execute("BEGIN IMMEDIATE" if DATABASE == "sqlite" else LOCK.format(person.id))
        yield
        line.rollback()
    finally:
        line.close()


def _connect(database: str) -> Any:  # noqa: ANN401 - as each driver has it
    match DATABASE:
        case "postgresql":
            address = services.POSTGRESQL
            return psycopg.connect(host=address.host, port=address.port, user="postgres", dbname=database)
        case "mariadb":
            client = import_module("MySQLdb")
            return client.connect(
                host=services.MARIADB.host, port=services.MARIADB.port, user="root", database=database
            )
    return sqlite3.connect(database, isolation_level=None, check_same_thread=False)


@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_rows_that_stay_locked(fragile: Deployment, own: str, record: Record, *, right: bool) -> None:
    person = fragile.person()
    device, value = person.ready("totp")
    before = person.state()
    value = value if right else device.wrong()

    with held(own, person):
        busy = person.browser.verify(device.index, value)
    state = person.state()
    free = person.browser.verify(device.index, value)

    violations = []
    if (busy.status, busy.headers.get("retry-after")) != (503, "1") or busy.body["code"] != "unavailable":
        violations.append(f"while the row was locked it was answered {busy}")
    if state != before:
        violations.append(f"{state} is not as before")
    if free.status != (200 if right else 401):
        violations.append(f"afterwards it was answered {free}")
    record("8 the row stays locked", attempts=2, answers=[busy, free], violations=violations)


def test_rows_that_are_locked_for_a_moment(fragile: Deployment, own: str, record: Record) -> None:
    """Longer than one attempt waits, and shorter than all of them do."""
    person = fragile.person()
    device, value = person.ready("totp")
    answers = []
    verifying = threading.Thread(target=lambda: answers.append(person.browser.verify(device.index, value)))

    with held(own, person):
        verifying.start()
        verifying.join(MOST_BUSY_ATTEMPTS / 2)
    verifying.join()

    violations = [] if answers[0].status == 200 else [f"answered {answers[0]}"]
    record("8 the row is locked for a moment", attempts=1, answers=answers, violations=violations)
