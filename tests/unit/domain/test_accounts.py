from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from mfa.domain.accounts import MOST_PENDING, MOST_PENDING_OF_ONE_TOKEN, Account, Rules
from mfa.domain.challenges import Challenge
from mfa.domain.devices import Device
from mfa.domain.errors import (
    AlreadyRegistered,
    AlreadyVerified,
    DeviceIsDisabled,
    DeviceNotFound,
    DeviceRequired,
    MfaError,
    NoChallenge,
    Refused,
    RegistrationRequired,
    Throttled,
    VerificationRequired,
)
from mfa.domain.identifiers import TokenId
from mfa.domain.methods.base import Method
from mfa.domain.policies import Confirmation, Requirement
from mfa.domain.sends import Sends
from mfa.domain.throttling import Failures, SimpleThrottle
from tests.unit.domain.samples import (
    EMAIL,
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
    SMS,
    TICK,
    TOTP,
    WEBAUTHN,
    Kind,
    Settings,
    accepted,
    account,
    active,
    challenge,
    failures,
    pending,
    rejected,
    rules,
)

STALE = NOW - RULES.change_max_age - TICK
"""Just too long ago for a change."""


SOON = NOW + 10 * MINUTE
"""When what is dispatched in these tests is worth nothing any more."""


def indexes(devices: tuple[Device, ...]) -> list[int]:
    return [device.index for device in devices]


# What is so


def test_a_new_account_is_empty() -> None:
    empty = Account(user_id=OWNER)

    assert (empty.active, empty.visible(NOW), empty.confirmations(RULES, NOW)) == ((), (), ())
    assert empty.waits_until(RULES, NOW) is None
    assert (empty.version, empty.next_index) == (0, 0)


def test_an_account_is_a_value_that_cannot_be_changed() -> None:
    owned = account(active(0), gone=(failures(1),))

    assert owned == account(active(0), gone=(failures(1),))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        owned.version = 9  # type: ignore[misc]
    for mapping in (Account(user_id=OWNER).sends,):
        assert not hasattr(mapping, "__setitem__")


def test_active_devices_are_those_that_were_proved() -> None:
    assert indexes(account(active(0), pending(1), active(2), pending(3, by=PHONE)).active) == [0, 2]


@pytest.mark.parametrize(("token_id", "visible"), [(LAPTOP, [0, 1]), (PHONE, [0, 2]), (None, [0])])
def test_a_token_sees_active_devices_and_what_it_registered_itself(token_id: TokenId, visible: list[int]) -> None:
    owned = account(
        active(0), pending(1), pending(2, by=PHONE), pending(3, expires_at=NOW), pending(4, by=PHONE, expires_at=NOW)
    )

    assert indexes(attrs.evolve(owned, token_id=token_id).visible(NOW)) == visible


@pytest.mark.parametrize("index", [-1, 2, 3, 4, 10**30])
def test_a_device_that_is_not_visible_is_not_there(index: int) -> None:
    owned = account(active(0), pending(1), pending(2, by=PHONE), pending(3, expires_at=NOW))

    with pytest.raises(DeviceNotFound):
        owned.device(index, NOW)


def test_a_visible_device_is_found_by_its_index() -> None:
    owned = account(active(3), pending(7))

    assert owned.device(3, NOW) == active(3)
    assert owned.device(7, NOW) == pending(7)


def test_a_challenge_is_found_by_the_index_of_its_device() -> None:
    owned = account(active(0), active(4), challenges=(challenge(4, sent=b"sealed"),))

    assert owned.challenge(4) == challenge(4, sent=b"sealed")
    assert owned.challenge(0) is None


def test_a_confirmed_challenge_of_an_active_device_is_a_confirmation() -> None:
    owned = account(active(0), active(1), active(2), confirmed={0: NOW - HOUR, 2: NOW})

    assert owned.confirmations(RULES, NOW) == (
        Confirmation(index=0, method="totp", at=NOW - HOUR),
        Confirmation(index=2, method="totp", at=NOW),
    )


def test_nothing_else_is_a_confirmation() -> None:
    owned = account(
        active(0),
        active(1),
        pending(2),
        challenges=(
            challenge(0, sent=b"sealed", dispatched_at=NOW),
            challenge(2, confirmed_at=NOW),
            challenge(3, confirmed_at=NOW),
        ),
    )

    assert owned.confirmations(RULES, NOW) == ()


@pytest.mark.parametrize(
    ("lifetime", "age", "counts"),
    [
        (HOUR, HOUR - TICK, True),
        (HOUR, HOUR, False),
        (HOUR, 2 * HOUR, False),
        (None, 1000 * 24 * HOUR, True),
    ],
)
def test_a_verification_counts_for_its_lifetime(lifetime: timedelta | None, age: timedelta, counts: bool) -> None:  # noqa: FBT001
    owned = account(active(0), confirmed={0: NOW - age})

    assert bool(owned.confirmations(rules(verification_lifetime=lifetime), NOW)) is counts
    assert not rules(verification_lifetime=lifetime).counts(None, NOW)


@pytest.mark.parametrize(("required", "left"), [(0, 0), (1, 0), (2, 0), (3, 1), (5, 3)])
def test_what_is_left_to_verify_is_never_less_than_nothing(required: int, left: int) -> None:
    owned = account(active(0), active(1), active(2), confirmed={0: NOW, 1: NOW})

    assert owned.verifications_left(required, RULES, NOW) == left


def test_verifications_that_are_too_old_are_left_to_do() -> None:
    owned = account(active(0), active(1), confirmed={0: NOW - HOUR, 1: NOW})

    assert owned.verifications_left(2, rules(verification_lifetime=HOUR), NOW) == 1


# What holds guesses up


def test_failures_of_all_guessable_devices_and_of_those_that_are_gone_make_the_user_wait() -> None:
    owned = account(
        active(0, failures=failures(1, NOW - HOUR)),
        active(1, EMAIL, failures=failures(1, NOW - SECOND)),
        pending(2, failures=failures(1, NOW - MINUTE)),
        pending(3, by=PHONE, expires_at=NOW - MINUTE, failures=failures(1, NOW - HOUR)),
        active(4, RECOVERY, failures=failures(50)),
    )

    assert owned.waits_until(RULES, NOW) is None
    waiting = attrs.evolve(owned, gone=(failures(1, NOW - 2 * SECOND),))
    assert waiting.waits_until(RULES, NOW) == NOW + 29 * SECOND
    assert waiting.remembered_failures(RULES, NOW) == 5
    assert waiting.waits_until(rules(throttle=SimpleThrottle(Settings())), NOW + MINUTE) is None


