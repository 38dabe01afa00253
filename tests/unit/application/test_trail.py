"""The audit trail as it is handed out."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from mfa.application.operations import Operator, TrailWanted
from mfa.application.operations.trail import ReadTrail
from mfa.application.ports.audit import AuditLevel, AuditQuery, AuditRow, rows_of
from mfa.domain.errors import InvalidField
from mfa.domain.events import EVENT_NAMES, DeviceActivated, VerificationAccepted
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
    trail, limits = world.container.audit(), list[int]()

    class Counting(type(trail)):  # type: ignore[misc] # the fake that the container has
        def read(self, query: AuditQuery) -> Sequence[AuditRow]:
            limits.append(query.limit)
            return trail.read(query)

    world.container.audit.override(Counting())

    found = [(row.event, row.user_id) for row in read(world)(TrailWanted())]

    assert found == [
        ("device.registered", ANNA),
        ("device.activated", ANNA),
        ("operator.unlock", ANNA),
        ("operator.unlock", BERT),
    ]
    assert limits == [1] * 5


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (TrailWanted(user_id=ANNA), 3),
        (TrailWanted(since=timedelta(hours=1)), 2),
        (TrailWanted(since=World().clock.now() + timedelta(hours=1)), 2),
        (TrailWanted(events=("operator.unlock", "device.activated"), user_id=ANNA), 2),
        (TrailWanted(events=("upkeep.purge",)), 0),
        (TrailWanted(events=tuple(EVENT_NAMES)), 4),
    ],
)
def test_some_rows_are_asked_for(world: World, wanted: TrailWanted, count: int) -> None:
    assert len(list(read(world)(wanted))) == count


@pytest.mark.parametrize(
    ("wanted", "field", "problem"),
    [
        (TrailWanted(events=("operator.unlock", "operator.unlok")), "event", "unknown"),
        (TrailWanted(since=timedelta(days=999_999)), "since", "out_of_range"),
    ],
)
def test_what_there_cannot_be_is_refused_before_a_row_is_handed_out(
    world: World, wanted: TrailWanted, field: str, problem: str
) -> None:
    with pytest.raises(InvalidField) as refused:
        read(world)(wanted)

    assert (refused.value.field, refused.value.problem) == (field, problem)


@pytest.mark.parametrize(("level", "kept"), [("all", 2), ("changes", 1), ("off", 0)])
def test_of_what_happens_often_only_the_level_for_all_keeps_rows(level: AuditLevel, kept: int) -> None:
    happened = [
        kind(user_id=ANNA, at=World().clock.now(), index=0, method="totp")
        for kind in (DeviceActivated, VerificationAccepted)
    ]

    assert [row.event for row in rows_of(happened, level)] == ["device.activated", "verification.accepted"][:kept]


def test_names_of_events_are_all_there() -> None:
    assert {"device.activated", "operator.pass", "user.lockdown", "pass.used", "upkeep.purge"} <= {*EVENT_NAMES}
    assert len({*EVENT_NAMES}) == len(EVENT_NAMES)
