"""Codes on paper, for the day when every other factor is lost, and the pass that an operator hands out on that day."""

import json
import math
from abc import abstractmethod
from base64 import b32encode
from collections.abc import Iterable
from typing import Protocol

import attrs

from mfa.domain.methods.adoption import Adoption, Arrival, ImportedCode, ImportedCodes, NotAdopted, identity_of
from mfa.domain.methods.base import (
    MAX_VALUE_BYTES,
    Attempt,
    Enrolment,
    Entropy,
    Registration,
    Undispatched,
    normalised,
    written,
)
from mfa.domain.secrets import SALT_BYTES, SaltedHash
from mfa.domain.states import decode, encode
from mfa.domain.values import Confidential
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict

CODE_BYTES = 10
"""80 bits, above the 64 that NIST SP 800-63B-4 section 4.2.1.1 asks of a recovery code, and 16 letters long."""

GUESSABLE_BITS = 64
"""Below this many, guesses are limited, as NIST SP 800-63B-4 section 3.1.4.2 has it of other codes."""

PASS = "pass"  # noqa: S105 - what the method is called

_SMALL = {
    first + letter: ord("a") + letter
    for first in map(ord, "A\N{FULLWIDTH LATIN CAPITAL LETTER A}\N{FULLWIDTH LATIN SMALL LETTER A}")
    for letter in range(26)
}
"""A letter in any case and width. No other letter is read as one: ``str.lower`` makes a k of the sign for kelvin."""


