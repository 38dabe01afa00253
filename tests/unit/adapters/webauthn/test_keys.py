from contextlib import suppress
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, SECP521R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fido2.cose import UnsupportedKey
from hypothesis import given
from hypothesis import strategies as st

from mfa.adapters.webauthn import keys
from mfa.adapters.webauthn.fido2 import Fido2AuthenticatorCryptography
from mfa.application.ports.webauthn import ML_DSA_KEY_BYTES, Unreadable
from mfa.testing.authenticator import ES256, RS256, cbor, cose_key, generate_key, sign

CRYPTOGRAPHY = Fido2AuthenticatorCryptography()

Fields = dict[Any, Any]


def ec2(algorithm: int, curve: int, size: int, numbers: EllipticCurvePublicNumbers) -> Fields:
    return {1: 2, 3: algorithm, -1: curve, -2: numbers.x.to_bytes(size), -3: numbers.y.to_bytes(size)}


P256 = ec2(-7, 1, 32, generate_ec_key(SECP256R1()).public_key().public_numbers())
P384 = ec2(-35, 2, 48, generate_ec_key(SECP384R1()).public_key().public_numbers())
P521 = ec2(-36, 3, 66, generate_ec_key(SECP521R1()).public_key().public_numbers())
ED25519: Fields = {1: 1, 3: -8, -1: 6, -2: Ed25519PrivateKey.generate().public_key().public_bytes_raw()}
ED448: Fields = {1: 1, 3: -53, -1: 7, -2: Ed448PrivateKey.generate().public_key().public_bytes_raw()}
ML_DSA: list[Fields] = [{1: 7, 3: algorithm, -1: bytes(size)} for algorithm, size in ML_DSA_KEY_BYTES.items()]
MODULUS = b"\xff" * 255 + b"\x01"
RSA: Fields = {1: 3, 3: -257, -1: MODULUS, -2: b"\1\0\1"}


@pytest.mark.parametrize(
    "fields",
    [P256, P384, P521, ED25519, ED448, *ML_DSA, RSA, {**RSA, -1: MODULUS * 2, -2: b"\3"}, {**RSA, -2: b"\1\0\0\1"}],
)
def test_a_key_that_can_be_used_is_known_by_its_algorithm(fields: Fields) -> None:
    assert CRYPTOGRAPHY.algorithm(cbor(fields)) == fields[3]
    assert fields[3] in keys.ALGORITHMS


def without(fields: Fields, label: int) -> Fields:
    return {each: value for each, value in fields.items() if each != label}


@pytest.mark.parametrize(
    "fields",
    [
        *(without(fields, label) for fields in (P256, ED25519, RSA) for label in fields),
        *({**fields, 4: [2]} for fields in (P256, ED25519, RSA)),
        *({**fields, "x": b""} for fields in (P256, ED25519, RSA)),
        *({**fields, 1: 4} for fields in (P256, ED25519, RSA)),
        *({**fields, 3: -65535} for fields in (P256, ED25519, RSA)),
        {**P256, 3: -9},
        {**P256, 3: -47, -1: 8},
        {**P256, 3: "ES256"},
        {**P256, 3: [-7]},
        {**P256, 3: None},
        {**P256, -1: 2},
        {**P256, -2: P256[-2] + b"\0"},
        {**P256, -2: b"\0" + P256[-2]},
        {**P256, -2: P256[-2][:-1]},
        {**P256, -3: P256[-2]},
        {**P256, -3: True},
        {**P256, -2: b"\0" * 32, -3: b"\0" * 32},
        {**P384, -1: 1},
        {**P384, 3: -7},
        {**P521, -2: b"\xff" * 66},
        {**ED25519, -1: 4},
        {**ED25519, -2: ED25519[-2][:-1]},
        {**ED25519, 3: -53},
        {**ED448, 3: -8},
        *({**fields, -1: fields[-1] + b"\0"} for fields in ML_DSA),
        {**ML_DSA[0], 3: -49},
        {**ML_DSA[0], 1: 1},
        {**ML_DSA[0], -2: bytes(32)},
        {**RSA, -1: b"\0" + MODULUS},
        {**RSA, -1: MODULUS[1:]},
        {**RSA, -1: MODULUS + b"\1" * 300},
        {**RSA, -2: b""},
        {**RSA, -2: b"\1"},
        {**RSA, -2: b"\2"},
        {**RSA, -2: b"\1" * 5},
        {**RSA, -2: 65537},
        {**RSA, -1: "text"},
        {},
        {3: -7},
    ],
)
def test_a_key_that_cannot_be_used_is_refused(fields: Fields) -> None:
    with pytest.raises(Unreadable):
        CRYPTOGRAPHY.algorithm(cbor(fields))
    assert not CRYPTOGRAPHY.signed(cbor(fields), b"message", b"signature")


@pytest.mark.parametrize("data", [b"", cbor([]), cbor(1), cbor(P256) + b"\0", b"\x04" + P256[-2] + P256[-3]], ids=len)
def test_what_is_no_key_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        CRYPTOGRAPHY.algorithm(data)


@given(
    st.dictionaries(
        st.sampled_from([1, 3, -1, -2, -3, 4, "x"]),
        st.sampled_from([1, 2, 3, 6, 7, -7, -8, -35, -36, -48, -53, -257]) | st.binary(max_size=70) | st.none(),
    )
)
def test_whatever_map_comes_there_is_one_error(fields: Fields) -> None:
    with suppress(Unreadable):
        assert CRYPTOGRAPHY.algorithm(cbor(fields)) in keys.ALGORITHMS


@given(st.sampled_from([P256, P384, P521, ED25519, ED448, *ML_DSA, RSA]), st.binary(max_size=300))
def test_whatever_signature_comes_is_judged(fields: Fields, signature: bytes) -> None:
    assert not CRYPTOGRAPHY.signed(cbor(fields), b"message", signature)


@pytest.mark.parametrize("algorithm", [ES256, -8, RS256, *ML_DSA_KEY_BYTES])
def test_a_signature_is_of_one_key_and_one_message(algorithm: int) -> None:
    key, other = generate_key(algorithm), generate_key(algorithm)
    signature = sign(key, b"message")

    assert CRYPTOGRAPHY.signed(cose_key(key), b"message", signature)
    assert not CRYPTOGRAPHY.signed(cose_key(key), b"another", signature)
    assert not CRYPTOGRAPHY.signed(cose_key(other), b"message", signature)
    assert not CRYPTOGRAPHY.signed(cose_key(key), b"message", signature + b"\0")


def test_a_key_that_the_libraries_do_not_know_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fido2.cose.CoseKey.for_alg", lambda _: UnsupportedKey)  # as where there is no ML-DSA

    for fields in ML_DSA:
        with pytest.raises(Unreadable):
            CRYPTOGRAPHY.algorithm(cbor(fields))
