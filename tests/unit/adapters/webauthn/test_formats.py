"""Each attestation format is verified by its procedure (WebAuthn Level 3, section 8)."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from mfa.application.ports.webauthn import Unreadable
from mfa.testing.authenticator import (
    AAGUID,
    AT,
    AUTHORITY,
    EDDSA,
    ML_DSA_44,
    OID_AAGUID,
    RS256,
    UP,
    PrivateKey,
    cose_key,
    generate_key,
    model,
    name,
    sign,
)
from tests.unit.adapters.webauthn import scene as written
from tests.unit.adapters.webauthn.scene import (
    ALL_APPLICATIONS,
    CERTIFY,
    CREDENTIAL_ID,
    GENERATED,
    GENERATED_VALUE,
    IDENTITY,
    RP_ID_HASH,
    RS1,
    SIGN,
    Scene,
    Statement,
    android_key,
    apple,
    cert_info,
    der,
    described_module,
    fido_u2f,
    key_description,
    origin,
    packed,
    packed_self,
    public_area,
    purpose,
    sign_rs1,
    sized,
    tpm,
    tpm_rs1,
)

SCENE = Scene()
RSA = generate_key(RS256)
RSA_SCENE = Scene(key=RSA, attesting=RSA)
OTHER = generate_private_key(SECP384R1())

FORMATS: dict[str, Callable[[Scene], Statement]] = {
    "packed": packed,
    "tpm": tpm,
    "android-key": android_key,
    "apple": apple,
    "fido-u2f": fido_u2f,
}


def refuse(format_: str, statement: object, *, scene: Scene = SCENE, data: bytes | None = None) -> None:
    with pytest.raises(Unreadable):
        scene.verify(format_, statement, data)


# Every format


@pytest.mark.parametrize("format_", FORMATS)
def test_a_statement_that_verifies_gives_its_certificates(format_: str) -> None:
    statement = FORMATS[format_](SCENE)

    assert SCENE.verify(format_, statement) == tuple(statement["x5c"])


@pytest.mark.parametrize("format_", ["packed", "tpm", "android-key", "apple"])
def test_a_path_has_what_stands_above_as_well(format_: str) -> None:
    statement = FORMATS[format_](SCENE)
    statement["x5c"].append(SCENE.authority.certificate.public_bytes(Encoding.DER))

    assert SCENE.verify(format_, statement) == tuple(statement["x5c"])


@pytest.mark.parametrize("format_", FORMATS)
def test_a_statement_is_about_one_registration(format_: str) -> None:
    statement = FORMATS[format_](SCENE)

    refuse(format_, statement, data=b"\0" * 32 + SCENE.data[32:])
    refuse(format_, statement, data=SCENE.data[:-1] + bytes([SCENE.data[-1] ^ 1]))
    refuse(format_, statement, scene=Scene(authority=SCENE.authority, attesting=SCENE.attesting))


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    "data", [b"", RP_ID_HASH + bytes([UP]) + bytes(4), b"\xff" * 200], ids=["none", "no key", "noise"]
)
def test_a_statement_is_about_a_credential(format_: str, data: bytes) -> None:
    refuse(format_, FORMATS[format_](SCENE), data=data)


@pytest.mark.parametrize(
    ("format_", "field"), [(format_, field) for format_, write in FORMATS.items() for field in write(SCENE)]
)
def test_no_field_may_be_missing_or_of_another_type(format_: str, field: str) -> None:
    statement = FORMATS[format_](SCENE)
    others: list[object] = [None, 7, "text", b"", [], [b""], ["text"], {}, True]
    for value in others:
        refuse(format_, {**statement, field: value})

    del statement[field]
    if (format_, field) != ("packed", "x5c"):
        refuse(format_, statement)


@pytest.mark.parametrize("format_", ["packed", "tpm", "android-key"])
@pytest.mark.parametrize("algorithm", [-65535, -37, -257, -35, -8, 0])
def test_an_algorithm_is_that_of_the_key_and_one_to_believe(format_: str, algorithm: int) -> None:
    refuse(format_, {**FORMATS[format_](SCENE), "alg": algorithm})


@pytest.mark.parametrize("format_", ["packed", "android-key"])
def test_sha_1_is_believed_of_modules_alone(format_: str) -> None:
    statement = FORMATS[format_](RSA_SCENE)
    assert RSA_SCENE.verify(format_, statement)

    refuse(format_, {**statement, "alg": RS1, "sig": sign_rs1(RSA, RSA_SCENE.message)}, scene=RSA_SCENE)


@pytest.mark.parametrize("format_", ["android-safetynet", "compound", "", "Packed"])
def test_other_formats_are_not_understood(format_: str) -> None:
    refuse(format_, {})


@pytest.mark.parametrize("statement", [None, [], "text", b"", 1])
@pytest.mark.parametrize("format_", ["none", *FORMATS])
def test_a_statement_is_a_map(format_: str, statement: object) -> None:
    refuse(format_, statement)


@given(
    st.sampled_from(["none", *FORMATS]),
    st.dictionaries(
        st.sampled_from(["ver", "alg", "sig", "x5c", "certInfo", "pubArea", "ecdaaKeyId", 1]),
        st.none() | st.integers() | st.binary(max_size=80) | st.lists(st.binary(max_size=80), max_size=2) | st.text(),
    ),
    st.binary(max_size=100),
)
def test_whatever_statement_comes_there_is_one_error(format_: str, statement: Statement, data: bytes) -> None:
    if format_ != "none" or statement:
        refuse(format_, statement)
        refuse(format_, statement, data=data)
    else:  # nothing is to be refused but what is too short (section 6.1)
        refuse(format_, statement, data=data[:36])


def test_no_attestation_says_nothing() -> None:
    assert SCENE.verify("none", {}) == ()
    refuse("none", {"alg": -7})


# Packed (section 8.2)


@pytest.mark.parametrize("key", [SCENE.key, generate_key(EDDSA), RSA])
def test_a_key_can_attest_itself(key: PrivateKey) -> None:
    scene = Scene(key=key)

    assert scene.verify("packed", packed_self(scene)) == ()


def test_a_key_attests_only_itself() -> None:
    refuse("packed", {**packed_self(SCENE), "sig": sign(OTHER_P256, SCENE.message)})
    refuse("packed", {**packed_self(SCENE), "alg": -35})
    refuse("packed", {**packed_self(SCENE), "alg": -65535})
    refuse("packed", {**packed_self(SCENE), "ecdaaKeyId": b"key"})


OTHER_P256 = Scene().key


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": name(C="AA", O="mfa", OU="Another", CN="x")},
        {"subject": name(O="mfa", OU="Authenticator Attestation", CN="x")},
        {"subject": name(C="AA", OU="Authenticator Attestation", CN="x")},
        {"subject": name(C="AA", O="mfa", CN="x")},
        {"subject": name(C="AA", O="mfa", OU="Authenticator Attestation")},
        {"constraints": AUTHORITY},
        {"constraints": None},
        {"extensions": [model(b"\0" * 16)]},
        {"extensions": [model(AAGUID)], "critical": True},
    ],
)
def test_a_packed_certificate_meets_section_8_2_1(changes: dict[str, Any]) -> None:
    refuse("packed", packed(SCENE, **changes))


def test_a_packed_certificate_may_be_for_the_model() -> None:
    assert SCENE.verify("packed", packed(SCENE, extensions=[model(AAGUID)]))


@pytest.mark.parametrize("key", [generate_key(EDDSA), generate_key(ML_DSA_44), RSA])
def test_packed_certificates_have_keys_of_every_kind(key: PrivateKey) -> None:
    scene = Scene(attesting=key)

    assert scene.verify("packed", packed(scene))


# FIDO U2F (section 8.6)


def test_u2f_has_one_certificate() -> None:
    statement = fido_u2f(SCENE)

    refuse("fido-u2f", {**statement, "x5c": statement["x5c"] * 2})


@pytest.mark.parametrize("key", [RSA, OTHER, generate_key(EDDSA)], ids=["RSA", "P-384", "Ed25519"])
def test_u2f_is_attested_by_keys_on_one_curve(key: PrivateKey) -> None:
    refuse("fido-u2f", {**fido_u2f(SCENE), "x5c": [SCENE.certificate(key)]})


def test_u2f_attests_keys_on_one_curve() -> None:
    refuse("fido-u2f", fido_u2f(SCENE), scene=Scene(key=RSA))


# Apple (section 8.8)


def test_apple_certifies_the_key_itself() -> None:
    refuse("apple", apple(SCENE, key=OTHER_P256))
    refuse("apple", apple(SCENE, key=RSA))


@pytest.mark.parametrize("nonce", [b"", b"\0" * 32, b"\0" * 33])
def test_apple_certifies_the_registration(nonce: bytes) -> None:
    refuse("apple", apple(SCENE, nonce=nonce))


def test_apple_certifies_by_an_extension() -> None:
    refuse("apple", {"x5c": [SCENE.certificate(SCENE.key)]})


# Android (section 8.4)


@pytest.mark.parametrize(
    ("software", "tee"),
    [
        ([], []),
        ([purpose(SIGN), origin(GENERATED)], []),
        ([purpose(SIGN), origin(GENERATED)], [purpose(SIGN), origin(GENERATED)]),
        ([purpose(SIGN)], [origin(GENERATED)]),
        ([der(701, der(2, b"\1" * 6), kind=0xA0), der(709, b"x" * 300, kind=0xA0)], [purpose(SIGN), origin(GENERATED)]),
    ],
)
def test_android_says_nothing_against_the_key(software: list[bytes], tee: list[bytes]) -> None:
    assert SCENE.verify("android-key", android_key(SCENE, key_description(software, tee)))


@pytest.mark.parametrize(
    ("software", "tee"),
    [
        ([ALL_APPLICATIONS], [purpose(SIGN), origin(GENERATED)]),
        ([], [purpose(SIGN), ALL_APPLICATIONS, origin(GENERATED)]),
        ([], [purpose(SIGN), origin(2)]),
        ([origin(1)], [purpose(SIGN), origin(GENERATED)]),
        ([], [purpose(0), origin(GENERATED)]),
        ([], [purpose(SIGN, 3), origin(GENERATED)]),
        ([], [purpose(), origin(GENERATED)]),
        ([purpose(3)], [origin(GENERATED)]),
        ([], [purpose(SIGN, tag=16), origin(GENERATED)]),
        ([], [der(1, b"", kind=0xA0), origin(GENERATED)]),
        ([], [purpose(SIGN), der(702, b"", kind=0xA0)]),
        ([], [purpose(SIGN), der(702, der(2, b"\0\0"), kind=0xA0)]),
        ([], [purpose(SIGN)]),
        ([origin(GENERATED)], []),
        ([], [der(709, b"x", kind=0xA0)]),
    ],
)
def test_android_says_something_against_the_key(software: list[bytes], tee: list[bytes]) -> None:
    refuse("android-key", android_key(SCENE, key_description(software, tee)))


@pytest.mark.parametrize(
    "description",
    [
        b"",
        b"\x30",
        b"\x30\x05",
        b"\x30\x82\xff\xff",
        written.sequence(),
        key_description() + key_description(),
        key_description()[:-1],
        key_description() + b"\0",
        key_description(challenge=b""),
        key_description(challenge=b"\0" * 32),
    ],
)
def test_android_describes_the_key(description: bytes) -> None:
    refuse("android-key", android_key(SCENE, description))


def test_android_certifies_the_key_itself() -> None:
    refuse("android-key", android_key(SCENE, key=OTHER_P256))
    refuse("android-key", android_key(SCENE, key=RSA))
    refuse("android-key", {**android_key(SCENE), "x5c": [SCENE.certificate(SCENE.key)]})


def test_android_attests_other_keys() -> None:
    scene = Scene(key=RSA)

    assert scene.verify("android-key", android_key(scene))


# Trusted platform modules (section 8.3)


@pytest.mark.parametrize("key", [SCENE.key, RSA], ids=["EC", "RSA"])
@pytest.mark.parametrize("attesting", [SCENE.attesting, RSA], ids=["by EC", "by RSA"])
def test_a_module_certifies_keys_of_both_kinds(key: PrivateKey, attesting: PrivateKey) -> None:
    scene = Scene(key=key, attesting=attesting)

    assert scene.verify("tpm", tpm(scene))


def test_a_module_attests_by_sha_1_under_windows() -> None:
    scene = Scene(attesting=RSA)
    statement = tpm_rs1(scene)
    by_another_hash = cert_info(scene, public_area(scene.key))

    assert scene.verify("tpm", statement)
    refuse("tpm", {**statement, "sig": sign_rs1(RSA, b"another")}, scene=scene)
    refuse("tpm", {**statement, "certInfo": by_another_hash, "sig": sign_rs1(RSA, by_another_hash)}, scene=scene)


def test_a_module_has_one_version() -> None:
    for version in ("1.2", "2.1", 2.0):
        refuse("tpm", {**tpm(SCENE), "ver": version})


def test_a_module_does_not_attest_by_a_key_without_a_hash() -> None:
    scene = Scene(attesting=generate_key(EDDSA))

    refuse("tpm", tpm(scene))


def test_a_module_certifies_the_key_itself() -> None:
    refuse("tpm", tpm(SCENE, area=public_area(OTHER_P256)))
    refuse("tpm", tpm(SCENE, area=public_area(RSA)))
    refuse("tpm", {**tpm(SCENE), "pubArea": public_area(OTHER_P256)})


AREA = public_area(SCENE.key)


@pytest.mark.parametrize(
    "info",
    [
        b"",
        cert_info(SCENE, AREA, head=b"\xffTCH" + CERTIFY),
        cert_info(SCENE, AREA, head=GENERATED_VALUE + b"\x80\x18"),
        cert_info(SCENE, AREA, extra=b""),
        cert_info(SCENE, AREA, extra=b"\0" * 32),
        cert_info(SCENE, public_area(OTHER_P256)),
        cert_info(SCENE, AREA, tail=b"\0"),
        cert_info(SCENE, AREA)[:-1],
        cert_info(SCENE, AREA)[:40],
        GENERATED_VALUE + CERTIFY,
        GENERATED_VALUE + CERTIFY + sized(b"signer"),
    ],
    ids=len,
)
def test_a_module_certifies_the_registration(info: bytes) -> None:
    refuse("tpm", tpm(SCENE, info=info))


def test_a_module_signs_what_it_certifies() -> None:
    refuse("tpm", {**tpm(SCENE), "sig": sign(SCENE.attesting, b"another")})
    refuse("tpm", {**tpm(SCENE), "sig": sign(OTHER_P256, cert_info(SCENE, AREA))})


USAGE, DESCRIPTION = IDENTITY["extensions"]


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": name(CN="a name")},
        {"constraints": AUTHORITY},
        {"constraints": None},
        {"extensions": [DESCRIPTION]},
        {"extensions": [USAGE]},
        {"extensions": [x509.ExtendedKeyUsage([x509.ObjectIdentifier("2.23.133.8.1")]), DESCRIPTION]},
        {"extensions": [USAGE, described_module(1, 2)]},
        {"extensions": [USAGE, described_module(1, 3)]},
        {"extensions": [USAGE, described_module(2, 3)]},
        {"extensions": [USAGE, x509.SubjectAlternativeName([x509.DNSName("example.org")])]},
        {"extensions": [USAGE, DESCRIPTION, model(b"\0" * 16)]},
        {"extensions": [USAGE, DESCRIPTION, x509.UnrecognizedExtension(OID_AAGUID, AAGUID)]},
        {"extensions": [USAGE, DESCRIPTION, model(AAGUID)], "critical": True},
    ],
)
def test_an_identity_certificate_meets_section_8_3_1(changes: dict[str, Any]) -> None:
    refuse("tpm", tpm(SCENE, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"extensions": [USAGE, DESCRIPTION, model(AAGUID)]},
        {"extensions": [USAGE, DESCRIPTION], "critical": True},
        {"extensions": [x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.2.3"), *USAGE]), described_module(1, 2, 3, 4)]},
    ],
)
def test_an_identity_certificate_may_say_more(changes: dict[str, Any]) -> None:
    assert SCENE.verify("tpm", tpm(SCENE, **changes))


def test_the_scene_is_what_an_authenticator_writes() -> None:
    assert SCENE.data == RP_ID_HASH + bytes([UP | AT]) + bytes(4) + AAGUID + sized(CREDENTIAL_ID) + cose_key(SCENE.key)