class ForeignHashes(Protocol):
    """Recognises codes of which another package has kept nothing but a hash of its own, which may be slow to make."""

    setting: str = ""
    """The setting that says which kinds are known, where there is one."""

    @abstractmethod
    def known(self, hashed: str) -> bool:
        """Tell whether it is a hash of a kind that can be recognised; raises ``ValueError`` for one that is broken."""

    @abstractmethod
    def matches(self, code: str, hashed: str) -> bool:
        """Tell whether it is the hash of the code, as that was written there; none is, of a kind that is not known."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class MovedCode(Confidential):
    """A code from elsewhere: hashed anew, or a hash as it was there; ``sheet`` names where it came from."""

    sheet: str
    own: SaltedHash | None = None
    foreign: str | None = attrs.field(default=None, repr=False)

    def same(self, code: ImportedCode) -> bool:
        """Tell whether it is the code that a sheet still has, its text ``folded``."""
        return self.own.matches(code.text) if self.own else self.foreign == code.hashed


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class CodeSet(Confidential):
    """What is left of a set: codes that were made here, and what came from elsewhere.

    ``used`` are those of the latter that are worth nothing any more, so that no later import brings one back.
    """

    codes: tuple[SaltedHash, ...] = attrs.field(default=(), repr=False)
    moved: tuple[MovedCode, ...] = ()
    used: tuple[MovedCode, ...] = ()

    @classmethod
    def read(cls, state: bytes) -> "CodeSet":
        """Read a state; one of codes that were all made here is a list of them."""
        written_as_list = isinstance(json.loads(state), list)
        return cls(codes=decode(tuple[SaltedHash, ...], state)) if written_as_list else decode(cls, state)

    def write(self) -> bytes:
        """Write a state."""
        return encode(self) if self.moved or self.used else encode(self.codes)

    def __len__(self) -> int:
        """Return how many codes are left."""
        return len(self.codes) + len(self.moved)

    def without(self, gone: Iterable[MovedCode]) -> "CodeSet":
        """Use codes from elsewhere up."""
        over = tuple(gone)
        return attrs.evolve(
            self, moved=tuple(each for each in self.moved if each not in over), used=(*self.used, *over)
        )


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class RecoveryCodes(Undispatched):
    """A set of long codes, each good for one verification; the state is what is left of the set, hashed.

    Codes of another package are a part of the one set. Those that it has in clear are then like any other; of those
    that it has hashed, the hash stays as it is until the code is used or the set replaced.
    """

    count: int
    entropy: Entropy
    foreign: ForeignHashes | None = None
    name: str = "recovery"
    verbose_name: str = "Recovery codes"
    guessable = False
    backup = True

    def register(self, enrolment: Enrolment) -> Registration:
        """Make a new set of codes, in lower case and in groups of four."""
        codes = [_new_code(self.entropy) for _ in range(self.count)]
        salt = self.entropy.token(SALT_BYTES)
        state = encode(tuple(SaltedHash.of(folded(code), salt) for code in codes))
        return Registration(state=state, shown={"codes": codes})

    def remaining(self, state: bytes) -> int | None:
        """Return how many codes are left."""
        return len(CodeSet.read(state))

    def verify(self, attempt: Attempt) -> Verdict:
        """Burn the code that fits; all are compared, so that the time does not tell which.

        Only the hashes of others are looked at one after another, last, and until one fits: each may take a while.
        """
        value, known = folded(attempt.text), CodeSet.read(attempt.state)
        codes = tuple(code for code in known.codes if not code.matches(value))
        moved = [code for code in known.moved if code.own is not None and code.own.matches(value)]
        wrong = len(codes) == len(known.codes)
        if wrong and not moved:
            moved = self._hashed_elsewhere(known.moved, written(attempt.typed))
        if wrong and not moved:
            return Rejected(reason=Reason.WRONG, state=attempt.state)
        return Accepted(state=attrs.evolve(known.without(moved), codes=codes).write())

    def _hashed_elsewhere(self, codes: Iterable[MovedCode], value: str) -> list[MovedCode]:
        for code in codes:
            if code.foreign is not None and self.foreign is not None and self.foreign.matches(value, code.foreign):
                return [code]
        return []

    def adopt(self, arrival: Arrival) -> Adoption:
        """Put what is left of a sheet into the one set; what was used, here or there, stays so."""
        found = arrival.found
        if not isinstance(found, ImportedCodes):
            raise NotAdopted("unreadable")
        sheet = found.sheet or arrival.row
        index, state = next(iter(arrival.states.items()), (None, None))
        known = CodeSet() if state is None else CodeSet.read(state)
        if state is None and not found.codes:
            raise NotAdopted("empty", failed=False)
        codes = [attrs.evolve(code, text=folded(code.text)) for code in found.codes if self._fits(code)]
        if found.whole:
            there = [code for code in known.moved if code.sheet == sheet]
            known = known.without(code for code in there if not any(map(code.same, codes)))
        if found.codes and not codes:
            raise NotAdopted("codes")
        before, salt = len(known), self.entropy.token(SALT_BYTES)
        for code in codes:
            known = _with(known, code, sheet, salt)
        return Adoption(
            state=known.write(),
            identity=identity_of(self.name.encode()),
            index=index,
            grown=len(known) > before,
            guessable=any(code.hashed or _bits(code) < GUESSABLE_BITS for code in codes),
            warning="" if len(codes) == len(found.codes) else "some_codes",
        )

    def _fits(self, code: ImportedCode) -> bool:
        """Tell whether a code can be typed; raises ``NotAdopted`` for a hash of a kind that nobody knows."""
        if not code.hashed:
            return len(code.text.encode("utf-8", "surrogatepass")) <= MAX_VALUE_BYTES and bool(normalised(code.text))
        if self.foreign is None or not self.foreign.known(code.hashed):
            setting = self.foreign and self.foreign.setting
            raise NotAdopted(f"setting:{setting}" if setting else "hash")
        return True


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class TemporaryPass(Undispatched):
    """One long value, for an hour or a few uses, to enrol anew with; operators alone register it.

    The state is its hash.
    """

    entropy: Entropy
    name: str = attrs.field(default=PASS, init=False)
    verbose_name: str = attrs.field(default="Temporary pass", init=False)
    guessable = False
    backup = True

    def register(self, enrolment: Enrolment) -> Registration:
        """Make a pass, in lower case and in groups of four."""
        code = _new_code(self.entropy)
        state = encode(SaltedHash.of(folded(code), self.entropy.token(SALT_BYTES)))
        return Registration(state=state, shown={"pass": code})

    def verify(self, attempt: Attempt) -> Verdict:
        """Recognise the pass; how often it serves is the device's to count."""
        if decode(SaltedHash, attempt.state).matches(folded(attempt.text)):
            return Accepted(state=attempt.state)
        return Rejected(reason=Reason.WRONG, state=attempt.state)


def _new_code(entropy: Entropy) -> str:
    """Make a code as it is shown."""
    code = b32encode(entropy.token(CODE_BYTES)).decode().lower()
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def _with(known: CodeSet, code: ImportedCode, sheet: str, salt: bytes) -> CodeSet:
    """Add a code, unless it is there or was used: the same code is one code, on however many sheets."""
    there = any(each.same(code) for each in (*known.moved, *known.used))
    if there or any(each.matches(code.text) for each in known.codes):
        return known
    own = None if code.hashed else SaltedHash.of(code.text, salt)
    moved = MovedCode(sheet=sheet, own=own, foreign=code.hashed or None)
    return attrs.evolve(known, moved=(*known.moved, moved))


def folded(text: str) -> str:
    """Return a code as it is in every writing: without spaces and dashes, and its letters in small."""
    return str(normalised(text)).translate(_SMALL)


def _bits(code: ImportedCode) -> float:
    """Return how many bits a code has to guess, at the most: decimal digits, or letters and digits in one case."""
    return len(code.text) * math.log2(10 if code.text.isdecimal() else 36) if code.bits is None else code.bits
