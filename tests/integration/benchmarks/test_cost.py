"""The projects that are measured answer what they should, so that a figure is never that of something else."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cost.rows import ROWS
from benchmarks.cost.sides import FLOOR, PACKAGE, Side, Site, site

pytestmark = pytest.mark.skipif(
    os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="these projects have databases of their own"
)

PEOPLE = 2

MOST_STATEMENTS = {
    "floor": {"gate": 1, "gate-stock": 1, "verify": 3, "wrong": 3, "register": 2, "overview": 2, "dispatch": 3},
    "package": {"gate": 1, "gate-stock": 2, "verify": 5, "wrong": 4, "register": 6, "overview": 2, "dispatch": 4},
}
"""Each of them with the one that finds the token."""


@pytest.fixture(scope="module", params=[FLOOR, PACKAGE], ids=lambda side: side.name)
def measured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    side: Side = request.param
    folder: Path = tmp_path_factory.mktemp("measured")
    database: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "db.sqlite3")}
    with site(side, database) as started:
        yield started


@pytest.mark.parametrize("row", ROWS)
def test_every_operation_answers_as_it_should_round_after_round(measured: Site, row: str) -> None:
    for _ in range(2):
        batch = measured.measure(row, PEOPLE)

        assert batch.cpu > 0
        assert batch.wall > 0


def test_a_value_works_once_on_either_side(measured: Site) -> None:
    [ask, *_] = measured.requests("verify", PEOPLE)

    assert [measured.answer(ask) for _ in range(3)] == [200, 401, 401]


def test_wrong_values_are_counted_on_either_side(measured: Site) -> None:
    [wrong, *_] = measured.requests("wrong", PEOPLE)

    assert [measured.answer(wrong) for _ in range(7)] == [401] * 5 + [429] * 2


def test_codes_are_not_sent_twice_in_a_row_on_either_side(measured: Site) -> None:
    [ask, *_] = measured.requests("dispatch", PEOPLE)

    assert [measured.answer(ask) for _ in range(2)] == [204, 429]


def test_no_operation_needs_more_statements_than_it_did(measured: Site) -> None:
    counted = {row: len(measured.statements(row, PEOPLE)) for row in ROWS}

    assert {row: count for row, count in counted.items() if count > MOST_STATEMENTS[measured.name][row]} == {}
