"""The randomness of the operating system."""

import secrets

from mfa.application.ports.system import Entropy


class SystemEntropy(Entropy):
    """Draws from the operating system's generator, by the module that Python has for secrets."""

    def token(self, size: int) -> bytes:
        """Return this many random bytes."""
        return secrets.token_bytes(size)

    def digits(self, count: int) -> str:
        """Return this many random decimal digits, each value equally likely: a remainder would favour small ones."""
        return str(secrets.randbelow(10**count)).zfill(count)
