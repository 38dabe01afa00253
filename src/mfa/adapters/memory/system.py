"""Time that stands still, randomness that can be repeated, and a rotation that is only remembered."""

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import count

from mfa.application.ports.system import Clock, Entropy, KeyRotations

_BLOCK = 32
_SPARE = 16


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
        blocks = (hashlib.sha256(f"{self._seed}/{next(self._drawn)}".encode()) for _ in range(0, size, _BLOCK))
        return b"".join(block.digest() for block in blocks)[:size]

    def digits(self, count: int) -> str:
        """Return this many decimal digits; 128 bits to spare make the bias of the remainder too small to matter."""
        number = int.from_bytes(self.token(count + _SPARE))
        return str(number % 10**count).zfill(count)


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
