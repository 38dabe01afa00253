"""Letting somebody in again whom wrong values, or a lockdown, keep out."""

from datetime import timedelta

import pytest

from mfa.application.verification import Verified
from mfa.domain.errors import DeviceIsDisabled, Throttled
from mfa.domain.events import OperatorUnlocked
from tests.unit.application.operations.desk import Desk
from tests.unit.application.world import ANNA, LAPTOP, PHONE, WRONG, World


def test_nothing_waits_any_more(desk: Desk, world: World) -> None:
    app = world.enrolled(LAPTOP)
    world.later(minutes=1)
    for _ in range(5):
        world.verify(PHONE, app.index, WRONG)
    with pytest.raises(Throttled):
        world.verify(PHONE, app.index, app.code())

    desk.unlock()

    assert world.failures() == 0
    assert isinstance(world.verify(PHONE, app.index, app.code()), Verified)


def test_nothing_is_disabled_any_more() -> None:
    world = World(max_failures=3)
    desk = Desk(world)
    app = world.enrolled(LAPTOP)
    world.wrong(PHONE, app.index, 3)
    with pytest.raises(DeviceIsDisabled):
        world.verify(PHONE, app.index, app.fresh())

    desk.unlock()

    assert isinstance(world.verify(PHONE, app.index, app.fresh()), Verified)


def test_what_was_guessed_at_devices_that_are_gone_waits_no_more(desk: Desk, world: World) -> None:
    pending = world.register(PHONE, "totp").device.index
    world.wrong(PHONE, pending, 5)
    world.register(PHONE, "totp")
    assert world.assess(PHONE).locked

    desk.unlock()

    assert not world.assess(PHONE).locked
    assert world.repository.of(ANNA).gone == ()


def test_devices_browsers_and_what_was_verified_stay() -> None:
    world = World(trust_lifetime=timedelta(days=30))
    desk = Desk(world)
    app = world.enrolled(LAPTOP)
    kept = world.remember(LAPTOP, app.index, app.fresh())

    desk.unlock()

    assert world.assess(LAPTOP).verified
    assert [each.id for each in world.repository.of(ANNA).trusts] == [kept.trust.id]


def test_it_is_on_record(desk: Desk, world: World) -> None:
    desk.unlock()

    assert world.events(OperatorUnlocked) == [OperatorUnlocked(user_id=ANNA, at=world.clock.now())]
    row = desk.row("operator.unlock")
    assert (row.user_id, row.device_index, row.method) == (ANNA, None, "")
    assert (row.actor, row.why, row.reason) == ("root", "ticket 7", "")
