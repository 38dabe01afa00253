"""What authenticators write and sign, read and checked by python-fido2 where it does so, and by ``cryptography``.

Each attestation statement format is verified by its procedure (WebAuthn Level 3 section 8). What the library does is
left to it; what it leaves out is added. It has no ``android-key``, and its ``tpm`` refuses the specification's own
example: those two are modules of their own.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from cryptography import x509
from fido2.attestation.apple import AppleAttestation
from fido2.attestation.base import Attestation
from fido2.attestation.packed import PackedAttestation
from fido2.attestation.u2f import FidoU2FAttestation
from fido2.cose import ES256
from fido2.webauthn import AuthenticatorData

from mfa.adapters.webauthn import android_key, cbor, chains, keys, tpm
from mfa.adapters.webauthn.evidence import Evidence, demand
from mfa.application.ports.webauthn import AttestationObject, AuthenticatorCryptography, Unreadable


class Fido2AuthenticatorCryptography(AuthenticatorCryptography):
    """Reads and checks by python-fido2; the trust roots are those of ``chains.trust_roots``."""

    def __init__(self, roots: Sequence[x509.Certificate] = ()) -> None:
        self._roots = tuple(roots)

    def attestation_object(self, data: bytes) -> AttestationObject:
        """Read an attestation object, and nothing after it; raises ``Unreadable``."""
        match cbor.read(data):
            case {"fmt": str() as format_, "attStmt": statement, "authData": bytes() as authenticator_data}:
                return AttestationObject(format=format_, statement=statement, authenticator_data=authenticator_data)
        raise Unreadable

    def measure(self, data: bytes) -> int:
        """Return how many bytes the CBOR item at the start takes; raises ``Unreadable``."""
        return cbor.measure(data)

    def algorithm(self, public_key: bytes) -> int:
        """Return the algorithm of a COSE key with which ``signed`` will work; raises ``Unreadable``."""
        return keys.load(public_key).ALGORITHM

    def signed(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """Tell whether the signature is the key's; nothing is, for a key that ``algorithm`` refuses."""
        try:
            return keys.signed(keys.load(public_key), message, signature)
        except Unreadable:
            return False

    def trust_path(self, attestation: AttestationObject, client_data_hash: bytes) -> tuple[bytes, ...]:
        """Verify a statement by the procedure of its format, and return its certificates; raises ``Unreadable``."""
        verify = _FORMATS.get(attestation.format)
        if verify is None or not isinstance(attestation.statement, dict):
            raise Unreadable
        with keys.unreadable_on_error():
            data = AuthenticatorData(attestation.authenticator_data)
            evidence = Evidence(statement=attestation.statement, data=data, client_data_hash=client_data_hash)
            return tuple(verify(evidence))

    def trusted(self, trust_path: Sequence[bytes], now: datetime) -> bool:
        """Tell whether certificates that are valid now chain up to one of the trust roots, or are one."""
        return chains.trusted(trust_path, self._roots, now)


def _by_library(attestation: Attestation, evidence: Evidence) -> Sequence[bytes]:
    return attestation.verify(evidence.statement, evidence.data, evidence.client_data_hash).trust_path


def _none(evidence: Evidence) -> Sequence[bytes]:
    """Verify that nothing is said (section 8.7)."""
    demand(not evidence.statement)
    return ()


def _packed(evidence: Evidence) -> Sequence[bytes]:
    """Verify by section 8.2; the library believes any algorithm that it knows."""
    demand(evidence.algorithm in keys.ALGORITHMS)
    return _by_library(PackedAttestation(), evidence)


def _fido_u2f(evidence: Evidence) -> Sequence[bytes]:
    """Verify by section 8.6; the library takes the first of several certificates, where one alone is allowed."""
    demand(len(evidence.path) == 1 and isinstance(evidence.credential.public_key, ES256))
    return _by_library(FidoU2FAttestation(), evidence)


def _apple(evidence: Evidence) -> Sequence[bytes]:
    """Verify by section 8.8; the library leaves out that the certificate has to be for the credential's key."""
    evidence.demand_credential_key(evidence.leaf.public_key())
    return _by_library(AppleAttestation(), evidence)


_FORMATS: dict[str, Callable[[Evidence], Sequence[bytes]]] = {
    "none": _none,
    "packed": _packed,
    "tpm": tpm.verify,
    "android-key": android_key.verify,
    "apple": _apple,
    "fido-u2f": _fido_u2f,
}
