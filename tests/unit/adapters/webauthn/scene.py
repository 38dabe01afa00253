"""Statements of every format, written by hand, right or wrong as a test wants them.

A ``Scene`` is a credential that has just been made, and an authority that attests; ``written`` is the authenticator
data where it is not what this key would write. Each format is a function of it, with what may be changed as arguments.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding

from mfa.adapters.webauthn.fido2 import Fido2AuthenticatorCryptography
from mfa.application.ports.webauthn import AttestationObject
from mfa.testing.authenticator import AAGUID, AT, UP, Authority, PrivateKey, algorithm_of, cose_key, name, sign

RP_ID_HASH = hashlib.sha256(b"example.org").digest()
CLIENT_DATA = b"client data"
CLIENT_DATA_HASH = hashlib.sha256(CLIENT_DATA).digest()
CREDENTIAL_ID = b"credential"

Statement = dict[str, Any]


@attrs.frozen(kw_only=True)
class Scene:
    key: PrivateKey = attrs.field(factory=lambda: generate_private_key(SECP256R1()))
    attesting: PrivateKey = attrs.field(factory=lambda: generate_private_key(SECP256R1()))
    authority: Authority = attrs.field(factory=Authority.root)
    written: bytes | None = None
    client_data_hash: bytes = CLIENT_DATA_HASH

    @property
    def data(self) -> bytes:
        if self.written is not None:
            return self.written
        attested = AAGUID + len(CREDENTIAL_ID).to_bytes(2) + CREDENTIAL_ID + cose_key(self.key)
        return RP_ID_HASH + bytes([UP | AT]) + bytes(4) + attested

    @property
    def message(self) -> bytes:
        return self.data + self.client_data_hash

    def certificate(self, key: PrivateKey | None = None, **changes: Any) -> bytes:
        return self.authority.issue((key or self.attesting).public_key(), **changes).public_bytes(Encoding.DER)

    def attestation(self, format_: str, statement: object, data: bytes | None = None) -> AttestationObject:
        return AttestationObject(
            format=format_, statement=statement, authenticator_data=self.data if data is None else data
        )

    def verify(self, format_: str, statement: object, data: bytes | None = None) -> tuple[bytes, ...]:
        attestation = self.attestation(format_, statement, data)
        return Fido2AuthenticatorCryptography().trust_path(attestation, self.client_data_hash)


def packed(scene: Scene, **certificate: Any) -> Statement:
    return {
        "alg": algorithm_of(scene.attesting),
        "sig": sign(scene.attesting, scene.message),
        "x5c": [scene.certificate(**certificate)],
    }


def packed_self(scene: Scene) -> Statement:
    return {"alg": algorithm_of(scene.key), "sig": sign(scene.key, scene.message)}


def fido_u2f(scene: Scene) -> Statement:
    assert isinstance(scene.key, EllipticCurvePrivateKey)
    point = scene.key.public_key().public_numbers()
    public_key = b"\x04" + point.x.to_bytes(32) + point.y.to_bytes(32)
    credential_id = scene.data[55 : 55 + int.from_bytes(scene.data[53:55])]
    message = b"\0" + scene.data[:32] + scene.client_data_hash + credential_id + public_key
    return {"sig": sign(scene.attesting, message), "x5c": [scene.certificate()]}


OID_NONCE = x509.ObjectIdentifier("1.2.840.113635.100.8.2")


def apple(scene: Scene, key: PrivateKey | None = None, nonce: bytes | None = None) -> Statement:
    nonce = hashlib.sha256(scene.message).digest() if nonce is None else nonce
    extension = x509.UnrecognizedExtension(OID_NONCE, b"\x30\x24\xa1\x22\x04\x20" + nonce)
    return {"x5c": [scene.certificate(key or scene.key, extensions=[extension])]}


# Android


OID_KEY_DESCRIPTION = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17")


def der(tag: int, content: bytes, *, kind: int = 0x00) -> bytes:
    """An element of DER; ``kind`` are the bits that come before the number of the tag."""
    high = [0x80 | tag >> shift & 0x7F for shift in (21, 14, 7) if tag >> shift]
    identifier = bytes([kind | tag] if tag < 31 else [kind | 31, *high, tag & 0x7F])
    if len(content) < 0x80:
        return identifier + bytes([len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return identifier + bytes([0x80 | len(length)]) + length + content


def sequence(*elements: bytes) -> bytes:
    return der(16, b"".join(elements), kind=0x20)


def purpose(*purposes: int, tag: int = 17) -> bytes:
    """``[1] EXPLICIT SET OF INTEGER``."""
    return der(1, der(tag, b"".join(der(2, bytes([each])) for each in purposes), kind=0x20), kind=0xA0)


def origin(value: int) -> bytes:
    """``[702] EXPLICIT INTEGER``."""
    return der(702, der(2, bytes([value])), kind=0xA0)


ALL_APPLICATIONS = der(600, der(5, b""), kind=0xA0)
"""``[600] EXPLICIT NULL``."""

SIGN, GENERATED = 2, 0


def key_description(
    software: Sequence[bytes] = (),
    tee: Sequence[bytes] = (purpose(SIGN), origin(GENERATED)),
    challenge: bytes = CLIENT_DATA_HASH,
) -> bytes:
    return sequence(
        der(2, b"\x01\x2c"),
        der(10, b"\1"),
        der(2, b"\x01\x2c"),
        der(10, b"\1"),
        der(4, challenge),
        der(4, b""),
        sequence(*software),
        sequence(*tee),
    )


def android_key(scene: Scene, description: bytes | None = None, key: PrivateKey | None = None) -> Statement:
    key = key or scene.key
    description = key_description(challenge=scene.client_data_hash) if description is None else description
    extension = x509.UnrecognizedExtension(OID_KEY_DESCRIPTION, description)
    return {
        "alg": algorithm_of(key),
        "sig": sign(key, scene.message),
        "x5c": [scene.certificate(key, extensions=[extension])],
    }


# Trusted platform modules


GENERATED_VALUE, CERTIFY = b"\xffTCG", b"\x80\x17"
NULL, SHA256 = b"\0\x10", b"\0\x0b"
SIGNING_KEY = (1 << 18).to_bytes(4)
OID_AIK_CERTIFICATE = x509.ObjectIdentifier("2.23.133.8.3")


def sized(data: bytes) -> bytes:
    return len(data).to_bytes(2) + data


def public_area(key: PrivateKey) -> bytes:
    """``TPMT_PUBLIC`` (TPM 2.0 Library, Part 2, section 12.2.4)."""
    if isinstance(key, RSAPrivateKey):
        modulus = key.public_key().public_numbers().n.to_bytes(256)
        return b"\0\x01" + SHA256 + SIGNING_KEY + sized(b"") + NULL + NULL + b"\x08\0" + bytes(4) + sized(modulus)
    assert isinstance(key, EllipticCurvePrivateKey)
    point = key.public_key().public_numbers()
    unique = sized(point.x.to_bytes(32)) + sized(point.y.to_bytes(32))
    return b"\0\x23" + SHA256 + SIGNING_KEY + sized(b"") + NULL + NULL + b"\0\3" + NULL + unique


def cert_info(
    scene: Scene, area: bytes, *, head: bytes = GENERATED_VALUE + CERTIFY, extra: bytes | None = None, tail: bytes = b""
) -> bytes:
    """``TPMS_ATTEST`` (TPM 2.0 Library, Part 2, section 10.12.8)."""
    extra = hashlib.sha256(scene.message).digest() if extra is None else extra
    certified = SHA256 + hashlib.sha256(area).digest()
    return head + sized(b"signer") + sized(extra) + bytes(17) + bytes(8) + sized(certified) + sized(b"") + tail


def described_module(*numbers: int, at_once: bool = False) -> x509.SubjectAlternativeName:
    """Names manufacturer, model and version (TCG EK Credential Profile, section 3.2.9), one by one or in one part."""
    oids = [x509.ObjectIdentifier(f"2.23.133.2.{number}") for number in numbers]
    attributes = [x509.NameAttribute(oid, "id:4E544300") for oid in oids]
    parts = [attributes] if at_once else [[each] for each in attributes]
    name_ = x509.Name([x509.RelativeDistinguishedName(part) for part in parts])
    return x509.SubjectAlternativeName([x509.DirectoryName(name_)])


IDENTITY: dict[str, Any] = {
    "subject": name(),
    "extensions": [x509.ExtendedKeyUsage([OID_AIK_CERTIFICATE]), described_module(1, 2, 3)],
}


def tpm(scene: Scene, *, area: bytes | None = None, info: bytes | None = None, **certificate: Any) -> Statement:
    area = public_area(scene.key) if area is None else area
    info = cert_info(scene, area) if info is None else info
    return {
        "ver": "2.0",
        "alg": algorithm_of(scene.attesting),
        "x5c": [scene.certificate(**IDENTITY | certificate)],
        "sig": sign(scene.attesting, info),
        "certInfo": info,
        "pubArea": area,
    }


RS1 = -65535
"""RSASSA-PKCS1-v1_5 with SHA-1 (RFC 8812 section 5), by which modules under Windows attest."""


def sign_rs1(key: PrivateKey, message: bytes) -> bytes:
    assert isinstance(key, RSAPrivateKey)
    return key.sign(message, PKCS1v15(), SHA1())  # noqa: S303


def tpm_rs1(scene: Scene) -> Statement:
    area = public_area(scene.key)
    info = cert_info(scene, area, extra=hashlib.sha1(scene.message).digest())  # noqa: S324
    described = [x509.ExtendedKeyUsage([OID_AIK_CERTIFICATE]), described_module(3, 2, 1, at_once=True)]
    statement = tpm(scene, area=area, info=info, extensions=described)
    return {**statement, "alg": RS1, "sig": sign_rs1(scene.attesting, info)}
