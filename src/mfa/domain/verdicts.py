"""What judging a value ends in; a rejection is a value to be counted and stored, never an exception."""

from enum import StrEnum

import attrs

from mfa.domain.values import ValueObject


class Reason(StrEnum):
    """Why a value was rejected: for the record only, the person at the keyboard gets one answer for all.

    Each is its word, so that whatever writes a record writes that.
    """

    WRONG = "wrong"
    REPLAYED = "replayed"
    EXPIRED = "expired"
    USED_UP = "used_up"
    NOT_UNIQUE = "not_unique"
    NOT_ALLOWED = "not_allowed"

    # Ceremonies of Web Authentication, each with the step that failed
    MALFORMED = "malformed"
    TYPE = "type"
    CHALLENGE = "challenge"
    ORIGIN = "origin"
    CROSS_ORIGIN = "cross_origin"
    RP_ID = "rp_id"
    USER_PRESENCE = "user_presence"
    USER_VERIFICATION = "user_verification"
    BACKUP = "backup"
    BACKUP_ELIGIBILITY = "backup_eligibility"
    ALGORITHM = "algorithm"
    ATTESTATION = "attestation"
    UNTRUSTED = "untrusted"
    MODEL_STATUS = "model_status"
    MODEL_NOT_ADMITTED = "model_not_admitted"
    NOT_DEVICE_BOUND = "not_device_bound"
    CREDENTIAL_ID = "credential_id"
    UNKNOWN_CREDENTIAL = "unknown_credential"
    USER_HANDLE = "user_handle"
    SIGNATURE = "signature"
    SIGN_COUNT = "sign_count"


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Oddity(ValueObject):
    """What would have had a value rejected, at that step of a standard, did the settings not say to go on."""

    reason: Reason
    step: str


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Accepted(ValueObject):
    """The value is right; ``state`` is what the device must remember so that it never is again.

    ``index`` is the device that answered, where it is not the one that was asked. ``unique`` is a name that no other
    device of any user may have, by that step of a standard, and ``description`` what a device is called that its owner
    gave no name. ``odd`` is what was let pass, and ``synced`` whether the device's key is backed up from now on, where
    that has changed.
    """

    index: int | None = None
    unique: str | None = None
    unique_step: str | None = None
    description: str = ""
    odd: tuple[Oddity, ...] = ()
    synced: bool | None = None
    state: bytes = attrs.field(repr=False)
    sent: bytes | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Rejected(ValueObject):
    """The value is not right; ``state`` and ``sent`` are what device and challenge remember from now on.

    ``step`` is the step of the standard that failed, where a standard has steps: ``7.2.12`` of Web Authentication
    Level 3, as numbered in the Candidate Recommendation of 2026.
    """

    reason: Reason
    step: str | None = None
    state: bytes = attrs.field(repr=False)
    sent: bytes | None = attrs.field(default=None, repr=False)


Verdict = Accepted | Rejected
"""What a method says of a value."""
