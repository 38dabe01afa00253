"""Every statement of verifying, asking at the gate, listing and dispatching is a look-up in an index.

A small version of ``make scale``, which also takes times; and the reader of plans itself.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from benchmarks.scale import plans
from benchmarks.scale.actions import ACTIONS, FIRST
from benchmarks.scale.crowd import Deployment, Person, deployment, fill
from benchmarks.scale.settings import MFA

DEVICES = 4_000


@pytest.fixture
def deployed(settings: Settings) -> Iterator[Deployment]:
    settings.MFA = MFA
    with deployment() as lent:
        yield lent


@pytest.fixture
def person(deployed: Deployment, transactional_db: None) -> Person:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL's plans are read")
    return fill(deployed, "default", DEVICES, 10)[5]


def test_no_statement_grows_with_the_tables(deployed: Deployment, person: Person) -> None:
    found = {}
    for name, action in (*ACTIONS.items(), *FIRST.items()):
        sent = plans.statements("default", action(deployed, person))
        found[name] = [plans.verb(sql) for sql, _ in sent]
        for statement in sent:
            assert list(plans.objections(plans.plan("default", statement))) == [], (name, statement)

    assert found == {
        "gate": ["SELECT"],
        "overview": ["SELECT"],
        "verify, right": ["SELECT", "UPDATE", "UPDATE", "UPDATE"],
        "verify, wrong": ["SELECT", "UPDATE", "UPDATE", "INSERT"],
        "dispatch": ["SELECT", "UPDATE", "UPDATE"],
        "verify, sent code": ["SELECT", "UPDATE", "UPDATE", "UPDATE"],
        "verify, new token": ["SELECT", "UPDATE", "UPDATE", "INSERT"],
        "dispatch, new token": ["SELECT", "UPDATE", "INSERT"],
    }


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize(
    ("sql", "objection"),
    [
        ("SELECT * FROM multi_factor_devicerecord WHERE name = 'x'", "Seq Scan multi_factor_devicerecord"),
        ("SELECT * FROM multi_factor_devicerecord WHERE index = 1", "Seq Scan multi_factor_devicerecord"),
        (
            "SELECT user_id FROM multi_factor_accountrecord ORDER BY user_id LIMIT 5",
            "Index Only Scan of the whole index, multi_factor_accountrecord_pkey",
        ),
        ("SELECT * FROM multi_factor_devicerecord WHERE account_id = 1 ORDER BY name", "Sort"),
        ("SELECT name, count(*) FROM multi_factor_devicerecord WHERE account_id = 1 GROUP BY name", "Aggregate"),
    ],
)
def test_what_would_grow_is_found(sql: str, objection: str) -> None:
    assert objection in list(plans.objections(plans.plan("default", (sql, ()))))


def test_a_look_up_of_many_rows_is_none() -> None:
    node: dict[str, Any] = {"Node Type": "Index Scan", "Index Name": "i", "Index Cond": "a > 1", "Plan Rows": 101}

    assert list(plans.objections({"Node Type": "Limit", "Plans": [node]})) == ["Index Scan of 101 rows, i"]
    assert list(plans.objections({**node, "Plan Rows": 100})) == []
