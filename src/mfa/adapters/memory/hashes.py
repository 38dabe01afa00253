"""Hashes that another package might have kept, quickly made."""

import hashlib

from mfa.application.ports.importing import ForeignHashes
from mfa.domain.secrets import equal

_KIND = "sha256$"


class MemoryForeignHashes(ForeignHashes):
    """Knows one kind of hash, which ``made`` makes, and counts how often it was asked, as a slow one would have to."""

    def __init__(self) -> None:
        self.asked = 0

    @staticmethod
    def made(code: str) -> str:
        """Hash a code."""
        return _KIND + hashlib.sha256(code.encode()).hexdigest()

    def known(self, hashed: str) -> bool:
        """Tell whether it is of that kind."""
        return hashed.startswith(_KIND)

    def matches(self, code: str, hashed: str) -> bool:
        """Hash the code, and compare."""
        self.asked += 1
        return equal(self.made(code).encode(), hashed.encode())
