"""The projects that are measured answer what they should, so that a figure is never that of something else."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from benchmarks.cost.operations import Line, told
from benchmarks.cost.rounds import Outcome, Spread, in_turns
from benchmarks.cost.rows import ROWS
from benchmarks.cost.served import server
from benchmarks.cost.sides import FLOOR, PACKAGE, Batch, Side, Site, site
from benchmarks.databases import one_of_its_own

pytestmark = pytest.mark.skipif(
    os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="these projects have databases of their own"
)

PEOPLE = 2

MOST_STATEMENTS = {
    "floor": {
        "gate": 1,
        "gate-stock": 1,
        "gate-async": 1,
        "verify": 3,
        "verify-joined": 3,
        "wrong": 3,
        "register": 2,
        "overview": 2,
        "dispatch": 3,
    },
    "package": {
        "gate": 1,
        "gate-stock": 2,
        "gate-async": 2,
        "verify": 5,
        "verify-joined": 4,
        "wrong": 5,
        "register": 5,
        "overview": 2,
        "dispatch": 4,
    },
}
"""Each of them with the one that finds the token."""


@pytest.fixture(scope="module", params=[FLOOR, PACKAGE], ids=lambda side: side.name)
def side(request: pytest.FixtureRequest) -> Side:
    chosen: Side = request.param
    return chosen


@pytest.fixture(scope="module")
def database(side: Side) -> Iterator[dict[str, Any]]:
    with one_of_its_own("sqlite") as lent:
        yield lent


@pytest.fixture(scope="module")
def measured(side: Side, database: dict[str, Any]) -> Iterator[Site]:
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


def test_behind_gunicorn_every_operation_answers_as_it_should(
    side: Side, database: dict[str, Any], measured: Site
) -> None:
    with server(side, database, measured) as served:
        batches = [served.measure(row, PEOPLE) for row in ROWS]
        usage = served.usage()

    assert all(batch.wall > 0 for batch in batches)
    assert usage.resident > usage.private > 0


def test_in_a_crowd_the_chosen_users_may_pass_and_verify(require_service: Callable[[str], None]) -> None:
    require_service("postgresql")

    with (
        one_of_its_own("postgresql") as crowded,
        site(PACKAGE, crowded, "crowd", BENCHMARK_DEVICES="100") as started,
    ):
        batches = [started.measure(row, PEOPLE) for row in ("gate", "verify", "verify")]

    assert all(batch.wall > 0 for batch in batches)


class Paced:
    """Takes as long as it is told, and once, while it warms up, much longer."""

    def __init__(self, cpu: float) -> None:
        self.cpu = cpu
        self.rounds = 0

    def measure(self, row: str, people: int) -> Batch:
        self.rounds += 1
        return Batch(cpu=self.cpu if self.rounds > 1 else 99, wall=2 * self.cpu)


def test_everybody_is_compared_with_the_first() -> None:
    slower, much_slower = in_turns([Paced(0.001), Paced(0.002), Paced(0.004)], "gate", people=1, rounds=3)

    assert slower.cpu_ratio == Spread(2, 2, 2)
    assert much_slower.wall_ratio == Spread(4, 4, 4)
    assert much_slower.first == Batch(cpu=0.001, wall=0.002)


@pytest.mark.parametrize(("cpu", "verdict"), [(1.05, "met"), (1.06, "**not met**")])
def test_a_ratio_is_held_against_its_target(cpu: float, verdict: str) -> None:
    line = Line("gate", "sqlite", "process", Outcome([(Batch(1, 1), Batch(cpu, 2))]), (1, 2))

    assert told(line) == (
        f"| gate, joined authentication | sqlite | process | {cpu} | {cpu} to {cpu} | 1.05 | {verdict} "
        f"| 2.00 | {cpu * 1000:.2f} (1000.00) | 2000.00 (1000.00) | 2 (1) |"
    )
