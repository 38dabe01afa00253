from collections.abc import Callable
from datetime import datetime
from typing import Any

import attrs
import pytest

from mfa.domain.accounts import Account
from mfa.domain.challenges import Challenge
from mfa.domain.devices import Device
from mfa.domain.errors import (
    MfaError,
    NoChallenge,
    RegistrationRequired,
    TrustNotFound,
    VerificationRequired,
)
from mfa.domain.methods.base import Methods
from mfa.domain.methods.names import TRUST
from mfa.domain.policies import Confirmation, Requirement
from mfa.domain.trusts import MOST_TRUSTS, Trust, digest_of
from tests.unit.domain.samples import (
    EMAIL,
    HOTP,
    HOUR,
    LAPTOP,
    MINUTE,
    NOW,
    PHONE,
    RECOVERY,
    RULES,
    TICK,
    TOTP,
    WEBAUTHN,
    Kind,
    accepted,
    account,
    active,
    challenge,
    pending,
    rejected,
    rules,
)

DAY = 24 * HOUR
TRUSTING = rules(trust_lifetime=30 * DAY)
LOGIN = "digest of a password"
ANOTHER_LOGIN = "digest of another password"


def trust(name: str = "desk", index: int = 0, **changes: Any) -> Trust:
    made = Trust(digest=digest_of(name), index=index, login=LOGIN, created_at=NOW - HOUR, expires_at=NOW + DAY)
    return attrs.evolve(made, **changes)


def owner(*devices: Device, trusts: tuple[Trust, ...] = (), **changes: Any) -> Account:
    return account(*(devices or (active(0), active(1, EMAIL))), trusts=trusts, login=LOGIN, **changes)


def came_from(known: Trust, at: datetime = NOW, *devices: Device, **changes: Any) -> Account:
    """Make the account as the laptop meets it after it came from a remembered browser."""
    return owner(*devices, trusts=(known,), **changes).trusted(known, at, until=None)


def many(count: int) -> tuple[Trust, ...]:
    return tuple(trust(f"browser {number}") for number in range(count))


def names(owned: Account) -> list[str]:
    return [each.id for each in owned.trusts]


# What is remembered


def test_a_new_account_remembers_nothing() -> None:
    assert owner().remembered(NOW) == ()
    assert owner().trust_of("desk", NOW) is None
    assert owner().counted(TRUSTING, NOW) == ()


def test_a_browser_is_found_by_what_it_keeps() -> None:
    desk, sofa = trust("desk"), trust("sofa")
    owned = owner(trusts=(desk, sofa))

    assert owned.trust_of("desk", NOW) == desk
    assert owned.trust_of("sofa", NOW) == sofa
    assert owned.trust_of("train", NOW) is None
    assert owned.trust_of(desk.id, NOW) is None
    assert owned.trust_of(desk.digest, NOW) is None


def test_a_browser_is_found_by_what_it_is_called() -> None:
    desk, sofa = trust("desk"), trust("sofa")
    owned = owner(trusts=(desk, sofa))

    assert owned.trust(sofa.id, NOW) == sofa
    for name in ("", "0", sofa.id[:-1], f"{sofa.id}0", sofa.id.upper(), sofa.digest, "sofa", "\ud800"):
        with pytest.raises(TrustNotFound):
            owned.trust(name, NOW)


@pytest.mark.parametrize(
    "dead", [trust(expires_at=NOW), trust(expires_at=NOW - DAY), trust(login=ANOTHER_LOGIN), trust(login="")]
)
def test_what_is_worth_nothing_is_not_found(dead: Trust) -> None:
    owned = owner(trusts=(dead, trust("sofa")))

    assert owned.remembered(NOW) == (trust("sofa"),)
    assert owned.trust_of("desk", NOW) is None
    with pytest.raises(TrustNotFound):
        owned.trust(dead.id, NOW)


def test_all_browsers_are_compared_whichever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def record(known: Trust, token: str) -> bool:
        compared.append(known.id)
        return known.digest == digest_of(token)

    monkeypatch.setattr(Trust, "made_of", record)
    trusts = many(5)
    owned = owner(trusts=trusts)

    for number in range(5):
        compared.clear()
        assert owned.trust_of(f"browser {number}", NOW) == trusts[number]
        assert compared == names(owned)


