"""Time that stands still, randomness that can be repeated, and seals that hide and bind but guard nothing."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from mfa.application.ports.system import Clock, Entropy, KeyRotations, Vault
from mfa.domain.errors import BrokenSeal, UnknownKey
from mfa.domain.secrets import equal

_BLOCK = 32
_NONCE = 16
_KEY_ID = 4


class FrozenClock(Clock):
    """Stands at ``time`` until it is set or advanced."""

    def __init__(self, time: datetime = datetime(2026, 1, 31, 12, tzinfo=UTC)) -> None:
        self.time = time

    def now(self) -> datetime:
        """Return the time at which the clock stands."""
        return self.time

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self.time += by


class SeededEntropy(Entropy):
    """Gives the same values for the same seed, and within one instance never the same 32 bytes twice.

    Fit for tests only: whoever knows the seed knows all that comes.
    """

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._drawn = count()

    def token(self, size: int) -> bytes:
        """Return this many bytes."""
        blocks = b"".join(self._block() for _ in range(0, size, _BLOCK))
        return blocks[:size]

    def digits(self, count: int) -> str:
        """Return this many decimal digits; 128 bits to spare make the bias of the remainder too small to matter."""
        number = int.from_bytes(self.token(count + _NONCE))
        return str(number % 10**count).zfill(count)

    def _block(self) -> bytes:
        return hashlib.sha256(f"{self._seed}/{next(self._drawn)}".encode()).digest()


class MemoryVault(Vault):
    """Seals with the standard library alone: a stream of HMACs hides, another HMAC binds to key and context.

    It keeps the promises of the port, so that a mistaken context fails a test, but nobody has examined it as a cipher:
    what is stored belongs into the vault of ``adapters/system``. The first key seals, all open.
    """

    def __init__(self, keys: Sequence[bytes] = (b"a key for memory",)) -> None:
        self._keys = {hashlib.sha256(key).digest()[:_KEY_ID]: key for key in keys}
        self._first = next(iter(self._keys))

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt under the first key, bound to a context that is not itself stored with it."""
        nonce = secrets.token_bytes(_NONCE)
        key = self._keys[self._first]
        hidden = _mixed(plain, key, nonce)
        return self._first + nonce + _tag(key, nonce, hidden, context) + hidden

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt what was sealed in the same context; raises ``UnknownKey`` and ``BrokenSeal``."""
        key_id, rest = sealed[:_KEY_ID], sealed[_KEY_ID:]
        nonce, tag, hidden = rest[:_NONCE], rest[_NONCE : _NONCE + _BLOCK], rest[_NONCE + _BLOCK :]
        if key_id not in self._keys:
            raise UnknownKey
        key = self._keys[key_id]
        if not equal(tag, _tag(key, nonce, hidden, context)):
            raise BrokenSeal
        return _mixed(hidden, key, nonce)

    def current(self, sealed: bytes) -> bool:
        """Tell whether it is sealed under the first key."""
        return sealed[:_KEY_ID] == self._first


class MemoryKeyRotations(KeyRotations):
    """Remembers a rotation."""

    def __init__(self) -> None:
        self._completed = False

    def complete(self, at: datetime) -> None:
        """Enter that nothing is sealed under any key but the first."""
        self._completed = True

    def completed(self) -> bool:
        """Tell whether that was ever so."""
        return self._completed


def _mixed(text: bytes, key: bytes, nonce: bytes) -> bytes:
    """Hide a text in a stream, or find it there again."""
    blocks = range(-(-len(text) // _BLOCK))
    stream = b"".join(hmac.digest(key, b"stream" + nonce + block.to_bytes(8), "sha256") for block in blocks)
    return bytes(left ^ right for left, right in zip(text, stream, strict=False))


def _tag(key: bytes, nonce: bytes, hidden: bytes, context: bytes) -> bytes:
    return hmac.digest(key, b"tag" + nonce + len(context).to_bytes(8) + context + hidden, "sha256")
