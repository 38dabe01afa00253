"""One-time passwords computed by PyOTP."""

import hashlib
from collections.abc import Sequence

import pyotp

from mfa.application.ports.otp import OneTimePasswords
from mfa.domain.methods.one_time_password import Algorithm

FEWEST_DIGITS = 6
"""PyOTP computes no shorter values, because RFC 4226 section 4 (R4) forbids them."""

_DIGESTS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}


class PyotpOneTimePasswords(OneTimePasswords):
    """Computes HOTP values by PyOTP.

    A shorter value than PyOTP makes is the end of a longer one, since both are remainders of the same number (RFC 4226
    section 5.3); whether to allow it is for the settings to say.
    """

    def at(self, seed: bytes, counters: Sequence[int], *, digits: int, algorithm: Algorithm) -> list[str]:
        """Return the values at the counters, each with that many digits, at most ten; raises ``ValueError``."""
        generator = _Generator(seed, digits=max(digits, FEWEST_DIGITS), digest=_DIGESTS[algorithm])
        return [generator.at(counter)[-digits:] for counter in counters]


class _Generator(pyotp.HOTP):
    """Takes a seed as bytes, which spares base32 at every value.

    Its length is not judged here: seeds that are made here are long, and those that were imported from elsewhere,
    80 bits in many an old installation, must go on working.
    """

    def __init__(self, seed: bytes, *, digits: int, digest: object) -> None:
        self._seed = seed
        super().__init__("", digits=digits, digest=digest)

    def byte_secret(self) -> bytes:
        return self._seed
