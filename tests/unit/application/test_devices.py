from datetime import timedelta

import pytest

from mfa.domain.errors import DeviceNotFound, DeviceRequired, InvalidField, RegistrationRequired, VerificationRequired
from mfa.domain.events import DeviceRemoved, DeviceRenamed
from mfa.domain.policies import Profile, Subject
from tests.unit.application.world import ANNA, BERT, BERTS, LAPTOP, PHONE, World


class TestListing:
    def test_without_devices_there_is_nothing(self, world: World) -> None:
        assert world.list_devices(PHONE) == ()

    def test_devices_come_in_the_order_of_their_indexes_and_say_what_is_confirmed(self, world: World) -> None:
        app = world.enrolled(PHONE)
        recovery, _ = world.codes(PHONE)
        pending = world.register(PHONE, "email").device.index
        world.verify(PHONE, app.index, app.fresh())

        listed = [(each.device.index, each.device.active, each.confirmed) for each in world.list_devices(PHONE)]

        assert listed == [(app.index, True, True), (recovery, True, False), (pending, False, False)]

    def test_each_token_sees_its_own_confirmations(self, world: World) -> None:
        app = world.enrolled(PHONE)
        mail = world.mailbox(PHONE)
        world.verify(LAPTOP, app.index, app.fresh())

        assert world.confirmed(PHONE) == [app.index, mail]
        assert world.confirmed(LAPTOP) == [app.index]

    def test_each_user_sees_devices_of_its_own(self, world: World) -> None:
        app, berts = world.enrolled(PHONE), world.enrolled(BERTS)
        world.enrolled(BERTS)

        assert world.indexes(PHONE) == [app.index]
        assert world.indexes(BERTS) == [berts.index, 1]

    def test_a_verification_that_has_run_out_is_not_listed(self) -> None:
        world = World(verification_lifetime=timedelta(hours=1))
        world.enrolled(PHONE)
        world.later(hours=1)

        assert world.confirmed(PHONE) == []


class TestRenaming:
    def test_a_device_gets_another_name(self, world: World) -> None:
        app = world.enrolled(PHONE)
        before = world.list_devices(PHONE)[0].device

        assert world.rename(PHONE, app.index, "  Pixel 9 ") == "Pixel 9"

        after = world.list_devices(PHONE)[0].device
        assert after.name == "Pixel 9"
        assert after != before
        assert world.history[-1] == DeviceRenamed(user_id=ANNA, at=world.clock.now(), index=app.index, method="totp")

    def test_nothing_else_changes(self, world: World) -> None:
        app = world.enrolled(PHONE)
        world.wrong(PHONE, app.index, 1)

        world.rename(PHONE, app.index, "Pixel 9")

        assert world.confirmed(PHONE) == [app.index]
        assert world.failures() == 1
        assert world.assess(PHONE).verified

    def test_the_answer_says_what_is_confirmed(self, world: World) -> None:
        first = world.enrolled(PHONE)
        second = world.enrolled(PHONE)
        world.verify(LAPTOP, first.index, first.fresh())

        assert world.renamed(LAPTOP, first.index, "first").confirmed
        assert not world.renamed(LAPTOP, second.index, "second").confirmed

    def test_and_how_many_codes_are_left(self, world: World) -> None:
        world.enrolled(PHONE)
        index, codes = world.codes(PHONE)

        assert world.renamed(PHONE, index, "in the safe").remaining == len(codes)

    @pytest.mark.parametrize(("name", "problem"), [("x" * 65, "too_long"), ("a\x00b", "unprintable")])
    def test_a_name_that_could_do_harm_is_refused(self, world: World, name: str, problem: str) -> None:
        app = world.enrolled(PHONE)

        with pytest.raises(InvalidField) as refusal:
            world.rename(PHONE, app.index, name)

        assert (refusal.value.field, refusal.value.problem) == ("name", problem)
        assert world.list_devices(PHONE)[0].device.name == ""

    def test_it_takes_a_verified_token_but_no_fresh_proof(self, world: World) -> None:
        app = world.enrolled(PHONE)
        with pytest.raises(VerificationRequired):
            world.rename(LAPTOP, app.index, "mine")
        world.later(days=1)

        assert world.rename(PHONE, app.index, "mine") == "mine"

    def test_without_an_active_device_it_takes_one(self, world: World) -> None:
        index = world.register(PHONE, "totp").device.index

        with pytest.raises(RegistrationRequired):
            world.rename(PHONE, index, "mine")

    def test_an_index_that_is_not_the_users_own_is_not_there(self, world: World) -> None:
        app = world.enrolled(PHONE)
        world.enrolled(BERTS)
        world.enrolled(BERTS)

        for token, index in ((PHONE, 1), (BERTS, 7)):
            with pytest.raises(DeviceNotFound):
                world.rename(token, index, "mine")
        assert world.rename(BERTS, app.index, "Bert's") == "Bert's"
        assert world.list_devices(PHONE)[0].device.name == ""


