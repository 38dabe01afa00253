"""A registered instance of a method."""

import unicodedata
from datetime import datetime

import attrs

from mfa.domain.errors import InvalidField
from mfa.domain.identifiers import TokenId
from mfa.domain.moments import elapsed
from mfa.domain.throttling import Failures
from mfa.domain.values import ValueObject

MOST_NAME_CHARACTERS = 64

_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}

_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional controls, by which one name can be made to look like another (Unicode TR 36 section 2.6)."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Factor(ValueObject):
    """What a gate has to know of a device."""

    index: int
    method: str
    created_at: datetime
    expires_at: datetime | None = None

    @property
    def active(self) -> bool:
        """Tell whether the device was proved and counts as a factor; of any other a gate need not know."""
        return True

    @property
    def temporary(self) -> bool:
        """Tell whether the device is no factor of its user's, but stands in for all of them for a while."""
        return self.expires_at is not None

    def alive(self, now: datetime) -> bool:
        """Tell whether a device that has an end is not over; one that a wrong clock made is."""
        return self.expires_at is not None and now < self.expires_at and elapsed(self.created_at, now) is not None


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Device(Factor):
    """One of a user's second factors.

    It is *pending* until its first verification makes it *active*; while pending, ``registered_by`` is the only token
    that sees it and ``expires_at`` its end. One that is active and has an end is *temporary*, as a pass is, of which
    ``uses_left`` says how often it serves. ``state`` is the method's own, sealed; ``destination`` is masked;
    ``unique`` is a name that no other device of any user has; ``guessable`` are values that can be guessed, or are
    costly to look at, although those of its method are not.
    """

    activated_at: datetime | None = None
    name: str = ""
    state: bytes = attrs.field(repr=False)
    destination: str | None = None
    unique: str | None = None
    last_used_at: datetime | None = None
    registered_by: TokenId | None = attrs.field(default=None, repr=False)
    uses_left: int | None = None
    guessable: bool = False
    failures: Failures = Failures()

    @property
    def active(self) -> bool:
        """Tell whether the device was proved and counts as a factor."""
        return self.activated_at is not None

    @property
    def temporary(self) -> bool:
        """Tell whether the device stands in for its user's factors for a while; one that is pending ends, too."""
        return self.activated_at is not None and self.expires_at is not None

    def visible(self, token_id: TokenId | None, now: datetime) -> bool:
        """Tell whether a token may know of the device: a pending one only if it registered it, and not for ever."""
        if self.temporary:
            return self.alive(now) and self.uses_left != 0
        if self.active:
            return True
        return token_id is not None and self.registered_by == token_id and self.alive(now)

    def renews(self, old: "Device | None") -> bool:
        """Tell whether it has taken the place of an older one, as new recovery codes do: what that confirmed ends."""
        return old is not None and self.created_at != old.created_at


def device_name(text: str) -> str:
    """Read the name that a person gives a device.

    It turns up in mails, logs and terminals, so line breaks and other control characters are refused, with
    ``InvalidField``, as is a name that is too long.
    """
    name = text.strip()
    if len(name) > MOST_NAME_CHARACTERS:
        raise InvalidField("name", "too_long")
    if any(map(_misleads, name)):
        raise InvalidField("name", "unprintable")
    return name


def storable_name(text: str) -> str:
    """Make of any name one that a person could have given: what does not fit is left out."""
    name = "".join(character for character in text if not _misleads(character)).strip()
    return name[:MOST_NAME_CHARACTERS].strip()


def _misleads(character: str) -> bool:
    return unicodedata.category(character) in _UNPRINTABLE or character in _TURNING
