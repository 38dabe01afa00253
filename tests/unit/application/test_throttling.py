from datetime import timedelta

import pytest

from mfa.application.verification import NotVerified, Verified
from mfa.domain.errors import DeviceIsDisabled, Throttled, VerificationRequired
from mfa.domain.events import AccountLocked, DeviceDisabled, VerificationRejected
from tests.unit.application.world import ANNA, BERTS, LAPTOP, PHONE, WRONG, World

TIMEOUT = timedelta(seconds=30)


class TestRecursive:
    def test_the_first_failures_cost_nothing(self, world: World) -> None:
        app = world.enrolled(PHONE)
        for _ in range(4):
            assert isinstance(world.verify(PHONE, app.index, WRONG), NotVerified)

        assert not world.assess(PHONE).locked
        assert world.events(AccountLocked) == []
        assert isinstance(world.verify(PHONE, app.index, app.fresh()), Verified)

    def test_then_every_failure_costs_one_wait_more(self, world: World) -> None:
        app = world.enrolled(PHONE)
        world.wrong(PHONE, app.index, 4)

        waits, told = [], []
        for number in range(1, 5):
            world.wrong(PHONE, app.index, 1)
            waits.append(world.assess(PHONE).retry_after)
            told.append(
                AccountLocked(user_id=ANNA, at=world.clock.now(), failures=4 + number, retry_after=number * TIMEOUT)
            )

        assert waits == [TIMEOUT, 2 * TIMEOUT, 3 * TIMEOUT, 4 * TIMEOUT]
        assert world.events(AccountLocked) == told

    def test_up_to_120_waits(self) -> None:
        world = World(max_failures=1000)
        app = world.enrolled(PHONE)

        world.wrong(PHONE, app.index, 124)
        assert world.assess(PHONE).retry_after == 120 * TIMEOUT
        world.wrong(PHONE, app.index, 10)

        assert world.assess(PHONE).retry_after == 120 * TIMEOUT

    def test_a_locked_value_is_not_looked_at_right_or_wrong(self, world: World) -> None:
        app = world.enrolled(PHONE, "hotp")
        world.wrong(PHONE, app.index, 5)
        world.later(seconds=12)
        before, happened = world.repository.of(ANNA, PHONE.id), world.history

        for value in (app.at(1), WRONG):
            with pytest.raises(Throttled) as refusal:
                world.verify(PHONE, app.index, value)
            assert refusal.value.retry_after == timedelta(seconds=18)

        assert world.repository.of(ANNA, PHONE.id) == before
        assert world.history == happened
        world.later(seconds=18)
        assert isinstance(world.verify(PHONE, app.index, app.at(1)), Verified)

    def test_it_is_locked_until_the_last_moment(self, world: World) -> None:
        app = world.enrolled(PHONE)
        world.wrong(PHONE, app.index, 5)
        world.clock.advance(TIMEOUT - timedelta.resolution)

        with pytest.raises(Throttled):
            world.verify(PHONE, app.index, WRONG)
        assert world.assess(PHONE).retry_after == timedelta.resolution
        world.clock.advance(timedelta.resolution)

        assert isinstance(world.verify(PHONE, app.index, WRONG), NotVerified)

    def test_the_settings_hold(self) -> None:
        world = World(verification_throttle_tryouts=2, verification_throttle_timeout=timedelta(minutes=1))
        app = world.enrolled(PHONE)

        world.wrong(PHONE, app.index, 3)

        assert world.assess(PHONE).retry_after == timedelta(minutes=2)


class TestSimple:
    def test_a_wait_after_every_set_of_tries(self) -> None:
        world = World(verification_throttle="simple")
        app = world.enrolled(PHONE)

        waits = []
        for _ in range(11):
            world.wrong(PHONE, app.index, 1)
            waits.append(world.assess(PHONE).retry_after)

        assert waits == [None, None, None, None, TIMEOUT, None, None, None, None, TIMEOUT, None]


