"""What comes from another package, in the words of this one, and what a method makes of it.

Whoever reads another package's rows writes down what they say, as one of these values; the method whose device it is to
be checks it, as it checks a registration. Whatever is not said is None, and what that means stands with each field.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import attrs

from mfa.domain.values import Confidential, ValueObject


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ImportedSeed(Confidential):
    """An authenticator app or token: a seed, as octets, and how its values are made (RFC 4226, RFC 6238).

    ``period`` (seconds) and what hangs on it are read for time-based values alone: ``start`` is the Unix time at which
    step 0 began, ``drift`` how many steps ahead the token was found to be, None where the source never learned that.
    ``tolerance`` is how many steps either side, or counters ahead, are looked at; None: as is configured here.

    ``spent`` is the last counter (of time-based ones: the step, drift and all) of which the source knows that it was
    used; ``used_at`` is until when any may have been used, where the source records a time and no counter. With
    neither, a time-based seed has everything spent up to the import, and a counter-based one nothing.
    """

    seed: bytes = attrs.field(repr=False)
    digits: int = 6
    algorithm: str = "sha1"
    tolerance: int | None = None
    period: int = 30
    start: int = 0
    drift: int | None = None
    spent: int | None = None
    used_at: datetime | None = None


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ImportedAddress(ValueObject):
    """Where codes are sent: an address of mail or a number; empty where it is whatever the user's own address is."""

    address: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ImportedCode(ValueObject):
    """One recovery code that is not used yet: its text, or where the source has nothing else its hash as it stands.

    ``bits`` is how hard the source's own codes are to guess; None: as a random code of that length and alphabet is,
    which only a text can tell.
    """

    text: str = attrs.field(default="", repr=False)
    hashed: str = attrs.field(default="", repr=False)
    bits: float | None = None


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ImportedCodes(ValueObject):
    """What is left of a sheet of recovery codes; none are, where all are used.

    Where it is ``whole``, what was on the same sheet at an earlier import, and is no more, was used in between, or is
    void since there are new ones. Which is the same, the row tells, or ``sheet`` where new codes are a new row.
    """

    codes: tuple[ImportedCode, ...] = attrs.field(repr=False)
    whole: bool = True
    sheet: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ImportedCredential(Confidential):
    """A public key credential (Web Authentication Level 3 section 4), by its parts or by its attestation object.

    What is None is read from the ``attestation`` object, octets of CBOR, where the source has kept that (section 6.5);
    ``id`` and ``public_key``, a COSE key, have to be in one of the two. ``rp_id_hash`` tells for which site it was
    made. A ``user_handle`` or flags that are unknown after all are learned when the credential is first used.
    """

    id: bytes | None = attrs.field(default=None, repr=False)
    public_key: bytes | None = attrs.field(default=None, repr=False)
    attestation: bytes | None = attrs.field(default=None, repr=False)
    sign_count: int | None = None
    backup_eligible: bool | None = None
    backed_up: bool | None = None
    aaguid: bytes | None = attrs.field(default=None, repr=False)
    rp_id_hash: bytes | None = attrs.field(default=None, repr=False)
    user_handle: bytes | None = attrs.field(default=None, repr=False)
    transports: tuple[object, ...] = ()


class NotAdopted(Exception):
    """A device does not come: it cannot work here, which is a failure, or it is not meant to.

    ``reason`` is a stable word for the report. Raised by methods and by sources, and never leaves an import.
    """

    def __init__(self, reason: str, *, failed: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.failed = failed


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Arrival(Confidential):
    """What comes for a user, to a method: ``found`` is one of the values above, or whatever the method's source yields.

    ``row`` names where it stood, the same at each import. ``states`` are those of the user's active devices of the
    method, by index. ``user_email`` is the user's own address of the moment, where ``found`` asks for that.
    """

    found: object
    row: str = ""
    states: Mapping[int, bytes] = attrs.field(default=MappingProxyType({}), repr=False)
    user_email: str = attrs.field(default="", repr=False)
    now: datetime


def identity_of(octets: bytes) -> bytes:
    """Return by what octets are known again at the next import; it is sealed before it is stored."""
    return hashlib.sha256(octets).digest()


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Adoption(Confidential):
    """What a method makes of it: the state of a new device, or the next one of the device ``index`` that it is already.

    ``identity`` are octets by which the same is known again at the next import, also when the device is gone. A device
    that is there has ``grown`` where something came to it that was not there before. ``guessable`` are values that can
    be guessed, or are costly to look at, although those of the method are not. ``warning`` is a stable word for what is
    weak, and came nevertheless.
    """

    state: bytes = attrs.field(repr=False)
    identity: bytes = attrs.field(repr=False)
    index: int | None = None
    grown: bool = False
    destination: str | None = None
    unique: str | None = None
    guessable: bool = False
    warning: str = ""
