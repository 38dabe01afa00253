"""What is done when somebody is in."""

from datetime import timedelta

import attrs
import pytest

from mfa.application.operations import LockedDown
from mfa.application.ports.audit import Client, Origin, acting
from mfa.application.trusts import ShowTrust, Trusted
from mfa.application.verification import NotVerified, Verified
from mfa.domain.challenges import SpentLogin
from mfa.domain.errors import (
    AlreadySpent,
    DeviceNotFound,
    NoChallenge,
    RegistrationRequired,
    VerificationRequired,
)
from mfa.domain.events import BrowserForgotten, OperatorLockedDown, UserLockedDown
from mfa.domain.identifiers import Token
from tests.unit.application.operations.desk import Desk
from tests.unit.application.world import ANNA, BERTS, LAPTOP, PHONE, WRONG, World


@pytest.fixture
def desk() -> Desk:
    return Desk(World(trust_lifetime=timedelta(days=30)))


@pytest.fixture
def world(desk: Desk) -> World:
    return desk.world


class TestWhatEnds:
    def test_tokens_end_and_it_is_told_how_many(self, desk: Desk, world: World) -> None:
        provider = world.container.token_provider()
        requests = [object(), object(), object()]
        for request, token in zip(requests, (PHONE, LAPTOP, BERTS), strict=True):
            provider.give(request, token)

        assert desk.lock_down() == LockedDown(tokens={"memory": 2})

        assert [provider.token_of(request) for request in requests] == [None, None, BERTS]

    def test_every_token_is_unverified_and_devices_stay(self, desk: Desk, world: World) -> None:
        app, mail = world.enrolled(LAPTOP), world.mailbox(LAPTOP)
        world.verify(PHONE, app.index, app.fresh())

        desk.lock_down()

        for token in (PHONE, LAPTOP):
            assert not world.assess(token).verified
            assert world.confirmed(token) == []
            assert world.indexes(token) == [app.index, mail]

    def test_browsers_are_forgotten_and_told_of(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        kept = world.remember(LAPTOP, app.index, app.fresh())

        desk.lock_down()

        assert [event.trust for event in world.events(BrowserForgotten)] == [kept.trust.id]
        assert not isinstance(world.show(PHONE, kept.token), Trusted)

    def test_pending_devices_go(self, desk: Desk, world: World) -> None:
        registered = world.register(PHONE, "totp")

        desk.lock_down()

        with pytest.raises(DeviceNotFound):
            world.verify(PHONE, registered.device.index, world.app(registered).code())

    def test_a_pass_goes_with_what_it_had_confirmed(self, desk: Desk, world: World) -> None:
        issued = desk.issue(uses=5)
        world.verify(PHONE, issued.index, issued.value)

        desk.lock_down()

        assert not world.assess(PHONE).verified
        with pytest.raises(DeviceNotFound):
            world.verify(PHONE, issued.index, issued.value)

    def test_what_was_sent_is_worth_nothing(self, desk: Desk, world: World) -> None:
        mail = world.mailbox(LAPTOP)
        world.later(minutes=1)
        code = world.dispatch(PHONE, mail)

        desk.lock_down()

        with pytest.raises(NoChallenge):
            world.verify(PHONE, mail, code)

    def test_failures_stay_counted(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        pending = world.register(LAPTOP, "hotp").device.index
        world.wrong(PHONE, app.index, 3)
        world.wrong(LAPTOP, pending, 3)

        desk.lock_down()

        assert world.failures() == 6
        assert world.assess(PHONE).locked

    def test_nobody_else_is_touched(self, desk: Desk, world: World) -> None:
        world.enrolled(BERTS)

        desk.lock_down()

        assert world.assess(BERTS).verified


class TestWhileItLasts:
    def test_nobody_enrols_by_a_password_alone(self, desk: Desk, world: World) -> None:
        desk.lock_down()

        assert not world.assess(PHONE).may_register
        with pytest.raises(RegistrationRequired):
            world.register(PHONE, "totp")

    @pytest.mark.parametrize("policy", ["every_user", "enrolled_users"])
    def test_whatever_the_policy_demands(self, policy: str) -> None:
        world = World(verification_policy=policy)
        Desk(world).lock_down()

        with pytest.raises(RegistrationRequired):
            world.register(PHONE, "totp")

    def test_the_owners_next_verification_ends_it(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        desk.lock_down()
        assert world.repository.of(ANNA).locked_down

        assert isinstance(world.verify(PHONE, app.index, WRONG), NotVerified)
        assert world.repository.of(ANNA).locked_down
        assert isinstance(world.verify(PHONE, app.index, app.fresh()), Verified)

        assert not world.repository.of(ANNA).locked_down
        world.enrolled(PHONE)

    def test_who_has_no_device_comes_back_by_a_pass(self, desk: Desk, world: World) -> None:
        desk.lock_down()
        issued = desk.issue()

        world.verify(PHONE, issued.index, issued.value)

        assert not world.repository.of(ANNA).locked_down
        world.enrolled(PHONE)

    def test_or_by_an_unlock(self, desk: Desk, world: World) -> None:
        desk.lock_down()

        desk.unlock()

        assert not world.repository.of(ANNA).locked_down
        world.enrolled(PHONE)


class TestTokensThatCannotBeEnded:
    """A token that says when it was made is not verified anew by anything, once a lockdown has come after it."""

    @staticmethod
    def made(world: World, seconds: float = 0) -> Token:
        return attrs.evolve(PHONE, issued_at=world.clock.now() + timedelta(seconds=seconds))

    def test_one_from_before_is_not_verified(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        token = self.made(world)
        desk.lock_down()

        for value in (WRONG, app.fresh()):
            with pytest.raises(VerificationRequired):
                world.verify(token, app.index, value)

        assert world.failures() == 0, "and none of its values is looked at"

    def test_not_even_once_the_lockdown_is_over(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        token = self.made(world)
        desk.lock_down()
        world.later(seconds=1)
        world.verify(LAPTOP, app.index, app.fresh())
        desk.unlock()

        with pytest.raises(VerificationRequired):
            world.verify(token, app.index, app.fresh())

    def test_nor_does_it_activate_a_device(self, desk: Desk, world: World) -> None:
        token = self.made(world)
        desk.lock_down()
        desk.unlock()
        registered = world.register(token, "totp")

        with pytest.raises(RegistrationRequired):
            world.verify(token, registered.device.index, world.app(registered).code())

    def test_nor_is_it_trusted_for_its_browser(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        token = self.made(world)
        desk.lock_down()
        kept = world.remember(LAPTOP, app.index, app.fresh())

        with pytest.raises(VerificationRequired):
            world.trust_browser(ShowTrust(token=token, kept=kept.token))

    def test_one_from_afterwards_is(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        desk.lock_down()

        assert isinstance(world.verify(self.made(world, 0.000001), app.index, app.fresh()), Verified)


class TestByTheUser:
    LINK = "ab" * 32

    def link(self, world: World) -> SpentLogin:
        return SpentLogin(digest=self.LINK, expires_at=world.clock.now() + timedelta(days=8))

    def test_a_link_does_the_same_and_is_the_users_own(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)

        with acting(Origin(client=Client(address="192.0.2.9"))):
            desk.operations.lock_down.by_user(ANNA, self.link(world))

        assert not world.assess(LAPTOP).verified
        assert world.indexes(LAPTOP) == [app.index]
        assert world.repository.of(ANNA).locked_down
        assert len(world.events(UserLockedDown)) == 1
        assert world.events(OperatorLockedDown) == []
        row = desk.row("user.lockdown")
        assert (row.actor, row.why, row.address) == ("user", "", "192.0.2.9")

    def test_it_serves_once(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        desk.operations.lock_down.by_user(ANNA, self.link(world))
        world.verify(LAPTOP, app.index, app.fresh())

        with pytest.raises(AlreadySpent):
            desk.operations.lock_down.by_user(ANNA, self.link(world))

        assert world.assess(LAPTOP).verified
        assert len(world.events(UserLockedDown)) == 1


def test_it_is_on_record(desk: Desk, world: World) -> None:
    desk.lock_down()

    row = desk.row("operator.lockdown")
    assert (row.user_id, row.actor, row.why, row.at) == (ANNA, "root", "ticket 7", world.clock.now())
    assert row.address == "192.0.2.1"


def test_a_second_one_ends_what_was_opened_since(desk: Desk, world: World) -> None:
    app = world.enrolled(LAPTOP)
    desk.lock_down()
    world.verify(PHONE, app.index, app.fresh())

    desk.lock_down()

    assert not world.assess(PHONE).verified
