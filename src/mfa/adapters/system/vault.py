"""Sealed states by AES-256-GCM under a ring of keys."""

import hashlib
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mfa.application.ports.system import Vault
from mfa.domain.errors import BrokenSeal, UnknownKey

VERSION = b"\x01"
"""Tells this layout from a later one: version, key id, nonce, ciphertext with its tag."""

KEY_BYTES = 32
"""The key of AES-256 (FIPS 197 section 5)."""

KEY_ID_BYTES = 8
"""Enough to tell keys apart, and nothing about them: the id is the start of a digest of the key."""

NONCE_BYTES = 12
"""96 bits, what NIST SP 800-38D section 5.2.1.1 recommends; random ones serve 2^32 seals per key (section 8.3)."""

TAG_BYTES = 16
"""128 bits, the longest tag of NIST SP 800-38D section 5.2.1.2, and the only one that is accepted here."""

_KEY_ID_LABEL = b"mfa.adapters.system.vault: key id"
_DERIVATION_LABEL = b"mfa.adapters.system.vault: AES-256-GCM"


class AesGcmVault(Vault):
    """Seals under the first key of a ring and opens under any, so that keys can be replaced while serving.

    The version and the key's id are authenticated together with the context, so a seal cannot be passed off as one
    of another layout or key.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take the keys, each of 32 bytes; raises ``ValueError``, which quotes none of them."""
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"A vault needs one key or more, each of {KEY_BYTES} bytes.")
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self._first = _key_id(keys[0])

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self._ciphers)} keys>"

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt under the first key, bound to a context that is not itself stored with it."""
        header = VERSION + self._first
        nonce = secrets.token_bytes(NONCE_BYTES)
        return header + nonce + self._ciphers[self._first].encrypt(nonce, plain, header + context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt what was sealed in the same context.

        Raises ``BrokenSeal`` for what was altered or sealed elsewhere, and ``UnknownKey`` for what was sealed under a
        key that is not in the ring; its message says where the key is missing.
        """
        version, key_id, nonce, hidden = _parts(sealed)
        if version != VERSION or len(hidden) < TAG_BYTES:
            raise BrokenSeal
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise UnknownKey(
                f"A value is sealed under a key with the id {key_id.hex()}, which is not configured: put the key back"
                ' into MFA["ENCRYPTION_KEYS"], or into SECRET_KEY_FALLBACKS if it was derived from a SECRET_KEY.'
            )
        try:
            return cipher.decrypt(nonce, hidden, version + key_id + context)
        except InvalidTag:
            raise BrokenSeal from None

    def current(self, sealed: bytes) -> bool:
        """Tell whether a value is sealed under the first key, and so needs no resealing when keys rotate."""
        version, key_id, *_ = _parts(sealed)
        return (version, key_id) == (VERSION, self._first)


def derive_key(secret_key: str) -> bytes:
    """Derive a key of the ring from Django's ``SECRET_KEY``, by HKDF (RFC 5869) with SHA-256.

    The label sets the key apart from whatever else is derived from the same secret. No salt: the key must come out
    the same in every process, and RFC 5869 section 3.1 allows it.
    """
    hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=_DERIVATION_LABEL)
    return hkdf.derive(secret_key.encode())


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(_KEY_ID_LABEL + key).digest()[:KEY_ID_BYTES]


def _parts(sealed: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    nonce_at = len(VERSION) + KEY_ID_BYTES
    hidden_at = nonce_at + NONCE_BYTES
    return sealed[:1], sealed[1:nonce_at], sealed[nonce_at:hidden_at], sealed[hidden_at:]
