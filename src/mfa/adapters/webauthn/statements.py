"""Attestation statements, each verified by the procedure of its format (WebAuthn Level 3 section 8).

What python-fido2 does is left to it; what it leaves out is added. It has no ``android-key``, and its ``tpm`` wants the
clock's ``safe`` flag to be 0 or 1, where the specification's own example has 0x33: these two are verified here.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import attrs
from cryptography import x509
from fido2.attestation.apple import AppleAttestation
from fido2.attestation.base import Attestation
from fido2.attestation.packed import OID_AAGUID, PackedAttestation
from fido2.attestation.tpm import OID_AIK_CERTIFICATE, TpmPublicFormat
from fido2.attestation.u2f import FidoU2FAttestation
from fido2.cose import ES256, CoseKey
from fido2.webauthn import AttestedCredentialData, AuthenticatorData

from mfa.adapters.webauthn import keys
from mfa.application.ports.webauthn import AttestationObject, Unreadable
from mfa.domain.secrets import equal


def verify(attestation: AttestationObject, client_data_hash: bytes) -> tuple[bytes, ...]:
    """Verify a statement, and return its certificates, the leaf first; raises ``Unreadable``."""
    procedure, statement = _PROCEDURES.get(attestation.format), attestation.statement
    if procedure is None or not isinstance(statement, dict):
        raise Unreadable
    with keys.unreadable_on_error():
        data = AuthenticatorData(attestation.authenticator_data)
        procedure(_Evidence(statement=statement, data=data, client_data_hash=client_data_hash))
        return tuple(statement.get("x5c") or ())


def _demand(met: bool) -> None:  # noqa: FBT001 - reads as a sentence where it stands
    if not met:
        raise Unreadable


@attrs.frozen(kw_only=True, eq=False, repr=False)
class _Evidence:
    """A statement, and what it is about; whatever is missing or of another type is an error of some kind."""

    statement: dict[str, Any]
    data: AuthenticatorData
    client_data_hash: bytes

    @property
    def credential(self) -> AttestedCredentialData:
        if self.data.credential_data is None:
            raise Unreadable
        return self.data.credential_data

    @property
    def message(self) -> bytes:
        """Return what most formats sign."""
        return bytes(self.data) + self.client_data_hash

    @property
    def leaf(self) -> x509.Certificate:
        """Return the certificate whose key attests."""
        return x509.load_der_x509_certificate(self.statement["x5c"][0])

    def demand_algorithm(self) -> int:
        """Return by which algorithm the statement is signed, if that is one to believe."""
        algorithm: int = self.statement["alg"]
        _demand(algorithm in keys.ALGORITHMS)
        return algorithm

    def demand_signature(self, message: bytes) -> None:
        """Refuse a message that the key of the leaf has not signed."""
        key = CoseKey.for_alg(self.demand_algorithm()).from_cryptography_key(self.leaf.public_key())
        _demand(keys.signed(key, message, self.statement["sig"]))

    def demand_credential_key(self, key: Any) -> None:  # noqa: ANN401 - any kind of key that a certificate can hold
        """Refuse a key that is not the credential's own."""
        own = self.credential.public_key
        _demand(own.from_cryptography_key(key) == own)

    def demand_by_library(self, attestation: Attestation) -> None:
        attestation.verify(self.statement, self.data, self.client_data_hash)


def _none(evidence: _Evidence) -> None:
    """Verify that nothing is said (section 8.7)."""
    _demand(not evidence.statement)


def _packed(evidence: _Evidence) -> None:
    """Verify by section 8.2; the library believes any algorithm that it knows."""
    evidence.demand_algorithm()
    evidence.demand_by_library(PackedAttestation())


def _fido_u2f(evidence: _Evidence) -> None:
    """Verify by section 8.6; the library takes the first of several certificates, where one alone is allowed."""
    _demand(len(evidence.statement["x5c"]) == 1 and isinstance(evidence.credential.public_key, ES256))
    evidence.demand_by_library(FidoU2FAttestation())


def _apple(evidence: _Evidence) -> None:
    """Verify by section 8.8; the library leaves out that the certificate has to be for the credential's key."""
    evidence.demand_credential_key(evidence.leaf.public_key())
    evidence.demand_by_library(AppleAttestation())


# Trusted platform modules (section 8.3; TPM 2.0 Library, Part 2: Structures)

_HASHES = {-7: "sha256", -35: "sha384", -36: "sha512", -257: "sha256"}
"""The hash that each signature algorithm employs (RFC 9053 section 2.1; RFC 8812 section 2)."""

_GENERATED_CERTIFY = b"\xffTCG\x80\x17"
"""``TPM_GENERATED_VALUE`` and ``TPM_ST_ATTEST_CERTIFY``: made inside the module, and about a key (section 10.12.8)."""

_CLOCK_AND_FIRMWARE_BYTES = 17 + 8

_MANUFACTURER_MODEL_VERSION = {x509.ObjectIdentifier(f"2.23.133.2.{number}") for number in (1, 2, 3)}

_OCTET_STRING_OF_16 = b"\x04\x10"


