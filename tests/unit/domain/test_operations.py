"""What operators change in an account, and what a lockdown and a pass mean to it."""

from datetime import timedelta

import attrs
import pytest

from mfa.domain.accounts import MOST_BROWSERS, Account
from mfa.domain.devices import Device
from mfa.domain.errors import DeviceNotFound, RegistrationRequired, VerificationRequired
from mfa.domain.identifiers import Token, TokenId
from mfa.domain.operations import locked_down, purged, reset, unlocked, with_pass
from mfa.domain.throttling import Failures
from mfa.domain.trusts import Trust
from tests.unit.domain.samples import (
    HOTP,
    HOUR,
    LAPTOP,
    MINUTE,
    NOW,
    OWNER,
    PHONE,
    RECOVERY,
    RULES,
    SECOND,
    TICK,
    Kind,
    account,
    active,
    failures,
    pending,
    rules,
)

PASS = Kind(name="pass", guessable=False, backup=True)
WITH_PASS = rules(methods=attrs.evolve(RULES.methods, reserved=(PASS,)))


def temporary(index: int, **changes: object) -> Device:
    return attrs.evolve(active(index, PASS, expires_at=NOW + HOUR, uses_left=1), **changes)  # type: ignore[arg-type]


def trust(name: str, ends: timedelta = HOUR) -> Trust:
    return Trust(digest=name * 64, index=0, login="", created_at=NOW - MINUTE, expires_at=NOW + ends)


class TestTemporary:
    @pytest.mark.parametrize("token_id", [LAPTOP, PHONE, None])
    def test_it_is_seen_by_every_token_as_long_as_it_serves(self, token_id: TokenId | None) -> None:
        assert temporary(0).visible(token_id, NOW)
        assert temporary(0).visible(token_id, NOW + HOUR - TICK)
        assert not temporary(0).visible(token_id, NOW + HOUR)
        assert not temporary(0, uses_left=0).visible(token_id, NOW)
        assert not temporary(0, created_at=NOW + HOUR).visible(token_id, NOW), "a wrong clock made it"

    def test_it_is_what_is_active_and_has_an_end(self) -> None:
        assert temporary(0).temporary
        assert not active(0).temporary
        assert not pending(0).temporary

    def test_it_is_none_of_the_devices_that_were_proved(self) -> None:
        assert account(active(0), temporary(1)).active == (active(0),)

    def test_what_it_confirmed_counts_while_it_lives_used_up_or_not(self) -> None:
        known = account(temporary(0, uses_left=0), confirmed={0: NOW})

        assert [each.index for each in known.confirmations(WITH_PASS, NOW + HOUR - TICK)] == [0]
        assert known.confirmations(WITH_PASS, NOW + HOUR) == ()

    def test_it_proves_whatever_number_is_required(self) -> None:
        known = account(active(0), active(1), temporary(2), confirmed={2: NOW})

        assert known.proved(2, WITH_PASS, NOW)
        assert known.verifications_left(2, WITH_PASS, NOW) == 1
        assert not account(active(0), active(1), temporary(2), confirmed={0: NOW}).proved(2, WITH_PASS, NOW)

    def test_another_takes_its_place_and_nothing_elses(self) -> None:
        known = account(active(0), pending(1), temporary(2))

        after = with_pass(known, temporary(3))

        assert after.devices == (active(0), pending(1), temporary(3))
        assert after.next_index == 4

    def test_each_use_is_one_less_and_its_end_stays(self) -> None:
        known = account(temporary(0, uses_left=2))

        after = known.accepted(known.devices[0], state=b"", unique=None, now=NOW, until=None)

        [device] = after.devices
        assert (device.uses_left, device.expires_at, device.last_used_at) == (1, NOW + HOUR, NOW)

    def test_no_stranger_gives_it_back(self) -> None:
        alone, beside = account(temporary(0)), account(active(0), temporary(1))

        with pytest.raises(RegistrationRequired):
            alone.demand_removal(alone.devices[0], 0, WITH_PASS, NOW)
        with pytest.raises(VerificationRequired):
            beside.demand_removal(beside.devices[1], 1, WITH_PASS, NOW)


class TestUnlocking:
    def test_all_that_was_counted_is_cleared(self) -> None:
        known = account(
            active(0, failures=failures(100)),
            pending(1, failures=failures(3)),
            gone=(failures(9),),
            locked_down=True,
            locked_down_at=NOW,
        )

        after = unlocked(known)

        assert [each.failures for each in after.devices] == [Failures(), Failures()]
        assert (after.gone, after.locked_down) == ((), False)
        assert after.waits_until(RULES, NOW) is None
        assert after.locked_down_at == NOW, "a token from before stays ended"

    def test_the_rest_stays(self) -> None:
        known = account(active(0), confirmed={0: NOW}, trusts=(trust("a"),), generation=4)

        assert unlocked(known) == known


