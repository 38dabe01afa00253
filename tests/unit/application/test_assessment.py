from datetime import timedelta

from mfa.application.verification import Standing
from mfa.domain.accounts import Confirmation
from tests.unit.application.world import BERTS, LAPTOP, PHONE, World


def test_a_user_without_devices_is_not_verified_but_may_register(world: World) -> None:
    assert world.assess(PHONE) == Standing(
        verified=False,
        verifications_left=1,
        enrolled=False,
        may_register=True,
        locked=False,
        retry_after=None,
        confirmations=(),
    )


def test_a_token_that_confirmed_enough_is_verified(world: World) -> None:
    app = world.enrolled(PHONE)
    world.later(minutes=1)

    standing = world.assess(PHONE)

    assert (standing.verified, standing.verifications_left, standing.enrolled) == (True, 0, True)
    [device] = world.repository.of(PHONE.user_id).devices
    assert standing.confirmations == (Confirmation(device=device, at=world.clock.now() - timedelta(minutes=1)),)
    assert device.index == app.index


def test_a_new_token_starts_unverified(world: World) -> None:
    world.enrolled(PHONE)

    standing = world.assess(LAPTOP)

    assert (standing.verified, standing.verifications_left, standing.may_register) == (False, 1, False)
    assert standing.confirmations == ()


def test_a_token_between_two_required_devices_may_register_until_it_is_verified() -> None:
    world = World(required_verifications=2)
    app = world.enrolled(PHONE)
    assert (world.assess(PHONE).verifications_left, world.assess(PHONE).may_register) == (1, True)
    assert (world.assess(LAPTOP).verifications_left, world.assess(LAPTOP).may_register) == (2, False)
    world.mailbox(PHONE)
    world.verify(LAPTOP, app.index, app.fresh())

    assert (world.assess(PHONE).verifications_left, world.assess(PHONE).may_register) == (0, True)
    assert (world.assess(LAPTOP).verifications_left, world.assess(LAPTOP).may_register) == (1, False)


def test_recovery_codes_need_not_be_confirmed_to_register(world: World) -> None:
    app = world.enrolled(PHONE)
    world.codes(PHONE)
    stricter = world.with_settings(required_verifications=2)
    stricter.clock.time += timedelta(seconds=30)
    world.clock.time = stricter.clock.time

    stricter.verify(LAPTOP, app.index, app.code())

    assert stricter.assess(LAPTOP).may_register


def test_a_lock_is_seen_by_every_token_of_the_user_and_ends(world: World) -> None:
    app = world.enrolled(PHONE)
    world.wrong(LAPTOP, app.index, 6)
    world.later(seconds=15)

    for token in (PHONE, LAPTOP):
        assert (world.assess(token).locked, world.assess(token).retry_after) == (True, timedelta(seconds=45))
    assert world.assess(PHONE).verified
    assert not world.assess(BERTS).locked
    world.later(seconds=45)
    assert (world.assess(PHONE).locked, world.assess(PHONE).retry_after) == (False, None)


def test_assessing_changes_nothing(world: World) -> None:
    world.enrolled(PHONE)
    before, happened = world.repository.of(PHONE.user_id, PHONE.id), world.history

    world.assess(PHONE)

    assert world.repository.of(PHONE.user_id, PHONE.id) == before
    assert world.history == happened
