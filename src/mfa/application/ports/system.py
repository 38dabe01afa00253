"""What an operating system provides: time, randomness, and keys."""

import json
from abc import abstractmethod
from datetime import datetime
from typing import Protocol

from mfa.domain.identifiers import TokenId, UserId
from mfa.domain.methods.base import Entropy

__all__ = ["LOGIN_CONTEXT", "Clock", "Entropy", "KeyRotations", "Vault", "seal_context"]

LOGIN_CONTEXT = b"mfa: passkey login"
"""The place of what a browser keeps between the two halves of a login; no ``seal_context`` reads like it."""


class Clock(Protocol):
    """Tells the time."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the time now, aware and in UTC."""


class Vault(Protocol):
    """Seals states, so that whoever reads the store learns nothing and moves nothing."""

    header_bytes: int = 0
    """How many bytes at the beginning of a seal are enough for ``current`` and ``key_of``.

    None are, where only a whole seal tells; then nobody counts what is sealed under which key.
    """

    @abstractmethod
    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt under the first key, bound to a context that is not itself stored with it."""

    @abstractmethod
    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt what was sealed in the same context; raises ``UnknownKey`` and ``BrokenSeal``."""

    @abstractmethod
    def current(self, sealed: bytes) -> bool:
        """Tell whether it is sealed under the first key."""

    def key_of(self, sealed: bytes) -> str:
        """Return what the key is called that it is sealed under, which tells nothing about the key."""
        return sealed[: self.header_bytes].hex()


class KeyRotations(Protocol):
    """Remembers that everything was sealed under the keys that are configured."""

    @abstractmethod
    def complete(self, at: datetime) -> None:
        """Enter that nothing is sealed under any key but the first."""

    @abstractmethod
    def completed(self) -> bool:
        """Tell whether that was ever so; from then on, keys that nobody configured are keys of nobody's."""


def seal_context(user_id: UserId, index: int, token_id: TokenId | None = None) -> bytes:
    """Name the place of a sealed state: a device's, or with a token that of the challenge between the two.

    Both parts are known before the first insert, and written so that no two places share a name.
    """
    return json.dumps(["mfa", user_id, index, token_id]).encode()