class TestResetting:
    def test_devices_go_and_every_confirmation_with_them(self) -> None:
        known = account(active(0), active(1, HOTP), confirmed={0: NOW, 1: NOW}, trusts=(trust("a"),), generation=4)

        after = reset(known, {0}, RULES, NOW)

        assert [each.index for each in after.devices] == [1]
        assert (after.challenges, after.trusts, after.generation) == ((), (), 5)

    def test_backups_go_with_the_last_that_they_stand_in_for(self) -> None:
        known = account(active(0), active(1, RECOVERY), pending(2))

        assert [each.index for each in reset(known, {0}, RULES, NOW).devices] == [2]
        assert [each.index for each in reset(known, {1}, RULES, NOW).devices] == [0, 2]

    def test_what_was_guessed_stays_counted(self) -> None:
        codes = active(1, RECOVERY, guessable=True, failures=failures(3))
        known = account(active(0, failures=failures(7)), codes, gone=(failures(2),))

        assert reset(known, {0}, RULES, NOW).remembered_failures(RULES, NOW) == 12


class TestLockingDown:
    def test_what_is_open_goes_and_devices_stay(self) -> None:
        known = account(
            active(0), pending(1), temporary(2), confirmed={0: NOW, 2: NOW}, trusts=(trust("a"),), generation=4
        )

        after = locked_down(known, WITH_PASS, NOW)

        assert after.devices == (active(0),)
        assert (after.challenges, after.trusts, after.generation) == ((), (), 5)
        assert (after.locked_down, after.locked_down_at) == (True, NOW)

    def test_failures_stay_counted(self) -> None:
        known = account(active(0, failures=failures(3)), pending(1, failures=failures(4)))

        assert locked_down(known, RULES, NOW).remembered_failures(RULES, NOW) == 7

    @pytest.mark.parametrize("required", [0, 1, 2])
    def test_nobody_registers_by_a_password_alone(self, required: int) -> None:
        known = account()
        assert known.may_register(0, RULES, NOW)

        after = locked_down(known, RULES, NOW)

        assert not after.may_register(required, RULES, NOW)

    def test_nor_where_there_is_nothing_but_a_backup(self) -> None:
        known = account(active(0, RECOVERY))
        assert known.may_register(1, RULES, NOW)

        assert not locked_down(known, RULES, NOW).may_register(1, RULES, NOW)

    def test_who_has_proved_something_does(self) -> None:
        known = account(active(0), confirmed={0: NOW}, locked_down=True)

        assert known.may_register(2, RULES, NOW), "all that there is to confirm"
        assert known.may_register(1, RULES, NOW)

    @pytest.mark.parametrize(
        ("issued_at", "ended"), [(NOW - SECOND, True), (NOW, True), (NOW + TICK, False), (None, False)]
    )
    def test_a_token_from_before_is_ended(self, issued_at: object, *, ended: bool) -> None:
        token = Token(id=LAPTOP, user_id=OWNER, issued_at=issued_at)  # type: ignore[arg-type]

        assert account(locked_down_at=NOW).ended(token) is ended
        assert not account().ended(token)

    def test_any_right_value_ends_it(self) -> None:
        known = account(active(0), locked_down=True)
        [device] = known.devices

        assert not known.accepted(device, state=b"", unique=None, now=NOW, until=None).locked_down
        assert known.used(device, state=b"", now=NOW).locked_down is False
        assert known.rejected(device, state=b"", counted=True, rules=RULES, now=NOW).locked_down


class TestPurging:
    def test_what_is_over_goes_and_nothing_else(self) -> None:
        known = account(
            active(0),
            pending(1, expires_at=NOW),
            pending(2, expires_at=NOW + TICK),
            temporary(3, expires_at=NOW),
            temporary(4, uses_left=0),
            trusts=(trust("a", timedelta(0)), trust("b")),
        )

        after = purged(known, WITH_PASS, NOW)

        assert [each.index for each in after.devices] == [0, 2, 4]
        assert [each.id[0] for each in after.trusts] == ["b"]

    def test_what_was_guessed_stays_counted(self) -> None:
        known = account(pending(0, expires_at=NOW, failures=failures(6)))

        assert purged(known, RULES, NOW).waits_until(RULES, NOW) == known.waits_until(RULES, NOW) is not None

    def test_where_nothing_is_over_nothing_changes(self) -> None:
        known = account(active(0), pending(1), temporary(2), confirmed={0: NOW}, trusts=(trust("a"),))

        assert purged(known, WITH_PASS, NOW) == known


class TestBrowsers:
    def test_the_last_are_known(self) -> None:
        known = Account(user_id=OWNER)
        for number in range(MOST_BROWSERS + 2):
            known = known.seen(str(number))

        assert known.browsers == tuple(map(str, range(2, MOST_BROWSERS + 2)))

    def test_one_that_comes_again_is_known_for_longest(self) -> None:
        known = Account(user_id=OWNER, browsers=("a", "b"))

        assert known.seen("a").browsers == ("b", "a")


def test_a_pass_that_is_gone_is_not_there() -> None:
    known = account(temporary(0))

    with pytest.raises(DeviceNotFound):
        known.device(0, NOW + HOUR)
