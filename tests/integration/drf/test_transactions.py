import re
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from tests.integration.drf.people import MOUNT, Person, World

STATEMENT = re.compile(r"\(?(SELECT|UPDATE|INSERT|DELETE)\b(?:.*?\b(?:FROM|INTO))? [\"`](?:multi_factor_)?(\w+)[\"`]")
PATHS = ["", "status/", "0/", "0/dispatch/", "register/", "register/totp/", "activity/"]

pytestmark = pytest.mark.django_db(transaction=True)


def told(captured: CaptureQueriesContext) -> list[str]:
    """Each statement as its verb and its first table, which is the one it is about."""
    statements = []
    for query in captured.captured_queries:
        match = STATEMENT.match(query["sql"])
        statements.append(f"{match[1]} {match[2]}" if match else query["sql"].split()[0])
    return statements


@pytest.fixture
def atomic_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    for alias in connections:
        monkeypatch.setitem(connections[alias].settings_dict, "ATOMIC_REQUESTS", value=True)


def test_what_a_verification_costs(ann: Person, world: World) -> None:
    app = ann.enrol_app()
    world.pass_time()

    with CaptureQueriesContext(connection) as captured:
        assert ann.verify(app.index, app.code).status_code == 200

    assert told(captured) == [
        "SELECT authtoken_token",
        "SELECT accountrecord",
        "BEGIN",
        "UPDATE accountrecord",
        "UPDATE devicerecord",
        "UPDATE challengerecord",
        "COMMIT",
    ]


def test_what_a_wrong_value_costs(ann: Person) -> None:
    app = ann.enrol_app()

    with CaptureQueriesContext(connection) as captured:
        assert ann.verify(app.index, "000000").status_code == 401

    assert told(captured) == [
        "SELECT authtoken_token",
        "SELECT accountrecord",
        "BEGIN",
        "UPDATE accountrecord",
        "UPDATE devicerecord",
        "INSERT auditrecord",
        "COMMIT",
    ]


def test_what_the_gate_costs(ann: Person) -> None:
    ann.enrol_app()

    with CaptureQueriesContext(connection) as captured:
        assert ann.gate().status_code == 200

    assert told(captured) == ["SELECT authtoken_token", "SELECT devicerecord"]


@pytest.mark.usefixtures("atomic_requests")
def test_failures_survive_atomic_requests(ann: Person) -> None:
    app = ann.enrol_app()

    ann.fail(app.index, 5)

    assert ann.verify(app.index, app.code).status_code == 429
    assert ann.get("status/").json()["locked"] is True


@pytest.mark.usefixtures("atomic_requests")
def test_a_sender_that_fails_voids_its_challenge_in_spite_of_atomic_requests(ann: Person, world: World) -> None:
    index = ann.register_mail()
    world.outbox.failure = ConnectionError()
    assert ann.post(f"{index}/dispatch/").status_code == 503
    world.outbox.failure = None

    assert ann.verify(index, "000000").status_code == 401  # used up, where a rolled-back one had never been
    assert ann.post(f"{index}/dispatch/").status_code == 204


@pytest.mark.urls("tests.integration.drf.mounts")
@pytest.mark.parametrize("path", [*(MOUNT + path for path in PATHS), "/by-hand/0", "/careless", "/any/0/"])
def test_no_route_is_atomic_in_any_database(path: str) -> None:
    view: Any = resolve(path).func

    assert view._non_atomic_requests == set(connections)
    assert view.csrf_exempt
