"""A second opinion on one-time passwords, with nothing but the standard library, and pictures that can be read back."""

import hmac
from base64 import b64encode
from collections.abc import Sequence

from mfa.application.ports.otp import OneTimePasswords, QrCodes
from mfa.domain.methods.one_time_password import Algorithm


class PlainOneTimePasswords(OneTimePasswords):
    """Computes HOTP values as RFC 4226 section 5.3 writes them down."""

    def at(self, seed: bytes, counters: Sequence[int], *, digits: int, algorithm: Algorithm) -> list[str]:
        """Return the values at the counters, each with that many digits."""
        return [_truncated(hmac.digest(seed, counter.to_bytes(8), algorithm), digits) for counter in counters]


class PlainQrCodes(QrCodes):
    """Puts a text into a data URI as it is, which no camera reads but any test."""

    def draw(self, text: str) -> str:
        """Return a data URI of the text."""
        return f"data:text/plain;base64,{b64encode(text.encode()).decode()}"


def _truncated(digest: bytes, digits: int) -> str:
    """Take 31 bits from where the last four point (RFC 4226 section 5.3), and their last decimal digits."""
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)