@pytest.mark.parametrize(("count", "disabled"), [(99, False), (100, True), (5000, True)])
def test_a_device_has_an_end(count: int, disabled: bool) -> None:  # noqa: FBT001
    worn = active(0, failures=failures(count).pardoned())
    owned = account(worn, active(1, EMAIL), confirmed={0: NOW})

    assert RULES.disabled(worn) is disabled
    assert not RULES.disabled(active(0, RECOVERY, failures=failures(count)))
    owned.demand_attempt(owned.devices[1], TOTP, 1, RULES, NOW)
    assert owned.verifications_left(1, RULES, NOW) == 0
    with pytest.raises(DeviceIsDisabled) if disabled else nullcontext():
        owned.demand_attempt(worn, TOTP, 1, RULES, NOW)
    with pytest.raises(DeviceIsDisabled) if disabled else nullcontext():
        owned.demand_dispatch(worn, TOTP, RULES, NOW, again=True)


def test_a_disabled_device_is_told_of_before_any_wait() -> None:
    worn = account(active(0, failures=failures(100)))

    with pytest.raises(DeviceIsDisabled):
        worn.demand_attempt(worn.devices[0], TOTP, 1, RULES, NOW)


def test_nobody_is_sent_to_ask_for_a_code_that_a_disabled_device_is_not_sent() -> None:
    worn = account(active(0, EMAIL, failures=failures(100)))

    with pytest.raises(DeviceIsDisabled):
        worn.demand_attempt(worn.devices[0], EMAIL, 1, RULES, NOW)


def test_a_disabled_device_is_removed_by_the_proof_of_another() -> None:
    worn = active(0, failures=failures(100))

    with pytest.raises(VerificationRequired):
        account(worn, active(1), confirmed={0: NOW}).demand_removal(worn, 1, RULES, NOW)
    account(worn, active(1), confirmed={1: NOW}).demand_removal(worn, 1, RULES, NOW)


# Refusals


@pytest.mark.parametrize(
    ("owned", "required", "kind", "left"),
    [
        (account(), 1, RegistrationRequired, 1),
        (account(), 2, RegistrationRequired, 2),
        (account(pending(0)), 1, RegistrationRequired, 1),
        (account(active(0)), 1, VerificationRequired, 1),
        (account(active(0), confirmed={0: NOW}), 2, VerificationRequired, 1),
        (account(active(0), confirmed={0: NOW}), 1, VerificationRequired, 1),
        (account(), 0, RegistrationRequired, 1),
    ],
)
def test_a_refusal_says_what_to_do_next(owned: Account, required: int, kind: type[Refused], left: int) -> None:
    refusal = owned.refused(required, RULES, NOW)

    assert (type(refusal), refusal.verifications_left) == (kind, left)
    assert refusal.requirement == Requirement(verifications=max(required, 1))


def test_a_token_that_has_confirmed_enough_is_verified() -> None:
    owned = account(active(0), active(1), confirmed={1: NOW - 100 * HOUR})

    owned.demand_verified(0, RULES, NOW)
    owned.demand_verified(1, RULES, NOW)
    with pytest.raises(VerificationRequired) as refused:
        owned.demand_verified(2, RULES, NOW)
    assert refused.value.verifications_left == 1


def test_a_token_without_devices_is_not_verified_unless_nothing_is_demanded() -> None:
    account().demand_verified(0, RULES, NOW)
    with pytest.raises(RegistrationRequired):
        account(pending(0)).demand_verified(1, RULES, NOW)


@pytest.mark.parametrize(
    ("owned", "required", "allowed"),
    [
        (account(), 1, True),
        (account(), 2, True),
        (account(pending(0), pending(1, by=PHONE)), 1, True),
        (account(active(0)), 1, False),
        (account(active(0)), 0, True),
        (account(active(0), confirmed={0: NOW}), 1, True),
        (account(active(0), confirmed={0: NOW}), 2, True),
        (account(active(0), active(1), confirmed={0: NOW}), 1, True),
        (account(active(0), active(1), confirmed={0: NOW}), 2, False),
        (account(active(0), active(1), confirmed={0: NOW}), 3, False),
        (account(active(0), active(1), confirmed={0: NOW, 1: NOW}), 3, True),
        (account(active(0), active(1, RECOVERY), confirmed={0: NOW}), 2, True),
        (account(active(0), active(1, RECOVERY), confirmed={1: NOW}), 2, False),
        (account(active(0), active(1, RECOVERY), confirmed={1: NOW}), 1, True),
        (account(active(0), pending(1), confirmed={0: NOW}), 2, True),
        (account(active(0, Kind(name="of a package that is gone"))), 1, False),
        (account(active(0), active(1), confirmed={0: NOW}, locked_down=True), 1, True),
    ],
)
def test_a_token_may_register_when_it_has_confirmed_enough_or_all_there_is_but_backups(
    owned: Account,
    required: int,
    allowed: bool,  # noqa: FBT001
) -> None:
    assert owned.may_register(required, RULES, NOW) is allowed


def test_a_verification_that_is_too_old_allows_no_registration() -> None:
    owned = account(active(0), confirmed={0: NOW - HOUR})

    assert not owned.may_register(1, rules(verification_lifetime=HOUR), NOW)


# Fresh proofs


@pytest.mark.parametrize("owned", [account(), account(pending(0)), account(pending(0, WEBAUTHN, by=PHONE))])
def test_without_an_active_device_there_is_nothing_to_prove_with(owned: Account) -> None:
    owned.demand_fresh(1, RULES, NOW)


