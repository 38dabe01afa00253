"""Attestation statements, each verified by the procedure of its format (WebAuthn Level 3 section 8).

What python-fido2 does is left to it; what it leaves out is added. It has no ``android-key``, and its ``tpm`` reads the
clock, which section 8.3 ignores and the specification's own example fills with noise: these two are verified here.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import attrs
from cryptography import x509
from cryptography.hazmat import asn1
from fido2.attestation.apple import AppleAttestation
from fido2.attestation.base import Attestation
from fido2.attestation.packed import OID_AAGUID, PackedAttestation
from fido2.attestation.tpm import OID_AIK_CERTIFICATE, TpmPublicFormat
from fido2.attestation.u2f import FidoU2FAttestation
from fido2.cose import ES256, CoseKey
from fido2.utils import ByteBuffer
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


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
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

    def demand_algorithm(self) -> None:
        """Refuse an algorithm that is none to believe."""
        _demand(self.statement["alg"] in keys.ALGORITHMS)

    def demand_signature(self, message: bytes) -> None:
        """Refuse a message that the key of the leaf has not signed."""
        key = CoseKey.for_alg(self.statement["alg"]).from_cryptography_key(self.leaf.public_key())
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

_HASHES = {-7: "sha256", -35: "sha384", -36: "sha512", -257: "sha256", -65535: "sha1"}
"""The hash that each signature algorithm employs (RFC 9053 section 2.1; RFC 8812 section 2).

The last is RS1, by which the modules under Windows attest, and which is believed of modules alone: it is about a
challenge that nobody knew before, so collisions of SHA-1 are of no use, and second preimages are out of reach.
"""

_GENERATED_CERTIFY = b"\xffTCG\x80\x17"
"""``TPM_GENERATED_VALUE`` and ``TPM_ST_ATTEST_CERTIFY``: made inside the module, and about a key (section 10.12.8)."""

_CLOCK_AND_FIRMWARE_BYTES = 17 + 8

_MANUFACTURER_MODEL_VERSION = {x509.ObjectIdentifier(f"2.23.133.2.{number}") for number in (1, 2, 3)}

_OCTET_STRING_OF_16 = b"\x04\x10"


def _tpm(evidence: _Evidence) -> None:
    """Verify that a module has certified the credential's key (``TPMS_ATTEST``), by a key of its identity."""
    statement, area = evidence.statement, TpmPublicFormat.parse(evidence.statement["pubArea"])
    _demand(statement["ver"] == "2.0")
    evidence.demand_credential_key(area.public_key())
    info = ByteBuffer(statement["certInfo"])
    _demand(info.read(len(_GENERATED_CERTIFY)) == _GENERATED_CERTIFY)
    _sized(info)  # who signs
    _demand(_sized(info) == hashlib.new(_HASHES[statement["alg"]], evidence.message).digest())
    info.read(_CLOCK_AND_FIRMWARE_BYTES)
    _demand(_sized(info) == area.name())
    _sized(info)  # where the key is kept
    _demand(not info.read())
    evidence.demand_signature(statement["certInfo"])
    _demand_identity(evidence.leaf, evidence.credential.aaguid)


def _sized(data: ByteBuffer) -> bytes:
    return data.read(data.unpack("!H"))


def _demand_identity(certificate: x509.Certificate, aaguid: bytes) -> None:
    """Refuse a certificate that is not one of a module's identity (section 8.3.1); it need not name any model.

    Which manufacturers there are changes, and each writes its own number in its own way: who stands for them is the
    root.
    """
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


@asn1.sequence
class _KeyDescription:
    """What a key store says of a key; of the lists of authorizations each version has more."""

    attestation_version: asn1.TLV
    attestation_security_level: asn1.TLV
    keymaster_version: asn1.TLV
    keymaster_security_level: asn1.TLV
    attestation_challenge: bytes
    unique_id: asn1.TLV
    software_enforced: list[asn1.TLV]
    tee_enforced: list[asn1.TLV]


_PURPOSE, _ALL_APPLICATIONS, _ORIGIN = b"\xa1", b"\xbf\x84\x58", b"\xbf\x85\x3e"
"""Tags in ``AuthorizationList``: 1, 600 and 702."""

_ONLY_SIGN_AND_GENERATED = {(_PURPOSE, b"\x31\x03\x02\x01\x02"), (_ORIGIN, b"\x02\x01\x00")}
"""A set of the one number 2, and the number 0."""


def _android_key(evidence: _Evidence) -> None:
    """Verify that a key store has certified the credential's key.

    The key has to be made there, to sign and nothing else, and not for all applications; either list of
    authorizations may say so, since which of them is believed is a matter of the certificates above. In the
    specification's own example both are empty: where nothing at all is said, nothing is held against a key.
    """
    evidence.demand_algorithm()
    evidence.demand_signature(evidence.message)
    evidence.demand_credential_key(evidence.leaf.public_key())
    extension = evidence.leaf.extensions.get_extension_for_oid(_KEY_DESCRIPTION)
    description = asn1.decode_der(_KeyDescription, extension.value.public_bytes())
    _demand(equal(description.attestation_challenge, evidence.client_data_hash))
    said = {(each.tag_bytes, bytes(each.data)) for each in description.software_enforced + description.tee_enforced}
    judged = {(tag, value) for tag, value in said if tag in {_PURPOSE, _ALL_APPLICATIONS, _ORIGIN}}
    _demand(judged == _ONLY_SIGN_AND_GENERATED or not said)


_PROCEDURES: dict[str, Callable[[_Evidence], None]] = {
    "none": _none,
    "packed": _packed,
    "tpm": _tpm,
    "android-key": _android_key,
    "apple": _apple,
    "fido-u2f": _fido_u2f,
}