def test_the_login_is_no_part_of_an_account() -> None:
    owned = owner()

    assert attrs.evolve(owned, login=ANOTHER_LOGIN) == owned
    assert LOGIN not in repr(owned)


# What it counts for


def test_a_remembered_browser_counts_as_one_verification() -> None:
    owned = came_from(trust(index=1), NOW - MINUTE)

    assert owned.counted(TRUSTING, NOW) == (Confirmation(index=1, method=TRUST, at=NOW - MINUTE),)
    assert owned.verifications_left(1, TRUSTING, NOW) == 0
    assert owned.verifications_left(2, TRUSTING, NOW) == 1
    assert owned.confirmations(TRUSTING, NOW) == ()


def test_it_counts_when_it_is_shown_and_not_before() -> None:
    assert owner(trusts=(trust(),)).counted(TRUSTING, NOW) == ()


def test_it_is_told_from_a_proof_and_resists_no_phishing() -> None:
    [counted] = came_from(trust(), NOW, active(0, WEBAUTHN)).counted(TRUSTING, NOW)

    assert counted.trusted
    assert counted.method == "trust"
    assert not counted.phishing_resistant
    assert not Confirmation(index=0, method="totp", at=NOW).trusted


def test_to_show_it_is_entered_in_the_trust_and_in_the_challenge() -> None:
    desk, sofa = trust("desk", index=1), trust("sofa")
    before = owner(trusts=(desk, sofa), challenges=(challenge(1, sent=b"sealed", dispatched_at=NOW - MINUTE),))

    after = before.trusted(desk, NOW, until=None)

    assert after.trusts == (
        attrs.evolve(desk, last_used_at=NOW),
        sofa,
    )
    assert after.challenges == (
        challenge(1, sent=b"sealed", dispatched_at=NOW - MINUTE, trust=desk.id, trusted_at=NOW),
    )
    assert attrs.evolve(after, trusts=before.trusts, challenges=before.challenges) == before


def test_without_a_token_nothing_is_entered() -> None:
    with pytest.raises(NoChallenge):
        owner(trusts=(trust(),), token_id=None).trusted(trust(), NOW, until=None)


@pytest.mark.parametrize("indexes", [(0, 1), (1, 0), (0, 0), (1, 1)])
def test_however_many_are_shown_one_counts(indexes: tuple[int, int]) -> None:
    desk, sofa = trust("desk", index=indexes[0]), trust("sofa", index=indexes[1])
    owned = owner(trusts=(desk, sofa)).trusted(desk, NOW - MINUTE, until=None).trusted(sofa, NOW, until=None)

    assert len(owned.counted(TRUSTING, NOW)) == 1
    assert owned.verifications_left(2, TRUSTING, NOW) == 1


def test_it_counts_beside_another_device() -> None:
    owned = accepted(came_from(trust(index=0)), active(1, EMAIL), state=b"next", sent=None, now=NOW)

    assert [(each.index, each.method) for each in owned.counted(TRUSTING, NOW)] == [(1, "email"), (0, TRUST)]
    assert owned.verifications_left(2, TRUSTING, NOW) == 0


def test_it_never_counts_beside_its_own_device() -> None:
    own = Confirmation(index=0, method="totp", at=NOW)
    before = owner(trusts=(trust(),))

    shown_first = accepted(before.trusted(trust(), NOW, until=None), active(0), state=b"next", sent=None, now=NOW)
    shown_later = accepted(before, active(0), state=b"next", sent=None, now=NOW).trusted(trust(), NOW, until=None)

    for owned in (shown_first, shown_later, before.trusted(trust(), NOW, until=None).confirmed(0, NOW, until=None)):
        assert owned.counted(TRUSTING, NOW) == (own,)
        assert owned.verifications_left(2, TRUSTING, NOW) == 1


def test_where_one_stands_beside_its_own_device_another_counts() -> None:
    desk, sofa = trust("desk", index=0), trust("sofa", index=1)
    owned = owner(trusts=(desk, sofa), confirmed={0: NOW}).trusted(desk, NOW, until=None).trusted(sofa, NOW, until=None)

    assert owned.counted(TRUSTING, NOW) == (
        Confirmation(index=0, method="totp", at=NOW),
        Confirmation(index=1, method=TRUST, at=NOW),
    )


