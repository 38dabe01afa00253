from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mfa.application.verification import NotVerified, Verified
from mfa.domain.errors import DeviceNotFound, MalformedValue, MethodNotFound, Throttled
from mfa.domain.events import VerificationAccepted, VerificationRejected
from mfa.domain.identifiers import Token
from mfa.domain.verdicts import Reason
from tests.unit.application.world import ANNA, BERTS, LAPTOP, PHONE, WRONG, World

REPLAYED = NotVerified(reason=Reason.REPLAYED)
WRONG_VALUE = NotVerified(reason=Reason.WRONG)


class TestTotp:
    def test_a_value_confirms_the_device_to_its_token_alone(self, world: World) -> None:
        app = world.enrolled(PHONE)

        verified = world.verify(LAPTOP, app.index, app.fresh())

        assert isinstance(verified, Verified)
        assert verified.device.last_used_at == world.clock.now()
        assert verified.verifications_left == 0
        assert world.confirmed(LAPTOP) == [app.index]
        assert world.history[-1] == VerificationAccepted(
            user_id=ANNA, at=world.clock.now(), index=app.index, method="totp"
        )

    def test_spaces_and_hyphens_are_nothing(self, world: World) -> None:
        app = world.enrolled(PHONE)
        code = app.fresh()

        assert isinstance(world.verify(PHONE, app.index, f" {code[:3]}-{code[3:]} "), Verified)

    @pytest.mark.parametrize("token", [PHONE, LAPTOP])
    def test_a_value_is_accepted_once(self, world: World, token: Token) -> None:
        app = world.enrolled(PHONE)
        code = app.fresh()
        assert isinstance(world.verify(PHONE, app.index, code), Verified)

        assert world.verify(token, app.index, code) == REPLAYED
        assert world.failures() == 1

    def test_after_a_step_no_earlier_one_is_accepted_but_every_later_one(self, world: World) -> None:
        app = world.enrolled(PHONE)
        world.later(minutes=5)
        step = app.step
        assert isinstance(world.verify(PHONE, app.index, app.at(step)), Verified)

        assert world.verify(LAPTOP, app.index, app.at(step - 1)) == REPLAYED
        assert isinstance(world.verify(LAPTOP, app.index, app.at(step + 1)), Verified)
        assert world.verify(LAPTOP, app.index, app.at(step)) == REPLAYED
        world.later(seconds=30)
        assert world.verify(LAPTOP, app.index, app.at(step + 1)) == REPLAYED
        assert isinstance(world.verify(LAPTOP, app.index, app.at(step + 2)), Verified)

    @pytest.mark.parametrize(
        ("off", "answer"), [(-2, NotVerified), (-1, Verified), (0, Verified), (1, Verified), (2, NotVerified)]
    )
    def test_a_clock_may_be_so_far_off_and_no_farther(self, world: World, off: int, answer: type) -> None:
        app = world.enrolled(PHONE)
        world.later(minutes=5)

        assert isinstance(world.verify(PHONE, app.index, app.at(app.step + off)), answer)

    def test_a_device_keeps_the_parameters_that_it_was_registered_with(self, world: World) -> None:
        app = world.enrolled(PHONE)
        changed = world.with_settings(totp_digits=8, totp_period=60, totp_tolerance=0, totp_algorithm="sha512")
        changed.later(minutes=5)
        world.clock.time = changed.clock.now()

        assert isinstance(changed.verify(PHONE, app.index, app.at(app.step + 1)), Verified)

    def test_a_fresh_value_renews_the_verification(self, world: World) -> None:
        app = world.enrolled(PHONE)
        world.later(minutes=9)

        world.verify(PHONE, app.index, app.code())

        assert [each.at for each in world.assess(PHONE).confirmations] == [world.clock.now()]

    def test_a_wrong_value_takes_no_verification_away(self, world: World) -> None:
        app = world.enrolled(PHONE)

        assert world.verify(PHONE, app.index, WRONG) == WRONG_VALUE

        assert world.assess(PHONE).verified
        assert world.history[-1] == VerificationRejected(
            user_id=ANNA, at=world.clock.now(), index=app.index, method="totp", reason=Reason.WRONG
        )

    def test_a_method_that_is_no_longer_configured_verifies_nothing(self, world: World) -> None:
        app = world.enrolled(PHONE)
        without = world.with_settings(methods=("email", "recovery"))

        with pytest.raises(MethodNotFound):
            without.verify(PHONE, app.index, app.fresh())
        assert without.indexes(PHONE) == [app.index]


