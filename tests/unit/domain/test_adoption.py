"""What each method makes of what comes from elsewhere."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from mfa.adapters.memory.delivery import MemoryAddressing
from mfa.adapters.memory.hashes import MemoryForeignHashes
from mfa.adapters.memory.system import SeededEntropy
from mfa.adapters.webauthn.fido2 import Fido2AuthenticatorCryptography
from mfa.domain.devices import storable_name
from mfa.domain.methods.adoption import (
    Adoption,
    Arrival,
    ImportedAddress,
    ImportedCode,
    ImportedCodes,
    ImportedCredential,
    ImportedSeed,
    NotAdopted,
    identity_of,
)
from mfa.domain.methods.base import Attempt, Enrolment, Method, RegistrationField, written
from mfa.domain.methods.one_time_password import OneTimePassword, Parameters, State
from mfa.domain.methods.out_of_band import OutOfBand
from mfa.domain.methods.recovery import RecoveryCodes, TemporaryPass
from mfa.domain.methods.security_keys import SecurityKeys, unique_name
from mfa.domain.methods.webauthn import Credential, RelyingParty
from mfa.domain.sends import SendLimits
from mfa.domain.states import decode, encode, octets
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict
from mfa.testing.authenticator import AAGUID, SoftwareAuthenticator
from tests.otp import PlainOneTimePasswords

NOW = datetime(2026, 1, 31, 12, 0, 7, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30
SEED = b"twenty octets, more.."
ENTROPY = SeededEntropy()
PASSWORDS = PlainOneTimePasswords()

TOTP = OneTimePassword(
    name="totp",
    verbose_name="Authenticator app",
    parameters=Parameters(digits=6, algorithm="sha1", tolerance=1, period=30),
    passwords=PASSWORDS,
    entropy=ENTROPY,
)
HOTP = attrs.evolve(TOTP, name="hotp", parameters=Parameters(digits=6, algorithm="sha1", tolerance=3))


def adopt(method: Method, found: object, *states: bytes, now: datetime = NOW, **more: str) -> Adoption:
    return method.adopt(Arrival(found=found, states=dict(enumerate(states)), now=now, **more))


def refusal(method: Method, found: object, *states: bytes) -> tuple[str, bool]:
    with pytest.raises(NotAdopted) as refused:
        adopt(method, found, *states)
    return refused.value.reason, refused.value.failed


def judged(method: Method, state: bytes, value: str, now: datetime = NOW) -> Verdict:
    return method.verify(Attempt(state=state, value=value, typed=value, now=now))


def right(method: Method, state: bytes, value: str, now: datetime = NOW) -> bytes:
    verdict = judged(method, state, value, now)
    assert isinstance(verdict, Accepted)
    return verdict.state


def code(counter: int, *, seed: bytes = SEED, digits: int = 6) -> str:
    return PASSWORDS.at(seed, [counter], digits=digits, algorithm="sha1")[0]


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("method", [TOTP, TemporaryPass(entropy=ENTROPY)])
def test_what_is_another_methods_is_taken_by_none(method: Method) -> None:
    assert refusal(method, object()) in {("unreadable", True), ("no_method", False)}


class TestSeeds:
    def test_parameters_stay_what_they_were(self) -> None:
        found = ImportedSeed(seed=SEED, digits=8, algorithm="SHA-256", tolerance=4, period=60, start=17, drift=-2)

        state = decode(State, adopt(TOTP, found).state)

        assert state.seed == SEED
        assert state.parameters == Parameters(digits=8, algorithm="sha256", tolerance=4, period=60, start=17)
        assert state.drift == -2

    def test_a_tolerance_that_is_not_told_is_that_of_the_settings(self) -> None:
        assert decode(State, adopt(TOTP, ImportedSeed(seed=SEED)).state).parameters.tolerance == 1
        assert decode(State, adopt(HOTP, ImportedSeed(seed=SEED)).state).parameters.tolerance == 3

    def test_steps_begin_at_any_second(self) -> None:
        found = ImportedSeed(seed=SEED, start=11, spent=0)
        state = adopt(TOTP, found).state
        step = (int(NOW.timestamp()) - 11) // 30

        assert isinstance(judged(TOTP, state, code(step)), Accepted)
        assert isinstance(judged(TOTP, state, code(step + 2)), Rejected)

    def test_the_window_lies_around_a_drift_outside_of_any(self) -> None:
        state = adopt(TOTP, ImportedSeed(seed=SEED, tolerance=1, drift=300, spent=0)).state

        assert isinstance(judged(TOTP, state, code(STEP)), Rejected)
        assert isinstance(judged(TOTP, state, code(STEP + 302)), Rejected)
        moved = right(TOTP, state, code(STEP + 301))

        assert decode(State, moved).drift == 301, "a token that goes on drifting is followed"
        assert isinstance(judged(TOTP, moved, code(STEP + 303), later(30)), Accepted)

    def test_what_never_drifted_is_not_followed(self) -> None:
        state = right(TOTP, adopt(TOTP, ImportedSeed(seed=SEED, spent=0)).state, code(STEP + 1))

        assert isinstance(judged(TOTP, state, code(STEP + 2)), Rejected)

    def test_the_last_step_is_spent(self) -> None:
        state = adopt(TOTP, ImportedSeed(seed=SEED, spent=STEP)).state

        verdict = judged(TOTP, state, code(STEP))
        assert isinstance(verdict, Rejected)
        assert verdict.reason is Reason.REPLAYED
        assert isinstance(judged(TOTP, state, code(STEP + 1)), Accepted)

    def test_where_none_is_told_all_are_spent_up_to_the_import(self) -> None:
        state = adopt(TOTP, ImportedSeed(seed=SEED)).state

        assert isinstance(judged(TOTP, state, code(STEP)), Rejected)
        assert isinstance(judged(TOTP, state, code(STEP + 1), later(30)), Accepted), "one code more, at most"

    def test_where_a_time_is_told_all_are_spent_that_could_be_used_by_then(self) -> None:
        state = adopt(TOTP, ImportedSeed(seed=SEED, used_at=later(-90))).state

        assert decode(State, state).next_counter == STEP - 3 + 1 + 1
        assert isinstance(judged(TOTP, state, code(STEP)), Accepted)

    @pytest.mark.parametrize(
        ("seconds", "spent"),
        [(-40, STEP - 1), (-30, STEP), (0, STEP), (60, STEP + 2), (300, STEP + 10), (300.1, STEP), (7200, STEP)],
    )
    def test_a_clock_that_was_ahead_makes_nobody_wait_for_two_codes(self, seconds: float, spent: int) -> None:
        state = adopt(TOTP, ImportedSeed(seed=SEED, used_at=later(seconds))).state

        assert decode(State, state).next_counter == spent + 1

    def test_of_a_step_and_a_time_the_later_holds(self) -> None:
        state = adopt(TOTP, ImportedSeed(seed=SEED, spent=STEP, used_at=later(-900))).state

        assert decode(State, state).next_counter == STEP + 1

    def test_a_counter_goes_on_where_it_was(self) -> None:
        adoption = adopt(HOTP, ImportedSeed(seed=SEED, tolerance=5, spent=6, used_at=NOW))

        assert isinstance(judged(HOTP, adoption.state, code(6)), Rejected)
        assert isinstance(judged(HOTP, adoption.state, code(7 + 5)), Accepted)
        assert isinstance(judged(HOTP, adoption.state, code(7 + 6)), Rejected)

    def test_a_counter_of_which_nothing_is_told_begins_at_zero(self) -> None:
        assert isinstance(judged(HOTP, adopt(HOTP, ImportedSeed(seed=SEED)).state, code(0)), Accepted)

    def test_a_counter_of_eight_octets_is_one(self) -> None:
        state = adopt(HOTP, ImportedSeed(seed=SEED, tolerance=0, spent=2**64 - 2)).state

        assert isinstance(judged(HOTP, state, code(2**64 - 1)), Accepted)

    @pytest.mark.parametrize(
        ("found", "reason"),
        [
            (ImportedSeed(seed=b""), "seed"),
            (ImportedSeed(seed=bytes(257)), "seed"),
            (ImportedSeed(seed=SEED, digits=0), "digits"),
            (ImportedSeed(seed=SEED, digits=11), "digits"),
            (ImportedSeed(seed=SEED, algorithm="md5"), "algorithm"),
            (ImportedSeed(seed=SEED, period=0), "period"),
            (ImportedSeed(seed=SEED, tolerance=-1), "tolerance"),
            (ImportedSeed(seed=SEED, tolerance=1001), "tolerance"),
            (ImportedSeed(seed=SEED, spent=2**64 - 1), "counter"),
            (ImportedSeed(seed=SEED, spent=-2), "counter"),
        ],
    )
    def test_what_no_app_can_have_fails(self, found: ImportedSeed, reason: str) -> None:
        assert refusal(TOTP, found) == (reason, True)

    @pytest.mark.parametrize(
        "found",
        [
            ImportedSeed(seed=b"1", digits=1, tolerance=0, period=1, spent=-1),
            ImportedSeed(seed=bytes(256), digits=10, tolerance=1000, period=86_400, spent=2**64 - 2),
        ],
    )
    def test_what_an_app_can_just_have_comes(self, found: ImportedSeed) -> None:
        state = decode(State, adopt(TOTP, found).state)

        assert (state.seed, state.next_counter - 1) == (found.seed, found.spent)

    def test_a_counter_based_token_has_no_period_that_could_be_wrong(self) -> None:
        state = decode(State, adopt(HOTP, ImportedSeed(seed=SEED, period=0, start=5, drift=7)).state)

        assert (state.parameters.period, state.parameters.start, state.drift) == (None, 0, None)

    @pytest.mark.parametrize(
        ("found", "warning"),
        [
            (ImportedSeed(seed=bytes(15)), "weak_seed"),
            (ImportedSeed(seed=bytes(16)), ""),
            (ImportedSeed(seed=SEED, digits=5), "few_digits"),
            (ImportedSeed(seed=SEED, digits=10), ""),
        ],
    )
    def test_what_the_rfc_forbids_comes_with_a_warning(self, found: ImportedSeed, warning: str) -> None:
        assert adopt(TOTP, found).warning == warning

    def test_the_same_seed_is_the_same_device_and_only_moves_on(self) -> None:
        first = adopt(TOTP, ImportedSeed(seed=SEED, spent=10, drift=0))
        again = adopt(TOTP, ImportedSeed(seed=SEED, spent=20, drift=4), first.state)
        back = adopt(TOTP, ImportedSeed(seed=SEED, spent=10, drift=0), again.state)

        assert first.index is None
        assert (again.index, back.index) == (0, 0)
        assert first.identity == again.identity
        assert decode(State, again.state).next_counter == 21
        assert decode(State, again.state).drift == 4
        assert back.state == again.state
        assert not again.grown

    def test_of_what_is_there_no_drift_is_taken_that_is_not_known(self) -> None:
        first = adopt(TOTP, ImportedSeed(seed=SEED, spent=10, drift=2))

        again = adopt(TOTP, ImportedSeed(seed=SEED, spent=20), first.state)

        assert decode(State, again.state).drift == 2

    def test_what_is_there_has_nothing_spent_of_which_nothing_is_told(self) -> None:
        first = adopt(TOTP, ImportedSeed(seed=SEED, spent=10))

        assert adopt(TOTP, ImportedSeed(seed=SEED), first.state).state == first.state
        assert adopt(TOTP, ImportedSeed(seed=SEED, spent=10, drift=3), first.state).state == first.state

    def test_what_was_seen_far_ahead_is_forgotten_with_the_counter(self) -> None:
        known = encode(State(seed=SEED, parameters=HOTP.parameters, next_counter=7, far=50))

        again = adopt(HOTP, ImportedSeed(seed=SEED, spent=60), known)

        assert (decode(State, again.state).next_counter, decode(State, again.state).far) == (61, None)

    def test_steps_of_another_length_say_nothing_of_one_another(self) -> None:
        first = adopt(TOTP, ImportedSeed(seed=SEED, spent=10))

        assert adopt(TOTP, ImportedSeed(seed=SEED, spent=20, period=60), first.state).state == first.state

    def test_another_seed_is_another_device(self) -> None:
        first = adopt(TOTP, ImportedSeed(seed=SEED))

        second = adopt(TOTP, ImportedSeed(seed=SEED + b"!"), first.state)

        assert second.index is None
        assert second.identity != first.identity

    def test_a_state_from_before_is_read(self) -> None:
        known = json.loads(encode(State(seed=SEED, parameters=TOTP.parameters)))
        del known["drift"], known["parameters"]["start"]

        assert decode(State, json.dumps(known).encode()) == State(seed=SEED, parameters=TOTP.parameters)

    def test_a_hardware_token_far_ahead_is_put_right(self) -> None:
        hotp = attrs.evolve(HOTP, resynchronise=True)
        state = adopt(hotp, ImportedSeed(seed=SEED, spent=6)).state

        first = judged(hotp, state, code(50))

        assert isinstance(first, Rejected)
        assert isinstance(judged(hotp, first.state, code(51)), Accepted)


class TestAddresses:
    MAIL = OutOfBand(
        name="email",
        verbose_name="Email",
        field=RegistrationField(name="address", label="Email address", kind="email"),
        addressing=MemoryAddressing(),
        entropy=ENTROPY,
        digits=6,
        lifetime=timedelta(minutes=10),
        limits=SendLimits(interval=timedelta(seconds=30), hourly=10),
        default_to_user_email=True,
    )

    def test_an_address_is_read_as_at_a_registration(self) -> None:
        adoption = adopt(self.MAIL, ImportedAddress(address="anna@example.com"))
        registered = self.MAIL.register(
            Enrolment(user_name="anna", fields={"address": "anna@example.com"}, now=NOW),
        )

        assert adoption.state == registered.state
        assert adoption.destination == registered.destination

    def test_the_users_own_is_that_of_the_moment(self) -> None:
        adoption = adopt(self.MAIL, ImportedAddress(), user_email="anna@example.com")

        assert adoption.state == b"anna@example.com"
        other = adopt(self.MAIL, ImportedAddress(), user_email="other@example.com")
        assert adoption.identity == other.identity, "and is known again by that"
        assert adoption.identity != adopt(self.MAIL, ImportedAddress(address="anna@example.com")).identity
        assert adoption.identity == identity_of(b""), "and as what is stored by now"

    def test_where_there_is_none_nothing_comes(self) -> None:
        assert refusal(self.MAIL, ImportedAddress()) == ("no_address", False)

    def test_a_number_has_no_default(self) -> None:
        phone = attrs.evolve(self.MAIL, name="sms", default_to_user_email=False)

        with pytest.raises(NotAdopted) as refused:
            adopt(phone, ImportedAddress(), user_email="anna@example.com")
        assert (refused.value.reason, refused.value.failed) == ("no_address", False)

    def test_what_is_no_address_fails(self) -> None:
        assert refusal(self.MAIL, ImportedAddress(address="nowhere")) == ("address", True)
        assert refusal(self.MAIL, ImportedSeed(seed=SEED)) == ("unreadable", True)

    def test_the_same_address_is_the_same_device(self) -> None:
        found = ImportedAddress(address="anna@example.com")

        assert adopt(self.MAIL, found, b"other@example.com", b"anna@example.com").index == 1


def texts(*codes: str, bits: float | None = None) -> tuple[ImportedCode, ...]:
    return tuple(ImportedCode(text=each, bits=bits) for each in codes)


class TestCodes:
    @pytest.fixture
    def hashes(self) -> MemoryForeignHashes:
        return MemoryForeignHashes()

    @pytest.fixture
    def method(self, hashes: MemoryForeignHashes) -> RecoveryCodes:
        return RecoveryCodes(count=2, entropy=ENTROPY, foreign=hashes)

    @pytest.mark.parametrize("typed", ["ABCD-1234", "abcd1234", " AbCd 12 34 ", "\uff41bcd\u20131234"])
    def test_a_code_is_the_same_in_every_writing_and_serves_once(self, method: RecoveryCodes, typed: str) -> None:
        state = adopt(method, ImportedCodes(codes=texts("aBcD-1234", "other")), row="sheet").state
        assert method.remaining(state) == 2

        left = right(method, state, typed)

        assert method.remaining(left) == 1
        assert isinstance(judged(method, left, typed), Rejected)
        assert isinstance(judged(method, left, "other"), Accepted)

    def test_nothing_of_a_code_is_kept_but_its_hash(self, method: RecoveryCodes) -> None:
        state = adopt(method, ImportedCodes(codes=texts("aBcD-1234"))).state

        assert b"bcd" not in state.lower()

    def test_a_code_in_another_alphabet_is_one(self, method: RecoveryCodes) -> None:
        state = adopt(method, ImportedCodes(codes=texts("\u043a\u043b\u044e\u0447-1"))).state

        assert isinstance(judged(method, state, "\u043a\u043b\u044e\u0447 1"), Accepted)

    def test_several_sheets_become_one_set(self, method: RecoveryCodes) -> None:
        first = adopt(method, ImportedCodes(codes=texts("first", "both")), row="1")
        second = adopt(method, ImportedCodes(codes=texts("second", "BO-TH", "second")), first.state, row="2")

        assert (second.index, second.grown, method.remaining(second.state)) == (0, True, 3)
        assert first.identity == second.identity

    def test_they_come_beside_codes_that_were_made_here(self, method: RecoveryCodes) -> None:
        made = method.register(Enrolment(user_name="anna", now=NOW))
        codes: object = made.shown["codes"]
        assert isinstance(codes, list)

        state = adopt(method, ImportedCodes(codes=texts("other", codes[0])), made.state).state

        assert method.remaining(state) == 3, "the same code is one"
        state = right(method, right(method, state, codes[1]), "other")
        assert method.remaining(state) == 1
        assert isinstance(judged(method, state, codes[0]), Accepted)

    def test_a_second_import_changes_nothing(self, method: RecoveryCodes, hashes: MemoryForeignHashes) -> None:
        found = ImportedCodes(codes=(*texts("one", "two"), ImportedCode(hashed=hashes.made("Three"))))
        first = adopt(method, found, row="1")

        again = adopt(method, found, first.state, row="1")

        assert (again.state, again.grown, again.index) == (first.state, False, 0)

    def test_what_was_used_here_never_comes_back(self, method: RecoveryCodes, hashes: MemoryForeignHashes) -> None:
        found = ImportedCodes(codes=(*texts("one", "two"), ImportedCode(hashed=hashes.made("Three"))))
        state = adopt(method, found, row="1").state
        state = right(method, right(method, state, "one"), "Three")

        again = adopt(method, found, state, row="1")

        assert (again.state, again.grown) == (state, False)

    def test_what_was_used_there_is_used_here(self, method: RecoveryCodes, hashes: MemoryForeignHashes) -> None:
        hashed = ImportedCode(hashed=hashes.made("Three"))
        state = adopt(method, ImportedCodes(codes=(*texts("one", "two"), hashed)), row="1").state
        state = adopt(method, ImportedCodes(codes=texts("four")), state, row="2").state

        state = adopt(method, ImportedCodes(codes=texts("two")), state, row="1").state

        assert [isinstance(judged(method, state, each), Accepted) for each in ("one", "two", "Three", "four")] == [
            *(False, True, False, True)
        ]
        assert method.remaining(adopt(method, ImportedCodes(codes=()), state, row="1").state) == 1, (
            "none are left there"
        )

    def test_new_codes_make_those_of_their_sheet_void_whichever_row_has_them(self, method: RecoveryCodes) -> None:
        state = adopt(method, ImportedCodes(codes=texts("old", "kept"), sheet="sheet"), row="1").state
        state = adopt(method, ImportedCodes(codes=texts("other")), state, row="sheet 2").state

        state = adopt(method, ImportedCodes(codes=texts("new", "kept"), sheet="sheet"), state, row="3").state

        assert [isinstance(judged(method, state, each), Accepted) for each in ("old", "kept", "new", "other")] == [
            *(False, True, True, True)
        ]

    def test_what_is_not_the_whole_sheet_says_nothing_of_the_rest(self, method: RecoveryCodes) -> None:
        state = adopt(method, ImportedCodes(codes=texts("one"), whole=False)).state

        state = adopt(method, ImportedCodes(codes=texts("two"), whole=False), state).state

        assert method.remaining(state) == 2

    def test_a_foreign_hash_is_checked_in_the_writing_of_its_source(
        self, method: RecoveryCodes, hashes: MemoryForeignHashes
    ) -> None:
        state = adopt(method, ImportedCodes(codes=(ImportedCode(hashed=hashes.made("Ab-3x")),))).state

        for typed in ("ab-3x", "AB-3X", "Ab3x"):
            assert isinstance(judged(method, state, typed), Rejected)
        assert method.remaining(right(method, state, " Ab-3\u200bx\n")) == 0

    def test_a_slow_hash_is_asked_last_and_no_more_once_one_fits(
        self, method: RecoveryCodes, hashes: MemoryForeignHashes
    ) -> None:
        hashed = tuple(ImportedCode(hashed=hashes.made(each)) for each in ("one", "two", "three"))
        state = adopt(method, ImportedCodes(codes=(*hashed, *texts("clear")))).state

        right(method, state, "clear")
        assert hashes.asked == 0
        right(method, state, "two")
        assert hashes.asked == 2

    def test_a_hash_of_a_kind_that_nobody_knows_fails(
        self, method: RecoveryCodes, hashes: MemoryForeignHashes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = ImportedCodes(codes=(ImportedCode(hashed="md4$1"),))

        assert refusal(method, found) == ("hash", True)
        assert refusal(RecoveryCodes(count=1, entropy=ENTROPY), found) == ("hash", True)
        monkeypatch.setattr(hashes, "setting", "PASSWORD_HASHERS")
        assert refusal(method, found) == ("setting:PASSWORD_HASHERS", True)

    def test_nor_does_one_fit_once_its_kind_is_not_known_any_more(
        self, method: RecoveryCodes, hashes: MemoryForeignHashes
    ) -> None:
        state = adopt(method, ImportedCodes(codes=(ImportedCode(hashed=hashes.made("one")),))).state

        assert isinstance(judged(attrs.evolve(method, foreign=None), state, "one"), Rejected)

    @pytest.mark.parametrize(
        ("codes", "guessable"),
        [
            (texts("12345678"), True),
            (texts("abcdefgh23456"), False),
            (texts("abcdefgh2345"), True),
            (texts("12345678901234567890"), False),
            (texts("1234567890123456789"), True),
            (texts("abcdefgh23456", bits=32), True),
            (texts("x", bits=64), False),
            ((ImportedCode(hashed=MemoryForeignHashes.made("x"), bits=71),), True),
        ],
    )
    def test_few_bits_and_slow_hashes_are_guessable(
        self, method: RecoveryCodes, codes: tuple[ImportedCode, ...], *, guessable: bool
    ) -> None:
        assert adopt(method, ImportedCodes(codes=codes)).guessable is guessable

    def test_a_code_that_nobody_can_type_is_left_with_a_warning(self, method: RecoveryCodes) -> None:
        adoption = adopt(method, ImportedCodes(codes=texts("one", "- -", "x" * 4096, "x" * 4097)))

        assert adoption.warning == "some_codes"
        assert method.remaining(adoption.state) == 2

    def test_where_there_is_no_other_the_sheet_fails(self, method: RecoveryCodes) -> None:
        assert refusal(method, ImportedCodes(codes=texts("--"))) == ("codes", True)
        assert refusal(method, ImportedCodes(codes=())) == ("empty", False)
        assert refusal(method, ImportedAddress()) == ("unreadable", True)

    def test_codes_that_were_all_made_here_are_kept_as_before(self, method: RecoveryCodes) -> None:
        made = method.register(Enrolment(user_name="anna", now=NOW))

        assert isinstance(json.loads(made.state), list)
        codes: object = made.shown["codes"]
        assert isinstance(codes, list)
        assert isinstance(json.loads(right(method, made.state, codes[0])), list)


class TestCredentials:
    SITE = RelyingParty(
        rp_id="example.org",
        rp_name="Example",
        origins=("https://example.org",),
        cryptography=Fido2AuthenticatorCryptography(),
    )
    KEYS = SecurityKeys(relying_party=SITE, entropy=ENTROPY, handle_key=b"key")

    @pytest.fixture
    def key(self) -> SoftwareAuthenticator:
        return SoftwareAuthenticator()

    @pytest.fixture
    def attestation(self, key: SoftwareAuthenticator) -> bytes:
        options = self.SITE.creation_options(b"c" * 32, user_handle=b"handle", user_name="ann")
        made = key.behaving(sign_count=5, backup_eligible=True, backed_up=True).create(options)
        return octets(made["response"]["attestationObject"])

    def test_an_attestation_object_has_all_but_the_handle(self, key: SoftwareAuthenticator, attestation: bytes) -> None:
        adoption = adopt(self.KEYS, ImportedCredential(attestation=attestation, transports=("usb", "No!", 3)))

        credential = decode(Credential, adoption.state)
        assert adoption.unique == unique_name(credential.id)
        assert adoption.identity == identity_of(credential.id)
        assert credential.user_handle is None
        assert (credential.sign_count, credential.backup_eligible, credential.backed_up) == (5, True, True)
        assert credential.aaguid == AAGUID
        assert credential.transports == ("usb",)

    def test_a_part_that_is_told_goes_before_that(self, attestation: bytes) -> None:
        found = ImportedCredential(
            attestation=attestation,
            sign_count=7,
            backup_eligible=False,
            backed_up=False,
            aaguid=b"another model...",
            user_handle=b"anna",
        )

        credential = decode(Credential, adopt(self.KEYS, found).state)

        assert (credential.sign_count, credential.backup_eligible, credential.backed_up) == (7, False, False)
        assert (credential.aaguid, credential.user_handle) == (b"another model...", b"anna")

    def parts(self, made: bytes, **changes: Any) -> ImportedCredential:
        whole = decode(Credential, adopt(self.KEYS, ImportedCredential(attestation=made)).state)
        return attrs.evolve(ImportedCredential(id=whole.id, public_key=whole.public_key), **changes)

    def test_parts_alone_are_enough(self, attestation: bytes) -> None:
        credential = decode(Credential, adopt(self.KEYS, self.parts(attestation)).state)

        assert (credential.sign_count, credential.backup_eligible, credential.backed_up) == (0, None, False)
        assert credential.aaguid == bytes(16)

    def test_the_site_tells_where_it_is_known(self, attestation: bytes) -> None:
        elsewhere = attrs.evolve(self.KEYS, relying_party=attrs.evolve(self.SITE, rp_id="elsewhere.example"))
        own = hashlib.sha256(b"elsewhere.example").digest()

        assert refusal(elsewhere, ImportedCredential(attestation=attestation)) == ("other_rp_id", False)
        assert refusal(self.KEYS, self.parts(attestation, rp_id_hash=own)) == ("other_rp_id", False)
        assert adopt(elsewhere, self.parts(attestation, rp_id_hash=own)).index is None

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"id": b""}, "credential_id"),
            ({"id": bytes(1024)}, "credential_id"),
            ({"public_key": b"\xa0"}, "public_key"),
            ({"public_key": None}, "public_key"),
            ({"user_handle": b""}, "user_handle"),
            ({"user_handle": bytes(65)}, "user_handle"),
            ({"attestation": b"no CBOR"}, "attestation"),
        ],
    )
    def test_what_is_no_credential_fails(self, attestation: bytes, changes: dict[str, object], reason: str) -> None:
        assert refusal(self.KEYS, self.parts(attestation, **changes)) == (reason, True)

    @pytest.mark.parametrize("octets", [1, 64])
    def test_a_handle_and_an_id_may_be_short_and_long(self, attestation: bytes, octets: int) -> None:
        found = self.parts(attestation, id=bytes(octets**2)[:1023], user_handle=bytes(octets))

        credential = decode(Credential, adopt(self.KEYS, found).state)

        assert (credential.id, credential.user_handle) == (found.id, found.user_handle)

    def test_what_is_none_at_all_is_unreadable(self) -> None:
        assert refusal(self.KEYS, ImportedAddress()) == ("unreadable", True)

    def test_the_same_credential_is_the_same_device_and_its_count_only_rises(self, attestation: bytes) -> None:
        first = adopt(self.KEYS, self.parts(attestation, sign_count=5, user_handle=b"anna"))
        higher = adopt(self.KEYS, self.parts(attestation, sign_count=9), first.state)
        other = adopt(self.KEYS, self.parts(attestation, id=b"other")).state
        lower = adopt(self.KEYS, self.parts(attestation, sign_count=2), other, higher.state)

        assert (higher.index, lower.index) == (0, 1)
        assert decode(Credential, lower.state).sign_count == 9
        assert decode(Credential, lower.state).user_handle == b"anna"

    def used(self, key: SoftwareAuthenticator, **states: bytes) -> Verdict:
        siblings = {int(index.removeprefix("_")): state for index, state in states.items()}
        dispatch = self.KEYS.dispatch(siblings[0], NOW, siblings)
        options: object = dispatch.shown["options"]
        assert isinstance(options, dict)
        return self.KEYS.verify(
            Attempt(state=siblings[0], siblings=siblings, sent=dispatch.sent, value=key.get(options), now=NOW)
        )

    @pytest.mark.parametrize("own", [b"handle", None])
    def test_what_is_unknown_is_learned_at_the_first_use(
        self, key: SoftwareAuthenticator, attestation: bytes, own: bytes | None
    ) -> None:
        verdict = self.used(key, _0=adopt(self.KEYS, self.parts(attestation, user_handle=own)).state)

        assert isinstance(verdict, Accepted)
        learned = decode(Credential, verdict.state)
        assert learned.user_handle == b"handle"
        assert learned.backup_eligible is not None
        assert isinstance(self.used(key, _0=verdict.state), Accepted)

    def test_a_handle_that_is_not_told_stays_unknown(self, key: SoftwareAuthenticator, attestation: bytes) -> None:
        verdict = self.used(key.behaving(user_handle=None), _0=adopt(self.KEYS, self.parts(attestation)).state)

        assert isinstance(verdict, Accepted)
        assert decode(Credential, verdict.state).user_handle is None

    def test_another_handle_is_refused_once_one_is_known(self, key: SoftwareAuthenticator, attestation: bytes) -> None:
        state = adopt(self.KEYS, self.parts(attestation, user_handle=b"somebody")).state

        verdict = self.used(key, _0=state)

        assert isinstance(verdict, Rejected)
        assert verdict.reason is Reason.USER_HANDLE

    def test_a_user_may_be_known_by_several_handles(self, key: SoftwareAuthenticator, attestation: bytes) -> None:
        other = adopt(self.KEYS, self.parts(attestation, id=b"other", user_handle=b"another handle")).state
        state = adopt(self.KEYS, self.parts(attestation, user_handle=b"handle")).state

        verdict = self.used(key, _0=other, _1=state)

        assert isinstance(verdict, Accepted)
        assert verdict.index == 1

    @pytest.mark.parametrize(("known", "taken"), [(b"anna", True), (None, False)])
    def test_a_new_credential_has_the_handle_of_another_where_that_is_known(
        self, attestation: bytes, known: bytes | None, *, taken: bool
    ) -> None:
        state = adopt(self.KEYS, self.parts(attestation, user_handle=known)).state

        made = self.KEYS.register(Enrolment(user_name="ann", siblings={0: state}, now=NOW))

        options: object = made.shown["options"]
        assert isinstance(options, dict)
        assert (options["user"]["id"] == "YW5uYQ") is taken


def test_a_code_is_written_with_its_dashes_and_its_case() -> None:
    assert written(" \uff21b\u2013\u200bc-\u0663\ud800 ") == "\uff21b\u2013c-3\ufffd"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Pixel 9", "Pixel 9"),
        (" a\nb\u202ec\ud800 ", "abc"),
        ("x" * 63 + "  y", "x" * 63),
        ("\x00\u2028", ""),
    ],
)
def test_any_name_is_made_storable(given: str, kept: str) -> None:
    assert storable_name(given) == kept
