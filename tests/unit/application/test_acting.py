"""Who may act upon the accounts of others."""

from datetime import timedelta

import pytest

from mfa.domain.errors import Refused, RegistrationRequired, VerificationRequired
from mfa.domain.identifiers import Token
from tests.unit.application.world import LAPTOP, PHONE, World


def demand(world: World, token: Token) -> None:
    assess = world.use_cases.assess_token
    assess.demand_operator(assess.account(token))


def test_whoever_has_just_verified_may(world: World) -> None:
    world.enrolled(PHONE)
    world.later(minutes=10)

    demand(world, PHONE)


def test_whoever_verified_long_ago_has_to_verify_once_more(world: World) -> None:
    world.enrolled(PHONE)
    world.later(minutes=10, seconds=1)

    with pytest.raises(VerificationRequired) as refused:
        demand(world, PHONE)
    assert refused.value.requirement.max_age == timedelta(minutes=10)


def test_another_token_of_the_same_user_may_not(world: World) -> None:
    world.enrolled(PHONE)

    with pytest.raises(VerificationRequired):
        demand(world, LAPTOP)


def test_nobody_may_without_a_device_whatever_the_policy_says() -> None:
    world = World(verification_policy="enrolled_users", registration_deadline=timedelta(days=14))

    with pytest.raises(RegistrationRequired):
        demand(world, PHONE)


def test_a_remembered_browser_is_no_proof() -> None:
    world = World(trust_lifetime=timedelta(days=30))
    app = world.enrolled(PHONE)
    made = world.remember(PHONE, app.index, app.fresh())
    world.show(LAPTOP, made.token)
    assert world.assess(LAPTOP).verified

    with pytest.raises(VerificationRequired):
        demand(world, LAPTOP)


def test_a_code_is_no_proof_beside_a_security_key(world: World) -> None:
    app = world.enrolled(PHONE)
    key = world.register(PHONE, "key").device.index
    world.verify(PHONE, key, "touch")
    world.verify(LAPTOP, app.index, app.fresh())
    assert world.assess(LAPTOP).verified

    with pytest.raises(Refused) as refused:
        demand(world, LAPTOP)
    assert "key" in (refused.value.requirement.methods or ())
    world.verify(LAPTOP, key, "touch")
    demand(world, LAPTOP)


def test_as_many_devices_as_the_policy_demands() -> None:
    world = World(required_verifications=2)
    app = world.enrolled(PHONE)

    with pytest.raises(VerificationRequired):
        demand(world, PHONE)
    world.mailbox(PHONE)
    demand(world, PHONE)
    world.later(minutes=10, seconds=1)
    world.verify(PHONE, app.index, app.code())
    with pytest.raises(VerificationRequired):
        demand(world, PHONE)
