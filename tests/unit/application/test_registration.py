from base64 import b32decode, b32encode
from datetime import timedelta
from typing import cast

import attrs
import pytest

from mfa.adapters.memory.users import MemoryUserDirectory
from mfa.application.ports.system import seal_context
from mfa.application.registration import Register
from mfa.application.verification import NotVerified, Verified
from mfa.domain.errors import (
    AlreadyRegistered,
    BrokenSeal,
    DeviceNotFound,
    DeviceRequired,
    InvalidField,
    MethodNotFound,
    RegistrationRequired,
    VerificationRequired,
)
from mfa.domain.events import (
    DeviceActivated,
    DeviceRegistered,
    DeviceRemoved,
    RecoveryCodesReplaced,
    VerificationRejected,
)
from mfa.domain.identifiers import UserId
from mfa.domain.policies import Profile
from tests.otp import PlainQrCodes
from tests.unit.application.world import ANNA, BERTS, LAPTOP, MAIL, PHONE, WRONG, World


class TestAnyMethod:
    @pytest.mark.parametrize("method", ["totp", "hotp", "email", "key"])
    def test_a_new_device_is_pending(self, world: World, method: str) -> None:
        device = world.register(PHONE, method, name=" Pixel 9 ").device

        assert (device.index, device.method, device.name, device.active) == (0, method, "Pixel 9", False)
        assert device.created_at == world.clock.now()
        assert world.indexes(PHONE) == [0]
        assert world.history == [DeviceRegistered(user_id=ANNA, at=world.clock.now(), index=0, method=method)]

    @pytest.mark.parametrize(("key", "method"), [("0", "totp"), ("2", "email"), ("hotp", "hotp")])
    def test_a_method_goes_by_its_name_or_its_position(self, world: World, key: str, method: str) -> None:
        assert world.register(PHONE, key).device.method == method

    @pytest.mark.parametrize("key", ["", "6", "-1", "00", "TOTP", "carrier pigeon"])
    def test_any_other_key_is_no_method(self, world: World, key: str) -> None:
        with pytest.raises(MethodNotFound):
            world.register(PHONE, key)

    @pytest.mark.parametrize("name", ["x" * 65, "two\nlines", "\x1b[31mred", "\ud800"])
    def test_a_name_that_could_do_harm_is_refused(self, world: World, name: str) -> None:
        with pytest.raises(InvalidField) as refusal:
            world.register(PHONE, "totp", name=name)

        assert refusal.value.field == "name"
        assert world.indexes(PHONE) == []

    def test_a_pending_device_is_seen_by_no_other_token(self, world: World) -> None:
        app = world.app(world.register(PHONE, "totp"))
        mail = world.register(PHONE, "email").device.index
        code = world.dispatch(PHONE, mail)

        for stranger in (LAPTOP, BERTS):
            assert world.indexes(stranger) == []
            with pytest.raises(DeviceNotFound):
                world.verify(stranger, app.index, app.code())
            with pytest.raises(DeviceNotFound):
                world.verify(stranger, mail, code)
            with pytest.raises(DeviceNotFound):
                world.dispatch(stranger, mail)
            with pytest.raises(DeviceNotFound):
                world.rename(stranger, app.index, "mine")
            with pytest.raises(DeviceNotFound):
                world.remove(stranger, app.index)

        assert world.indexes(PHONE) == [0, 1]
        assert world.failures() == 0

    def test_a_pending_device_gates_nothing(self, world: World) -> None:
        world.register(PHONE, "totp")

        standing = world.assess(PHONE)

        assert (standing.enrolled, standing.may_register) == (False, True)
        assert world.register(LAPTOP, "totp").device.index == 1

    def test_the_next_registration_of_the_method_by_the_token_replaces_it(self, world: World) -> None:
        old = world.app(world.register(PHONE, "totp"))
        world.register(PHONE, "email")
        world.register(LAPTOP, "totp")

        new = world.app(world.register(PHONE, "totp"))

        assert world.indexes(PHONE) == [1, 3]
        assert world.indexes(LAPTOP) == [2]
        with pytest.raises(DeviceNotFound):
            world.verify(PHONE, old.index, old.code())
        assert isinstance(world.verify(PHONE, new.index, new.code()), Verified)

    def test_it_expires(self, world: World) -> None:
        app = world.app(world.register(PHONE, "totp"))

        world.later(seconds=3599)
        assert world.indexes(PHONE) == [app.index]
        world.later(seconds=1)

        assert world.indexes(PHONE) == []
        with pytest.raises(DeviceNotFound):
            world.verify(PHONE, app.index, app.code())

    def test_what_has_expired_is_swept_away_by_the_next_registration(self, world: World) -> None:
        world.register(PHONE, "totp")
        world.register(LAPTOP, "email")
        world.later(hours=1)
        index = world.register(PHONE, "hotp").device.index

        assert [device.index for device in world.repository.of(ANNA).devices] == [index]

    def test_an_index_is_never_given_twice(self, world: World) -> None:
        first = world.enrolled(PHONE)
        second = world.enrolled(PHONE)
        world.remove(PHONE, second.index)
        world.remove(PHONE, first.index)
        pending = world.register(PHONE, "totp").device.index
        world.later(hours=2)

        assert [first.index, second.index, pending] == [0, 1, 2]
        assert world.register(PHONE, "totp").device.index == 3
        assert world.register(BERTS, "totp").device.index == 0

    def test_as_many_devices_of_a_method_as_are_allowed_and_no_more(self, world: World) -> None:
        for _ in range(5):
            world.enrolled(PHONE)

        with pytest.raises(AlreadyRegistered):
            world.register(PHONE, "totp")
        assert world.register(PHONE, "hotp").device.index == 5

    def test_a_method_may_have_a_number_of_its_own(self) -> None:
        world = World(max_devices_per_method={"totp": 1})
        world.enrolled(PHONE)

        with pytest.raises(AlreadyRegistered):
            world.register(PHONE, "totp")
        assert world.register(PHONE, "hotp").device.method == "hotp"

    def test_pending_devices_do_not_count_and_neither_do_removed_ones(self) -> None:
        world = World(max_devices_per_method=2)
        first = world.enrolled(PHONE)
        world.register(PHONE, "totp")
        second = world.enrolled(PHONE)
        world.remove(PHONE, first.index)

        world.enrolled(PHONE)

        assert world.confirmed(PHONE) == [second.index, 3]


