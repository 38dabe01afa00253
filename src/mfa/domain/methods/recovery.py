"""Codes on paper, for the day when every other factor is lost."""

from base64 import b32encode
from collections.abc import Mapping
from datetime import datetime

import attrs

from mfa.domain.errors import NotDispatchable
from mfa.domain.methods.base import Attempt, Dispatch, Enrolment, Entropy, Method, Registration
from mfa.domain.secrets import SALT_BYTES, SaltedHash
from mfa.domain.states import decode, encode
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict

CODE_BYTES = 10
"""80 bits: above the 64 from which NIST SP 800-63B section 3.1.2.2 lifts the limit on guesses, and 16 letters long."""

GROUP = 4

_SMALL = {
    first + letter: ord("a") + letter
    for first in map(ord, "A\N{FULLWIDTH LATIN CAPITAL LETTER A}\N{FULLWIDTH LATIN SMALL LETTER A}")
    for letter in range(26)
}
"""A letter in any case and width. No other letter is read as one: ``str.lower`` makes a k of the sign for kelvin."""


def plain(text: str) -> str | None:
    """Read a long code in whatever case and width it was typed; None for what can be none."""
    value = text.translate(_SMALL)
    return value if value.isascii() else None


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RecoveryCodes(Method):
    """A set of long codes, each good for one verification; the state is what is left of the set, hashed."""

    count: int
    entropy: Entropy
    name: str = "recovery"
    verbose_name: str = "Recovery codes"
    guessable = False
    backup = True

    def register(self, enrolment: Enrolment) -> Registration:
        """Make a new set of codes, in lower case and in groups of four."""
        codes = [b32encode(self.entropy.token(CODE_BYTES)).decode().lower() for _ in range(self.count)]
        salt = self.entropy.token(SALT_BYTES)
        state = encode(tuple(SaltedHash.of(code, salt) for code in codes))
        groups = [[code[start : start + GROUP] for start in range(0, len(code), GROUP)] for code in codes]
        return Registration(state=state, shown={"codes": ["-".join(group) for group in groups]})

    def dispatch(self, state: bytes, now: datetime, siblings: Mapping[int, bytes]) -> Dispatch:
        """Refuse: the codes are with the person already."""
        raise NotDispatchable(self.name)

    def remaining(self, state: bytes) -> int | None:
        """Return how many codes are left."""
        return len(decode(tuple[SaltedHash, ...], state))

    def verify(self, attempt: Attempt) -> Verdict:
        """Burn the code that fits; all are compared, so that the time does not tell which."""
        value = plain(attempt.text)
        codes = decode(tuple[SaltedHash, ...], attempt.state)
        matches = [value is not None and code.matches(value) for code in codes]
        if not any(matches):
            return Rejected(reason=Reason.WRONG, state=attempt.state)
        return Accepted(state=encode(tuple(code for code, match in zip(codes, matches, strict=True) if not match)))