class TestRemoving:
    def test_a_device_is_gone(self, world: World) -> None:
        app, other = world.enrolled(PHONE), world.enrolled(PHONE)

        world.remove(PHONE, app.index)

        assert world.indexes(PHONE) == [other.index]
        assert world.history[-1] == DeviceRemoved(user_id=ANNA, at=world.clock.now(), index=app.index, method="totp")
        with pytest.raises(DeviceNotFound):
            world.verify(PHONE, app.index, app.fresh())
        with pytest.raises(DeviceNotFound):
            world.remove(PHONE, app.index)

    def test_it_takes_every_tokens_verifications_along(self) -> None:
        world = World(required_verifications=2)
        app = world.enrolled(PHONE)
        mail = world.mailbox(PHONE)
        world.verify(LAPTOP, app.index, app.fresh())
        assert world.assess(LAPTOP).verifications_left == 1

        world.remove(PHONE, app.index)

        assert world.assess(PHONE).verifications_left == 1
        assert world.assess(LAPTOP).verifications_left == 2
        assert world.confirmed(PHONE) == [mail]
        assert world.confirmed(LAPTOP) == []
        assert [challenge.index for challenge in world.repository.of(ANNA, PHONE.id).challenges] == [mail]
        assert world.repository.of(ANNA, LAPTOP.id).challenges == ()

    def test_the_last_one_may_go_as_well(self, world: World) -> None:
        app = world.enrolled(PHONE)

        world.remove(PHONE, app.index)

        standing = world.assess(PHONE)
        assert (standing.enrolled, standing.verified, standing.may_register) == (False, False, True)
        assert world.register(LAPTOP, "totp").device.index == 1

    def test_it_takes_a_verified_token(self) -> None:
        world = World(required_verifications=2)
        app = world.enrolled(PHONE)
        mail = world.mailbox(PHONE)
        world.verify(LAPTOP, app.index, app.fresh())

        for index in (app.index, mail):
            with pytest.raises(VerificationRequired) as refusal:
                world.remove(LAPTOP, index)
            assert refusal.value.verifications_left == 1
        assert world.indexes(PHONE) == [app.index, mail]

    def test_it_takes_a_fresh_proof(self, world: World) -> None:
        app, other = world.enrolled(PHONE), world.enrolled(PHONE)
        world.later(minutes=10, microseconds=1)

        assert world.assess(PHONE).verified
        with pytest.raises(VerificationRequired) as refusal:
            world.remove(PHONE, app.index)
        assert refusal.value.requirement.max_age == timedelta(minutes=10)

        world.verify(PHONE, other.index, other.code())
        world.remove(PHONE, app.index)
        assert world.indexes(PHONE) == [other.index]

    def test_where_a_device_resists_phishing_it_takes_such_a_proof(self, world: World) -> None:
        app = world.enrolled(PHONE)
        key = world.register(PHONE, "key").device.index
        world.verify(PHONE, key, "touch")
        world.verify(LAPTOP, app.index, app.fresh())

        for index in (app.index, key):
            with pytest.raises(VerificationRequired) as refusal:
                world.remove(LAPTOP, index)
            assert refusal.value.requirement.methods == frozenset({"key", "recovery"})
        world.verify(LAPTOP, key, "touch")
        world.remove(LAPTOP, app.index)

        assert world.indexes(PHONE) == [key]

    def test_who_has_only_pending_devices_may_remove_those(self, world: World) -> None:
        index = world.register(PHONE, "totp").device.index
        world.register(LAPTOP, "totp")

        world.remove(PHONE, index)

        assert world.indexes(PHONE) == []
        assert world.indexes(LAPTOP) == [1]

    def test_who_has_an_active_one_must_be_verified_for_pending_ones_too(self, world: World) -> None:
        world.enrolled(PHONE)
        pending = world.register(PHONE, "hotp").device.index
        world.later(minutes=11)

        with pytest.raises(VerificationRequired):
            world.remove(PHONE, pending)

    def test_an_index_that_is_not_the_users_own_is_not_there(self, world: World) -> None:
        world.enrolled(PHONE)
        world.enrolled(BERTS)
        theirs = world.enrolled(BERTS)

        with pytest.raises(DeviceNotFound):
            world.remove(PHONE, theirs.index)
        assert world.indexes(BERTS) == [0, theirs.index]