class TestWhatIsShown:
    @pytest.mark.parametrize("method", ["totp", "hotp"])
    def test_a_secret_of_160_bits_and_its_uri(self, world: World, method: str) -> None:
        shown = world.register(PHONE, method).shown

        assert sorted(shown) == ["authenticator_url", "secret"]
        secret = cast("str", shown["secret"])
        assert len(b32decode(secret)) == 20
        assert f"secret={secret}&" in cast("str", shown["authenticator_url"])

    def test_each_device_has_a_secret_of_its_own(self, world: World) -> None:
        assert world.register(PHONE, "totp").shown["secret"] != world.register(LAPTOP, "totp").shown["secret"]

    def test_the_uri_names_the_user_and_the_site(self, world: World) -> None:
        registered = world.register_device(Register(token=PHONE, method="totp", site="shop.example"))

        assert cast("str", registered.shown["authenticator_url"]).startswith("otpauth://totp/shop.example:anna?")

    def test_a_picture_where_something_draws(self, world: World) -> None:
        world.container.qr_codes.override(PlainQrCodes())

        shown = world.register(PHONE, "totp").shown

        assert shown["qr_code"] == PlainQrCodes().draw(cast("str", shown["authenticator_url"]))

    def test_of_an_address_nothing_but_its_mask(self, world: World) -> None:
        registered = world.register(PHONE, "email", address="someone@example.org")

        assert registered.shown == {}
        assert registered.device.destination == "s***@example.org"

    def test_the_secret_is_sealed_at_rest_and_bound_to_its_device(self, world: World) -> None:
        app = world.enrolled(PHONE)
        other = world.enrolled(PHONE)
        first, second = world.repository.of(ANNA).devices

        assert app.seed not in first.state
        assert b32encode(app.seed) not in first.state
        assert first.state != second.state
        with pytest.raises(BrokenSeal):
            world.vault.open(first.state, seal_context(ANNA, second.index))
        assert world.vault.open(first.state, seal_context(ANNA, first.index))
        assert other.seed != app.seed


