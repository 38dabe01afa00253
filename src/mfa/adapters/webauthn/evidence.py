"""What every attestation statement has to be checked against."""

from collections.abc import Sequence
from typing import Any

import attrs
from cryptography import x509
from fido2.cose import CoseKey
from fido2.webauthn import AttestedCredentialData, AuthenticatorData

from mfa.adapters.webauthn import keys
from mfa.application.ports.webauthn import Unreadable

OID_AAGUID = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
"""``id-fido-gen-ce-aaguid``: the model that a certificate is for."""

_OCTET_STRING_OF_16 = b"\x04\x10"


@attrs.frozen(kw_only=True)
class Evidence:
    """A statement, and what it is about; whatever is missing or of another type is an error of some kind."""

    statement: dict[str, Any]
    data: AuthenticatorData
    client_data_hash: bytes

    @property
    def credential(self) -> AttestedCredentialData:
        """Return the credential that is attested."""
        if self.data.credential_data is None:
            raise Unreadable
        return self.data.credential_data

    @property
    def message(self) -> bytes:
        """Return authenticator data and client data hash, which most formats sign."""
        return bytes(self.data) + self.client_data_hash

    @property
    def path(self) -> Sequence[bytes]:
        """Return the certificates, the leaf first."""
        return tuple(self.statement["x5c"])

    @property
    def leaf(self) -> x509.Certificate:
        """Return the certificate whose key attests."""
        return x509.load_der_x509_certificate(self.path[0])

    @property
    def algorithm(self) -> int:
        """Return by which algorithm the statement is signed, if that is one to believe."""
        algorithm = self.statement["alg"]
        demand(algorithm in keys.ALGORITHMS)
        return int(algorithm)

    def demand_signature(self, message: bytes) -> None:
        """Refuse a message that the key of the leaf has not signed."""
        key = CoseKey.for_alg(self.algorithm).from_cryptography_key(self.leaf.public_key())
        demand(keys.signed(key, message, self.statement["sig"]))

    def demand_credential_key(self, key: Any) -> None:  # noqa: ANN401 - any kind of key that a certificate can hold
        """Refuse a key that is not the credential's own."""
        own = self.credential.public_key
        demand(own.from_cryptography_key(key) == own)

    def demand_model(self) -> None:
        """Refuse a leaf that is for another model; it need not name any."""
        for extension in self.leaf.extensions:
            if extension.oid == OID_AAGUID:
                aaguid = _OCTET_STRING_OF_16 + self.credential.aaguid
                demand(not extension.critical and extension.value.public_bytes() == aaguid)


def demand(met: bool) -> None:  # noqa: FBT001 - reads as a sentence where it stands
    """Refuse a statement."""
    if not met:
        raise Unreadable
