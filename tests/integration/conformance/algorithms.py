"""Keys of every algorithm that the list names, as COSE has them, and what they sign."""

from collections.abc import Callable
from functools import cache

import attrs
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256K1,
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurve,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA384, SHA512, HashAlgorithm

from mfa.testing.authenticator import EDDSA, RS256, cbor, cose_key, generate_key


@attrs.frozen
class Algorithm:
    """A key pair: its number in COSE's registry, its public key as COSE has it, and how it signs."""

    number: int
    public_key: bytes
    sign: Callable[[bytes], bytes]


@cache
def rsa() -> RSAPrivateKey:
    """The one key of all of RSA's algorithms, for it takes long to make."""
    key = generate_key(RS256)
    assert isinstance(key, RSAPrivateKey)
    return key


def of_rsa(number: int, padding: AsymmetricPadding, hash_: HashAlgorithm) -> Algorithm:
    numbers = rsa().public_key().public_numbers()
    public_key = cbor({1: 3, 3: number, -1: numbers.n.to_bytes(256), -2: numbers.e.to_bytes(3)})
    return Algorithm(number, public_key, lambda message: rsa().sign(message, padding, hash_))


def of_curve(number: int, curve_number: int, curve: EllipticCurve, hash_: HashAlgorithm) -> Algorithm:
    key = generate_private_key(curve)
    point, size = key.public_key().public_numbers(), (curve.key_size + 7) // 8
    public_key = cbor({1: 2, 3: number, -1: curve_number, -2: point.x.to_bytes(size), -3: point.y.to_bytes(size)})
    return Algorithm(number, public_key, lambda message: key.sign(message, ECDSA(hash_)))


def of_edwards() -> Algorithm:
    key = Ed25519PrivateKey.generate()
    return Algorithm(EDDSA, cose_key(key), key.sign)


def pss(number: int, hash_: HashAlgorithm) -> Algorithm:
    return of_rsa(number, PSS(mgf=MGF1(hash_), salt_length=PSS.DIGEST_LENGTH), hash_)


MAKERS: dict[str, Callable[[], Algorithm]] = {
    "ES256K": lambda: of_curve(-47, 8, SECP256K1(), SHA256()),
    "PS256": lambda: pss(-37, SHA256()),
    "PS384": lambda: pss(-38, SHA384()),
    "PS512": lambda: pss(-39, SHA512()),
    "RS256": lambda: of_rsa(RS256, PKCS1v15(), SHA256()),
    "RS384": lambda: of_rsa(-258, PKCS1v15(), SHA384()),
    "RS512": lambda: of_rsa(-259, PKCS1v15(), SHA512()),
    "RS1": lambda: of_rsa(-65535, PKCS1v15(), SHA1()),  # noqa: S303 - which is to be refused
    "ES256": lambda: of_curve(-7, 1, SECP256R1(), SHA256()),
    "ES384": lambda: of_curve(-35, 2, SECP384R1(), SHA384()),
    "ES512": lambda: of_curve(-36, 3, SECP521R1(), SHA512()),
    "EdDSA": of_edwards,
}
