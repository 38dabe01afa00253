"""A temporary pass: what it opens, what it does not, and when it ends."""

import re
from datetime import timedelta

import pytest

from mfa.application.operations import PassWanted
from mfa.application.operations.access import LONGEST_PASS, MOST_USES
from mfa.application.ports.system import seal_context
from mfa.application.registration import Registered
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.domain.errors import (
    DeviceNotFound,
    DeviceRequired,
    InvalidField,
    MethodNotFound,
    NotAllowed,
    NotDispatchable,
    RegistrationRequired,
    VerificationRequired,
)
from mfa.domain.events import DeviceRemoved, OperatorPassIssued, PassUsed, VerificationRejected
from mfa.domain.identifiers import Token, UserId
from mfa.domain.policies import Profile, Requirement
from tests.unit.application.operations.desk import Desk
from tests.unit.application.world import ANNA, BERT, BERTS, LAPTOP, PHONE, WRONG, World

HOUR = timedelta(hours=1)


def activate(world: World, token: Token, registered: Registered) -> Verified | NotVerified:
    return world.verify(token, registered.device.index, world.app(registered).code())


class TestIssuing:
    def test_it_is_a_long_value_that_is_shown_once(self, desk: Desk, world: World) -> None:
        issued = desk.issue(uses=2)

        assert re.fullmatch("[a-z2-7]{4}(-[a-z2-7]{4})+", issued.value)
        assert len(issued.value.replace("-", "")) * 5 >= 64, "64 bits or more"
        assert (issued.uses, issued.expires_at) == (2, world.clock.now() + HOUR)
        [device] = world.repository.of(ANNA).devices
        assert issued.value not in f"{issued!r} {desk.rows!r} {world.history!r}"
        state = world.vault.open(device.state, seal_context(ANNA, device.index))
        assert issued.value.replace("-", "").encode() not in state, "only a hash of it is kept"

    def test_another_is_another_value(self, desk: Desk) -> None:
        assert desk.issue().value != desk.issue().value

    def test_the_audit_trail_has_who_gave_it_and_why(self, desk: Desk, world: World) -> None:
        issued = desk.issue()

        row = desk.row("operator.pass")
        assert (row.user_id, row.device_index, row.method, row.at) == (ANNA, issued.index, "pass", world.clock.now())
        assert (row.actor, row.why, row.address, row.user_agent) == ("root", "ticket 7", "192.0.2.1", "ssh")
        assert [event.index for event in world.events(OperatorPassIssued)] == [issued.index]

    @pytest.mark.parametrize(
        "lifetime", [timedelta(0), timedelta(seconds=-1), LONGEST_PASS + timedelta(microseconds=1)]
    )
    def test_it_lives_for_a_week_at_most(self, desk: Desk, lifetime: timedelta) -> None:
        with pytest.raises(InvalidField) as refused:
            desk.issue(lifetime=lifetime)

        assert (refused.value.field, refused.value.problem) == ("lifetime", "out_of_range")
        assert desk.issue(lifetime=LONGEST_PASS).uses == 1

    @pytest.mark.parametrize("uses", [0, -1, MOST_USES + 1])
    def test_and_for_so_many_uses(self, desk: Desk, uses: int) -> None:
        with pytest.raises(InvalidField) as refused:
            desk.issue(uses=uses)

        assert (refused.value.field, refused.value.problem) == ("uses", "out_of_range")
        assert desk.issue(uses=MOST_USES).uses == MOST_USES

    @pytest.mark.parametrize("user_id", [UserId("nobody"), BERT])
    def test_who_is_gone_or_may_not_log_in_gets_none(self, desk: Desk, world: World, user_id: UserId) -> None:
        world.container.users().add(BERT, Profile(name="bert", active=False))

        with pytest.raises(NotAllowed):
            desk.issue(user_id=user_id)
        assert world.repository.of(user_id).devices == ()

    def test_by_default_it_is_for_an_hour_and_once(self) -> None:
        wanted = PassWanted(user_id=ANNA)

        assert (wanted.lifetime, wanted.uses) == (HOUR, 1)

    def test_nobody_registers_one_himself(self, desk: Desk, world: World) -> None:
        desk.issue()

        for key in ("pass", "6", "-1"):
            with pytest.raises(MethodNotFound):
                world.register(PHONE, key)

    def test_a_new_one_takes_the_place_of_the_old(self, desk: Desk, world: World) -> None:
        old, new = desk.issue(uses=5), desk.issue()

        assert world.indexes(PHONE) == [new.index]
        with pytest.raises(DeviceNotFound):
            world.verify(PHONE, old.index, old.value)
        assert isinstance(world.verify(PHONE, new.index, old.value), NotVerified)
        assert isinstance(world.verify(PHONE, new.index, new.value), Verified)

    def test_and_with_it_goes_what_the_old_had_confirmed(self, desk: Desk, world: World) -> None:
        old = desk.issue(uses=5)
        world.verify(PHONE, old.index, old.value)
        assert world.assess(PHONE).verified

        desk.issue()

        assert not world.assess(PHONE).verified