FRESH: list[tuple[Account, bool, bool]] = [
    # account, is fresh, only what resists phishing will do
    (account(active(0)), False, False),
    (account(active(0), confirmed={0: NOW}), True, False),
    (account(active(0), confirmed={0: NOW - RULES.change_max_age}), True, False),
    (account(active(0), confirmed={0: STALE}), False, False),
    (account(active(0), active(1, EMAIL), confirmed={0: STALE, 1: NOW}), True, False),
    (account(active(0), active(1, EMAIL), confirmed={0: STALE, 1: STALE}), False, False),
    (account(active(0), active(1, RECOVERY), confirmed={1: NOW}), True, False),
    (account(active(0), pending(1, WEBAUTHN), confirmed={0: NOW}), True, False),
    (account(active(0), active(1, WEBAUTHN), confirmed={0: NOW}), False, True),
    (account(active(0), active(1, WEBAUTHN), confirmed={0: NOW, 1: STALE}), False, True),
    (account(active(0), active(1, WEBAUTHN), confirmed={1: NOW}), True, True),
    (account(active(0), active(1, WEBAUTHN), confirmed={1: NOW - RULES.change_max_age}), True, True),
    (account(active(0, WEBAUTHN), active(1, RECOVERY), confirmed={1: NOW}), True, True),
    (account(active(0, WEBAUTHN), active(1, RECOVERY), confirmed={1: STALE}), False, True),
]


@pytest.mark.parametrize(("owned", "fresh", "resistant"), FRESH)
def test_a_change_needs_a_fresh_proof(owned: Account, fresh: bool, resistant: bool) -> None:  # noqa: FBT001
    if fresh:
        owned.demand_fresh(1, RULES, NOW)
        return
    with pytest.raises(VerificationRequired) as refused:
        owned.demand_fresh(1, RULES, NOW)
    assert refused.value.verifications_left == 1
    unguessable = ["webauthn", "recovery"] if resistant else None
    assert refused.value.requirement == Requirement(verifications=1, max_age=RULES.change_max_age, methods=unguessable)


def test_a_verification_that_no_longer_counts_is_no_fresh_proof_either() -> None:
    owned = account(active(0), confirmed={0: NOW - MINUTE})

    with pytest.raises(VerificationRequired):
        owned.demand_fresh(1, rules(verification_lifetime=MINUTE), NOW)


# Registration


REGISTRATIONS: list[tuple[Account, Method, int, type[MfaError] | None]] = [
    (account(), TOTP, 1, None),
    (account(), TOTP, 0, None),
    (account(pending(0), pending(1, by=PHONE)), TOTP, 1, None),
    (account(active(0)), EMAIL, 1, VerificationRequired),
    (account(active(0)), EMAIL, 0, VerificationRequired),
    (account(active(0), confirmed={0: NOW}), EMAIL, 1, None),
    (account(active(0), confirmed={0: NOW}), EMAIL, 2, None),
    (account(active(0), confirmed={0: STALE}), EMAIL, 1, VerificationRequired),
    (account(active(0), active(1), confirmed={0: NOW}), EMAIL, 2, VerificationRequired),
    (account(active(0), active(1, WEBAUTHN), confirmed={0: NOW}), EMAIL, 1, VerificationRequired),
    (account(*map(active, range(4)), confirmed={0: NOW}), TOTP, 1, None),
    (account(*map(active, range(5)), confirmed={0: NOW}), TOTP, 1, AlreadyRegistered),
    (account(*map(active, range(5)), confirmed={0: NOW}), EMAIL, 1, None),
    (account(*map(active, range(4)), *map(pending, range(4, 9)), confirmed={0: NOW}), TOTP, 1, None),
    (account(*map(active, range(5))), TOTP, 1, VerificationRequired),
    # backups
    (account(), RECOVERY, 1, DeviceRequired),
    (account(pending(0)), RECOVERY, 1, DeviceRequired),
    (account(), RECOVERY, 0, DeviceRequired),
    (account(active(0, RECOVERY), confirmed={0: NOW}), RECOVERY, 1, DeviceRequired),
    (account(active(0)), RECOVERY, 1, VerificationRequired),
    (account(active(0), confirmed={0: NOW}), RECOVERY, 1, None),
    (account(active(0), confirmed={0: NOW}), RECOVERY, 2, VerificationRequired),
    (account(active(0), confirmed={0: STALE}), RECOVERY, 1, VerificationRequired),
    (account(active(0), active(1, RECOVERY), confirmed={0: NOW}), RECOVERY, 1, None),
    (account(active(0), active(1, RECOVERY), confirmed={1: NOW}), RECOVERY, 1, None),
    (account(active(0), active(1, RECOVERY), confirmed={0: STALE, 1: STALE}), RECOVERY, 1, VerificationRequired),
]


@pytest.mark.parametrize(("owned", "method", "required", "error"), REGISTRATIONS)
def test_who_may_register_what(owned: Account, method: Method, required: int, error: type[MfaError] | None) -> None:
    if error is None:
        owned.demand_registration(method, required, RULES, NOW)
    else:
        with pytest.raises(error) as refused:
            owned.demand_registration(method, required, RULES, NOW)
        assert type(refused.value) is error


def test_one_set_of_backups_is_no_limit_on_replacing_it() -> None:
    owned = account(active(0), active(1, RECOVERY), confirmed={0: NOW})

    owned.demand_registration(RECOVERY, 1, rules(max_devices_per_method=1), NOW)


# Attempts


def test_a_value_of_an_app_may_be_looked_at_without_a_challenge() -> None:
    owned = account(active(0))

    owned.demand_attempt(owned.devices[0], TOTP, 1, RULES, NOW)


@pytest.mark.parametrize(
    ("challenges", "asked_for"),
    [
        ((), False),
        ((challenge(1, sent=b"sealed", dispatched_at=NOW),), False),
        ((challenge(0),), False),
        ((challenge(0, confirmed_at=NOW),), False),
        ((challenge(0, sent=b"sealed", dispatched_at=NOW),), True),
        ((challenge(0, sent=None, dispatched_at=NOW - HOUR),), True),
    ],
)
def test_a_code_has_to_be_asked_for_first(challenges: tuple[object, ...], asked_for: bool) -> None:  # noqa: FBT001
    owned = account(active(0, EMAIL), challenges=challenges)

    if asked_for:
        owned.demand_attempt(owned.devices[0], EMAIL, 1, RULES, NOW)
    else:
        with pytest.raises(NoChallenge):
            owned.demand_attempt(owned.devices[0], EMAIL, 1, RULES, NOW)


