"""How a user stands, as whoever is asked for help is told."""

from datetime import timedelta

import pytest

from mfa.adapters.system.vault import AesGcmVault
from mfa.application.operations.status import LAST_EVENTS
from mfa.application.ports.audit import AuditRow
from mfa.domain.identifiers import UserId
from tests.unit.application.operations.desk import Desk
from tests.unit.application.world import ANNA, BERTS, LAPTOP, PHONE, World


@pytest.fixture
def desk() -> Desk:
    return Desk(World(trust_lifetime=timedelta(days=30), max_failures=7))


@pytest.fixture
def world(desk: Desk) -> World:
    return desk.world


def test_devices_are_told_with_what_is_disabled_and_left(desk: Desk, world: World) -> None:
    app, mail = world.enrolled(LAPTOP), world.mailbox(LAPTOP)
    codes, [code, *_] = world.codes(LAPTOP)
    world.verify(LAPTOP, codes, code)
    pending = world.register(LAPTOP, "totp").device.index
    world.wrong(PHONE, app.index, 7)

    status = desk.operations.show_status(ANNA)

    told = [(each.device.index, each.device.active, each.disabled, each.remaining) for each in status.devices]
    assert told == [
        (app.index, True, True, None),
        (mail, True, False, None),
        (codes, True, False, 9),
        (pending, False, False, None),
    ]


def test_what_does_not_open_is_told_and_keeps_nothing_else_back(desk: Desk, world: World) -> None:
    """As where a key is lost: whoever is asked for help has to see what to take away."""
    app, mail = world.enrolled(LAPTOP), world.mailbox(LAPTOP)
    codes, _ = world.codes(LAPTOP)
    world.verify(LAPTOP, app.index, app.fresh())
    world.wrong(PHONE, app.index, 7)
    world.container.vault.override(AesGcmVault([b"another key, of thirty-two bytes"]))
    own = world.enrolled(BERTS)

    status = desk.operations.show_status(ANNA)

    assert status.unreadable == (app.index, mail, codes)
    told = [(each.device.index, each.confirmed, each.disabled, each.remaining) for each in status.devices]
    assert told == [
        (app.index, False, True, None),
        (mail, False, False, None),
        (codes, False, False, None),
    ]
    assert [row.event for row in status.events]
    assert desk.operations.show_status(BERTS.user_id).unreadable == ()
    assert [each.device.index for each in desk.operations.show_status(BERTS.user_id).devices] == [own.index]


def test_a_wait_is_told_with_its_end(desk: Desk, world: World) -> None:
    app = world.enrolled(LAPTOP)
    assert desk.operations.show_status(ANNA).waits_until is None
    world.later(minutes=1)
    for _ in range(5):
        world.verify(PHONE, app.index, "no code")

    status = desk.operations.show_status(ANNA)

    assert (status.waits_until, status.failures) == (world.clock.now() + timedelta(seconds=30), 5)
    world.later(seconds=30)
    assert desk.operations.show_status(ANNA).waits_until is None


def test_a_lockdown_is_told(desk: Desk) -> None:
    assert not desk.operations.show_status(ANNA).locked_down
    desk.lock_down()
    assert desk.operations.show_status(ANNA).locked_down


def test_browsers_that_are_worth_something_are_told(desk: Desk, world: World) -> None:
    app = world.enrolled(LAPTOP)
    kept = world.remember(LAPTOP, app.index, app.fresh(), browser="Firefox")

    assert [(each.id, each.description) for each in desk.operations.show_status(ANNA).trusts] == [
        (kept.trust.id, "Firefox")
    ]
    world.later(days=31)
    assert desk.operations.show_status(ANNA).trusts == ()


def test_the_last_events_are_the_users_own_and_the_newest_first(desk: Desk, world: World) -> None:
    for number in range(LAST_EVENTS + 2):
        world.container.audit().add(
            [
                AuditRow(
                    event=f"event.{number}",
                    user_id=ANNA,
                    device_index=None,
                    method="",
                    at=world.clock.now(),
                    actor="user",
                )
            ]
        )
    world.enrolled(BERTS)

    events = desk.operations.show_status(ANNA).events

    assert [row.event for row in events] == [f"event.{number}" for number in range(LAST_EVENTS + 1, 1, -1)]


def test_no_secret_is_told(desk: Desk, world: World) -> None:
    app = world.enrolled(LAPTOP)
    kept = world.remember(LAPTOP, app.index, app.fresh())
    _, codes = world.codes(LAPTOP)
    world.mailbox(LAPTOP)
    issued = desk.issue()

    told = repr(desk.operations.show_status(ANNA))

    digest = world.repository.of(ANNA).trusts[0].digest
    for secret in (kept.token, digest, issued.value, *codes, "anna@example.com", LAPTOP.id, "sealed"):
        assert secret not in told


def test_it_changes_nothing_and_is_no_event(desk: Desk, world: World) -> None:
    world.enrolled(LAPTOP)
    before, rows = world.repository.of(ANNA), list(desk.rows)

    desk.operations.show_status(ANNA)

    assert world.repository.of(ANNA) == before
    assert desk.rows == rows


def test_who_has_nothing_stands_so(desk: Desk) -> None:
    status = desk.operations.show_status(UserId("nobody"))

    assert (status.devices, status.waits_until, status.failures, status.trusts, list(status.events)) == (
        (),
        None,
        0,
        (),
        [],
    )
