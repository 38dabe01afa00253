"""What judging a value ends in; a rejection is a value to be counted and stored, never an exception."""

from enum import Enum

import attrs


class Reason(Enum):
    """Why a value was rejected: for the audit trail only, the person at the keyboard gets one answer for all."""

    WRONG = "wrong"
    REPLAYED = "replayed"
    EXPIRED = "expired"
    USED_UP = "used_up"
    SIGN_COUNT = "sign_count"


@attrs.frozen(kw_only=True)
class Accepted:
    """The value is right; ``state`` is what the device must remember so that it never is again.

    ``index`` is the device that answered, where it is not the one that was asked. ``unique`` is a name that no other
    device of any user may have, and ``description`` what a device is called that its owner gave no name.
    """

    index: int | None = None
    unique: str | None = None
    description: str = ""
    state: bytes = attrs.field(repr=False)
    sent: bytes | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class Rejected:
    """The value is not right; ``state`` and ``sent`` are what device and challenge remember from now on."""

    reason: Reason
    state: bytes = attrs.field(repr=False)
    sent: bytes | None = attrs.field(default=None, repr=False)


Verdict = Accepted | Rejected