@pytest.mark.parametrize(("count", "wait"), [(5, 30 * SECOND), (99, 95 * 30 * SECOND)])
@pytest.mark.parametrize("made", [active, pending])
def test_no_value_that_can_be_guessed_is_looked_at_while_guesses_wait(
    count: int, wait: timedelta, made: Callable[[int], Device]
) -> None:
    owned = account(made(0), active(1, EMAIL, failures=failures(count)), confirmed={1: NOW})

    with pytest.raises(Throttled) as throttled:
        owned.demand_attempt(owned.devices[0], TOTP, 1, RULES, NOW)
    assert throttled.value.retry_after == wait


@pytest.mark.parametrize("method", [WEBAUTHN, RECOVERY])
def test_a_locked_user_has_a_way_back_in(method: Method) -> None:
    owned = account(active(0, method), active(1, failures=failures(500)))

    owned.demand_attempt(owned.devices[0], method, 1, RULES, NOW)


ACTIVATIONS: list[tuple[Account, int, type[MfaError] | None]] = [
    # the pending device 9, registered by this token, comes on top
    (account(), 1, None),
    (account(), 2, None),
    (account(pending(1, by=PHONE)), 1, None),
    (account(active(0)), 1, VerificationRequired),
    (account(active(0)), 0, VerificationRequired),
    (account(active(0), confirmed={0: NOW}), 1, None),
    (account(active(0), confirmed={0: NOW}), 2, None),
    (account(active(0), confirmed={0: STALE}), 1, VerificationRequired),
    (account(active(0), active(1), confirmed={0: NOW}), 2, VerificationRequired),
    (account(active(0), active(1, WEBAUTHN), confirmed={0: NOW}), 1, VerificationRequired),
    (account(active(0), active(1, WEBAUTHN), confirmed={1: NOW}), 1, None),
    (account(*map(active, range(4)), confirmed={0: NOW}), 1, None),
    (account(*map(active, range(5)), confirmed={0: NOW}), 1, AlreadyRegistered),
]


@pytest.mark.parametrize(("owned", "required", "error"), ACTIVATIONS)
def test_activation_asks_again_what_registration_asked(
    owned: Account, required: int, error: type[MfaError] | None
) -> None:
    owned = attrs.evolve(owned, devices=(*owned.devices, pending(9)))

    if error is None:
        owned.demand_attempt(pending(9), TOTP, required, RULES, NOW)
    else:
        with pytest.raises(error) as refused:
            owned.demand_attempt(pending(9), TOTP, required, RULES, NOW)
        assert type(refused.value) is error


def test_an_active_device_may_always_be_proved() -> None:
    owned = account(*map(active, range(6)), active(6, WEBAUTHN), confirmed={1: STALE})

    owned.demand_attempt(owned.devices[0], TOTP, 3, RULES, NOW)


# Dispatches


def test_a_first_dispatch_is_allowed() -> None:
    owned = account(active(0, EMAIL))

    owned.demand_dispatch(owned.devices[0], EMAIL, RULES, NOW, again=False)


def test_nothing_is_sent_while_locked() -> None:
    owned = account(active(0, EMAIL), active(1, failures=failures(5)))

    with pytest.raises(Throttled) as throttled:
        owned.demand_dispatch(owned.devices[0], EMAIL, RULES, NOW, again=True)
    assert throttled.value.retry_after == 30 * SECOND


def test_nothing_is_sent_to_a_device_that_is_confirmed_unless_asked_again() -> None:
    owned = account(active(0, EMAIL), confirmed={0: NOW - HOUR})

    with pytest.raises(AlreadyVerified):
        owned.demand_dispatch(owned.devices[0], EMAIL, RULES, NOW, again=False)
    owned.demand_dispatch(owned.devices[0], EMAIL, RULES, NOW, again=True)
    owned.demand_dispatch(owned.devices[0], EMAIL, rules(verification_lifetime=HOUR), NOW, again=False)


def test_what_another_device_has_confirmed_does_not_matter() -> None:
    owned = account(active(0, EMAIL), active(1, EMAIL), confirmed={1: NOW})

    owned.demand_dispatch(owned.devices[0], EMAIL, RULES, NOW, again=False)


@pytest.mark.parametrize(
    ("sends", "wait"),
    [
        (Sends(recent=(NOW,), last_at=NOW), 30 * SECOND),
        (Sends(recent=(NOW - 29 * SECOND,), last_at=NOW - 29 * SECOND), SECOND),
        (Sends(recent=(NOW - 30 * SECOND,), last_at=NOW - 30 * SECOND), None),
        (Sends(recent=(NOW - 59 * MINUTE,) * 10, last_at=NOW - MINUTE), MINUTE),
        (Sends(recent=(NOW - HOUR,) * 10, last_at=NOW - MINUTE), None),
    ],
)
def test_too_much_is_not_sent(sends: Sends, wait: timedelta | None) -> None:
    owned = account(active(0, EMAIL), active(1, EMAIL), active(2, SMS), sends={"email": sends})

    for device in owned.devices[:2]:
        if wait is None:
            owned.demand_dispatch(device, EMAIL, RULES, NOW, again=False)
        else:
            with pytest.raises(Throttled) as throttled:
                owned.demand_dispatch(device, EMAIL, RULES, NOW, again=True)
            assert throttled.value.retry_after == wait
    owned.demand_dispatch(owned.devices[2], EMAIL, RULES, NOW, again=False)


def test_a_pending_device_may_be_sent_its_first_code() -> None:
    owned = account(pending(0, EMAIL))

    owned.demand_dispatch(owned.devices[0], EMAIL, RULES, NOW, again=False)


# Removals


REMOVALS: list[tuple[Account, int, type[MfaError] | None]] = [
    (account(active(0)), 1, VerificationRequired),
    (account(active(0)), 0, VerificationRequired),
    (account(active(0), confirmed={0: NOW}), 1, None),
    (account(active(0), confirmed={0: NOW}), 2, VerificationRequired),
    (account(active(0), confirmed={0: STALE}), 1, VerificationRequired),
    (account(active(0), active(1), confirmed={1: NOW}), 1, None),
    (account(active(0), active(1, WEBAUTHN), confirmed={0: NOW}), 1, VerificationRequired),
    (account(active(0), active(1, WEBAUTHN), confirmed={1: NOW}), 1, None),
    (account(pending(0)), 1, None),
    (account(pending(0), pending(1, by=PHONE)), 1, None),
    (account(pending(0), active(1)), 1, VerificationRequired),
    (account(pending(0), active(1), confirmed={1: STALE}), 1, VerificationRequired),
    (account(pending(0), active(1), confirmed={1: NOW}), 1, None),
]


