"""The audit trail as it is handed out."""

from datetime import timedelta

import pytest

from mfa.application.operations import Operator, ReadTrail, TrailWanted
from mfa.domain.errors import InvalidField
from mfa.domain.events import EVENT_NAMES
from tests.unit.application.world import ANNA, BERT, PHONE, World

JANE = Operator(name="jane", why="ticket 7")


@pytest.fixture
def world() -> World:
    """Anna has enrolled, and a day later both were unlocked."""
    world = World()
    world.enrolled(PHONE)
    world.later(days=1)
    for user_id in (ANNA, BERT):
        world.use_cases.operations.unlock(user_id, JANE)
    return world


def read(world: World) -> ReadTrail:
    return world.use_cases.operations.read_trail


def test_rows_come_the_oldest_first_however_many_are_read_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mfa.application.operations.trail.BATCH", 1)

    found = [(row.event, row.user_id) for row in read(world)(TrailWanted())]

    assert found == [
        ("device.registered", ANNA),
        ("device.activated", ANNA),
        ("operator.unlock", ANNA),
        ("operator.unlock", BERT),
    ]


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (TrailWanted(user_id=ANNA), 3),
        (TrailWanted(since=timedelta(hours=1)), 2),
        (TrailWanted(since=World().clock.now() + timedelta(hours=1)), 2),
        (TrailWanted(events=("operator.unlock", "device.activated"), user_id=ANNA), 2),
        (TrailWanted(events=("upkeep.purge",)), 0),
    ],
)
def test_some_rows_are_asked_for(world: World, wanted: TrailWanted, count: int) -> None:
    assert len(list(read(world)(wanted))) == count


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (TrailWanted(events=("operator.unlock", "operator.unlok")), "event"),
        (TrailWanted(since=timedelta(days=999_999)), "since"),
    ],
)
def test_what_there_cannot_be_is_refused_before_a_row_is_handed_out(
    world: World, wanted: TrailWanted, field: str
) -> None:
    with pytest.raises(InvalidField) as refused:
        read(world)(wanted)

    assert refused.value.field == field


def test_names_of_events_are_all_there() -> None:
    assert {"device.activated", "operator.pass", "user.lockdown", "pass.used", "upkeep.purge"} <= {*EVENT_NAMES}
    assert len({*EVENT_NAMES}) == len(EVENT_NAMES)
