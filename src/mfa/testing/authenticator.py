"""A security key and the browser in front of it, as software, which a test can make misbehave in every way.

``SoftwareAuthenticator`` takes the options that the server gives and returns what ``PublicKeyCredential.toJSON()``
would: ``create`` for registration, ``get`` for authentication. Left alone it is honest. How it behaves is a matter of
its fields, so a test that wants something else asks for it::

    authenticator = SoftwareAuthenticator(origin="https://example.org")
    value = authenticator.create(options)
    value = authenticator.behaving(user_present=False).get(options)

Nothing here comes from the libraries that the package is built on but the primitives of ``cryptography``: the
encodings are written down again, from WebAuthn Level 3 and CTAP 2.1.
"""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import attrs
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA65PrivateKey, MLDSA87PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

ES256, EDDSA, RS256 = -7, -8, -257
ML_DSA_44, ML_DSA_65, ML_DSA_87 = -48, -49, -50

UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80

AAGUID = bytes.fromhex("6d6661746573740000000000000000aa")
OID_AAGUID = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")

NOT_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2120, 1, 1, tzinfo=UTC)

MlDsaPrivateKey = MLDSA44PrivateKey | MLDSA65PrivateKey | MLDSA87PrivateKey
PrivateKey = EllipticCurvePrivateKey | Ed25519PrivateKey | MlDsaPrivateKey | RSAPrivateKey
Json = dict[str, Any]
Conveyance = Literal["none", "self", "packed"]


def b64encode(data: bytes) -> str:
    """Write bytes in base64url without padding, as WebAuthn has them in JSON."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def b64decode(text: str) -> bytes:
    """Read what ``b64encode`` writes."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(item: object) -> bytes:
    """Encodes as CTAP 2.1 section 8 asks: shortest heads, and maps in the order of their encoded keys."""
    if item is None or isinstance(item, bool):
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[item]
    if isinstance(item, int):
        return head(0, item) if item >= 0 else head(1, -1 - item)
    if isinstance(item, bytes):
        return head(2, len(item)) + item
    if isinstance(item, str):
        return head(3, len(item.encode())) + item.encode()
    if isinstance(item, Mapping):
        pairs = sorted(((cbor(key), cbor(value)) for key, value in item.items()), key=lambda pair: _order(pair[0]))
        return head(5, len(pairs)) + b"".join(key + value for key, value in pairs)
    assert isinstance(item, Sequence)
    return head(4, len(item)) + b"".join(cbor(each) for each in item)


def head(major: int, argument: int) -> bytes:
    """The first bytes of an item: its kind, and a number or a length."""
    sizes = ((0, 24), (1, 1 << 8), (2, 1 << 16), (4, 1 << 32), (8, 1 << 64))
    size = next(size for size, limit in sizes if argument < limit)
    extra = argument if size == 0 else 24 + size.bit_length() - 1
    return bytes([major << 5 | extra]) + (argument.to_bytes(size) if size else b"")


def _order(key: bytes) -> tuple[int, int, bytes]:
    return key[0] >> 5, len(key), key


_KEYS: dict[int, tuple[type, Callable[[], PrivateKey]]] = {
    ES256: (EllipticCurvePrivateKey, lambda: generate_ec_key(SECP256R1())),
    EDDSA: (Ed25519PrivateKey, Ed25519PrivateKey.generate),
    RS256: (RSAPrivateKey, lambda: generate_rsa_key(65537, 2048)),
    ML_DSA_44: (MLDSA44PrivateKey, MLDSA44PrivateKey.generate),
    ML_DSA_65: (MLDSA65PrivateKey, MLDSA65PrivateKey.generate),
    ML_DSA_87: (MLDSA87PrivateKey, MLDSA87PrivateKey.generate),
}


def generate_key(algorithm: int) -> PrivateKey:
    """Make a key for an algorithm, by its number in COSE's registry."""
    _, make = _KEYS[algorithm]
    return make()


def algorithm_of(key: PrivateKey) -> int:
    """Return the number of a key's algorithm in COSE's registry."""
    return next(number for number, (kind, _) in _KEYS.items() if isinstance(key, kind))


def cose_key(key: PrivateKey) -> bytes:
    """The public key as COSE has it (RFC 9053 section 7, RFC 8230 section 4, RFC 9964)."""
    if isinstance(key, EllipticCurvePrivateKey):
        point = key.public_key().public_numbers()
        return cbor({1: 2, 3: ES256, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})
    if isinstance(key, Ed25519PrivateKey):
        return cbor({1: 1, 3: EDDSA, -1: 6, -2: key.public_key().public_bytes_raw()})
    if isinstance(key, MlDsaPrivateKey):
        return cbor({1: 7, 3: algorithm_of(key), -1: key.public_key().public_bytes_raw()})
    numbers = key.public_key().public_numbers()
    return cbor({1: 3, 3: RS256, -1: numbers.n.to_bytes(256), -2: numbers.e.to_bytes(3)})