@pytest.mark.parametrize(("owned", "required", "error"), REMOVALS)
def test_who_may_remove_what(owned: Account, required: int, error: type[MfaError] | None) -> None:
    if error is None:
        owned.demand_removal(owned.devices[0], required, RULES, NOW)
    else:
        with pytest.raises(error):
            owned.demand_removal(owned.devices[0], required, RULES, NOW)


# Registered


def test_a_new_device_comes_last_and_its_index_is_never_given_again() -> None:
    owned = account(active(0), active(4))
    device = pending(owned.next_index, EMAIL)

    after = owned.registered(device, RULES, NOW)

    assert after == attrs.evolve(owned, devices=(active(0), active(4), device), next_index=6)


def test_an_index_stays_given_when_its_device_is_gone() -> None:
    owned = account(active(0), active(1), confirmed={0: NOW})

    after = owned.removed(owned.devices[1], RULES, NOW)

    assert after.next_index == 2
    assert after.registered(pending(after.next_index), RULES, NOW).next_index == 3


def test_a_new_device_replaces_what_the_same_token_left_pending_of_the_same_method() -> None:
    owned = account(active(0), pending(1), pending(2, EMAIL), pending(3, by=PHONE), pending(4, EMAIL, by=PHONE))

    assert indexes(owned.registered(pending(5), RULES, NOW).devices) == [0, 2, 3, 4, 5]
    assert indexes(owned.registered(pending(5, by=PHONE), RULES, NOW).devices) == [0, 1, 2, 4, 5]
    assert indexes(owned.registered(pending(5, HOTP), RULES, NOW).devices) == [0, 1, 2, 3, 4, 5]


def test_a_new_device_sweeps_away_whatever_has_expired() -> None:
    owned = account(
        active(0, expires_at=NOW - HOUR),
        pending(1, EMAIL, by=PHONE, expires_at=NOW),
        pending(2, HOTP, expires_at=NOW - HOUR),
        pending(3, HOTP, expires_at=NOW + TICK),
    )

    assert indexes(owned.registered(pending(4), RULES, NOW).devices) == [0, 3, 4]
    assert indexes(owned.registered(active(4, RECOVERY), RULES, NOW).devices) == [3, 4]


def test_challenges_go_with_their_devices() -> None:
    owned = account(active(0), pending(1, EMAIL), challenges=(challenge(0, confirmed_at=NOW), challenge(1, sent=b"x")))

    assert owned.registered(pending(2, EMAIL), RULES, NOW).challenges == (challenge(0, confirmed_at=NOW),)


def test_registering_anew_buys_no_new_guesses() -> None:
    owned = account(pending(0, EMAIL, failures=failures(4)), gone=(failures(1, NOW - HOUR),))

    after = owned.registered(pending(1, EMAIL), RULES, NOW)

    assert after.devices == (pending(1, EMAIL),)
    assert after.gone == (failures(1, NOW - HOUR), failures(4))
    assert after.waits_until(RULES, NOW) == owned.waits_until(RULES, NOW)


def test_one_token_leaves_few_pending_and_its_own_oldest_goes_first() -> None:
    methods = [Kind(name=f"method {number}") for number in range(5)]
    owned = account(pending(0, by=PHONE))
    for method in methods:
        owned = owned.registered(pending(owned.next_index, method), RULES, NOW)

    assert indexes(owned.devices) == [0, 3, 4, 5]


def test_registering_anew_resets_neither_interval_nor_hourly_count() -> None:
    owned = account(pending(0, EMAIL), sends={"email": Sends(recent=(NOW,), last_at=NOW)})

    assert owned.registered(pending(1, EMAIL), RULES, NOW).sends == owned.sends


# Replaced


def test_a_device_is_replaced_in_its_place() -> None:
    owned = account(active(0), active(1), confirmed={0: NOW, 1: NOW})
    renamed = active(0, name="Pixel 9")

    assert owned.replaced(renamed) == attrs.evolve(owned, devices=(renamed, active(1)))


# Dispatched


def test_a_dispatch_is_entered_with_its_time() -> None:
    owned = account(active(0), active(1, EMAIL), active(2, SMS), confirmed={2: NOW})

    after = owned.dispatched(owned.devices[1], EMAIL, b"sealed", NOW, until=SOON)

    assert after == attrs.evolve(
        owned,
        challenges=(challenge(1, sent=b"sealed", dispatched_at=NOW, expires_at=SOON), challenge(2, confirmed_at=NOW)),
        sends={"email": Sends(recent=(NOW,), last_at=NOW)},
    )


def test_a_dispatch_replaces_the_one_before_and_keeps_the_confirmation() -> None:
    before = challenge(0, sent=b"first", dispatched_at=NOW - HOUR, confirmed_at=NOW - MINUTE)
    owned = account(active(0, EMAIL), challenges=(before,), sends={"sms": Sends(recent=(NOW,), last_at=NOW)})

    after = owned.dispatched(owned.devices[0], EMAIL, b"second", NOW, until=SOON)

    assert after.challenges == (attrs.evolve(before, sent=b"second", dispatched_at=NOW),)
    assert after.sends == {"email": Sends(recent=(NOW,), last_at=NOW), "sms": Sends(recent=(NOW,), last_at=NOW)}


def test_dispatches_of_two_devices_of_a_method_count_together() -> None:
    owned = account(active(0, EMAIL), active(1, EMAIL))

    after = owned.dispatched(owned.devices[0], EMAIL, b"one", NOW, until=SOON).dispatched(
        owned.devices[1], EMAIL, b"two", NOW + MINUTE, until=SOON
    )

    assert after.sends == {"email": Sends(recent=(NOW, NOW + MINUTE), last_at=NOW + MINUTE)}
    assert [each.sent for each in after.challenges] == [b"one", b"two"]


class Common(Kind):
    """A method of whose devices any may answer a challenge."""

    collective = True


KEYS = Common(name="webauthn", guessable=False)


def test_of_a_method_whose_challenge_is_common_only_the_latest_is_out() -> None:
    owned = account(active(0, KEYS), active(1, KEYS), active(2, TOTP), pending(3, KEYS))
    for device in (owned.devices[3], owned.devices[2], owned.devices[0], owned.devices[1]):
        owned = owned.dispatched(device, KEYS, b"%d" % device.index, NOW, until=SOON)

    assert [each.sent for each in owned.challenges] == [None, b"1", b"2", b"3"]