class TestWhatCounts:
    def test_failures_of_all_devices_and_tokens_add_up(self, world: World) -> None:
        totp, hotp = world.enrolled(PHONE), world.enrolled(PHONE, "hotp")
        mail = world.mailbox(PHONE)
        world.wrong(PHONE, totp.index, 2)
        world.wrong(LAPTOP, hotp.index, 2)
        assert not world.assess(PHONE).locked

        world.wrong(PHONE, mail, 1)

        for token in (PHONE, LAPTOP):
            for index in (totp.index, hotp.index, mail):
                if (token, index) != (LAPTOP, mail):
                    with pytest.raises(Throttled):
                        world.verify(token, index, WRONG)
        assert world.assess(LAPTOP).retry_after == TIMEOUT

    def test_another_user_is_not_concerned(self, world: World) -> None:
        app, berts = world.enrolled(PHONE), world.enrolled(BERTS)
        world.wrong(PHONE, app.index, 5)

        assert not world.assess(BERTS).locked
        assert isinstance(world.verify(BERTS, berts.index, berts.fresh()), Verified)

    def test_replayed_expired_and_used_up_values_count_as_well(self, world: World) -> None:
        app = world.enrolled(PHONE)
        mail = world.mailbox(PHONE)

        assert isinstance(world.verify(PHONE, app.index, app.code()), NotVerified)
        assert isinstance(world.verify(PHONE, mail, world.outbox.messages[-1].code), NotVerified)
        world.later(seconds=30)
        code = world.dispatch(PHONE, mail, again=True)
        world.later(minutes=10)
        assert isinstance(world.verify(PHONE, mail, code), NotVerified)

        assert world.failures() == 3

    def test_a_right_value_clears_the_failures_of_its_own_device_only(self, world: World) -> None:
        totp, hotp = world.enrolled(PHONE), world.enrolled(PHONE, "hotp")
        world.wrong(PHONE, totp.index, 2)
        world.wrong(PHONE, hotp.index, 2)

        world.verify(PHONE, hotp.index, hotp.at(1))

        assert world.failures() == 2
        assert [device.failures.count for device in world.repository.of(ANNA).devices] == [2, 0]

    def test_right_values_of_one_factor_buy_no_guesses_at_another(self, world: World) -> None:
        owned, guessed = world.enrolled(PHONE, "hotp"), world.enrolled(PHONE)
        world.wrong(PHONE, guessed.index, 4)
        world.verify(PHONE, owned.index, owned.at(1))

        world.wrong(PHONE, guessed.index, 1)

        with pytest.raises(Throttled):
            world.verify(PHONE, guessed.index, WRONG)
        with pytest.raises(Throttled):
            world.verify(PHONE, owned.index, owned.at(2))

    def test_removing_a_guessed_device_ends_no_wait_for_whoever_is_verified_by_what_can_be_guessed(
        self, world: World
    ) -> None:
        app, other = world.enrolled(PHONE), world.enrolled(PHONE)
        world.wrong(PHONE, app.index, 4)

        world.remove(PHONE, app.index)
        world.verify(PHONE, other.index, WRONG)

        with pytest.raises(Throttled):
            world.verify(PHONE, other.index, other.code())

    def test_what_cannot_be_guessed_is_neither_counted_nor_locked(self, world: World) -> None:
        app = world.enrolled(PHONE)
        recovery, codes = world.codes(PHONE)
        key = world.register(PHONE, "key").device.index
        assert isinstance(world.verify(PHONE, key, "touch"), Verified)
        world.wrong(PHONE, app.index, 5)

        assert isinstance(world.verify(LAPTOP, key, "no touch"), NotVerified)
        assert isinstance(world.verify(LAPTOP, recovery, WRONG), NotVerified)
        assert world.failures() == 5
        assert isinstance(world.verify(LAPTOP, key, "touch"), Verified)
        assert isinstance(world.verify(LAPTOP, recovery, codes[0]), Verified)

        assert world.failures() == 5
        assert world.assess(LAPTOP).locked

    def test_a_wrong_value_that_does_not_count_is_no_news_of_a_lock(self, world: World) -> None:
        app = world.enrolled(PHONE)
        recovery, _ = world.codes(PHONE)
        world.wrong(PHONE, app.index, 5)

        world.verify(LAPTOP, recovery, WRONG)

        assert len(world.events(AccountLocked)) == 1
        assert isinstance(world.history[-1], VerificationRejected)