def sign(key: PrivateKey, message: bytes) -> bytes:
    """Sign a message as the key's algorithm has it."""
    if isinstance(key, EllipticCurvePrivateKey):
        return key.sign(message, ECDSA(SHA256()))
    if isinstance(key, Ed25519PrivateKey | MlDsaPrivateKey):
        return key.sign(message)
    return key.sign(message, PKCS1v15(), SHA256())


def name(**attributes: str) -> x509.Name:
    """A name of the given attributes, by their short names: C, O, OU, CN."""
    oids = {
        "C": NameOID.COUNTRY_NAME,
        "O": NameOID.ORGANIZATION_NAME,
        "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
        "CN": NameOID.COMMON_NAME,
    }
    return x509.Name([x509.NameAttribute(oids[short], value) for short, value in attributes.items()])


AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)
LEAF = x509.BasicConstraints(ca=False, path_length=None)

ATTESTATION_SUBJECT = name(C="AA", O="mfa", OU="Authenticator Attestation", CN="Software authenticator")


@attrs.frozen(kw_only=True)
class Authority:
    """Who vouches for authenticators: a key, and the certificate that others trust."""

    key: EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def root(cls, **changes: Any) -> "Authority":
        """Makes an authority that signs its own certificate."""
        key = generate_ec_key(SECP256R1())
        subject = name(CN="Software authenticators")
        own: Json = {"subject": subject, "issuer": subject, "signer": key, "constraints": AUTHORITY}
        return cls(key=key, certificate=issue(key.public_key(), **own | changes))

    def intermediate(self, **changes: Any) -> "Authority":
        """Makes an authority below this one."""
        key = generate_ec_key(SECP256R1())
        own: Json = {"subject": name(CN="Factory"), "constraints": AUTHORITY}
        return Authority(key=key, certificate=self.issue(key.public_key(), **own | changes))

    def issue(self, public_key: CertificatePublicKeyTypes, **changes: Any) -> x509.Certificate:
        """Makes a certificate; by default one as section 8.2.1 wants it of attestation keys."""
        own: Json = {"subject": ATTESTATION_SUBJECT, "issuer": self.certificate.subject, "signer": self.key}
        return issue(public_key, **own | changes)


def issue(
    public_key: CertificatePublicKeyTypes,
    *,
    subject: x509.Name,
    issuer: x509.Name,
    signer: EllipticCurvePrivateKey,
    constraints: x509.BasicConstraints | None = LEAF,
    extensions: Sequence[x509.ExtensionType] = (),
    critical: bool = False,
    not_before: datetime = NOT_BEFORE,
    not_after: datetime = NOT_AFTER,
) -> x509.Certificate:
    """Makes a certificate; ``critical`` is said of the extensions, and of the constraints it is always."""
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(not_before).not_valid_after(not_after)
    if constraints is not None:
        builder = builder.add_extension(constraints, critical=True)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer, SHA256())


def model(aaguid: bytes) -> x509.UnrecognizedExtension:
    """The extension by which a certificate says for which model it is (section 8.2.1)."""
    return x509.UnrecognizedExtension(OID_AAGUID, b"\x04\x10" + aaguid)


@attrs.define(kw_only=True, repr=False)
class Held:
    """A credential as the authenticator holds it."""

    id: bytes
    key: PrivateKey
    rp_id: str
    user_handle: bytes
    sign_count: int