def test_a_device_whose_proof_is_over_makes_room_for_it_again() -> None:
    limited = attrs.evolve(TRUSTING, verification_lifetime=HOUR)
    owned = owner(trusts=(trust(),), confirmed={0: NOW - HOUR}).trusted(trust(), NOW, until=None)

    assert owned.counted(limited, NOW) == (Confirmation(index=0, method=TRUST, at=NOW),)
    assert owned.counted(limited, NOW - TICK) == (Confirmation(index=0, method="totp", at=NOW - HOUR),)


def test_it_counts_until_it_expires() -> None:
    owned = came_from(trust(expires_at=NOW + HOUR))

    assert owned.verifications_left(1, TRUSTING, NOW + HOUR - TICK) == 0
    assert owned.verifications_left(1, TRUSTING, NOW + HOUR) == 1
    assert owned.counted(TRUSTING, NOW + HOUR) == ()


def test_it_counts_no_longer_than_a_verification_does() -> None:
    limited = attrs.evolve(TRUSTING, verification_lifetime=HOUR)
    owned = came_from(trust())

    assert owned.verifications_left(1, limited, NOW + HOUR - TICK) == 0
    assert owned.verifications_left(1, limited, NOW + HOUR) == 1
    again = owned.trusted(trust(), NOW + HOUR, until=None)
    assert again.counted(limited, NOW + 2 * HOUR - TICK) == (Confirmation(index=0, method=TRUST, at=NOW + HOUR),)
    assert again.verifications_left(1, limited, NOW + 2 * HOUR) == 1


def test_where_browsers_are_not_remembered_it_counts_for_nothing() -> None:
    owned = came_from(trust())

    assert RULES.trust_lifetime is None
    assert owned.counted(RULES, NOW) == ()
    assert owned.verifications_left(1, RULES, NOW) == 1


def test_another_token_has_nothing_of_it() -> None:
    owned = came_from(trust())

    other = attrs.evolve(owned, token_id=PHONE, challenges=())
    assert other.counted(TRUSTING, NOW) == ()
    assert [each.token_id for each in owned.challenges] == [LAPTOP]


def test_with_another_password_it_counts_no_more() -> None:
    owned = attrs.evolve(came_from(trust()), login=ANOTHER_LOGIN)

    assert owned.counted(TRUSTING, NOW) == ()
    assert owned.verifications_left(1, TRUSTING, NOW) == 1


def test_a_challenge_that_names_no_browser_counts_for_nothing() -> None:
    for unclear in (
        challenge(0, trusted_at=NOW),
        challenge(0, trust=trust().id),
        challenge(0, trust=trust("sofa").id, trusted_at=NOW),
        challenge(0, trust="", trusted_at=NOW),
    ):
        assert owner(trusts=(trust(),), challenges=(unclear,)).counted(TRUSTING, NOW) == ()


# What it does not open


def refusal_of(act: Callable[[], object]) -> MfaError | None:
    try:
        act()
    except MfaError as error:
        return error
    return None


