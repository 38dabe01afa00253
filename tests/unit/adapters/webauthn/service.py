"""A metadata service of a test's own: its root, who signs for it, and what it publishes, right or wrong."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import attrs
import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from mfa.adapters.webauthn.blobs import SIGNER
from mfa.testing.authenticator import AAGUID, NOT_AFTER, NOT_BEFORE, name

AUTHORITY_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def statement(**changes: Any) -> dict[str, Any]:
    """A metadata statement, with some of what they have."""
    made = {
        "description": "Blue key",
        "aaguid": str(UUID(bytes=AAGUID)),
        "protocolFamily": "fido2",
        "attestationTypes": ["basic_full"],
        "keyProtection": ["hardware", "secure_element"],
        "attachmentHint": ["external", "wired"],
        "attestationRootCertificates": [],
        "icon": "data:image/png;base64,",
    }
    return made | changes


def entry(*reports: Mapping[str, object], **changes: Any) -> dict[str, Any]:
    """An entry of the payload of a BLOB."""
    stated = statement(**changes)
    named = {key: stated[key] for key in ("aaguid", "attestationCertificateKeyIdentifiers") if stated.get(key)}
    return {**named, "metadataStatement": stated, "statusReports": reports, "timeOfLastStatusChange": "2026-01-01"}


def base64(certificate: x509.Certificate) -> str:
    return b64encode(certificate.public_bytes(Encoding.DER)).decode()


def web_certificate(
    key: EllipticCurvePrivateKey,
    signer: EllipticCurvePrivateKey,
    *,
    host: str | None = None,
    not_after: datetime = NOT_AFTER,
) -> x509.Certificate:
    """A certificate of a host, or without one that of the root, as the web's profile has them (RFC 5280)."""
    root = name(CN="A root of the web")
    builder = (
        x509.CertificateBuilder()
        .subject_name(root if host is None else name(CN=host))
        .issuer_name(root)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if host is None:
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(AUTHORITY_USAGE, critical=True).add_extension(own, critical=False)
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(signer, SHA256())


def _key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


@attrs.frozen(kw_only=True)
class Service:
    """Publishes BLOBs; ``host`` and ``not_after`` are those of who signs them."""

    host: str = SIGNER
    not_after: datetime = NOT_AFTER
    root_key: EllipticCurvePrivateKey = attrs.field(factory=_key)
    key: EllipticCurvePrivateKey = attrs.field(factory=_key)
    root: x509.Certificate = attrs.field()
    certificate: x509.Certificate = attrs.field()

    @root.default
    def _root(self) -> x509.Certificate:
        return web_certificate(self.root_key, self.root_key)

    @certificate.default
    def _certificate(self) -> x509.Certificate:
        return web_certificate(self.key, self.root_key, host=self.host, not_after=self.not_after)

    def blob(
        self,
        *entries: Mapping[str, object],
        number: object = 7,
        next_update: object = "2026-02-28",
        chain: Sequence[x509.Certificate] | None = None,
        **payload: object,
    ) -> bytes:
        """Sign a payload; with ``chain`` in the place of the signer's own certificate."""
        content = {"no": number, "nextUpdate": next_update, "entries": entries or (entry(),), "legalHeader": ""}
        names = [base64(each) for each in ((self.certificate,) if chain is None else chain)]
        return (
            jwt.PyJWS()
            .encode(json.dumps(content | payload).encode(), self.key, algorithm="ES256", headers={"x5c": names})
            .encode()
        )

    def roots(self, folder: Path) -> Path:
        """Write a folder of what is trusted to sign for the service."""
        folder.mkdir(exist_ok=True)
        (folder / "root.pem").write_bytes(self.root.public_bytes(Encoding.PEM))
        return folder
