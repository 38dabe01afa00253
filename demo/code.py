"""The code that an authenticator app shows now: ``python -m demo.code SECRET``, for a machine without oathtool."""

import hmac
import sys
import time
import unicodedata
from base64 import b32decode

USAGE = "usage: make code SECRET=<the secret of the registration>"
ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
LEFT_OVER = {1, 3, 6}
"""No bytes have so many characters beyond a multiple of eight (RFC 4648 section 6)."""
BETWEEN = {"Zs", "Cc", "Cf", "Pd"}
"""Spaces, line breaks, what is invisible, and dashes, by which people and apps write a secret in groups."""


class NoSecret(ValueError):
    """What was typed is no secret; the message says why, for people."""


def main(arguments: list[str]) -> int:
    """Print the code, or in one sentence why there is none."""
    try:
        print(totp(key_of("".join(arguments)), int(time.time())))
    except NoSecret as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def key_of(written: str) -> bytes:
    """Read a secret as people and apps write it; raises ``NoSecret``."""
    typed = "".join(each for each in written if unicodedata.category(each) not in BETWEEN).rstrip("=")
    secret = "".join(each.upper() if each.isascii() else each for each in typed)
    foreign = sorted(set(secret) - ALPHABET)
    if not secret:
        raise NoSecret(USAGE)
    if foreign:
        raise NoSecret(
            "A secret has the letters A to Z and the digits 2 to 7; this one has "
            f"{' and '.join(map(ascii, foreign))}. (Looks like 0? It is the letter O; 1 is I or L, and 8 is B.)"
        )
    if len(secret) % 8 in LEFT_OVER:
        raise NoSecret(f"No secret has {len(secret)} characters: some are missing, or there are too many.")
    return b32decode(secret + "=" * (-len(secret) % 8))


def totp(key: bytes, now: int) -> str:
    """Return the six digits of a time (RFC 6238)."""
    return at_counter(key, now // 30)


def at_counter(key: bytes, counter: int) -> str:
    """Return the six digits of a counter (RFC 4226 section 5.3).

    PyOTP would refuse a key of fewer than 112 bits, and a demonstration is no place to argue about somebody's key.
    """
    digest = hmac.digest(key, counter.to_bytes(8), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return f"{number % 10**6:06}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