CHANGES: dict[str, Callable[[Account], object]] = {
    "verified": lambda owned: owned.demand_verified(1, TRUSTING, NOW),
    "fresh": lambda owned: owned.demand_fresh(1, TRUSTING, NOW),
    "removal": lambda owned: owned.demand_removal(active(1, EMAIL), 1, TRUSTING, NOW),
    "registration": lambda owned: owned.demand_registration(HOTP, 1, TRUSTING, NOW),
    "registration of codes": lambda owned: owned.demand_registration(RECOVERY, 1, TRUSTING, NOW),
    "activation": lambda owned: owned.demand_attempt(pending(7), TOTP, 1, TRUSTING, NOW),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_remembered_browser_opens_no_change(change: str) -> None:
    owned = came_from(trust(), NOW, active(0), active(1, EMAIL), pending(7))
    assert owned.verifications_left(1, TRUSTING, NOW) == 0

    refusal = refusal_of(lambda: CHANGES[change](owned))

    assert isinstance(refusal, VerificationRequired)
    assert refusal.verifications_left == 1
    proved = accepted(owned, active(0), state=b"next", sent=None, now=NOW)
    assert refusal_of(lambda: CHANGES[change](proved)) is None


@pytest.mark.parametrize("change", ["registration", "activation"])
def test_nor_does_it_where_it_stands_for_one_of_two(change: str) -> None:
    owned = came_from(
        trust(), NOW, active(0), active(1, EMAIL), pending(7), challenges=(challenge(1, confirmed_at=NOW),)
    )
    assert owned.verifications_left(2, TRUSTING, NOW) == 0
    acts: dict[str, Callable[[], object]] = {
        "registration": lambda: owned.demand_registration(HOTP, 2, TRUSTING, NOW),
        "activation": lambda: owned.demand_attempt(pending(7), TOTP, 2, TRUSTING, NOW),
    }

    refusal = refusal_of(acts[change])

    assert isinstance(refusal, VerificationRequired)
    assert refusal.verifications_left == 1


def test_a_refused_change_counts_what_is_left_without_it() -> None:
    with pytest.raises(VerificationRequired) as refused:
        came_from(trust()).demand_verified(2, TRUSTING, NOW)

    assert refused.value.verifications_left == 2


def test_it_neither_proves_nor_lets_register() -> None:
    owned = came_from(trust())

    assert not owned.proved(1, TRUSTING, NOW)
    assert not owned.may_register(1, TRUSTING, NOW)
    assert owned.proved(0, TRUSTING, NOW)


def test_it_does_not_make_a_dispatch_needless() -> None:
    owned = came_from(trust(index=1))

    owned.demand_dispatch(active(1, EMAIL), EMAIL, TRUSTING, NOW, again=False)


def test_it_is_no_way_back_for_a_locked_user() -> None:
    key = active(0, WEBAUTHN)
    guessed = pending(1)
    owned = came_from(
        trust(), NOW, key, attrs.evolve(guessed, failures=key.failures.one_more(NOW, TRUSTING.failure_memory))
    )

    after = owned.removed(owned.devices[1], TRUSTING, NOW)

    assert after.remembered_failures(TRUSTING, NOW) == 1


def test_who_came_from_one_stands_as_who_is_verified() -> None:
    came_from(trust()).demand_standing(1, TRUSTING, NOW)
    with pytest.raises(VerificationRequired) as refused:
        owner(trusts=(trust(),)).demand_standing(1, TRUSTING, NOW)
    assert refused.value.verifications_left == 1
    assert refused.value.requirement == Requirement(verifications=1)
    with pytest.raises(VerificationRequired) as refused:
        came_from(trust()).demand_standing(3, TRUSTING, NOW)
    assert refused.value.verifications_left == 2
    assert refused.value.requirement == Requirement(verifications=3)


def test_who_has_no_device_stands_without() -> None:
    account().demand_standing(1, TRUSTING, NOW)
    account(pending(0)).demand_standing(1, TRUSTING, NOW)
    with pytest.raises(RegistrationRequired):
        account().demand_verified(1, TRUSTING, NOW)


def test_no_method_takes_its_name() -> None:
    with pytest.raises(ValueError, match="trust"):
        Methods((TOTP, Kind(name="trust")))


# How it is forgotten


def test_a_browser_is_remembered_after_the_others() -> None:
    desk, sofa = trust("desk"), trust("sofa")

    assert owner(trusts=(desk,)).remembering(sofa, NOW).trusts == (
        desk,
        sofa,
    )
    assert owner().remembering(desk, NOW).trusts == (desk,)


def test_of_too_many_the_oldest_goes_and_with_it_what_it_had_confirmed() -> None:
    trusts = many(MOST_TRUSTS)
    owned = owner(trusts=trusts).trusted(trusts[0], NOW, until=None)
    assert owned.verifications_left(1, TRUSTING, NOW) == 0

    after = owned.remembering(trust("new"), NOW)

    assert MOST_TRUSTS == 20
    assert names(after) == [each.id for each in (*trusts[1:], trust("new"))]
    assert after.verifications_left(1, TRUSTING, NOW) == 1
    assert after.trust_of("browser 0", NOW) is None


def test_as_many_as_are_allowed_are_kept() -> None:
    trusts = many(MOST_TRUSTS - 1)

    after = owner(trusts=trusts).remembering(trust("new"), NOW)

    assert len(after.trusts) == MOST_TRUSTS
    assert after.verifications_left(1, TRUSTING, NOW) == 1
    assert after.trusted(trusts[0], NOW, until=None).verifications_left(1, TRUSTING, NOW) == 0


def test_to_be_used_makes_none_younger() -> None:
    trusts = many(MOST_TRUSTS)

    after = owner(trusts=trusts).trusted(trusts[0], NOW, until=None).remembering(trust("new"), NOW)

    assert trusts[0].id not in names(after)


@pytest.mark.parametrize("dead", [trust(expires_at=NOW), trust(login=ANOTHER_LOGIN)])
def test_what_is_worth_nothing_gives_way_first(dead: Trust) -> None:
    living = many(MOST_TRUSTS - 1)

    after = owner(trusts=(*living[:10], dead, *living[10:])).remembering(trust("new"), NOW)

    assert names(after) == [each.id for each in (*living, trust("new"))]


def test_one_that_is_revoked_is_gone_with_what_it_had_confirmed() -> None:
    desk, sofa = trust("desk"), trust("sofa")
    owned = owner(trusts=(desk, sofa)).trusted(desk, NOW, until=None)

    after = owned.forgetting(desk)

    assert after.trusts == (sofa,)
    assert after.counted(TRUSTING, NOW) == ()
    assert after.trust_of("desk", NOW) is None
    assert after.trust_of("sofa", NOW) == sofa
    assert owned.forgetting(sofa).verifications_left(1, TRUSTING, NOW) == 0


def test_to_revoke_takes_no_proof_away() -> None:
    owned = owner(trusts=(trust(),), confirmed={0: NOW}).trusted(trust(), NOW, until=None)

    assert owned.forgetting(trust()).counted(TRUSTING, NOW) == (Confirmation(index=0, method="totp", at=NOW),)


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_device_that_is_removed_takes_all_along(gone: int) -> None:
    devices = (active(0), active(1, EMAIL), active(2, RECOVERY))
    desk, sofa = trust("desk", index=0), trust("sofa", index=1)
    owned = owner(*devices, trusts=(desk, sofa)).trusted(sofa, NOW, until=None)

    after = owned.removed(devices[gone], TRUSTING, NOW)

    assert not after.trusts
    assert after.counted(TRUSTING, NOW) == ()


def test_a_pending_device_takes_none_along() -> None:
    owned = came_from(trust(), NOW, active(0), pending(1))

    after = owned.removed(owned.devices[1], TRUSTING, NOW)

    assert after.trusts == owned.trusts
    assert after.verifications_left(1, TRUSTING, NOW) == 0


def test_registrations_and_values_leave_them_alone() -> None:
    owned = came_from(trust(index=1))
    registered = owned.registered(pending(2), TRUSTING, NOW)
    activated = accepted(registered, registered.devices[-1], state=b"next", sent=None, now=NOW)
    wrong = owned.rejected(active(0), state=b"next", counted=True, rules=TRUSTING, now=NOW)

    for after in (registered, activated, wrong):
        assert after.trusts == owned.trusts
        assert any(each.trusted for each in after.counted(TRUSTING, NOW))


def test_a_code_that_is_sent_or_used_up_takes_nothing_of_it() -> None:
    owned = came_from(trust(index=1)).dispatched(active(1, EMAIL), EMAIL, b"sealed", NOW, until=NOW)
    used_up = rejected(owned, active(1, EMAIL), state=b"", sent=None, counted=True, now=NOW)

    for after in (owned, used_up, owned.undelivered(active(1, EMAIL), NOW)):
        assert after.verifications_left(1, TRUSTING, NOW) == 0


def test_a_challenge_is_shown_by_nothing_at_first() -> None:
    fresh = Challenge(index=0, token_id=LAPTOP)

    assert (fresh.trust, fresh.trusted_at) == (None, None)