class TestHotp:
    def test_counters_within_tolerance_are_looked_at(self, world: World) -> None:
        app = world.enrolled(PHONE, "hotp")

        assert isinstance(world.verify(PHONE, app.index, app.at(4)), Verified)
        assert world.verify(PHONE, app.index, app.at(9)) == WRONG_VALUE
        assert isinstance(world.verify(PHONE, app.index, app.at(8)), Verified)

    def test_a_counter_never_goes_back(self, world: World) -> None:
        app = world.enrolled(PHONE, "hotp")
        world.verify(PHONE, app.index, app.at(3))

        for counter in (3, 2, 1, 0):
            assert isinstance(world.verify(LAPTOP, app.index, app.at(counter)), NotVerified)

        assert isinstance(world.verify(LAPTOP, app.index, app.at(4)), Verified)
        world.await_unlocked(PHONE)
        assert isinstance(world.verify(PHONE, app.index, app.at(3)), NotVerified)

    def test_a_wrong_value_does_not_move_the_counter(self) -> None:
        world = World(verification_throttle_tryouts=100)
        app = world.enrolled(PHONE, "hotp")

        world.wrong(PHONE, app.index, 10)

        assert isinstance(world.verify(PHONE, app.index, app.at(1)), Verified)

    @pytest.mark.parametrize(("resynchronise", "answer"), [(True, Verified), (False, NotVerified)])
    def test_two_values_in_a_row_put_it_right_where_that_is_wanted(self, *, resynchronise: bool, answer: type) -> None:
        world = World(hotp_resynchronise=resynchronise)
        app = world.enrolled(PHONE, "hotp")

        assert isinstance(world.verify(PHONE, app.index, app.at(50)), NotVerified)
        assert world.failures() == 1
        assert isinstance(world.verify(PHONE, app.index, app.at(51)), answer)
        assert isinstance(world.verify(PHONE, app.index, app.at(51)), NotVerified)


class TestRecovery:
    def test_each_code_works_once_for_all_tokens(self, world: World) -> None:
        world.enrolled(PHONE)
        index, codes = world.codes(PHONE)

        for code in codes:
            assert isinstance(world.verify(LAPTOP, index, code), Verified)
            assert isinstance(world.verify(LAPTOP, index, code), NotVerified)
            assert isinstance(world.verify(PHONE, index, code), NotVerified)
        assert world.confirmed(LAPTOP) == [index]

    def test_a_code_may_be_typed_in_any_case_and_without_hyphens(self, world: World) -> None:
        world.enrolled(PHONE)
        index, codes = world.codes(PHONE)
        typed = [codes[0].upper(), codes[1].replace("-", " "), f" {codes[2].title().replace('-', '')} "]

        assert all(isinstance(world.verify(LAPTOP, index, value), Verified) for value in typed)

    def test_wrong_codes_are_not_counted_and_lock_nothing(self, world: World) -> None:
        app = world.enrolled(PHONE)
        index, codes = world.codes(PHONE)

        for _ in range(20):
            assert world.verify(LAPTOP, index, WRONG) == WRONG_VALUE

        assert world.failures() == 0
        assert len(world.events(VerificationRejected)) == 20
        assert isinstance(world.verify(LAPTOP, app.index, app.fresh()), Verified)
        assert isinstance(world.verify(LAPTOP, index, codes[0]), Verified)

    def test_codes_of_another_user_are_worth_nothing(self, world: World) -> None:
        world.enrolled(PHONE)
        _, codes = world.codes(PHONE)
        world.enrolled(BERTS)
        berts, _ = world.codes(BERTS)

        assert world.verify(BERTS, berts, codes[0]) == WRONG_VALUE


class TestValues:
    @pytest.mark.parametrize(
        "value", [None, 123456, 1.5, True, [], ["123456"], {}, {"value": "1"}, b"123456", "1" * 4097, "\u00e9" * 2049]
    )
    @pytest.mark.parametrize("method", ["totp", "hotp", "email", "recovery"])
    def test_what_can_be_no_value_is_refused_and_not_counted(self, world: World, method: str, value: object) -> None:
        world.enrolled(PHONE)
        index = world.register(PHONE, method).device.index
        if method == "email":
            world.dispatch(PHONE, index)
        before, happened = world.repository.of(ANNA, PHONE.id), world.history

        with pytest.raises(MalformedValue):
            world.verify(PHONE, index, value)

        assert world.repository.of(ANNA, PHONE.id) == before
        assert world.history == happened

    @pytest.mark.parametrize(
        "value",
        [
            *("", " ", "12345", "1234567", "x", "12 34", "0x1f", "+12345", "12345\n", "123456\x00"),
            *("\uff11\uff12\uff13\uff14\uff15\uff16", "\ud800", "1" * 4096),
        ],
    )
    @pytest.mark.parametrize("method", ["totp", "hotp", "email", "recovery"])
    def test_any_other_text_is_simply_wrong(self, world: World, method: str, value: str) -> None:
        world.enrolled(PHONE)
        index = world.register(PHONE, method).device.index
        if method == "email":
            world.dispatch(PHONE, index)

        assert world.verify(PHONE, index, value) == WRONG_VALUE

    def test_a_value_in_digits_of_another_script_is_the_same_value_and_used_once(self, world: World) -> None:
        app = world.enrolled(PHONE)
        arabic = str.maketrans("0123456789", "".join(chr(0x0660 + digit) for digit in range(10)))
        code = app.fresh()

        assert isinstance(world.verify(PHONE, app.index, code.translate(arabic)), Verified)
        assert world.verify(LAPTOP, app.index, code) == REPLAYED

    def test_an_index_that_is_not_the_users_own_is_not_there(self, world: World) -> None:
        app = world.enrolled(PHONE)

        for token, index in ((BERTS, app.index), (PHONE, 7), (PHONE, -1)):
            with pytest.raises(DeviceNotFound):
                world.verify(token, index, app.fresh())
        assert world.failures() == 0

    def test_a_value_of_one_device_is_wrong_for_another(self, world: World) -> None:
        one, other = world.enrolled(PHONE), world.enrolled(PHONE)

        assert world.verify(PHONE, other.index, one.fresh()) == WRONG_VALUE