class TestVerifying:
    def test_it_verifies_any_token_of_the_user_and_is_told_of(self, desk: Desk, world: World) -> None:
        issued = desk.issue()

        assert [each.device.method for each in world.list_devices(LAPTOP)] == ["pass"]
        assert isinstance(world.verify(LAPTOP, issued.index, issued.value), Verified)

        assert world.assess(LAPTOP).verified
        assert not world.assess(PHONE).verified
        [used] = world.events(PassUsed)
        assert (used.user_id, used.index, used.method) == (ANNA, issued.index, "pass")
        assert desk.row("pass.used").actor == "user"

    def test_it_is_taken_as_people_type_it(self, desk: Desk, world: World) -> None:
        issued = desk.issue()

        typed = f" {issued.value.upper().replace('-', ' ')}\n"

        assert isinstance(world.verify(PHONE, issued.index, typed), Verified)

    def test_it_is_nobody_elses(self, desk: Desk, world: World) -> None:
        issued = desk.issue()

        with pytest.raises(DeviceNotFound):
            world.verify(BERTS, issued.index, issued.value)

    def test_it_serves_as_often_as_it_says(self, desk: Desk, world: World) -> None:
        issued = desk.issue(uses=2)

        for token in (PHONE, LAPTOP):
            assert isinstance(world.verify(token, issued.index, issued.value), Verified)

        with pytest.raises(DeviceNotFound):
            world.verify(PHONE, issued.index, issued.value)
        assert world.indexes(PHONE) == []

    def test_wrong_values_use_nothing_up_and_make_nobody_wait(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        issued = desk.issue()

        for _ in range(200):
            assert isinstance(world.verify(PHONE, issued.index, WRONG), NotVerified)

        assert len(world.events(VerificationRejected)) == 200
        assert not world.assess(PHONE).locked
        assert world.failures() == 0
        assert isinstance(world.verify(PHONE, issued.index, issued.value), Verified)
        assert isinstance(world.verify(PHONE, app.index, app.fresh()), Verified)

    def test_it_is_good_while_guesses_have_to_wait(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        world.wrong(PHONE, app.index, 5)
        assert world.assess(PHONE).locked
        issued = desk.issue()

        assert isinstance(world.verify(PHONE, issued.index, issued.value), Verified)
        assert world.failures() == 5, "and it pardons nothing"

    def test_it_ends_with_its_time_to_the_moment(self, desk: Desk, world: World) -> None:
        issued = desk.issue(uses=5)
        world.later(hours=1, microseconds=-1)
        assert isinstance(world.verify(PHONE, issued.index, issued.value), Verified)

        world.later(microseconds=1)

        assert world.indexes(PHONE) == []
        assert not world.assess(PHONE).verified
        with pytest.raises(DeviceNotFound):
            world.verify(LAPTOP, issued.index, issued.value)

    def test_what_it_confirmed_outlives_its_last_use_and_ends_with_its_time(self, desk: Desk, world: World) -> None:
        issued = desk.issue()
        world.verify(PHONE, issued.index, issued.value)

        world.later(hours=1, microseconds=-1)
        assert world.assess(PHONE).verified

        world.later(microseconds=1)
        assert not world.assess(PHONE).verified

    def test_it_is_sent_to_nobody(self, desk: Desk, world: World) -> None:
        issued = desk.issue()

        with pytest.raises(NotDispatchable):
            world.dispatch(PHONE, issued.index)

    def test_no_browser_is_remembered_by_it(self) -> None:
        """Or else what it confirmed would outlive its time."""
        world = World(trust_lifetime=timedelta(days=30))
        issued = Desk(world).issue()

        verified = world.verify_challenge(Verify(token=PHONE, index=issued.index, value=issued.value, trust=True))

        assert isinstance(verified, Verified)
        assert verified.trust is None
        assert world.repository.of(ANNA).trusts == ()

    def test_it_is_one_verification_only(self) -> None:
        world = World(required_verifications=2)
        issued = Desk(world).issue(uses=2)

        for _ in range(2):
            world.verify(PHONE, issued.index, issued.value)

        assert world.assess(PHONE).verifications_left == 1


class TestNoDevice:
    """It stands in for a device, and is none."""

    def test_its_owner_has_not_enrolled(self, desk: Desk, world: World) -> None:
        issued = desk.issue()

        assert isinstance(world.assess(PHONE).policy_refusal(), RegistrationRequired)
        assert not world.assess(PHONE).enrolled
        world.verify(PHONE, issued.index, issued.value)
        assert not world.assess(PHONE).enrolled

    def test_nobody_gets_recovery_codes_by_it(self, desk: Desk, world: World) -> None:
        issued = desk.issue()
        world.verify(PHONE, issued.index, issued.value)

        with pytest.raises(DeviceRequired):
            world.register(PHONE, "recovery")

    def test_it_takes_no_place_of_a_device(self) -> None:
        world = World(max_devices_per_method=1)
        issued = Desk(world).issue()
        world.verify(PHONE, issued.index, issued.value)

        assert isinstance(activate(world, PHONE, world.register(PHONE, "totp")), Verified)

    def test_a_requirement_of_other_methods_is_not_met(self, desk: Desk, world: World) -> None:
        issued = desk.issue()
        world.verify(PHONE, issued.index, issued.value)
        standing = world.assess(PHONE)

        assert standing.refusal(Requirement(max_age=timedelta(minutes=5))) is None
        assert standing.refusal(Requirement(methods=["totp", "recovery"])) is not None
        assert standing.refusal(Requirement(phishing_resistant=True)) is not None
        assert standing.refusal(Requirement(verifications=2)) is not None


class TestChanges:
    def test_it_opens_changes_and_the_next_activation_ends_it(self, desk: Desk, world: World) -> None:
        lost = world.enrolled(LAPTOP)
        issued = desk.issue(uses=5)
        with pytest.raises(VerificationRequired):
            world.register(PHONE, "totp")
        world.verify(PHONE, issued.index, issued.value)

        registered = world.register(PHONE, "totp")
        assert isinstance(activate(world, PHONE, registered), Verified)

        assert world.indexes(PHONE) == [lost.index, registered.device.index]
        assert world.confirmed(PHONE) == [registered.device.index]
        with pytest.raises(DeviceNotFound):
            world.verify(PHONE, issued.index, issued.value)

    def test_also_beside_a_security_key(self, desk: Desk, world: World) -> None:
        """A phished code opens no change there; a pass does, or nobody came back who has lost the key."""
        key = world.register(LAPTOP, world_key(world)).device.index
        world.verify(LAPTOP, key, "touch")
        issued = desk.issue()
        world.verify(PHONE, issued.index, issued.value)

        world.remove(PHONE, key)
        assert isinstance(activate(world, PHONE, world.register(PHONE, "totp")), Verified)

        assert [event.index for event in world.events(DeviceRemoved)] == [key]

    def test_also_where_more_verifications_are_demanded(self) -> None:
        world = World(required_verifications=2)
        first, second = world.enrolled(LAPTOP), world.enrolled(LAPTOP)
        world.later(minutes=11)
        issued = Desk(world).issue()
        world.verify(PHONE, issued.index, issued.value)

        world.remove(PHONE, first.index)

        assert world.indexes(PHONE) == [second.index]
        assert world.rename(PHONE, second.index, "the other") == "the other"

    def test_new_recovery_codes_are_an_activation_too(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        issued = desk.issue(uses=5)
        world.verify(PHONE, issued.index, issued.value)

        index, _ = world.codes(PHONE)

        assert world.indexes(PHONE) == [app.index, index]
        assert not world.assess(PHONE).verified

    def test_a_proof_by_it_is_as_fresh_as_any(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        issued = desk.issue()
        world.verify(PHONE, issued.index, issued.value)
        world.later(minutes=10, microseconds=1)

        with pytest.raises(VerificationRequired):
            world.remove(PHONE, app.index)

    def test_it_can_be_given_back_by_who_has_used_it(self, desk: Desk, world: World) -> None:
        issued = desk.issue(uses=2)
        with pytest.raises(RegistrationRequired):
            world.remove(PHONE, issued.index)
        world.verify(PHONE, issued.index, issued.value)

        world.remove(PHONE, issued.index)

        assert world.indexes(PHONE) == []
        assert not world.assess(PHONE).verified

    def test_a_reset_takes_it_away_with_the_rest(self, desk: Desk, world: World) -> None:
        world.enrolled(LAPTOP)
        issued = desk.issue()

        assert desk.reset(device=issued.index) == (issued.index,)
        assert len(world.repository.of(ANNA).devices) == 1

        desk.issue()
        desk.reset()
        assert world.repository.of(ANNA).devices == ()


def world_key(world: World) -> str:
    """Return the name of the method that stands for security keys."""
    return next(method.name for method in world.use_cases.methods if method.phishing_resistant)