class TestTooMany:
    def test_a_device_has_an_end_and_others_go_on(self) -> None:
        world = World(max_failures=7)
        app = world.enrolled(PHONE, "hotp")
        mail = world.mailbox(PHONE)
        world.wrong(PHONE, app.index, 7)

        assert world.events(DeviceDisabled) == [
            DeviceDisabled(user_id=ANNA, at=world.clock.now(), index=app.index, method="hotp")
        ]
        assert [each.disabled for each in world.list_devices(PHONE)] == [True, False]
        for token in (PHONE, LAPTOP):
            with pytest.raises(DeviceIsDisabled):
                world.verify(token, app.index, app.at(1))
        world.later(days=365)
        with pytest.raises(DeviceIsDisabled):
            world.verify(PHONE, app.index, app.at(1))
        assert isinstance(world.verify(LAPTOP, mail, world.dispatch(LAPTOP, mail)), Verified)
        world.remove(LAPTOP, app.index)
        assert isinstance(world.verify(LAPTOP, world.register(LAPTOP, "hotp").device.index, "7" * 6), NotVerified)

    def test_what_it_had_confirmed_stays_and_it_stays_in_the_way(self) -> None:
        world = World(max_failures=7)
        app = world.enrolled(PHONE)
        world.wrong(LAPTOP, app.index, 7)

        assert world.assess(PHONE).verified
        assert not world.assess(LAPTOP).verified
        assert world.assess(LAPTOP).enrolled
        with pytest.raises(VerificationRequired):
            world.register(LAPTOP, "totp")

    def test_it_is_removed_by_the_proof_of_another(self) -> None:
        world = World(max_failures=7)
        app = world.enrolled(PHONE)
        recovery, codes = world.codes(PHONE)
        world.wrong(LAPTOP, app.index, 7)
        with pytest.raises(VerificationRequired):
            world.remove(PHONE, app.index)

        world.verify(PHONE, recovery, codes[0])
        world.remove(PHONE, app.index)

        world.enrolled(PHONE)
        assert world.assess(PHONE).verified
        assert not world.assess(PHONE).locked

    def test_one_hundred_by_default(self, world: World) -> None:
        app = world.enrolled(PHONE)

        world.wrong(PHONE, app.index, 99)
        assert not world.events(DeviceDisabled)
        world.wrong(PHONE, app.index, 1)

        assert world.events(DeviceDisabled)

    @pytest.mark.parametrize("hours", [0, 2])
    def test_a_recovery_code_ends_the_waits_of_pending_devices_that_cannot_be_seen(self, hours: int) -> None:
        world = World()
        app = world.enrolled(PHONE)
        recovery, codes = world.codes(PHONE)
        world.verify(LAPTOP, app.index, app.fresh())
        world.wrong(LAPTOP, world.register(LAPTOP, "hotp").device.index, 9)
        world.later(hours=hours)

        world.verify(PHONE, recovery, codes[0])
        world.remove(PHONE, app.index)

        assert not world.assess(PHONE).locked
        world.enrolled(PHONE, "hotp")
        assert world.assess(PHONE).verified


class TestMemory:
    """A wait is for what was tried lately; a device's end is for all that was tried in a row."""

    def test_what_nobody_has_tried_for_a_day_makes_nobody_wait(self, world: World) -> None:
        app = world.enrolled(PHONE)
        world.wrong(LAPTOP, app.index, 9)
        world.later(days=1)

        for _ in range(4):
            assert isinstance(world.verify(PHONE, app.index, WRONG), NotVerified)
        assert isinstance(world.verify(PHONE, app.index, app.code()), Verified)

    def test_but_it_counts_towards_the_end_of_the_device(self) -> None:
        world = World(max_failures=10)
        app = world.enrolled(PHONE)
        world.wrong(LAPTOP, app.index, 9)
        world.later(days=1)

        world.verify(LAPTOP, app.index, WRONG)

        with pytest.raises(DeviceIsDisabled):
            world.verify(PHONE, app.index, app.code())

    def test_what_was_tried_before_a_user_enrolled_is_over_with_the_enrolment(self, world: World) -> None:
        world.wrong(LAPTOP, world.register(LAPTOP, "hotp").device.index, 9)
        world.await_unlocked(LAPTOP)

        app = world.enrolled(PHONE)

        assert isinstance(world.verify(PHONE, app.index, WRONG), NotVerified)
        assert isinstance(world.verify(PHONE, app.index, app.fresh()), Verified)

    def test_a_year_of_a_strangers_guesses_lets_the_owner_in_every_day(self) -> None:
        """Guesses at the sent code: the stranger gets his hundred, the owner goes on by the app."""
        world = World()
        app, mail = world.enrolled(PHONE), world.mailbox(PHONE)
        world.later(minutes=1)
        world.dispatch(LAPTOP, mail)
        guesses = 0
        for _ in range(365):
            try:
                while guesses < 1000:
                    world.verify(LAPTOP, mail, WRONG)
                    guesses += 1
            except (Throttled, DeviceIsDisabled):
                pass
            world.later(days=1)
            assert isinstance(world.verify(PHONE, app.index, app.code()), Verified)

        assert guesses == 100


class TestWhatResetsNothing:
    def test_neither_time_nor_a_restart(self, world: World) -> None:
        app = world.enrolled(PHONE)
        world.wrong(PHONE, app.index, 4)
        world.later(days=30)

        world.with_settings().wrong(LAPTOP, app.index, 1)

        assert world.failures() == 5

    def test_nor_renaming(self, world: World) -> None:
        app = world.enrolled(PHONE)
        world.wrong(PHONE, app.index, 4)

        world.rename(PHONE, app.index, "another name")

        assert world.failures() == 4

    def test_nor_removing_another_device(self, world: World) -> None:
        app, other = world.enrolled(PHONE), world.enrolled(PHONE)
        world.wrong(PHONE, app.index, 4)

        world.remove(PHONE, other.index)

        assert world.failures() == 4

    def test_nor_new_recovery_codes(self, world: World) -> None:
        app = world.enrolled(PHONE)
        world.codes(PHONE)
        world.wrong(PHONE, app.index, 4)

        world.codes(PHONE)

        assert world.failures() == 4