def test_a_value_answers_the_latest_of_those_that_are_common_or_else_its_devices_own() -> None:
    owned = account(
        active(0, KEYS),
        active(1, KEYS),
        active(2, EMAIL),
        pending(3, KEYS),
        active(4, KEYS),
        challenges=(
            challenge(0, dispatched_at=NOW - MINUTE),
            challenge(1, dispatched_at=NOW),
            challenge(2, dispatched_at=NOW + MINUTE),
            challenge(3, dispatched_at=NOW + MINUTE),
            challenge(4, confirmed_at=NOW),
        ),
    )

    assert [owned.outstanding(device, KEYS) for device in owned.devices] == [
        owned.challenges[each] for each in (1, 1, 2, 3, 1)
    ]


def test_without_a_token_nothing_is_challenged() -> None:
    owned = account(active(0, EMAIL), token_id=None)

    with pytest.raises(NoChallenge):
        owned.dispatched(owned.devices[0], EMAIL, b"sealed", NOW, until=SOON)
    with pytest.raises(NoChallenge):
        accepted(owned, owned.devices[0], state=b"sealed", sent=None, now=NOW)


@pytest.mark.parametrize(
    ("confirmed", "ends"),
    [({}, SOON), ({"confirmed_at": NOW}, None), ({"confirmed_at": NOW, "expires_at": NOW + HOUR}, NOW + HOUR)],
)
def test_a_challenge_ends_with_the_last_of_what_it_is_for(confirmed: dict[str, Any], ends: datetime | None) -> None:
    owned = account(active(0, EMAIL), challenges=(challenge(0, **confirmed),))

    after = owned.dispatched(owned.devices[0], EMAIL, b"sealed", NOW, until=SOON)

    assert after.challenges[0].expires_at == ends
    again = after.confirmed(0, NOW, until=NOW + SECOND)
    assert again.challenges[0].expires_at == (NOW + SECOND if ends is None else ends)


def test_what_was_used_up_keeps_no_challenge_that_counts_for_less() -> None:
    spent = challenge(0, dispatched_at=NOW, expires_at=NOW + HOUR)
    out = attrs.evolve(spent, sent=b"sealed")

    def ends(known: Challenge, until: datetime | None) -> datetime | None:
        return account(active(0, EMAIL), challenges=(known,)).confirmed(0, NOW, until=until).challenges[0].expires_at

    assert (ends(spent, SOON), ends(out, SOON), ends(out, None)) == (SOON, NOW + HOUR, None)


# Undelivered


def test_what_could_not_be_delivered_is_void_and_may_be_asked_for_again_at_once() -> None:
    owned = account(active(0, EMAIL))
    owned = owned.dispatched(owned.devices[0], EMAIL, b"sealed", NOW, until=SOON)

    after = owned.undelivered(owned.devices[0], NOW)

    assert after.challenges == (challenge(0, sent=None, dispatched_at=NOW, expires_at=SOON),)
    assert after.sends == {"email": Sends(recent=(NOW,), retried=True)}
    after.demand_dispatch(after.devices[0], EMAIL, RULES, NOW, again=False)
    after.demand_attempt(after.devices[0], EMAIL, 1, RULES, NOW)


def test_a_late_failure_does_not_void_what_was_sent_since() -> None:
    owned = account(active(0, EMAIL))
    owned = owned.dispatched(owned.devices[0], EMAIL, b"first", NOW, until=SOON).dispatched(
        owned.devices[0], EMAIL, b"second", NOW + MINUTE, until=SOON
    )

    after = owned.undelivered(owned.devices[0], NOW)

    assert after.challenges == owned.challenges
    assert after.sends == owned.sends


def test_a_failed_delivery_takes_no_verification_away() -> None:
    owned = account(active(0, EMAIL), confirmed={0: NOW - MINUTE})
    owned = owned.dispatched(owned.devices[0], EMAIL, b"sealed", NOW, until=SOON)

    after = owned.undelivered(owned.devices[0], NOW)

    assert after.confirmations(RULES, NOW) == owned.confirmations(RULES, NOW) != ()


def test_a_failure_of_which_nothing_is_known_changes_nothing() -> None:
    owned = account(active(0, EMAIL), sends={"email": Sends(recent=(NOW,), last_at=NOW)})

    assert owned.undelivered(owned.devices[0], NOW - MINUTE) == owned
    assert account(active(0, EMAIL)).undelivered(active(0, EMAIL), NOW).challenges == ()


# Accepted


def test_a_right_value_confirms_the_challenge_and_clears_the_failures_of_its_device() -> None:
    owned = account(
        active(0, failures=failures(2)),
        active(1, EMAIL, failures=failures(3)),
        pending(2, HOTP, by=PHONE, failures=failures(1)),
        gone=(failures(4),),
        challenges=(challenge(1, sent=b"other"),),
    )

    after = accepted(owned, owned.devices[0], state=b"next", sent=None, now=NOW)

    assert after == attrs.evolve(
        owned,
        devices=(active(0, state=b"next", last_used_at=NOW), *owned.devices[1:]),
        challenges=(challenge(0, confirmed_at=NOW), challenge(1, sent=b"other")),
    )
    assert after.remembered_failures(RULES, NOW) == 8


def test_a_right_value_uses_up_what_was_sent() -> None:
    owned = account(active(0, EMAIL), challenges=(challenge(0, sent=b"sealed", dispatched_at=NOW - MINUTE),))

    after = accepted(owned, owned.devices[0], state=b"sealed", sent=None, now=NOW)

    assert after.challenges == (challenge(0, sent=None, dispatched_at=NOW - MINUTE, confirmed_at=NOW),)


def test_a_further_right_value_renews_the_time_of_the_verification_and_no_other_time() -> None:
    owned = account(active(0), confirmed={0: NOW - HOUR})

    after = accepted(owned, owned.devices[0], state=b"next", sent=None, now=NOW)

    assert [each.at for each in after.confirmations(RULES, NOW)] == [NOW]
    assert after.devices[0].activated_at == owned.devices[0].activated_at
    assert after.devices[0].created_at == owned.devices[0].created_at