class TestAddresses:
    def test_the_users_own_address_is_the_default(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        world.dispatch(PHONE, index)

        assert world.outbox.messages[-1].destination == MAIL

    def test_without_an_address_of_either_kind_the_field_is_refused(self, world: World) -> None:
        with pytest.raises(InvalidField) as refusal:
            world.register(BERTS, "email")

        assert refusal.value.field == "address"

    @pytest.mark.parametrize(("method", "field"), [("email", "address"), ("sms", "number")])
    def test_what_is_no_address_is_refused(self, world: World, method: str, field: str) -> None:
        with pytest.raises(InvalidField) as refusal:
            world.register(PHONE, method, **{field: "nonsense"})

        assert refusal.value.field == field
        assert world.indexes(PHONE) == []

    def test_a_number_is_kept_in_its_normal_form(self, world: World) -> None:
        device = world.register(PHONE, "sms", number="0031 6 1234-5678").device
        world.dispatch(PHONE, device.index)

        assert device.destination == "+31 ** ****78"
        assert world.outbox.messages[-1].destination == "+31612345678"


class TestWhoMayRegister:
    def test_anybody_without_an_active_device(self, world: World) -> None:
        assert world.register(PHONE, "totp").device.index == 0

    def test_with_an_active_device_only_a_token_that_confirmed_it(self, world: World) -> None:
        app = world.enrolled(PHONE)

        with pytest.raises(VerificationRequired) as refusal:
            world.register(LAPTOP, "totp")
        assert refusal.value.verifications_left == 1

        world.verify(LAPTOP, app.index, app.fresh())
        assert world.register(LAPTOP, "totp").device.index == 1

    def test_with_one_of_two_required_devices_the_second(self) -> None:
        world = World(required_verifications=2)
        app = world.enrolled(PHONE)
        assert world.assess(PHONE).verifications_left == 1
        with pytest.raises(VerificationRequired) as refusal:
            world.register(LAPTOP, "email")
        assert refusal.value.verifications_left == 2

        mail = world.mailbox(PHONE)

        assert world.confirmed(PHONE) == [app.index, mail]
        assert world.assess(PHONE).verified

    def test_with_three_devices_two_confirmed_of_two_required(self) -> None:
        world = World(required_verifications=2)
        app = world.enrolled(PHONE)
        mail = world.mailbox(PHONE)
        world.enrolled(PHONE, "hotp")
        world.verify(LAPTOP, app.index, app.fresh())
        with pytest.raises(VerificationRequired) as refusal:
            world.register(LAPTOP, "sms", number="+31612345678")
        assert refusal.value.verifications_left == 1

        world.verify(LAPTOP, mail, world.dispatch(LAPTOP, mail))

        assert world.register(LAPTOP, "sms", number="+31612345678").device.index == 3

    def test_a_proof_that_is_too_old_does_not_do(self, world: World) -> None:
        app = world.enrolled(PHONE)
        world.later(minutes=10)
        world.register(PHONE, "hotp")
        world.later(microseconds=1)

        assert world.assess(PHONE).verified
        with pytest.raises(VerificationRequired) as refusal:
            world.register(PHONE, "email")
        assert refusal.value.requirement.max_age == world.container.config().change_max_age
        assert refusal.value.requirement.methods is None

        world.verify(PHONE, app.index, app.fresh())
        assert world.register(PHONE, "email").device.index == 2

    def test_with_a_device_that_resists_phishing_only_such_a_one(self, world: World) -> None:
        app = world.enrolled(PHONE)
        key = world.register(PHONE, "key").device.index
        world.verify(PHONE, key, "touch")
        world.verify(LAPTOP, app.index, app.fresh())

        assert world.assess(LAPTOP).verified
        with pytest.raises(VerificationRequired) as refusal:
            world.register(LAPTOP, "email")
        assert refusal.value.requirement.methods == frozenset({"key", "recovery"})

        world.verify(LAPTOP, key, "touch")
        assert world.register(LAPTOP, "email").device.index == 2

    def test_or_a_recovery_code(self, world: World) -> None:
        key = world.register(PHONE, "key").device.index
        world.verify(PHONE, key, "touch")
        recovery, codes = world.codes(PHONE)

        world.verify(LAPTOP, recovery, codes[0])

        assert world.register(LAPTOP, "totp").device.index == 2


class TestActivation:
    def test_the_first_right_value_activates(self, world: World) -> None:
        app = world.app(world.register(PHONE, "totp"))
        world.later(minutes=3)

        verified = world.verify(PHONE, app.index, app.code())

        assert isinstance(verified, Verified)
        assert verified.verifications_left == 0
        assert verified.device.activated_at == verified.device.last_used_at == world.clock.now()
        assert (verified.device.registered_by, verified.device.expires_at) == (None, None)
        assert world.confirmed(PHONE) == [app.index]
        assert world.events(DeviceActivated) == [
            DeviceActivated(user_id=ANNA, at=world.clock.now(), index=app.index, method="totp")
        ]

    def test_an_active_device_outlives_the_registration(self, world: World) -> None:
        app = world.enrolled(PHONE)
        activated_at = world.clock.now()
        world.later(days=400)

        verified = world.verify(LAPTOP, app.index, app.code())

        assert isinstance(verified, Verified)
        assert verified.device.activated_at == activated_at
        assert len(world.events(DeviceActivated)) == 1

    def test_a_wrong_value_does_not(self, world: World) -> None:
        app = world.app(world.register(PHONE, "totp"))

        assert isinstance(world.verify(PHONE, app.index, WRONG), NotVerified)

        assert not world.assess(PHONE).enrolled

    def test_it_drops_what_other_tokens_left_pending(self, world: World) -> None:
        thiefs = world.app(world.register(LAPTOP, "totp"))
        world.register(LAPTOP, "email")
        mail = world.register(PHONE, "email").device.index
        berts = world.app(world.register(BERTS, "totp"))

        app = world.enrolled(PHONE)

        assert world.indexes(LAPTOP) == [app.index]
        with pytest.raises(DeviceNotFound):
            world.verify(LAPTOP, thiefs.index, thiefs.code())
        assert world.indexes(PHONE) == [mail, app.index]
        assert isinstance(world.verify(BERTS, berts.index, berts.code()), Verified)

    def test_it_is_refused_to_a_token_that_could_no_longer_register(self, world: World) -> None:
        thiefs = world.app(world.register(LAPTOP, "totp"))
        [pending] = world.repository.of(ANNA).devices
        world.enrolled(PHONE)
        # As though it had not been dropped: this is the second line of defence.
        before = world.repository.of(ANNA)
        world.repository.save(before, attrs.evolve(before, devices=(pending, *before.devices)))
        assert thiefs.index in world.indexes(LAPTOP)

        for value in (thiefs.code(), WRONG):
            with pytest.raises(VerificationRequired):
                world.verify(LAPTOP, thiefs.index, value)

        assert world.failures() == 0
        assert not world.assess(LAPTOP).verified

    def test_it_asks_for_as_many_verifications_as_a_registration(self) -> None:
        world = World(required_verifications=2)
        world.enrolled(PHONE)
        second = world.app(world.register(PHONE, "totp"))
        [_, pending] = world.repository.of(ANNA).devices
        account = world.repository.of(ANNA)
        # Another device became active meanwhile, and this one, as though it had not been dropped, is still there.
        stranger = attrs.evolve(pending, index=2, method="hotp", activated_at=world.clock.now(), expires_at=None)
        world.repository.save(account, attrs.evolve(account, devices=(*account.devices, stranger), next_index=3))

        with pytest.raises(VerificationRequired) as refusal:
            world.verify(PHONE, second.index, second.code())

        assert (refusal.value.verifications_left, refusal.value.requirement.max_age) == (1, None)

    def test_it_is_refused_once_the_proof_is_too_old(self, world: World) -> None:
        first = world.enrolled(PHONE)
        second = world.app(world.register(PHONE, "totp"))
        world.later(minutes=10, microseconds=1)

        for value in (second.code(), WRONG):
            with pytest.raises(VerificationRequired) as refusal:
                world.verify(PHONE, second.index, value)
            assert refusal.value.requirement.max_age is not None
        assert world.events(VerificationRejected) == []

        world.verify(PHONE, first.index, first.fresh())
        assert isinstance(world.verify(PHONE, second.index, second.code()), Verified)

    def test_it_is_refused_once_the_verification_has_run_out(self) -> None:
        world = World(verification_lifetime=timedelta(minutes=5), change_max_age=timedelta(minutes=10))
        world.enrolled(PHONE)
        second = world.app(world.register(PHONE, "totp"))
        world.later(minutes=5)

        with pytest.raises(VerificationRequired):
            world.verify(PHONE, second.index, second.code())

    def test_it_is_refused_when_there_are_enough_devices_by_now(self, world: World) -> None:
        world.enrolled(PHONE)
        second = world.app(world.register(PHONE, "totp"))
        world = world.with_settings(max_devices_per_method=1)

        with pytest.raises(AlreadyRegistered):
            world.verify(PHONE, second.index, second.code())

        assert world.confirmed(PHONE) == [0]


class TestRecovery:
    def test_codes_need_another_active_device(self, world: World) -> None:
        world.register(PHONE, "totp")

        with pytest.raises(DeviceRequired):
            world.register(PHONE, "recovery")

    def test_codes_need_a_verified_token(self) -> None:
        world = World(required_verifications=2)
        app = world.enrolled(PHONE)
        with pytest.raises(VerificationRequired) as refusal:
            world.register(PHONE, "recovery")
        assert refusal.value.verifications_left == 1

        world.mailbox(PHONE)
        world.codes(PHONE)

        world.verify(LAPTOP, app.index, app.fresh())
        with pytest.raises(VerificationRequired):
            world.register(LAPTOP, "recovery")

    def test_codes_need_a_fresh_proof(self, world: World) -> None:
        world.enrolled(PHONE)
        world.codes(PHONE)
        world.later(minutes=11)

        with pytest.raises(VerificationRequired) as refusal:
            world.register(PHONE, "recovery")
        assert refusal.value.requirement.max_age is not None

    def test_codes_are_active_at_once_but_confirm_nothing_by_themselves(self, world: World) -> None:
        world.enrolled(PHONE)

        registered = world.register(PHONE, "recovery", name="safe")

        assert (registered.device.active, registered.device.name, registered.device.index) == (True, "safe", 1)
        assert world.confirmed(PHONE) == [0]
        assert world.indexes(LAPTOP) == [0, 1]
        assert world.history[-1] == DeviceActivated(user_id=ANNA, at=world.clock.now(), index=1, method="recovery")

    def test_codes_leave_alone_what_is_pending(self, world: World) -> None:
        world.enrolled(PHONE)
        pending = world.register(PHONE, "email").device.index

        index, _ = world.codes(PHONE)

        assert world.indexes(PHONE) == [0, pending, index]

    @pytest.mark.parametrize("passed", [timedelta(minutes=5), timedelta(0), timedelta(minutes=-1)])
    def test_new_codes_are_active_at_once_and_later_than_the_old_whatever_the_clock_says(
        self, world: World, passed: timedelta
    ) -> None:
        world.enrolled(PHONE)
        old = world.register(PHONE, "recovery").device
        world.clock.time += passed

        new = world.register(PHONE, "recovery").device

        assert new.active
        assert new.created_at > old.created_at

    def test_codes_are_long_different_and_in_groups(self, world: World) -> None:
        world.enrolled(PHONE)

        _, codes = world.codes(PHONE)

        assert len(set(codes)) == 10
        for code in codes:
            assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]  # of five bits each: 80

    def test_a_second_registration_replaces_the_codes_and_keeps_the_index(self, world: World) -> None:
        world.enrolled(PHONE)
        index, old = world.codes(PHONE)
        world.enrolled(PHONE, "hotp")

        same, new = world.codes(PHONE)

        assert same == index
        assert world.indexes(PHONE) == [0, index, 2]
        assert world.repository.of(ANNA).devices[1].registered_by is None
        assert world.history[-1] == RecoveryCodesReplaced(
            user_id=ANNA, at=world.clock.now(), index=index, method="recovery"
        )
        assert not set(old) & set(new)
        for code in old:
            assert isinstance(world.verify(LAPTOP, index, code), NotVerified)
        assert isinstance(world.verify(LAPTOP, index, new[0]), Verified)

    def test_replaced_codes_can_be_used_however_many_are_left(self, world: World) -> None:
        world.enrolled(PHONE)
        index, old = world.codes(PHONE)
        world.verify(LAPTOP, index, old[0])

        _, new = world.codes(PHONE)

        assert all(isinstance(world.verify(LAPTOP, index, code), Verified) for code in new)
        assert isinstance(world.verify(LAPTOP, index, new[0]), NotVerified)

    def test_the_number_of_devices_per_method_does_not_keep_codes_from_being_replaced(self) -> None:
        world = World(max_devices_per_method=1)
        world.enrolled(PHONE)
        world.codes(PHONE)

        assert world.codes(PHONE)[0] == 1

    def test_codes_are_not_what_has_to_be_confirmed_before_registering(self) -> None:
        world = World(required_verifications=3)
        world.enrolled(PHONE)
        world.mailbox(PHONE)
        world.with_settings(required_verifications=2).codes(PHONE)

        assert world.register(PHONE, "hotp").device.index == 3

    def test_codes_go_with_the_last_device(self, world: World) -> None:
        app = world.enrolled(PHONE)
        other = world.enrolled(PHONE)
        index, codes = world.codes(PHONE)
        world.remove(PHONE, other.index)
        assert index in world.indexes(PHONE)

        world.remove(PHONE, app.index)

        assert world.indexes(PHONE) == []
        assert [event for event in world.events(DeviceRemoved) if event.at == world.clock.now()] == [
            DeviceRemoved(user_id=ANNA, at=world.clock.now(), index=other.index, method="totp"),
            DeviceRemoved(user_id=ANNA, at=world.clock.now(), index=app.index, method="totp"),
            DeviceRemoved(user_id=ANNA, at=world.clock.now(), index=index, method="recovery"),
        ]
        with pytest.raises(DeviceNotFound):
            world.verify(PHONE, index, codes[0])
        with pytest.raises(DeviceRequired):
            world.register(PHONE, "recovery")
        with pytest.raises(RegistrationRequired):
            world.rename(PHONE, world.register(PHONE, "totp").device.index, "name")