def _tpm(evidence: _Evidence) -> None:
    """Verify that a module has certified the credential's key; nothing depends on its clock, which is skipped."""
    statement = evidence.statement
    _demand(statement["ver"] == "2.0")
    area = TpmPublicFormat.parse(statement["pubArea"])
    evidence.demand_credential_key(area.public_key())
    extra_data, name = _certified(statement["certInfo"])
    _demand(extra_data == hashlib.new(_HASHES[evidence.demand_algorithm()], evidence.message).digest())
    _demand(name == area.name())
    evidence.demand_signature(statement["certInfo"])
    _demand_identity(evidence.leaf, evidence.credential.aaguid)


def _certified(info: bytes) -> tuple[bytes, bytes]:
    """Read what was handed in to be signed, and the name of the key that is certified (``TPMS_ATTEST``)."""
    _demand(info.startswith(_GENERATED_CERTIFY))
    _, at = _sized(info, len(_GENERATED_CERTIFY))
    extra_data, at = _sized(info, at)
    name, at = _sized(info, at + _CLOCK_AND_FIRMWARE_BYTES)
    _, at = _sized(info, at)
    _demand(at == len(info))  # which a length beyond the end leaves behind
    return extra_data, name


def _sized(data: bytes, at: int) -> tuple[bytes, int]:
    start = at + 2
    end = start + int.from_bytes(data[at:start])
    return data[start:end], end


def _demand_identity(certificate: x509.Certificate, aaguid: bytes) -> None:
    """Refuse a certificate that is not one of a module's identity (section 8.3.1); it need not name any model."""
    extensions = certificate.extensions
    _demand(certificate.version is x509.Version.v3)
    _demand(not list(certificate.subject))
    _demand(not extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    _demand(OID_AIK_CERTIFICATE in extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    described = {attribute.oid for name in names.get_values_for_type(x509.DirectoryName) for attribute in name}
    _demand(described >= _MANUFACTURER_MODEL_VERSION)
    for extension in extensions:
        if extension.oid == OID_AAGUID:
            _demand(not extension.critical and extension.value.public_bytes() == _OCTET_STRING_OF_16 + aaguid)


# Android's key store (section 8.4)

_KEY_DESCRIPTION = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.1.17")

_CHALLENGE, _SOFTWARE_ENFORCED, _TEE_ENFORCED = 4, 6, 7
"""Positions in ``KeyDescription``."""

_PURPOSE, _ALL_APPLICATIONS, _ORIGIN = 1, 600, 702
"""Tags in ``AuthorizationList``."""

_ONLY_SIGN, _GENERATED = b"\x31\x03\x02\x01\x02", b"\x02\x01\x00"
"""A set of the one number 2, and the number 0, in DER."""

_HIGH_TAG = 31
_MOST_TAG = 1 << 16
_LONG_LENGTH = 0x80


def _android_key(evidence: _Evidence) -> None:
    """Verify that a key store has certified the credential's key.

    The key has to be made there, to sign and nothing else, and not for all applications; either list of
    authorizations may say so, since which of them is believed is a matter of the certificates above. Both are empty in
    the specification's own example, so what is not said at all is not held against a key.
    """
    evidence.demand_signature(evidence.message)
    evidence.demand_credential_key(evidence.leaf.public_key())
    extension = evidence.leaf.extensions.get_extension_for_oid(_KEY_DESCRIPTION)
    ((_, description),) = elements(extension.value.public_bytes())
    fields = [content for _, content in elements(description)]
    _demand(equal(fields[_CHALLENGE], evidence.client_data_hash))
    for authorizations in (fields[_SOFTWARE_ENFORCED], fields[_TEE_ENFORCED]):
        said = dict(elements(authorizations))
        _demand(_ALL_APPLICATIONS not in said)
        _demand(said.get(_ORIGIN, _GENERATED) == _GENERATED)
        _demand(said.get(_PURPOSE, _ONLY_SIGN) == _ONLY_SIGN)


def elements(data: bytes) -> list[tuple[int, bytes]]:
    """Cut DER (X.690 section 8.1) into its elements, as numbers of tags and contents; their kinds are not looked at."""
    found, at = [], 0
    while at < len(data):
        tag, at = _tag(data, at)
        length, at = _length(data, at)
        _demand(at + length <= len(data))
        found.append((tag, data[at : at + length]))
        at += length
    return found


def _tag(data: bytes, at: int) -> tuple[int, int]:
    tag = data[at] & _HIGH_TAG
    at += 1
    if tag < _HIGH_TAG:
        return tag, at
    tag, more = 0, True
    while more:
        tag, more = tag << 7 | data[at] & 0x7F, data[at] >= _LONG_LENGTH
        _demand(tag < _MOST_TAG)
        at += 1
    return tag, at


def _length(data: bytes, at: int) -> tuple[int, int]:
    first, at = data[at], at + 1
    if first < _LONG_LENGTH:
        return first, at
    _demand(first > _LONG_LENGTH)  # a length that is not said is for BER
    end = at + first - _LONG_LENGTH
    return int.from_bytes(data[at:end]), end


_PROCEDURES: dict[str, Callable[[_Evidence], None]] = {
    "none": _none,
    "packed": _packed,
    "tpm": _tpm,
    "android-key": _android_key,
    "apple": _apple,
    "fido-u2f": _fido_u2f,
}
