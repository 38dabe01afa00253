"""What authenticators write and sign, read and checked by python-fido2 where it does so, and by ``cryptography``."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from cryptography import x509

from mfa.adapters.webauthn import cbor, chains, keys, statements
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
        with suppress(Unreadable), keys.unreadable_on_error():
            return keys.signed(keys.read(public_key), message, signature)
        return False

    def trust_path(self, attestation: AttestationObject, client_data_hash: bytes) -> tuple[bytes, ...]:
        """Verify a statement by the procedure of its format, and return its certificates; raises ``Unreadable``."""
        return statements.verify(attestation, client_data_hash)

    def trusted(self, trust_path: Sequence[bytes], now: datetime, roots: Sequence[bytes] = ()) -> bool:
        """Tell whether certificates that are valid now chain up to one of the trust roots, or of these; or are one."""
        return chains.trusted(trust_path, (*self._roots, *chains.readable(roots)), now)