class TestFailuresOutlivePendingDevices:
    def test_registering_anew_buys_no_guesses(self, world: World) -> None:
        for _ in range(4):
            world.wrong(PHONE, world.register(PHONE, "totp").device.index, 1)

        index = world.register(PHONE, "totp").device.index
        assert world.failures() == 4
        world.wrong(PHONE, index, 1)

        assert world.assess(PHONE).locked

    def test_neither_does_another_method_or_token(self, world: World) -> None:
        world.wrong(PHONE, world.register(PHONE, "totp").device.index, 3)
        world.wrong(LAPTOP, world.register(LAPTOP, "hotp").device.index, 2)

        assert world.assess(PHONE).locked
        assert world.assess(LAPTOP).locked
        assert not world.assess(BERTS).locked

    def test_nor_waiting_until_it_expires(self, world: World) -> None:
        world.wrong(PHONE, world.register(PHONE, "totp").device.index, 4)
        world.later(hours=2)
        assert world.failures() == 4

        world.wrong(LAPTOP, world.register(LAPTOP, "totp").device.index, 1)

        assert world.assess(LAPTOP).locked

    def test_nor_removing_it(self, world: World) -> None:
        index = world.register(PHONE, "totp").device.index
        world.wrong(PHONE, index, 4)

        world.remove(PHONE, index)

        assert world.indexes(PHONE) == []
        assert world.failures() == 4

    def test_an_activation_ends_the_waits_for_what_was_pending(self, world: World) -> None:
        world.wrong(LAPTOP, world.register(LAPTOP, "totp").device.index, 4)

        world.mailbox(PHONE)

        assert world.failures() == 0

    def test_a_right_value_of_the_next_device_of_the_method_clears_them(self, world: World) -> None:
        world.wrong(PHONE, world.register(PHONE, "totp").device.index, 4)

        world.enrolled(PHONE)

        assert world.failures() == 0


