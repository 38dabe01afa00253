"""Sealed states by AES-256-GCM under a ring of keys."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NoReturn

from mfa.application.ports.system import Vault
from mfa.domain.errors import BrokenSeal, UnknownKey
from mfa.domain.secrets import SecretBytes

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

    ``former`` are keys that nobody configured, and that open as long as ``retired`` does not say that nothing is sealed
    under them any more. It is asked for them alone.

    The version and the key's id are authenticated together with the context, so a seal cannot be passed off as one
    of another layout or key.
    """

    header_bytes = len(VERSION) + KEY_ID_BYTES

    def __init__(
        self, keys: Sequence[bytes], *, former: Sequence[bytes] = (), retired: Callable[[], bool] = bool
    ) -> None:
        """Take the keys, each of 32 bytes; raises ``ValueError``, which quotes none of them."""
        if not keys or any(len(key) != KEY_BYTES for key in (*keys, *former)):
            raise ValueError(f"A vault needs one key or more, each of {KEY_BYTES} bytes.")
        self._keys = {_key_id(key): SecretBytes(key) for key in keys}
        self._former = {_key_id(key): SecretBytes(key) for key in former}
        self._retired = retired
        self._first = _key_id(keys[0])

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self._keys)} keys>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Keys are not written anywhere.")

    @cached_property
    def _ciphers(self) -> dict[bytes, Any]:
        # Imported when a seal is needed: the library is as large as all else together, and a gate opens no seal.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        return {key_id: AESGCM(key) for key_id, key in {**self._former, **self._keys}.items()}

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt under the first key, bound to a context that is not itself stored with it."""
        header = VERSION + self._first
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed: bytes = self._ciphers[self._first].encrypt(nonce, plain, header + context)
        return header + nonce + sealed

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt what was sealed in the same context.

        Raises ``BrokenSeal`` for what was altered or sealed elsewhere, and ``UnknownKey`` for what was sealed under a
        key that is not in the ring; its message says where the key is missing.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as the ciphers

        version, key_id, nonce, hidden = _parts(sealed)
        if version != VERSION or len(hidden) < TAG_BYTES:
            raise BrokenSeal
        cipher = self._ciphers.get(key_id)
        if cipher is None or (key_id not in self._keys and self._retired()):
            raise UnknownKey(
                f"A value is sealed under a key with the id {key_id.hex()}, which is not configured: put the key back"
                ' into MFA["ENCRYPTION_KEYS"], or into SECRET_KEY_FALLBACKS if it was derived from a SECRET_KEY.'
            )
        try:
            plain: bytes = cipher.decrypt(nonce, hidden, version + key_id + context)
        except InvalidTag:
            raise BrokenSeal from None
        return plain

    def current(self, sealed: bytes) -> bool:
        """Tell whether a value is sealed under the first key, and so needs no resealing when keys rotate."""
        return sealed.startswith(VERSION + self._first)

    def key_of(self, sealed: bytes) -> str:
        """Return the key's id in hexadecimal."""
        _, key_id, *_ = _parts(sealed)
        return key_id.hex()


def derive_key(secret_key: str) -> bytes:
    """Derive a key of the ring from Django's ``SECRET_KEY``, by HKDF (RFC 5869) with SHA-256.

    The label sets the key apart from whatever else is derived from the same secret. No salt: the key must come out
    the same in every process, and RFC 5869 section 3.1 allows it. By the standard library, as `cryptography` is
    imported by the first seal and not before; a test pins the key.
    """
    extracted = hmac.digest(bytes(hashlib.sha256().digest_size), secret_key.encode(), "sha256")
    # One block is the whole key, as both have the size of the hash.
    return hmac.digest(extracted, _DERIVATION_LABEL + b"\x01", "sha256")


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(_KEY_ID_LABEL + key).digest()[:KEY_ID_BYTES]


def _parts(sealed: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    nonce_at = len(VERSION) + KEY_ID_BYTES
    hidden_at = nonce_at + NONCE_BYTES
    return sealed[:1], sealed[1:nonce_at], sealed[nonce_at:hidden_at], sealed[hidden_at:]