class Careless:
    """A policy of a project that says nothing but what it demands."""

    def __init__(self, config: object) -> None:
        pass

    def required(self, subject: Subject) -> int:
        return 1


class TestThoseWhoHaveToKeepOne:
    @pytest.fixture(params=["mfa.domain.policies.Staff", "mfa.domain.policies.Groups"])
    def world(self, request: pytest.FixtureRequest) -> World:
        world = World(verification_policy=request.param, policy_groups=("bankers",))
        world.container.users().add(ANNA, Profile(is_staff=True), groups=["bankers"])
        world.container.users().add(BERT, Profile(), groups=["skaters"])
        return world

    def test_the_last_device_stays(self, world: World) -> None:
        app, other = world.enrolled(PHONE), world.enrolled(PHONE)
        world.remove(PHONE, other.index)
        before, happened = world.repository.of(ANNA, PHONE.id), world.history

        with pytest.raises(DeviceRequired):
            world.remove(PHONE, app.index)

        assert world.repository.of(ANNA, PHONE.id) == before
        assert world.history == happened

    def test_recovery_codes_do_not_stand_in_for_it(self, world: World) -> None:
        app = world.enrolled(PHONE)
        codes, _ = world.codes(PHONE)

        with pytest.raises(DeviceRequired):
            world.remove(PHONE, app.index)
        world.remove(PHONE, codes)
        assert world.indexes(PHONE) == [app.index]

    def test_pending_ones_may_go(self, world: World) -> None:
        app = world.enrolled(PHONE)
        pending = world.register(PHONE, "hotp").device.index

        world.remove(PHONE, pending)

        assert world.indexes(PHONE) == [app.index]

    def test_whoever_is_not_fresh_hears_that_first(self, world: World) -> None:
        app = world.enrolled(PHONE)
        world.later(minutes=11)

        with pytest.raises(VerificationRequired):
            world.remove(PHONE, app.index)

    def test_others_may_go_without(self, world: World) -> None:
        app = world.enrolled(BERTS)

        world.remove(BERTS, app.index)

        assert world.indexes(BERTS) == []

    def test_a_policy_that_says_nothing_about_it_holds_nobody(self) -> None:
        world = World(verification_policy=f"{__name__}.Careless")
        app = world.enrolled(PHONE)

        world.remove(PHONE, app.index)

        assert world.indexes(PHONE) == []
