"""Statements of trusted platform modules (WebAuthn Level 3 section 8.3; TPM 2.0 Library, Part 2: Structures).

The library's verifier wants the clock's ``safe`` flag to be 0 or 1; in the specification's own example it is 0x33.
Nothing depends on the clock, so here its bytes are skipped. The public area is read by the library.
"""

import hashlib
from collections.abc import Sequence

from cryptography import x509
from fido2.attestation.tpm import TpmPublicFormat

from mfa.adapters.webauthn.evidence import Evidence, demand

_HASHES = {-7: "sha256", -35: "sha384", -36: "sha512", -257: "sha256"}
"""The hash that each signature algorithm employs (RFC 9053 section 2.1; RFC 8812 section 2)."""

_GENERATED_CERTIFY = b"\xffTCG\x80\x17"
"""``TPM_GENERATED_VALUE`` and ``TPM_ST_ATTEST_CERTIFY``: made inside the module, and about a key (section 10.12.8)."""

_CLOCK_AND_FIRMWARE_BYTES = 17 + 8

_AIK_CERTIFICATE = x509.ObjectIdentifier("2.23.133.8.3")
_MANUFACTURER_MODEL_VERSION = {x509.ObjectIdentifier(f"2.23.133.2.{number}") for number in (1, 2, 3)}


def verify(evidence: Evidence) -> Sequence[bytes]:
    """Verify that a module has certified the credential's key."""
    statement = evidence.statement
    demand(statement["ver"] == "2.0")
    area = TpmPublicFormat.parse(statement["pubArea"])
    evidence.demand_credential_key(area.public_key())
    extra_data, name = _certified(statement["certInfo"])
    demand(extra_data == hashlib.new(_HASHES[evidence.algorithm], evidence.message).digest())
    demand(name == area.name())
    evidence.demand_signature(statement["certInfo"])
    _demand_identity(evidence.leaf)
    evidence.demand_model()
    return evidence.path


def _certified(info: bytes) -> tuple[bytes, bytes]:
    """Read what was handed in to be signed, and the name of the key that is certified (``TPMS_ATTEST``)."""
    demand(info.startswith(_GENERATED_CERTIFY))
    _, at = _sized(info, len(_GENERATED_CERTIFY))
    extra_data, at = _sized(info, at)
    name, at = _sized(info, at + _CLOCK_AND_FIRMWARE_BYTES)
    _, at = _sized(info, at)
    demand(at == len(info))  # which a length beyond the end leaves behind
    return extra_data, name


def _sized(data: bytes, at: int) -> tuple[bytes, int]:
    start = at + 2
    end = start + int.from_bytes(data[at:start])
    return data[start:end], end


def _demand_identity(certificate: x509.Certificate) -> None:
    """Refuse a certificate that is not one of a module's identity (section 8.3.1)."""
    extensions = certificate.extensions
    demand(certificate.version is x509.Version.v3)
    demand(not list(certificate.subject))
    demand(not extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    demand(_AIK_CERTIFICATE in extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    described = {attribute.oid for name in names.get_values_for_type(x509.DirectoryName) for attribute in name}
    demand(described >= _MANUFACTURER_MODEL_VERSION)
