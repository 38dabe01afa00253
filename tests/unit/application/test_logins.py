"""A second factor at a login, through the use cases: proved to a token that is only prepared, by whatever it is for."""

from datetime import timedelta

import pytest

from mfa.application.ports.tokens import PreparedToken
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.domain.errors import InvalidField, Throttled
from mfa.domain.events import VerificationRejected
from tests.unit.application.operations.desk import Desk
from tests.unit.application.world import ANNA, BERTS, PHONE, STEP, WRONG, World


def prepared(world: World) -> PreparedToken:
    made: PreparedToken = world.container.token_issuer().prepare(ANNA, object())
    return made


def proved(world: World, token: PreparedToken, value: object) -> Verified | NotVerified:
    return world.verify_challenge(Verify(token=token.token, index=None, value=value))


def test_a_value_without_an_index_is_for_the_one_app(world: World) -> None:
    app = world.enrolled(PHONE)
    world.clock.advance(STEP)
    token = prepared(world)

    answer = proved(world, token, app.code())

    assert isinstance(answer, Verified)
    assert answer.device.index == app.index
    assert world.assess(token.token).verified


def test_a_wrong_one_is_counted_there_and_confirms_nothing(world: World) -> None:
    app = world.enrolled(PHONE)
    world.codes(PHONE)
    for _ in range(5):
        token = prepared(world)
        assert isinstance(proved(world, token, WRONG), NotVerified)
        assert not world.assess(token.token).confirmations
    [*_, rejected] = world.events(VerificationRejected)
    assert (rejected.index, rejected.method) == (app.index, "totp")

    world.clock.advance(STEP - timedelta(seconds=1))
    with pytest.raises(Throttled):
        proved(world, prepared(world), app.code())


def test_a_long_code_is_a_recovery_code_and_does_not_wait(world: World) -> None:
    world.enrolled(PHONE)
    index, codes = world.codes(PHONE)
    for _ in range(5):
        proved(world, prepared(world), WRONG)

    answer = proved(world, prepared(world), codes[0].upper())

    assert isinstance(answer, Verified)
    assert answer.device.index == index
    assert isinstance(proved(world, prepared(world), codes[0]), NotVerified)


def test_where_several_may_be_meant_nothing_is_looked_at(world: World) -> None:
    app = world.enrolled(PHONE)
    world.enrolled(PHONE)
    world.clock.advance(STEP)
    before = world.container.accounts().of(ANNA)

    with pytest.raises(InvalidField) as refusal:
        proved(world, prepared(world), app.code())

    assert refusal.value.field == "index"
    assert world.container.accounts().of(ANNA) == before


class TestVerifiable:
    def test_it_is_all_that_a_new_token_can_prove(self, world: World) -> None:
        app, mail, (paper, _) = world.enrolled(PHONE), world.mailbox(PHONE), world.codes(PHONE)
        world.register(PHONE, "totp")

        found = world.assess_token.verifiable(world.assess_token.account(prepared(world).token))

        assert [(each.device.index, each.dispatchable) for each in found] == [
            (app.index, False),
            (mail, True),
            (paper, False),
        ]

    def test_a_pass_is_until_it_is_over(self, world: World) -> None:
        issued = Desk(world).issue()
        found = world.assess_token.verifiable(world.assess_token.account(prepared(world).token))
        assert [each.device.index for each in found] == [issued.index]

        world.later(hours=1)
        assert world.assess_token.verifiable(world.assess_token.account(prepared(world).token)) == ()

    def test_another_user_has_others(self, world: World) -> None:
        world.enrolled(PHONE)

        assert world.assess_token.verifiable(world.assess_token.account(BERTS)) == ()

    def test_neither_is_what_is_disabled_nor_what_has_no_method(self) -> None:
        world = World(max_failures=1)
        app, mail = world.enrolled(PHONE), world.mailbox(PHONE)
        world.verify(PHONE, app.index, WRONG)
        found = world.assess_token.verifiable(world.assess_token.account(PHONE))
        assert [each.device.index for each in found] == [mail]

        after = world.with_settings(methods=("totp",), max_failures=1)
        assert after.assess_token.verifiable(after.assess_token.account(PHONE)) == ()
