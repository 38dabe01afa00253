"""The ceremonies, step by step: the ids of the tests are the steps of WebAuthn Level 3, sections 7.1 and 7.2."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mfa.adapters.webauthn.fido2 import Fido2AuthenticatorCryptography
from mfa.domain.errors import MalformedValue
from mfa.domain.methods.webauthn import (
    ALGORITHM_NAMES,
    ALGORITHMS,
    CHALLENGE_BYTES,
    CHALLENGE_LIFETIME,
    MOST_CREDENTIAL_ID_BYTES,
    MOST_TRANSPORTS,
    MOST_VALUE_BYTES,
    AssertionResponse,
    AttestationResponse,
    CeremonyRefused,
    Credential,
    RelyingParty,
    Unreadable,
)
from mfa.domain.verdicts import Reason
from mfa.testing.authenticator import (
    AAGUID,
    AT,
    BE,
    BS,
    ED,
    EDDSA,
    ES256,
    ML_DSA_65,
    RS256,
    UP,
    UV,
    Authority,
    Conveyance,
    Held,
    SoftwareAuthenticator,
    b64decode,
    b64encode,
    cbor,
)
from tests.unit.domain.samples import NOW

CHALLENGE = bytes(range(32))
HANDLE = b"handle of a user"
OTHER = b"handle of another"

SITE = RelyingParty(
    rp_id="example.org",
    rp_name="Example",
    origins=("https://example.org", "https://login.example.org:8443"),
    cryptography=Fido2AuthenticatorCryptography(),
)
FRAMED = attrs.evolve(SITE, top_origins=("https://shop.example",))
STRICT = attrs.evolve(SITE, user_verification="required")


def creation(authenticator: SoftwareAuthenticator, site: RelyingParty = SITE) -> dict[str, Any]:
    return authenticator.create(site.creation_options(challenge=CHALLENGE, user_handle=HANDLE, user_name="ann"))


def register(response: object, site: RelyingParty = SITE) -> Credential:
    return site.register(AttestationResponse.read(response), challenge=CHALLENGE, user_handle=HANDLE, now=NOW)


def registered(authenticator: SoftwareAuthenticator, site: RelyingParty = SITE) -> Credential:
    return register(creation(authenticator, site), site)


def request(authenticator: SoftwareAuthenticator, *credentials: Credential) -> dict[str, Any]:
    return authenticator.get(SITE.request_options(challenge=CHALLENGE, credentials=credentials))


def authenticate(
    response: object, *credentials: Credential, site: RelyingParty = SITE, user_handle: bytes | None = HANDLE
) -> Credential:
    read = AssertionResponse.read(response)
    return site.authenticate(read, challenge=CHALLENGE, credentials=credentials, user_handle=user_handle)


@contextmanager
def refused(step: str, reason: Reason) -> Iterator[None]:
    with pytest.raises(CeremonyRefused) as caught:
        yield
    assert (caught.value.step, caught.value.reason) == (step, reason)


@pytest.fixture(scope="module")
def authenticator() -> SoftwareAuthenticator:
    return SoftwareAuthenticator()


# Options


def test_creation_options_are_json_that_browsers_take() -> None:
    known = Credential(
        id=b"\xfb\xff",
        public_key=b"",
        sign_count=0,
        backup_eligible=False,
        backed_up=False,
        aaguid=AAGUID,
        user_handle=HANDLE,
        transports=("usb", "nfc"),
    )

    options = SITE.creation_options(
        challenge=CHALLENGE,
        user_handle=HANDLE,
        user_name="ann",
        exclude=[known, attrs.evolve(known, transports=())],
    )

    assert options == {
        "rp": {"id": "example.org", "name": "Example"},
        "user": {"id": "aGFuZGxlIG9mIGEgdXNlcg", "name": "ann", "displayName": "ann"},
        "challenge": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "pubKeyCredParams": [
            {"type": "public-key", "alg": -7},
            {"type": "public-key", "alg": -8},
            {"type": "public-key", "alg": -257},
        ],
        "timeout": 300_000,
        "excludeCredentials": [
            {"type": "public-key", "id": "-_8", "transports": ["usb", "nfc"]},
            {"type": "public-key", "id": "-_8"},
        ],
        "authenticatorSelection": {
            "residentKey": "preferred",
            "requireResidentKey": False,
            "userVerification": "preferred",
        },
        "attestation": "none",
    }
    assert json.loads(json.dumps(options)) == options


def test_creation_options_say_what_is_configured() -> None:
    site = attrs.evolve(
        SITE,
        user_verification="required",
        resident_key="required",
        attestation="direct",
        algorithms=(-257, -7),
    )

    options = site.creation_options(challenge=CHALLENGE, user_handle=HANDLE, user_name="ann")

    assert options["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert options["attestation"] == "direct"
    assert options["pubKeyCredParams"] == [{"type": "public-key", "alg": -257}, {"type": "public-key", "alg": -7}]
    assert options["excludeCredentials"] == []


class Older(Fido2AuthenticatorCryptography):
    def algorithm(self, public_key: bytes) -> int:
        algorithm = super().algorithm(public_key)
        if algorithm in {-48, -49}:
            raise Unreadable
        return algorithm


def test_what_the_libraries_cannot_read_is_not_offered() -> None:
    site = attrs.evolve(SITE, algorithms=tuple(ALGORITHM_NAMES.values()))
    older = attrs.evolve(site, cryptography=Older())

    assert site.offered == (-7, -8, -257, -35, -36, -53, -48, -49, -50)
    assert older.offered == (-7, -8, -257, -35, -36, -53, -50)
    options = older.creation_options(challenge=CHALLENGE, user_handle=HANDLE, user_name="ann")
    assert options["pubKeyCredParams"] == [{"type": "public-key", "alg": each} for each in older.offered]
    with refused("7.1.20", Reason.ALGORITHM):
        registered(SoftwareAuthenticator(algorithm=-48), older)


def test_request_options_are_json_that_browsers_take(authenticator: SoftwareAuthenticator) -> None:
    credential = registered(authenticator)

    options = SITE.request_options(challenge=CHALLENGE, credentials=[credential])

    assert options == {
        "challenge": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "timeout": 300_000,
        "rpId": "example.org",
        "userVerification": "preferred",
        "allowCredentials": [
            {"type": "public-key", "id": b64encode(credential.id), "transports": ["internal", "hybrid"]}
        ],
    }
    assert json.loads(json.dumps(options)) == options


def test_request_options_for_anybody_name_no_credential() -> None:
    options = STRICT.request_options(challenge=CHALLENGE)

    assert "allowCredentials" not in options
    assert options["userVerification"] == "required"


def test_what_is_recommended() -> None:
    assert ALGORITHMS == (ES256, EDDSA, RS256)
    assert CHALLENGE_BYTES == 32
    assert timedelta(minutes=5) == CHALLENGE_LIFETIME


# Registration


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("attestation", ["none", "self", "packed"])
def test_what_is_kept_of_a_credential(algorithm: int, attestation: Conveyance) -> None:
    authenticator = SoftwareAuthenticator(algorithm=algorithm, attestation=attestation, sign_count=7)

    credential = registered(authenticator)

    (held,) = authenticator.held.values()
    assert credential == Credential(
        id=held.id,
        public_key=authenticator.attested_credential_data(held)[16 + 2 + 32 :],
        sign_count=7,
        backup_eligible=False,
        backed_up=False,
        aaguid=AAGUID,
        user_handle=HANDLE,
        transports=("internal", "hybrid"),
    )


@pytest.mark.parametrize(("eligible", "backed_up"), [(False, False), (True, False), (True, True)])
def test_backup_flags_are_kept(*, eligible: bool, backed_up: bool) -> None:
    credential = registered(SoftwareAuthenticator(backup_eligible=eligible, backed_up=backed_up))

    assert (credential.backup_eligible, credential.backed_up) == (eligible, backed_up)


@pytest.mark.parametrize(
    ("behaviour", "site", "step", "reason"),
    [
        ({"type": "webauthn.get"}, SITE, "7.1.7", Reason.TYPE),
        ({"type": "payment.get"}, SITE, "7.1.7", Reason.TYPE),
        ({"type": "WebAuthn.Create"}, SITE, "7.1.7", Reason.TYPE),
        ({"client_data": {"type": ""}}, SITE, "7.1.7", Reason.TYPE),
        ({"challenge": CHALLENGE[:-1] + b"x"}, SITE, "7.1.8", Reason.CHALLENGE),
        ({"challenge": CHALLENGE[:-1]}, SITE, "7.1.8", Reason.CHALLENGE),
        ({"challenge": b""}, SITE, "7.1.8", Reason.CHALLENGE),
        ({"client_data": {"challenge": b64encode(CHALLENGE) + "="}}, SITE, "7.1.8", Reason.CHALLENGE),
        ({"client_data": {"challenge": "\ud800"}}, SITE, "7.1.8", Reason.CHALLENGE),
        ({"origin": "https://evil.example"}, SITE, "7.1.9", Reason.ORIGIN),
        ({"origin": "http://example.org"}, SITE, "7.1.9", Reason.ORIGIN),
        ({"origin": "https://example.org:8443"}, SITE, "7.1.9", Reason.ORIGIN),
        ({"origin": "https://sub.example.org"}, SITE, "7.1.9", Reason.ORIGIN),
        ({"origin": "https://example.org.evil.example"}, SITE, "7.1.9", Reason.ORIGIN),
        ({"origin": "https://example.org/"}, SITE, "7.1.9", Reason.ORIGIN),
        ({"origin": "HTTPS://EXAMPLE.ORG"}, SITE, "7.1.9", Reason.ORIGIN),
        ({"origin": ""}, SITE, "7.1.9", Reason.ORIGIN),
        ({"cross_origin": True}, SITE, "7.1.10", Reason.CROSS_ORIGIN),
        ({"cross_origin": True}, FRAMED, "7.1.10", Reason.CROSS_ORIGIN),
        ({"cross_origin": True, "top_origin": "https://shop.example"}, SITE, "7.1.10", Reason.CROSS_ORIGIN),
        ({"cross_origin": True, "top_origin": "https://evil.example"}, FRAMED, "7.1.11", Reason.CROSS_ORIGIN),
        ({"top_origin": "https://shop.example"}, SITE, "7.1.11", Reason.CROSS_ORIGIN),
        ({"top_origin": ""}, FRAMED, "7.1.11", Reason.CROSS_ORIGIN),
        ({"rp_id": "evil.example"}, SITE, "7.1.14", Reason.RP_ID),
        ({"rp_id": "login.example.org"}, SITE, "7.1.14", Reason.RP_ID),
        ({"user_present": False}, SITE, "7.1.15", Reason.USER_PRESENCE),
        ({"user_verified": False}, STRICT, "7.1.16", Reason.USER_VERIFICATION),
        ({"backed_up": True}, SITE, "7.1.17", Reason.BACKUP),
        ({"algorithm": RS256}, attrs.evolve(SITE, algorithms=(ES256, EDDSA)), "7.1.20", Reason.ALGORITHM),
        ({"algorithm": EDDSA}, attrs.evolve(SITE, algorithms=(ES256,)), "7.1.20", Reason.ALGORITHM),
        ({"algorithm": ML_DSA_65}, SITE, "7.1.20", Reason.ALGORITHM),
        ({"credential_id": b"i" * 1024}, SITE, "7.1.25", Reason.CREDENTIAL_ID),
        ({"credential_id": b""}, SITE, "7.1.25", Reason.CREDENTIAL_ID),
    ],
)
def test_registration_is_refused_at_its_step(
    behaviour: dict[str, Any], site: RelyingParty, step: str, reason: Reason
) -> None:
    response = creation(SoftwareAuthenticator(**behaviour), SITE)

    with refused(step, reason):
        register(response, site)


@pytest.mark.parametrize(
    ("behaviour", "site"),
    [
        ({"origin": "https://login.example.org:8443"}, SITE),
        ({"cross_origin": None}, SITE),
        ({"cross_origin": True, "top_origin": "https://shop.example"}, FRAMED),
        ({"top_origin": "https://shop.example"}, FRAMED),
        ({"cross_origin": True}, attrs.evolve(FRAMED, unnamed_top_origin=True)),
        ({"user_verified": False}, SITE),
        ({"user_verified": False}, attrs.evolve(SITE, user_verification="discouraged")),
        ({"user_verified": True}, STRICT),
        ({"credential_id": b"i"}, SITE),
        ({"credential_id": b"i" * MOST_CREDENTIAL_ID_BYTES}, SITE),
        ({"extensions": cbor({})}, SITE),
        ({"extensions": cbor({"credProtect": 2, "hmac-secret": True})}, SITE),
        ({"client_data": {"futureField": {"deep": [1, None]}}}, SITE),
        ({"transports": None}, SITE),
        ({"transports": []}, SITE),
        ({"transports": ["usb", "nfc", "ble", "smart-card", "hybrid", "internal", "tomorrow"]}, SITE),
        ({"transports": ["usb"] * MOST_TRANSPORTS}, SITE),
    ],
)
def test_registration_is_accepted_with_whatever_is_allowed(behaviour: dict[str, Any], site: RelyingParty) -> None:
    authenticator = SoftwareAuthenticator(**behaviour)

    credential = registered(authenticator, site)

    options = site.request_options(challenge=CHALLENGE, credentials=[credential])
    after = authenticate(authenticator.get(options), credential, site=site)
    assert after == attrs.evolve(credential, sign_count=2)


def test_7_1_27_the_id_of_the_response_is_that_of_the_credential() -> None:
    response = creation(SoftwareAuthenticator())
    response["id"] = response["rawId"] = b64encode(b"another")

    with refused("7.1.27", Reason.CREDENTIAL_ID):
        register(response)


@pytest.mark.parametrize(
    "public_key",
    [
        cbor({1: 2, 3: -7, -1: 1, -2: b"\1" * 32, -3: b"\1" * 32}),
        cbor({1: 2, 3: -7}),
        cbor({1: 2, 3: -65535}),
        cbor({}),
        cbor([]),
    ],
    ids=["not on the curve", "nothing but an algorithm", "unknown algorithm", "empty", "no map"],
)
def test_7_1_20_a_key_has_to_be_one(public_key: bytes) -> None:
    attested = AAGUID + b"\0\2id" + public_key

    with refused("7.1.20", Reason.ALGORITHM):
        register(forged(authenticator_data(UP | AT, attested)))


def authenticator_data(flags: int, rest: bytes = b"", count: int = 0) -> bytes:
    """Writes authenticator data of the site by hand."""
    return SITE._rp_id_hash + bytes([flags]) + count.to_bytes(4) + rest


def forged(data: bytes) -> dict[str, Any]:
    """Answers creation options with authenticator data of another hand."""
    return creation(SoftwareAuthenticator(credential_id=b"id", authenticator_data=data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        authenticator_data(UP)[:-1],
        authenticator_data(UP, b"\0"),
        authenticator_data(UP | AT),
        authenticator_data(UP | AT, AAGUID),
        authenticator_data(UP | AT, AAGUID + b"\0"),
        authenticator_data(UP | AT, AAGUID + b"\0\2i"),
        authenticator_data(UP | AT, AAGUID + b"\0\2id"),
        authenticator_data(UP | AT, AAGUID + b"\0\2id" + b"\xa5\x01"),
        authenticator_data(UP | AT, AAGUID + b"\0\2id" + cbor({}) + b"\0"),
        authenticator_data(UP | AT, AAGUID + b"\xff\xffid" + cbor({})),
        authenticator_data(UP | AT | ED, AAGUID + b"\0\2id" + cbor({})),
        authenticator_data(UP | AT | ED, AAGUID + b"\0\2id" + cbor({}) + cbor({}) + b"\0"),
        authenticator_data(UP | ED),
    ],
)
def test_7_1_13_authenticator_data_is_cut_to_the_byte(data: bytes) -> None:
    with refused("7.1.13", Reason.MALFORMED):
        register(forged(data))


def test_7_1_20_there_has_to_be_a_credential() -> None:
    with refused("7.1.20", Reason.MALFORMED):
        register(forged(authenticator_data(UP)))


@pytest.mark.parametrize(
    "attestation_object",
    [
        b"",
        b"\xff",
        b"\x81" * 30_000,
        cbor([]),
        cbor({}),
        cbor({"fmt": "none", "attStmt": {}}),
        cbor({"fmt": "none", "authData": b""}),
        cbor({"attStmt": {}, "authData": b""}),
        cbor({"fmt": 1, "attStmt": {}, "authData": b""}),
        cbor({"fmt": "none", "attStmt": {}, "authData": "text"}),
        cbor({"fmt": "none", "attStmt": {}, "authData": authenticator_data(UP)}) + b"\0",
    ],
)
def test_7_1_13_an_attestation_object_is_cbor(attestation_object: bytes) -> None:
    response = creation(SoftwareAuthenticator())
    response["response"]["attestationObject"] = b64encode(attestation_object)

    with refused("7.1.13", Reason.MALFORMED):
        register(response)


# Attestation


AUTHORITY = Authority.root()
DIRECT = attrs.evolve(
    SITE, attestation="direct", cryptography=Fido2AuthenticatorCryptography(roots=[AUTHORITY.certificate])
)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_7_1_24_an_attestation_that_chains_to_a_root_is_accepted(algorithm: int) -> None:
    registered(SoftwareAuthenticator(attestation="packed", authority=AUTHORITY, algorithm=algorithm), DIRECT)


@pytest.mark.parametrize(
    ("behaviour", "step", "reason"),
    [
        ({"statement": ("android-safetynet", {})}, "7.1.21", Reason.ATTESTATION),
        ({"statement": ("Packed", {})}, "7.1.21", Reason.ATTESTATION),
        ({"statement": ("", {})}, "7.1.21", Reason.ATTESTATION),
        ({"statement": ("none", {"sig": b""})}, "7.1.22", Reason.ATTESTATION),
        ({"statement": ("packed", {})}, "7.1.22", Reason.ATTESTATION),
        ({"statement": ("packed", [])}, "7.1.22", Reason.ATTESTATION),
        ({"statement": ("packed", None)}, "7.1.22", Reason.ATTESTATION),
        ({"statement": ("packed", {"alg": -7, "sig": b""})}, "7.1.22", Reason.ATTESTATION),
        ({"attestation": "none"}, "7.1.24", Reason.UNTRUSTED),
        ({"attestation": "self"}, "7.1.24", Reason.UNTRUSTED),
        ({"attestation": "packed"}, "7.1.24", Reason.UNTRUSTED),
    ],
)
def test_attestation_is_refused_at_its_step(behaviour: dict[str, Any], step: str, reason: Reason) -> None:
    with refused(step, reason):
        registered(SoftwareAuthenticator(**behaviour), DIRECT)


@pytest.mark.parametrize(
    "statement",
    [
        ("packed", {"alg": -7, "sig": b"no signature"}),
        ("packed", {"alg": -7, "sig": b"", "x5c": [b"no certificate"]}),
        ("tpm", {}),
        ("compound", [{"fmt": "packed", "attStmt": {"alg": -7, "sig": b"", "x5c": [b""]}}]),
        ("a format of tomorrow", "text"),
        ("none", {"sig": b""}),
    ],
)
def test_a_statement_that_nobody_asked_for_need_not_verify(statement: tuple[str, object]) -> None:
    registered(SoftwareAuthenticator(statement=statement))


# Authentication


def test_the_next_state_of_a_credential(authenticator: SoftwareAuthenticator) -> None:
    authenticator = authenticator.behaving(backup_eligible=True)
    before = registered(authenticator)

    after = authenticate(request(authenticator.behaving(backed_up=True, sign_count=9), before), before)

    assert after == attrs.evolve(before, sign_count=9, backed_up=True)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_offered_algorithm_signs(algorithm: int) -> None:
    authenticator = SoftwareAuthenticator(algorithm=algorithm)
    credential = registered(authenticator)

    authenticate(request(authenticator, credential), credential)


@pytest.mark.parametrize(
    ("behaviour", "site", "step", "reason"),
    [
        ({"type": "webauthn.create"}, SITE, "7.2.10", Reason.TYPE),
        ({"type": "payment.get"}, SITE, "7.2.10", Reason.TYPE),
        ({"challenge": CHALLENGE[:-1] + b"x"}, SITE, "7.2.11", Reason.CHALLENGE),
        ({"challenge": b""}, SITE, "7.2.11", Reason.CHALLENGE),
        ({"client_data": {"challenge": "\ud800"}}, SITE, "7.2.11", Reason.CHALLENGE),
        ({"origin": "https://evil.example"}, SITE, "7.2.12", Reason.ORIGIN),
        ({"origin": "http://example.org"}, SITE, "7.2.12", Reason.ORIGIN),
        ({"origin": "https://example.org:8443"}, SITE, "7.2.12", Reason.ORIGIN),
        ({"origin": "https://sub.example.org"}, SITE, "7.2.12", Reason.ORIGIN),
        ({"origin": "null"}, SITE, "7.2.12", Reason.ORIGIN),
        ({"cross_origin": True}, SITE, "7.2.13", Reason.CROSS_ORIGIN),
        ({"cross_origin": True}, FRAMED, "7.2.13", Reason.CROSS_ORIGIN),
        ({"cross_origin": True, "top_origin": "https://shop.example"}, SITE, "7.2.13", Reason.CROSS_ORIGIN),
        ({"cross_origin": True, "top_origin": "https://evil.example"}, FRAMED, "7.2.14", Reason.CROSS_ORIGIN),
        ({"top_origin": "https://shop.example"}, SITE, "7.2.14", Reason.CROSS_ORIGIN),
        ({"rp_id": "evil.example"}, SITE, "7.2.15", Reason.RP_ID),
        ({"user_present": False}, SITE, "7.2.16", Reason.USER_PRESENCE),
        ({"user_verified": False}, STRICT, "7.2.17", Reason.USER_VERIFICATION),
        ({"backed_up": True}, SITE, "7.2.18", Reason.BACKUP),
        ({"backup_eligible": True}, SITE, "7.2.19", Reason.BACKUP_ELIGIBILITY),
        ({"sign_count": 0}, SITE, "7.2.22", Reason.SIGN_COUNT),
    ],
)
def test_authentication_is_refused_at_its_step(
    authenticator: SoftwareAuthenticator, behaviour: dict[str, Any], site: RelyingParty, step: str, reason: Reason
) -> None:
    credential = registered(authenticator)
    response = request(authenticator.behaving(**behaviour), credential)

    with refused(step, reason):
        authenticate(response, credential, site=site)


def test_7_2_19_backup_eligibility_is_not_lost_either(authenticator: SoftwareAuthenticator) -> None:
    credential = registered(authenticator.behaving(backup_eligible=True))

    with refused("7.2.19", Reason.BACKUP_ELIGIBILITY):
        authenticate(request(authenticator, credential), credential)


@pytest.mark.parametrize(
    ("before", "after", "known"),
    [
        ({"backup_eligible": True}, {}, "BACKUP_ELIGIBILITY 7.2.19"),
        ({}, {"backup_eligible": True, "backed_up": True}, "BACKUP_ELIGIBILITY 7.2.19"),
        ({}, {"sign_count": 0}, "SIGN_COUNT 7.2.22"),
        ({}, {"extensions": cbor({})}, ""),
        ({}, {}, ""),
    ],
)
def test_what_is_odd_may_be_let_pass_and_is_told(
    authenticator: SoftwareAuthenticator, before: dict[str, Any], after: dict[str, Any], known: str
) -> None:
    site = attrs.evolve(SITE, sign_count="report", backup_change="report")
    credential = registered(authenticator.behaving(**before))
    response = request(authenticator.behaving(**after), credential)

    accepted = authenticate(response, credential, site=site)

    odd = site.oddities(AssertionResponse.read(response), credential)
    assert " ".join(f"{each.reason.name} {each.step}" for each in odd) == known
    assert accepted.backup_eligible == after.get("backup_eligible", False)
    assert accepted.sign_count >= credential.sign_count  # or else the other of two would be the one that is odd
    unknown = attrs.evolve(credential, backup_eligible=None, sign_count=0)
    assert site.oddities(AssertionResponse.read(response), unknown) == ()


def test_7_1_15_nobody_has_to_have_been_there_for_a_creation_without_a_dialog(
    authenticator: SoftwareAuthenticator,
) -> None:
    """And that alone: whoever has to be verified has to be verified there as well."""
    response = creation(authenticator.behaving(user_present=False, user_verified=False))
    read = AttestationResponse.read(response)
    kept: dict[str, Any] = {"challenge": CHALLENGE, "user_handle": HANDLE, "now": NOW}

    assert SITE.register(read, **kept, conditional=True).aaguid == AAGUID
    with refused("7.1.16", Reason.USER_VERIFICATION):
        STRICT.register(read, **kept, conditional=True)


def test_what_has_proved_its_make_is_known_for_it() -> None:
    attested = SoftwareAuthenticator(attestation="packed", authority=AUTHORITY)

    assert registered(attested, DIRECT).attested
    assert not registered(attested).attested


def test_hints_and_an_attachment_are_in_the_options_where_they_are_set() -> None:
    hinting = attrs.evolve(SITE, hints=("security-key", "hybrid"), attachment="cross-platform")

    created = hinting.creation_options(challenge=CHALLENGE, user_handle=HANDLE, user_name="ann")
    used = hinting.request_options(challenge=CHALLENGE)

    assert created["hints"] == used["hints"] == ["security-key", "hybrid"]
    selection: Any = created["authenticatorSelection"]
    assert selection["authenticatorAttachment"] == "cross-platform"


def test_7_2_5_a_credential_has_to_be_among_those_that_are_allowed(authenticator: SoftwareAuthenticator) -> None:
    first, second = registered(authenticator), registered(authenticator)
    response = request(authenticator, second)

    with refused("7.2.5", Reason.UNKNOWN_CREDENTIAL):
        authenticate(response, first)
    with refused("7.2.5", Reason.UNKNOWN_CREDENTIAL):
        authenticate(response)

    assert authenticate(response, first, second).id == second.id
    assert AssertionResponse.read(response).id == second.id


@pytest.mark.parametrize("handle", ["own", None, HANDLE])
def test_7_2_6_a_user_who_is_known_need_not_be_named(
    authenticator: SoftwareAuthenticator, handle: bytes | None
) -> None:
    credential = registered(authenticator)

    authenticate(request(authenticator.behaving(user_handle=handle), credential), credential)


@pytest.mark.parametrize("known", [HANDLE, None])
@pytest.mark.parametrize("handle", [OTHER, HANDLE[:-1], HANDLE + b"x"])
def test_7_2_6_a_user_who_is_named_is_the_one_who_holds_the_credential(
    authenticator: SoftwareAuthenticator, handle: bytes, known: bytes | None
) -> None:
    credential = registered(authenticator)

    with refused("7.2.6", Reason.USER_HANDLE):
        authenticate(request(authenticator.behaving(user_handle=handle), credential), credential, user_handle=known)


def test_7_2_6_a_credential_of_another_user_is_refused(authenticator: SoftwareAuthenticator) -> None:
    credential = registered(authenticator)
    response = request(authenticator.behaving(user_handle=None), credential)

    with refused("7.2.6", Reason.USER_HANDLE):
        authenticate(response, credential, user_handle=OTHER)


@pytest.mark.parametrize("absent", ["missing", None, ""])
def test_7_2_6_a_user_who_is_not_known_has_to_be_named(
    authenticator: SoftwareAuthenticator, absent: str | None
) -> None:
    credential = registered(authenticator)
    response = request(authenticator.behaving(user_handle=None), credential)
    if absent != "missing":
        response["response"]["userHandle"] = absent

    authenticate(response, credential)
    with refused("7.2.6", Reason.USER_HANDLE):
        authenticate(response, credential, user_handle=None)


def test_7_2_6_a_user_who_is_named_is_known() -> None:
    authenticator = SoftwareAuthenticator()
    credential = registered(authenticator)

    authenticate(request(authenticator), credential, user_handle=None)


def test_7_2_21_another_key_does_not_sign(authenticator: SoftwareAuthenticator) -> None:
    mine = registered(authenticator)
    thief = SoftwareAuthenticator()
    registered(thief)
    (held,) = thief.held.values()
    stolen = Held(id=mine.id, key=held.key, rp_id="example.org", user_handle=HANDLE, sign_count=9)

    with refused("7.2.21", Reason.SIGNATURE):
        authenticate(thief.assertion(stolen, SITE.request_options(challenge=CHALLENGE)), mine)


def test_7_2_21_a_key_that_is_no_longer_readable_signs_nothing(authenticator: SoftwareAuthenticator) -> None:
    credential = attrs.evolve(registered(authenticator), public_key=b"")

    with refused("7.2.21", Reason.SIGNATURE):
        authenticate(request(authenticator, credential), credential)


@pytest.mark.parametrize(
    ("before", "after", "risen"),
    [
        (0, 0, True),
        (0, 1, True),
        (0, 2**32 - 1, True),
        (1, 2, True),
        (2**32 - 2, 2**32 - 1, True),
        (1, 1, False),
        (2, 1, False),
        (1, 0, False),
        (2**32 - 1, 0, False),
    ],
)
def test_7_2_22_a_sign_count_rises_or_stays_at_zero(
    authenticator: SoftwareAuthenticator, before: int, after: int, *, risen: bool
) -> None:
    credential = attrs.evolve(registered(authenticator), sign_count=before)
    response = request(authenticator.behaving(sign_count=after), credential)

    if risen:
        assert authenticate(response, credential).sign_count == after
    else:
        with refused("7.2.22", Reason.SIGN_COUNT):
            authenticate(response, credential)


def test_7_2_24_a_response_is_spent_once_its_count_is_kept(authenticator: SoftwareAuthenticator) -> None:
    credential = registered(authenticator)
    response = request(authenticator, credential)
    after = authenticate(response, credential)

    with refused("7.2.22", Reason.SIGN_COUNT):
        authenticate(response, after)


def test_credential_data_in_an_assertion_is_skipped(authenticator: SoftwareAuthenticator) -> None:
    credential = registered(authenticator)
    response = resigned(authenticator, credential, UP | AT, AAGUID + b"\0\2id" + cbor({}))

    authenticate(response, credential)


@pytest.mark.parametrize(
    ("flags", "rest"), [(UP, b"\0"), (UP | ED, b""), (UP | ED, cbor({}) + b"\0"), (UP | AT, b"short")]
)
def test_7_2_7_authenticator_data_is_cut_to_the_byte(
    authenticator: SoftwareAuthenticator, flags: int, rest: bytes
) -> None:
    credential = registered(authenticator)

    with refused("7.2.7", Reason.MALFORMED):
        authenticate(resigned(authenticator, credential, flags, rest), credential)


def resigned(authenticator: SoftwareAuthenticator, credential: Credential, flags: int, rest: bytes) -> dict[str, Any]:
    """Answers request options with authenticator data of another hand, rightly signed."""
    data = authenticator_data(flags, rest, count=99)
    return request(authenticator.behaving(authenticator_data=data), credential)


@pytest.mark.parametrize("bit", [1, 5])
def test_flags_without_a_meaning_are_of_no_account(authenticator: SoftwareAuthenticator, bit: int) -> None:
    credential = registered(authenticator)

    authenticate(resigned(authenticator, credential, UP | UV | 1 << bit, b""), credential)
    with refused("7.2.16", Reason.USER_PRESENCE):
        authenticate(resigned(authenticator, credential, UV | BE | BS | 1 << bit, b""), credential)


# Whatever else is sent


Change = Callable[[dict[str, Any]], object]


def put(name: str, value: object) -> Change:
    return lambda response: response.__setitem__(name, value)


def put_inside(name: str, value: object) -> Change:
    return lambda response: response["response"].__setitem__(name, value)


NOT_BASE64URL: list[object] = [
    "A",
    "AAAAA",
    "A A",
    "AAA\n",
    "A=AA",
    "A.AA",
    "\N{FULLWIDTH LATIN CAPITAL LETTER A}AAA",
    "\ud800",
    7,
    True,
    [],
    {},
    None,
]

NO_TYPE: list[object] = [None, "", "password", "Public-Key", 7, ["public-key"]]
NO_RESPONSE: list[object] = [None, [], "text", 7]

OUTSIDE: list[tuple[str, object]] = [
    *(("value.id", each) for each in NOT_BASE64URL),
    *(("value.type", each) for each in NO_TYPE),
    *(("value.response", each) for each in NO_RESPONSE),
]


def malformed_at(member: str, text: object) -> Change:
    """Put something else in the place of a member, or with None take it away."""

    def change(response: dict[str, Any]) -> None:
        *path, name = member.split(".")
        within = response["response"] if path[1:] else response
        within[name] = text
        if text is None:
            del within[name]

    return change


@pytest.mark.parametrize(
    ("member", "text"),
    [
        *OUTSIDE,
        *(
            (f"value.response.{name}", text)
            for text in NOT_BASE64URL
            for name in ("clientDataJSON", "attestationObject")
        ),
    ],
)
def test_what_is_no_response_to_creation_options_is_malformed(member: str, text: object) -> None:
    response = creation(SoftwareAuthenticator())
    malformed_at(member, text)(response)

    with pytest.raises(MalformedValue) as caught:
        AttestationResponse.read(response)
    assert f"value.{caught.value.member}" == member


@pytest.mark.parametrize(
    ("member", "text"),
    [
        *OUTSIDE,
        *(
            (f"value.response.{name}", text)
            for text in NOT_BASE64URL
            for name in ("clientDataJSON", "authenticatorData", "signature")
        ),
    ],
)
def test_what_is_no_response_to_request_options_is_malformed(
    authenticator: SoftwareAuthenticator, member: str, text: object
) -> None:
    response = request(authenticator, registered(authenticator))
    malformed_at(member, text)(response)

    with pytest.raises(MalformedValue) as caught:
        AssertionResponse.read(response)
    assert f"value.{caught.value.member}" == member


def other_alphabet(text: str) -> str:
    return text.replace("-", "+").replace("_", "/")


@pytest.mark.parametrize(
    "write", [lambda text: text + "=" * (-len(text) % 4), other_alphabet, lambda text: other_alphabet(text) + "=="]
)
def test_bytes_may_be_padded_or_in_the_other_alphabet(write: Callable[[str], str]) -> None:
    authenticator = SoftwareAuthenticator(credential_id=b"\xfb\xff" * 8)
    response = creation(authenticator)
    for members in (response, response["response"]):
        members.update(
            {name: write(text) for name, text in members.items() if isinstance(text, str) and name != "type"}
        )
    credential = register(response)

    response = request(authenticator, credential)
    for members in (response, response["response"]):
        members.update(
            {name: write(text) for name, text in members.items() if isinstance(text, str) and name != "type"}
        )
    authenticate(response, credential)


def without(name: str) -> Change:
    return lambda response: response.pop(name, None)


ODD: list[object] = [None, "!", 7, [], {}]

HINTS: list[Change] = [
    without("rawId"),
    without("clientExtensionResults"),
    *(
        put(name, each)
        for name in ("rawId", "authenticatorAttachment", "clientExtensionResults", "more")
        for each in ODD
    ),
]


@pytest.mark.parametrize("change", HINTS)
def test_what_nothing_hangs_on_refuses_nobody(authenticator: SoftwareAuthenticator, change: Change) -> None:
    response = creation(authenticator)
    change(response)
    credential = register(response)

    response = request(authenticator, credential)
    change(response)
    authenticate(response, credential)


@pytest.mark.parametrize(
    ("transports", "kept"),
    [
        (None, ()),
        ("usb", ()),
        ({"usb": 1}, ()),
        (["usb", "USB", None, 1, "u\nsb", "x" * 33, "nfc"], ("usb", "nfc")),
        (["usb"] * 17, ("usb",) * MOST_TRANSPORTS),
    ],
)
def test_transports_are_kept_as_far_as_they_are_words(transports: object, kept: tuple[str, ...]) -> None:
    response = creation(SoftwareAuthenticator())
    response["response"].update(transports=transports, publicKey=7, publicKeyAlgorithm=None, authenticatorData="!")

    assert register(response).transports == kept


@pytest.mark.parametrize("handle", ["A", 7, [], {}, "\ud800"])
def test_a_handle_that_is_none_names_nobody(authenticator: SoftwareAuthenticator, handle: object) -> None:
    credential = registered(authenticator)
    response = request(authenticator, credential)
    response["response"]["userHandle"] = handle

    authenticate(response, credential)
    with refused("7.2.6", Reason.USER_HANDLE):
        authenticate(response, credential, user_handle=None)


@pytest.mark.parametrize("name", ["crossOrigin", "topOrigin", "more"])
def test_null_in_client_data_is_absent(name: str) -> None:
    registered(SoftwareAuthenticator(client_data={name: None}))
    with refused("7.1.9", Reason.ORIGIN):
        registered(SoftwareAuthenticator(client_data={"origin": None}))


@pytest.mark.parametrize(
    ("client_data", "step"),
    [
        (b"\xff", 0),
        (b"{\xc3}", 0),
        ("{}".encode("utf-16"), 0),
        (b"", 1),
        (b"{", 1),
        (b"[]", 1),
        (b"null", 1),
        (b'"webauthn.create"', 1),
        (b"[" * 40_000, 1),
        (b'{"a":' * 8_000, 1),
        (b"9" * 5_000, 1),
        (b'{"type":1}', 1),
        (b'{"challenge":["AA"]}', 1),
        (b'{"origin":{}}', 1),
        (b'{"topOrigin":1}', 1),
        (b'{"crossOrigin":1}', 1),
        (b'{"crossOrigin":"true"}', 1),
    ],
)
def test_client_data_is_json_in_utf_8(authenticator: SoftwareAuthenticator, client_data: bytes, step: int) -> None:
    credential = registered(authenticator)
    change = put_inside("clientDataJSON", b64encode(client_data))

    response = creation(authenticator)
    change(response)
    with refused(("7.1.5", "7.1.6")[step], Reason.MALFORMED):
        register(response)

    response = request(authenticator, credential)
    change(response)
    with refused(("7.2.8", "7.2.9")[step], Reason.MALFORMED):
        authenticate(response, credential)


def test_7_1_5_a_byte_order_mark_is_dropped() -> None:
    response = creation(SoftwareAuthenticator())
    client_data = b64decode(response["response"]["clientDataJSON"])
    response["response"]["clientDataJSON"] = b64encode(b"\xef\xbb\xbf" + client_data)

    register(response)


@pytest.mark.parametrize("value", [None, True, 7, 1.5, "{}", "", [], [{}]], ids=repr)
def test_what_is_no_object_is_malformed(value: object) -> None:
    malformed(value)


def test_what_is_too_large_is_malformed(authenticator: SoftwareAuthenticator) -> None:
    response = creation(authenticator)
    credential = register(response)
    response["padding"] = ""
    response["padding"] = "x" * (MOST_VALUE_BYTES - len(json.dumps(response, separators=(",", ":"))))
    assert register(response) == credential

    response["padding"] += "x"

    malformed(response)


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_what_is_too_deep_is_malformed(depth: int) -> None:
    nested: object = "x" * MOST_VALUE_BYTES
    for _ in range(depth):
        nested = {"response": nested}

    malformed(nested)


def test_what_cannot_have_been_json_is_malformed() -> None:
    malformed({"response": b""})


def test_characters_count_by_their_bytes() -> None:
    malformed({"more": "\N{EURO SIGN}" * (MOST_VALUE_BYTES // 3 + 1)})
    malformed({"more": "\N{EURO SIGN}" * (MOST_VALUE_BYTES // 3 - 10) + "\ud800"}, member="id")


def malformed(value: object, member: str | None = None) -> None:
    for read in (AttestationResponse.read, AssertionResponse.read):
        with pytest.raises(MalformedValue) as caught:
            read(value)
        assert caught.value.member == member


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=6),
    max_leaves=12,
)
TEXTS = st.binary(max_size=400).map(b64encode) | JSON
RESPONSES = JSON | st.fixed_dictionaries(
    {},
    optional={
        "id": st.just("aWQ"),
        "rawId": st.just("aWQ"),
        "type": st.just("public-key"),
        "response": JSON
        | st.fixed_dictionaries(
            {},
            optional={
                "clientDataJSON": TEXTS | JSON.map(json.dumps).map(str.encode).map(b64encode),
                "attestationObject": TEXTS | JSON.filter(lambda item: not holds_float(item)).map(cbor).map(b64encode),
                "authenticatorData": TEXTS,
                "signature": TEXTS,
                "userHandle": TEXTS,
                "transports": JSON,
            },
        ),
    },
)


def holds_float(item: object) -> bool:
    if isinstance(item, dict):
        return any(map(holds_float, item.values()))
    if isinstance(item, list):
        return any(map(holds_float, item))
    return isinstance(item, float) or (isinstance(item, int) and not -(2**64) <= item < 2**64)


@given(RESPONSES)
def test_nothing_that_is_sent_makes_a_registration_fail_otherwise(response: object) -> None:
    with pytest.raises((CeremonyRefused, MalformedValue)):
        register(response)


FUZZED = SoftwareAuthenticator(attestation="packed", authority=AUTHORITY)
CREATED = creation(FUZZED, DIRECT)
CREDENTIAL = register(CREATED, DIRECT)
REQUESTED = request(FUZZED, CREDENTIAL)


@pytest.mark.parametrize("last", range(64))
def test_whatever_the_credential_its_name_is_whole(last: int) -> None:
    name = attrs.evolve(CREDENTIAL, id=bytes([0, 0, last])).descriptor()["id"]

    assert urlsafe_b64decode(str(name)) == bytes([0, 0, last])


@given(RESPONSES)
def test_nothing_that_is_sent_makes_an_authentication_fail_otherwise(response: object) -> None:
    credential = attrs.evolve(CREDENTIAL, id=b"id")
    with pytest.raises((CeremonyRefused, MalformedValue)):
        authenticate(response, credential)


PATCHES = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 8), st.binary(max_size=8))


def patched(response: dict[str, Any], name: str, patch: tuple[float, int, bytes]) -> dict[str, Any]:
    """Replaces some bytes of a field by others, and makes sure that they are others."""
    place, cut, new = patch
    before = b64decode(response["response"][name])
    start = int(place * len(before))
    after = before[:start] + new + before[start + cut :]
    assume(after != before)
    return {**response, "response": {**response["response"], name: b64encode(after)}}


@given(st.sampled_from(["clientDataJSON", "attestationObject"]), PATCHES)
def test_a_registration_that_was_tampered_with_is_refused(name: str, patch: tuple[float, int, bytes]) -> None:
    response = patched(CREATED, name, patch)

    with pytest.raises(CeremonyRefused):
        register(response, DIRECT)


@given(st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]), PATCHES)
def test_an_authentication_that_was_tampered_with_is_refused(name: str, patch: tuple[float, int, bytes]) -> None:
    response = patched(REQUESTED, name, patch)

    with pytest.raises(CeremonyRefused):
        authenticate(response, CREDENTIAL)


# What is kept


def test_a_credential_shows_nothing_that_identifies() -> None:
    assert "id=" not in repr(CREDENTIAL).replace("aaguid=", "")
    assert "public_key" not in repr(CREDENTIAL)
    assert "user_handle" not in repr(CREDENTIAL)


def test_a_refusal_names_its_step_and_reason() -> None:
    error = CeremonyRefused("7.1.8", Reason.CHALLENGE)

    assert (error.step, error.reason) == ("7.1.8", Reason.CHALLENGE)
    assert "7.1.8" in str(error)


def test_challenges_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def equal(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return left == right

    monkeypatch.setattr("mfa.domain.methods.webauthn.equal", equal)
    authenticate(REQUESTED, CREDENTIAL)

    assert (b64encode(CHALLENGE).encode(), b64encode(CHALLENGE).encode()) in compared