@attrs.frozen(kw_only=True, repr=False)
class SoftwareAuthenticator:
    """An authenticator with its browser; what is None or "own" is done as it should be."""

    # The browser.
    origin: str | Callable[[], str] = "https://example.org"
    """Or who knows it when it is asked for."""
    challenge: bytes | None = None
    type: str | None = None
    cross_origin: bool | None = False
    top_origin: str | None = None
    client_data: Mapping[str, object] = attrs.field(factory=dict)
    """Put into the client data at last, over what stands there."""
    transports: Sequence[object] | None = ("internal", "hybrid")

    # The authenticator.
    rp_id: str | None = None
    algorithm: int | None = None
    credential_id: bytes | None = None
    user_handle: bytes | Literal["own"] | None = "own"
    user_present: bool = True
    user_verified: bool = True
    backup_eligible: bool = False
    backed_up: bool = False
    sign_count: int | None = None
    aaguid: bytes = AAGUID
    extensions: bytes = b""
    """CBOR that is appended to the authenticator data, and announced by a flag."""
    authenticator_data: bytes | None = None
    """Authenticator data to sign and send as they are."""
    attestation: Conveyance = "none"
    statement: tuple[str, object] | None = None
    """A format and a statement to send as they are."""
    authority: Authority = attrs.field(factory=Authority.root)
    held: dict[bytes, Held] = attrs.field(factory=dict)

    def behaving(self, **changes: Any) -> "SoftwareAuthenticator":
        """The same authenticator, with the same credentials, in another mood."""
        return attrs.evolve(self, **changes)

    def create(self, options: Mapping[str, Any]) -> Json:
        """Answers creation options, as ``RegistrationResponseJSON``."""
        offered = [parameter["alg"] for parameter in options["pubKeyCredParams"]]
        held = Held(
            id=secrets.token_bytes(32) if self.credential_id is None else self.credential_id,
            key=generate_key(self.algorithm or offered[0]),
            rp_id=options["rp"]["id"],
            user_handle=b64decode(options["user"]["id"]),
            sign_count=0,
        )
        self.held[held.id] = held
        client_data = self._client_data("webauthn.create", options["challenge"])
        data = self._authenticator_data(held, self.attested_credential_data(held))
        fmt, statement = self.statement or self._attest(held, data + hashlib.sha256(client_data).digest())
        response: Json = {
            "clientDataJSON": b64encode(client_data),
            "attestationObject": b64encode(cbor({"fmt": fmt, "attStmt": statement, "authData": data})),
            "authenticatorData": b64encode(data),
            "publicKeyAlgorithm": self.algorithm or offered[0],
        }
        if self.transports is not None:
            response["transports"] = list(self.transports)
        return self._credential(held, response)

    def get(self, options: Mapping[str, Any]) -> Json:
        """Answers request options, as ``AuthenticationResponseJSON``; takes the first credential that fits."""
        allowed = [b64decode(each["id"]) for each in options.get("allowCredentials", ())]
        held = next(
            each for each in self.held.values() if each.rp_id == options["rpId"] and each.id in (allowed or [each.id])
        )
        return self.assertion(held, options)

    def assertion(self, held: Held, options: Mapping[str, Any]) -> Json:
        """Answers request options by a credential that was not asked for, perhaps."""
        client_data = self._client_data("webauthn.get", options["challenge"])
        data = self._authenticator_data(held)
        response: Json = {
            "clientDataJSON": b64encode(client_data),
            "authenticatorData": b64encode(data),
            "signature": b64encode(sign(held.key, data + hashlib.sha256(client_data).digest())),
        }
        handle = held.user_handle if self.user_handle == "own" else self.user_handle
        if handle is not None:
            response["userHandle"] = b64encode(handle)
        return self._credential(held, response)

    def attested_credential_data(self, held: Held) -> bytes:
        """The part of the authenticator data that only a registration has (section 6.5.1)."""
        return self.aaguid + len(held.id).to_bytes(2) + held.id + cose_key(held.key)

    def _credential(self, held: Held, response: Json) -> Json:
        return {
            "id": b64encode(held.id),
            "rawId": b64encode(held.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }

    def _client_data(self, type_: str, challenge: str) -> bytes:
        fields: dict[str, object] = {
            "type": self.type or type_,
            "challenge": challenge if self.challenge is None else b64encode(self.challenge),
            "origin": self.origin() if callable(self.origin) else self.origin,
        }
        if self.cross_origin is not None:
            fields["crossOrigin"] = self.cross_origin
        if self.top_origin is not None:
            fields["topOrigin"] = self.top_origin
        return json.dumps(fields | dict(self.client_data), separators=(",", ":")).encode()

    def _authenticator_data(self, held: Held, attested: bytes = b"") -> bytes:
        if self.authenticator_data is not None:
            return self.authenticator_data
        flags = (
            self.user_present * UP
            | self.user_verified * UV
            | self.backup_eligible * BE
            | self.backed_up * BS
            | bool(attested) * AT
            | bool(self.extensions) * ED
        )
        held.sign_count += 1
        count = held.sign_count if self.sign_count is None else self.sign_count
        rp_id_hash = hashlib.sha256((self.rp_id or held.rp_id).encode()).digest()
        return rp_id_hash + bytes([flags]) + count.to_bytes(4) + attested + self.extensions

    def _attest(self, held: Held, message: bytes) -> tuple[str, Json]:
        if self.attestation == "none":
            return "none", {}
        if self.attestation == "self":
            return "packed", {"alg": algorithm_of(held.key), "sig": sign(held.key, message)}
        key = generate_ec_key(SECP256R1())
        leaf = self.authority.issue(key.public_key(), extensions=[model(self.aaguid)])
        certificate = leaf.public_bytes(Encoding.DER)
        return "packed", {"alg": ES256, "sig": sign(key, message), "x5c": [certificate]}
