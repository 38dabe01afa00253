"""Codes that travel to a person by another channel: email and SMS are instances of one class."""

import re
from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

import attrs

from mfa.domain.errors import InvalidField
from mfa.domain.methods.adoption import Adoption, Arrival, ImportedAddress, NotAdopted, identity_of
from mfa.domain.methods.base import (
    NO_SIBLINGS,
    Attempt,
    Dispatch,
    Enrolment,
    Entropy,
    Method,
    Outgoing,
    Registration,
    RegistrationField,
)
from mfa.domain.moments import expired
from mfa.domain.secrets import SALT_BYTES, SaltedHash, equal
from mfa.domain.sends import SendLimits
from mfa.domain.states import decode, encode
from mfa.domain.values import ValueObject
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict

MOST_WRONG_VALUES = 5
"""A sent code is void after this many wrong values, well below the 100 of NIST SP 800-63B section 3.2.2."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Address(ValueObject):
    """A destination in its one normal form, and as it may be shown to whoever holds only a password."""

    full: str = attrs.field(repr=False)
    masked: str


class Addressing(Protocol):
    """Knows the addresses of one channel."""

    @abstractmethod
    def read(self, text: str, field: str) -> Address:
        """Check and normalise an address; raises ``InvalidField`` for the field that it stood in."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class SentCode(ValueObject):
    """A code that is out: how to recognise it, until when, and how often it was guessed at."""

    code: SaltedHash
    expires_at: datetime
    wrong: int = 0


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class OutOfBand(Method):
    """A channel to an address of the user's; the device's state is that address, the challenge's the code."""

    name: str
    verbose_name: str
    field: RegistrationField
    addressing: Addressing
    entropy: Entropy
    digits: int
    lifetime: timedelta
    limits: SendLimits
    default_to_user_email: bool = False
    fields: tuple[RegistrationField, ...] = attrs.field(init=False)

    @fields.default
    def _only_the_address(self) -> tuple[RegistrationField, ...]:
        return (self.field,)

    def register(self, enrolment: Enrolment) -> Registration:
        """Keep the address; it counts once a code sent to it was given back."""
        text = enrolment.fields.get(self.field.name, "")
        if not text and self.default_to_user_email:
            text = enrolment.user_email
        address = self.addressing.read(text, self.field.name)
        return Registration(state=address.full.encode(), destination=address.masked)

    def dispatch(self, state: bytes, now: datetime, siblings: Mapping[int, bytes] = NO_SIBLINGS) -> Dispatch:
        """Make a new code, which replaces the one before."""
        code = self.entropy.digits(self.digits)
        hashed = SaltedHash.of(code, self.entropy.token(SALT_BYTES))
        return Dispatch(
            sent=encode(SentCode(code=hashed, expires_at=now + self.lifetime)),
            lifetime=self.lifetime,
            message=Outgoing(destination=state.decode(), code=code, lifetime=self.lifetime),
        )

    def adopt(self, arrival: Arrival) -> Adoption:
        """Take an address that was proved elsewhere; what is out there is worth nothing here."""
        found = arrival.found
        if not isinstance(found, ImportedAddress):
            raise NotAdopted("unreadable")
        text = found.address or (arrival.user_email if self.default_to_user_email else "")
        if not text:
            raise NotAdopted("no_address", failed=False)
        try:
            address = self.addressing.read(text, self.field.name)
        except InvalidField:
            raise NotAdopted(self.field.name) from None
        state = address.full.encode()
        # What follows the user's own address is known again as that, whichever address it is by then.
        identity = identity_of(state if found.address else b"")
        same = (index for index, each in arrival.states.items() if equal(each, state))
        return Adoption(state=state, identity=identity, index=next(same, None), destination=address.masked)

    def verify(self, attempt: Attempt) -> Verdict:
        """Compare the value with the code that is out, once, in time, and at most so many times."""
        value = attempt.text
        if attempt.sent is None:
            return Rejected(reason=Reason.USED_UP, state=attempt.state)
        sent = decode(SentCode, attempt.sent)
        if expired(sent.expires_at, lifetime=self.lifetime, now=attempt.now):
            return Rejected(reason=Reason.EXPIRED, state=attempt.state, sent=attempt.sent)
        if re.fullmatch("[0-9]+", value) and sent.code.matches(value):
            return Accepted(state=attempt.state)
        wrong = attrs.evolve(sent, wrong=sent.wrong + 1)
        left = encode(wrong) if wrong.wrong < MOST_WRONG_VALUES else None
        return Rejected(reason=Reason.WRONG, state=attempt.state, sent=left)