def test_a_pending_device_becomes_active_with_its_first_right_value() -> None:
    owned = account(pending(0, failures=failures(2)))

    after = accepted(owned, owned.devices[0], state=b"next", sent=None, now=NOW)

    assert after.active == (
        pending(
            0,
            state=b"next",
            activated_at=NOW,
            last_used_at=NOW,
            registered_by=None,
            expires_at=None,
        ),
    )
    assert after.confirmations(RULES, NOW) == (Confirmation(index=0, method=after.devices[0].method, at=NOW),)
    assert attrs.evolve(after, token_id=PHONE).visible(NOW + 10 * HOUR) == after.devices


def test_activation_drops_what_other_tokens_left_pending_and_ends_the_waits_of_what_was_pending() -> None:
    owned = account(
        active(0, failures=failures(1)),
        pending(1, EMAIL, failures=failures(3)),
        pending(2, EMAIL, by=PHONE, failures=failures(2)),
        pending(3, HOTP, failures=failures(4)),
        pending(4, EMAIL, by=TokenId("a third"), failures=failures(8)),
        confirmed={0: NOW, 2: NOW},
        gone=(failures(16),),
    )

    after = accepted(owned, owned.devices[1], state=b"next", sent=None, now=NOW)

    assert indexes(after.devices) == [0, 1, 3]
    assert [each.index for each in after.challenges] == [0, 1]
    assert after.gone == ()
    assert [each.failures for each in after.devices] == [failures(1), Failures(), failures(4).pardoned()]


def test_a_thief_who_registered_first_cannot_activate_once_the_owner_has_enrolled() -> None:
    shared = account(pending(0, by=PHONE), pending(1, by=LAPTOP))
    thief, owner = attrs.evolve(shared, token_id=PHONE), attrs.evolve(shared, token_id=LAPTOP)
    thief.demand_attempt(thief.device(0, NOW), TOTP, 1, RULES, NOW)

    after = accepted(owner, owner.device(1, NOW), state=b"next", sent=None, now=NOW)

    with pytest.raises(DeviceNotFound):
        attrs.evolve(after, token_id=PHONE, challenges=()).device(0, NOW)


def test_a_verification_of_an_active_device_drops_nothing() -> None:
    owned = account(active(0), pending(1, EMAIL, by=PHONE), pending(2, HOTP))

    assert indexes(accepted(owned, owned.devices[0], state=b"next", sent=None, now=NOW).devices) == [0, 1, 2]


# Rejected


def test_a_wrong_value_is_counted_and_takes_no_verification_away() -> None:
    sent = challenge(0, sent=b"sealed", dispatched_at=NOW - MINUTE, confirmed_at=NOW - HOUR)
    owned = account(active(0, EMAIL, failures=failures(2, NOW - HOUR)), active(1), challenges=(sent,))

    after = rejected(owned, owned.devices[0], state=b"next", sent=b"one wrong", counted=True, now=NOW)

    assert after == attrs.evolve(
        owned,
        devices=(active(0, EMAIL, state=b"next", failures=failures(3)), active(1)),
        challenges=(attrs.evolve(sent, sent=b"one wrong"),),
    )
    assert after.devices[0].last_used_at is None


def test_a_wrong_value_of_what_cannot_be_guessed_is_not_counted() -> None:
    owned = account(active(0, RECOVERY), active(1))

    after = rejected(owned, owned.devices[0], state=b"next", sent=None, counted=False, now=NOW)

    assert after == attrs.evolve(owned, devices=(active(0, RECOVERY, state=b"next"), active(1)))


def test_a_wrong_value_makes_no_challenge() -> None:
    owned = account(active(0), active(1), confirmed={1: NOW})

    assert rejected(owned, owned.devices[0], state=b"next", sent=None, counted=True, now=NOW).challenges == (
        challenge(1, confirmed_at=NOW),
    )


def test_a_code_that_was_guessed_at_too_often_is_void_but_was_asked_for() -> None:
    owned = account(active(0, EMAIL), challenges=(challenge(0, sent=b"sealed", dispatched_at=NOW),))

    after = rejected(owned, owned.devices[0], state=b"sealed", sent=None, counted=True, now=NOW)

    assert after.challenges == (challenge(0, sent=None, dispatched_at=NOW),)
    after.demand_attempt(after.devices[0], EMAIL, 1, RULES, NOW)


def test_the_fifth_wrong_value_makes_wait() -> None:
    owned, now = account(active(0), active(1, EMAIL)), NOW
    for number in range(5):
        assert owned.waits_until(RULES, now) is None
        owned = rejected(owned, owned.devices[number % 2], state=b"next", sent=None, counted=True, now=now)
        now += SECOND

    assert owned.waits_until(RULES, now) == NOW + 34 * SECOND


# Removed


def test_a_removed_device_takes_its_verifications_with_it_but_ends_no_wait() -> None:
    owned = account(active(0, failures=failures(1)), active(1, EMAIL, failures=failures(2)), confirmed={0: NOW, 1: NOW})

    after = owned.removed(owned.devices[0], RULES, NOW)

    assert after == attrs.evolve(
        owned,
        devices=(active(1, EMAIL, failures=failures(2)),),
        challenges=(challenge(1, confirmed_at=NOW),),
        gone=(failures(1),),
    )


def test_what_was_tried_on_a_device_that_cannot_be_guessed_makes_nobody_wait_when_it_is_gone() -> None:
    owned = account(active(0), active(1, WEBAUTHN, failures=failures(2)))

    assert owned.removed(owned.devices[1], RULES, NOW).gone == ()


def test_a_removed_pending_device_without_failures_leaves_nothing_behind() -> None:
    assert account(pending(0)).removed(pending(0), RULES, NOW) == attrs.evolve(account(), next_index=1)


@pytest.mark.parametrize("method", [WEBAUTHN, RECOVERY])
@pytest.mark.parametrize("made", [active, pending])
def test_a_user_verified_by_what_cannot_be_guessed_may_start_over(method: Method, made: Callable[..., Device]) -> None:
    owned = account(
        made(0, EMAIL, failures=failures(60)),
        active(1, method),
        active(2, failures=failures(1)),
        pending(3, failures=failures(30)),
        pending(4, by=PHONE, failures=failures(20)),
        pending(5, by=PHONE, expires_at=NOW, failures=failures(10)),
        confirmed={1: NOW - RULES.change_max_age},
        gone=(failures(30),),
    )

    after = owned.removed(owned.devices[0], RULES, NOW)

    assert indexes(after.devices) == [1, 2, 3, 4, 5]
    assert after.devices[1] == active(2, failures=failures(1))
    assert after.gone == ()
    assert after.remembered_failures(RULES, NOW) == 1
    assert [each.failures.count for each in after.devices] == [0, 1, 30, 20, 10]