class TestHowMany:
    def test_one_device_never_counts_twice(self) -> None:
        world = World(required_verifications=2)
        app = world.enrolled(PHONE)

        for _ in range(3):
            verified = world.verify(PHONE, app.index, app.fresh())
            assert isinstance(verified, Verified)
            assert verified.verifications_left == 1
        assert not world.assess(PHONE).verified

    def test_two_devices_of_one_method_count_as_two(self) -> None:
        world = World(required_verifications=2)
        one, other = world.enrolled(PHONE), world.enrolled(PHONE)

        first = world.verify(LAPTOP, one.index, one.fresh())
        second = world.verify(LAPTOP, other.index, other.code())

        assert isinstance(first, Verified)
        assert isinstance(second, Verified)
        assert (first.verifications_left, second.verifications_left) == (1, 0)

    def test_more_than_enough_leaves_none(self, world: World) -> None:
        world.enrolled(PHONE)
        app = world.enrolled(PHONE)

        verified = world.verify(PHONE, app.index, app.fresh())

        assert isinstance(verified, Verified)
        assert verified.verifications_left == 0

    def test_a_verification_lasts_so_long_and_no_longer(self) -> None:
        world = World(verification_lifetime=timedelta(hours=12))
        app = world.enrolled(PHONE)
        world.clock.advance(timedelta(hours=12) - timedelta.resolution)
        assert world.assess(PHONE).verified

        world.clock.advance(timedelta.resolution)

        assert not world.assess(PHONE).verified
        assert world.assess(PHONE).verifications_left == 1
        assert world.confirmed(PHONE) == []
        assert isinstance(world.verify(PHONE, app.index, app.code()), Verified)
        assert world.assess(PHONE).verified

    def test_without_a_limit_it_lasts(self) -> None:
        world = World(verification_lifetime=None)
        world.enrolled(PHONE)
        world.later(days=1000)

        assert world.assess(PHONE).verified


def test_a_code_that_a_wrong_clock_sent_is_worth_nothing(world: World) -> None:
    mail = world.register(PHONE, "email").device.index
    world.verify(PHONE, mail, world.dispatch(PHONE, mail))
    world.later(minutes=5)
    code = world.dispatch(LAPTOP, mail)

    world.clock.advance(timedelta(minutes=-2))

    assert world.verify(LAPTOP, mail, code) == NotVerified(reason=Reason.USED_UP)


class TestAtOnce:
    """Requests that come together are judged one after another."""

    def test_of_many_that_carry_the_same_value_one_succeeds(self) -> None:
        world = World(verification_throttle_tryouts=100)
        app = world.enrolled(PHONE)
        code = app.fresh()

        def attempt(number: int) -> object:
            try:
                return type(world.verify(PHONE if number % 2 else LAPTOP, app.index, code))
            except Throttled:
                return Throttled

        with ThreadPoolExecutor(16) as threads:
            answers = list(threads.map(attempt, range(64)))

        assert answers.count(Verified) == 1
        assert world.failures() == answers.count(NotVerified)

    def test_of_many_guesses_no_more_are_judged_than_one_after_another(self, world: World) -> None:
        app = world.enrolled(PHONE)
        right = app.fresh()

        def attempt(number: int) -> object:
            try:
                return type(world.verify(PHONE, app.index, WRONG if number < 40 else right))
            except Throttled:
                return Throttled

        with ThreadPoolExecutor(16) as threads:
            answers = list(threads.map(attempt, range(41)))

        assert answers.count(NotVerified) <= 5 + 4 * answers.count(Verified)
        assert len(world.events(VerificationRejected)) == answers.count(NotVerified)
