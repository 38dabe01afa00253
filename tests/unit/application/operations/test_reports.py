"""How many users have which methods."""

import pytest

from mfa.application.operations import Report
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.policies import Profile
from tests.unit.application.operations.desk import Desk
from tests.unit.application.world import ANNA, BERT, BERTS, LAPTOP, PHONE, World

CLARA = UserId("3")
CLARAS = Token(id=TokenId("digest of Clara's token"), user_id=CLARA)


@pytest.fixture
def desk() -> Desk:
    world = World(max_failures=3)
    users = world.container.users()
    desk = Desk(world)
    for user_id, profile in list(users._profiles.items()):
        users.add(user_id, Profile(name=profile.name, active=False))
    users.add(ANNA, Profile(name="anna", active=True), ["bankers"])
    users.add(BERT, Profile(name="bert", active=True), ["bankers", "clerks"])
    users.add(CLARA, Profile(name="clara", active=True))
    return desk


def methods(report: Report) -> dict[str, int]:
    return {name: count for name, count in report.methods.items() if count}


def test_a_user_is_one_user_however_many_devices_of_a_method_he_has(desk: Desk) -> None:
    world = desk.world
    world.enrolled(LAPTOP)
    world.enrolled(LAPTOP)
    world.codes(LAPTOP)
    world.mailbox(BERTS, address="bert@example.com")

    report = desk.operations.report_users()

    assert (report.users, report.none, report.disabled) == (3, 1, 0)
    assert methods(report) == {"totp": 1, "recovery": 1, "email": 1}
    assert {"totp", "hotp", "email", "sms", "recovery"} <= report.methods.keys(), "and of the others nobody"


def test_pending_devices_and_passes_are_none(desk: Desk) -> None:
    desk.world.register(LAPTOP, "totp")
    desk.issue(user_id=BERT)

    report = desk.operations.report_users()

    assert (methods(report), report.none) == ({}, 3)


def test_a_disabled_device_is_told_of_and_counts(desk: Desk) -> None:
    app = desk.world.enrolled(LAPTOP)
    desk.world.wrong(PHONE, app.index, 2)
    assert desk.operations.report_users().disabled == 0

    desk.world.wrong(PHONE, app.index, 1)

    report = desk.operations.report_users()
    assert (report.disabled, methods(report)) == (1, {"totp": 1})


def test_groups_are_told_by_their_names(desk: Desk) -> None:
    desk.world.enrolled(BERTS)

    by_group = desk.operations.report_users.by_group()

    assert {name: (each.users, each.none, methods(each)) for name, each in by_group.items()} == {
        "bankers": (2, 1, {"totp": 1}),
        "clerks": (1, 0, {"totp": 1}),
    }
    assert list(by_group) == ["bankers", "clerks"]


def test_who_has_no_device_is_named(desk: Desk) -> None:
    desk.world.enrolled(BERTS)
    desk.world.register(LAPTOP, "totp")
    desk.issue(user_id=CLARA)

    assert list(desk.operations.report_missing()) == [ANNA, CLARA]


def test_a_report_is_no_event(desk: Desk) -> None:
    desk.operations.report_users()

    assert desk.rows == []
    assert desk.world.assess(CLARAS).verifications_left == 1