class LookedUp(MemoryUserDirectory):
    """Counts how often somebody asks for a user."""

    asked = 0

    def profile(self, user_id: UserId) -> Profile:
        self.asked += 1
        return super().profile(user_id)


class TestTheUser:
    @pytest.mark.parametrize(
        ("method", "fields", "user_name", "asked"),
        [
            ("totp", {}, "as the token says", 0),
            ("totp", {}, None, 1),
            ("email", {"address": "someone@example.org"}, "as the token says", 0),
            ("email", {}, "as the token says", 1),
            ("email", {}, None, 1),
        ],
    )
    def test_is_looked_up_where_more_is_asked_than_is_known(
        self, world: World, method: str, fields: dict[str, str], user_name: str | None, asked: int
    ) -> None:
        users = LookedUp({ANNA: Profile(name="anna", email=MAIL)})
        world.container.users.override(users)

        command = Register(token=PHONE, method=method, user_name=user_name, fields=fields)
        world.register_device(command)

        assert users.asked == asked

    def test_is_called_as_the_request_says(self, world: World) -> None:
        registered = world.register_device(Register(token=PHONE, method="totp", user_name="ada", site="shop.example"))

        assert cast("str", registered.shown["authenticator_url"]).startswith("otpauth://totp/shop.example:ada?")

    def test_is_mailed_at_the_address_of_the_moment(self, world: World) -> None:
        index = world.register_device(Register(token=PHONE, method="email", user_name="anna")).device.index
        world.dispatch(PHONE, index)

        assert world.outbox.messages[-1].destination == MAIL