@pytest.mark.parametrize(
    "confirmed", [{}, {1: STALE}, {2: NOW}, {1: STALE, 2: NOW}], ids=["none", "stale", "guessable", "both"]
)
def test_nobody_else_may(confirmed: Mapping[int, datetime]) -> None:
    owned = account(
        pending(0, EMAIL, failures=failures(60)),
        active(1, WEBAUTHN),
        active(2),
        confirmed=confirmed,
        gone=(failures(40),),
    )

    after = owned.removed(owned.devices[0], RULES, NOW)

    assert after.gone == (failures(100),)


def test_a_device_that_is_not_guessable_may_be_removed_on_its_own_proof() -> None:
    owned = account(active(0, WEBAUTHN), active(1), confirmed={0: NOW}, gone=(failures(100),))

    after = owned.removed(owned.devices[0], RULES, NOW)

    assert indexes(after.devices) == [1]
    assert after.gone == ()


def test_backups_go_with_the_last_device_that_they_stand_in_for() -> None:
    owned = account(active(0), active(1, EMAIL), active(2, RECOVERY), pending(3, HOTP), confirmed={0: NOW, 2: NOW})

    after = owned.removed(owned.devices[0], RULES, NOW)
    assert indexes(after.devices) == [1, 2, 3]

    after = after.removed(after.devices[0], RULES, NOW)
    assert indexes(after.devices) == [3]
    assert after.challenges == ()


def test_backups_may_be_removed_alone() -> None:
    owned = account(active(0), active(1, RECOVERY), confirmed={0: NOW, 1: NOW})

    after = owned.removed(owned.devices[1], RULES, NOW)

    assert after.devices == (active(0),)
    assert after.challenges == (challenge(0, confirmed_at=NOW),)


def test_removing_a_pending_device_leaves_the_backups() -> None:
    owned = account(active(0), active(1, RECOVERY), pending(2), confirmed={0: NOW})

    assert indexes(owned.removed(owned.devices[2], RULES, NOW).devices) == [0, 1]


def test_the_last_device_may_be_removed() -> None:
    owned = account(active(0), confirmed={0: NOW})

    assert owned.removed(owned.devices[0], RULES, NOW) == attrs.evolve(account(), next_index=1)


# Rules


def test_rules_are_the_same_for_every_account() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        RULES.max_failures = 1  # type: ignore[misc]
    assert rules(max_failures=5) != RULES
    assert isinstance(RULES, Rules)


def test_a_thief_with_twenty_tokens_does_not_push_the_owners_registration_out() -> None:
    owned = Account(user_id=OWNER).registered(pending(0, by=LAPTOP), RULES, NOW)
    for number in range(20):
        for method in (TOTP, HOTP, EMAIL, SMS):
            stolen = pending(owned.next_index, method, by=TokenId(f"stolen {number}"))
            owned = owned.registered(stolen, RULES, NOW)

    assert owned.devices[0] == pending(0, by=LAPTOP)
    assert len(owned.devices) == 1 + 20 * MOST_PENDING_OF_ONE_TOKEN


def test_the_oldest_pending_devices_make_room_in_the_end_and_leave_their_failures() -> None:
    owned = Account(user_id=OWNER)
    for index in range(MOST_PENDING + 2):
        owned = owned.registered(pending(index, by=TokenId(f"token-{index}"), failures=failures(1)), RULES, NOW)

    assert indexes(owned.devices) == list(range(2, MOST_PENDING + 2))
    assert owned.gone == (failures(2),)


# Times from the future, when a clock was wrong


@pytest.mark.parametrize(("ahead", "counts"), [(MINUTE, True), (MINUTE + TICK, False), (365 * 24 * HOUR, False)])
def test_a_time_from_the_future_opens_nothing(ahead: timedelta, counts: bool) -> None:  # noqa: FBT001
    owned = account(active(0), confirmed={0: NOW + ahead})

    assert bool(owned.confirmations(RULES, NOW)) is counts
    assert owned.proved(1, RULES, NOW) is counts
    assert pending(1, created_at=NOW + ahead, expires_at=NOW + ahead + HOUR).visible(LAPTOP, NOW) is counts


# The token's successor


def test_a_successor_gets_all_that_its_predecessor_has_confirmed_and_asked_for() -> None:
    owned = account(
        active(0), active(1, EMAIL), pending(2), pending(3, by=PHONE), confirmed={0: NOW}, token_id=LAPTOP
    ).dispatched(active(1, EMAIL), EMAIL, b"sealed", NOW, until=SOON)

    after = owned.succeeded(PHONE, {1: b"sealed anew"})

    assert after.token_id == PHONE
    assert [(each.token_id, each.sent) for each in after.challenges] == [(PHONE, None), (PHONE, b"sealed anew")]
    assert after.confirmations(RULES, NOW) == owned.confirmations(RULES, NOW)
    assert [each.registered_by for each in after.devices] == [None, None, PHONE, PHONE]


# What concerns nobody else


def test_what_is_out_for_one_token_confirms_nothing() -> None:
    owned = account(active(0), active(1), confirmed={0: NOW})
    sent = owned.with_challenge(challenge(1, sent=b"x", dispatched_at=NOW))

    assert owned.concerns_token_alone(owned)
    assert sent.concerns_token_alone(owned)
    assert not owned.concerns_token_alone(sent)
    assert owned.with_challenge(challenge(1, dispatched_at=NOW)).concerns_token_alone(sent)
    assert not owned.with_challenge(challenge(1, sent=b"anew", dispatched_at=NOW)).concerns_token_alone(sent)
    assert not owned.confirmed(1, NOW, until=None).concerns_token_alone(owned)
    assert not owned.with_challenge(challenge(0, trust="a browser")).concerns_token_alone(owned)
    assert not attrs.evolve(sent, sends={"email": Sends()}).concerns_token_alone(owned)
    assert not owned.succeeded(PHONE, {}).concerns_token_alone(owned)
