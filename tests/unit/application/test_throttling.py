from datetime import timedelta

import pytest

from mfa.application.verification import NotVerified, Verified
from mfa.domain.errors import Throttled
from mfa.domain.events import AccountLocked, VerificationRejected
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

        waits = []
        for _ in range(4):
            world.wrong(PHONE, app.index, 1)
            waits.append(world.assess(PHONE).retry_after)

        assert waits == [TIMEOUT, 2 * TIMEOUT, 3 * TIMEOUT, 4 * TIMEOUT]
        assert [(event.failures, event.retry_after) for event in world.events(AccountLocked)] == [
            (5 + number, wait) for number, wait in enumerate(waits)
        ]

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

    def test_a_device_that_is_removed_takes_its_own_failures_along(self, world: World) -> None:
        app, other = world.enrolled(PHONE), world.enrolled(PHONE)
        world.wrong(PHONE, app.index, 3)
        world.wrong(PHONE, other.index, 1)

        world.remove(PHONE, app.index)

        assert world.failures() == 1

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
    def test_in_the_end_waiting_does_not_help(self) -> None:
        world = World(max_failures=7)
        app = world.enrolled(PHONE, "hotp")
        mail = world.mailbox(PHONE)
        world.wrong(PHONE, app.index, 7)

        standing = world.assess(LAPTOP)
        assert (standing.locked, standing.retry_after) == (True, None)
        assert world.events(AccountLocked)[-1] == AccountLocked(
            user_id=ANNA, at=world.clock.now(), failures=7, retry_after=None
        )
        world.later(days=365)
        for token in (PHONE, LAPTOP):
            with pytest.raises(Throttled) as refusal:
                world.verify(token, app.index, app.at(1))
            assert refusal.value.retry_after is None
            with pytest.raises(Throttled) as refusal:
                world.dispatch(token, mail, again=True)
            assert refusal.value.retry_after is None

    def test_one_hundred_by_default(self, world: World) -> None:
        app = world.enrolled(PHONE)

        world.wrong(PHONE, app.index, 99)
        assert world.assess(PHONE).retry_after is not None
        world.wrong(PHONE, app.index, 1)

        assert world.assess(PHONE).locked
        assert world.assess(PHONE).retry_after is None

    def test_a_recovery_code_is_the_way_back(self) -> None:
        world = World(max_failures=7)
        app = world.enrolled(PHONE)
        recovery, codes = world.codes(PHONE)
        world.wrong(LAPTOP, app.index, 7)
        world.later(days=1)

        world.verify(PHONE, recovery, codes[0])
        assert world.assess(PHONE).locked
        world.remove(PHONE, app.index)
        assert not world.assess(PHONE).locked

        world.enrolled(PHONE)
        assert world.assess(PHONE).verified
        assert world.failures() == 0

    def test_a_security_key_is_another(self) -> None:
        world = World(max_failures=7)
        app = world.enrolled(PHONE)
        key = world.register(PHONE, "key").device.index
        world.verify(PHONE, key, "touch")
        world.wrong(LAPTOP, app.index, 7)
        world.later(days=1)

        world.verify(PHONE, key, "touch")
        world.remove(PHONE, app.index)

        anew = world.enrolled(PHONE)
        assert world.confirmed(PHONE) == [key, anew.index]

    def test_it_leads_back_past_failures_that_were_carried_over(self) -> None:
        world = World(max_failures=7)
        world.wrong(LAPTOP, world.register(LAPTOP, "hotp").device.index, 4)
        app = world.enrolled(PHONE)
        recovery, codes = world.codes(PHONE)
        world.wrong(LAPTOP, app.index, 3)

        world.verify(PHONE, recovery, codes[0])
        world.remove(PHONE, app.index)

        assert world.failures() == 0

    @pytest.mark.parametrize("hours", [0, 2])
    def test_and_past_those_of_pending_devices_that_cannot_be_seen(self, hours: int) -> None:
        world = World(max_failures=7)
        app = world.enrolled(PHONE)
        recovery, codes = world.codes(PHONE)
        world.verify(LAPTOP, app.index, app.fresh())
        world.wrong(LAPTOP, world.register(LAPTOP, "hotp").device.index, 7)
        world.later(hours=hours)
        assert world.assess(PHONE).retry_after is None

        world.verify(PHONE, recovery, codes[0])
        world.remove(PHONE, app.index)

        assert not world.assess(PHONE).locked
        world.enrolled(PHONE, "hotp")
        assert world.assess(PHONE).verified

    def test_a_proof_that_could_be_guessed_is_not_the_way(self, world: World) -> None:
        world.wrong(LAPTOP, world.register(LAPTOP, "hotp").device.index, 4)
        world.enrolled(PHONE)
        other = world.enrolled(PHONE)
        pending = world.register(PHONE, "sms", number="+31612345678").device.index

        world.remove(PHONE, other.index)
        world.remove(PHONE, pending)

        assert world.failures() == 4

    def test_and_neither_is_one_that_is_too_old(self) -> None:
        world = World(max_failures=7)
        world.wrong(LAPTOP, world.register(LAPTOP, "hotp").device.index, 4)
        app = world.enrolled(PHONE)
        recovery, codes = world.codes(PHONE)
        world.verify(PHONE, recovery, codes[0])
        world.later(minutes=11)
        world.verify(PHONE, app.index, app.code())

        world.remove(PHONE, app.index)

        assert world.failures() == 4


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
