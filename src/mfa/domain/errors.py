"""Everything that can be refused, as one tree with stable codes and no word of HTTP.

::

    MfaError
    ├── NotFound
    │   ├── DeviceNotFound          not_found
    │   ├── MethodNotFound          not_found
    │   ├── TrustNotFound           not_found
    │   ├── NotDispatchable         not_dispatchable
    │   └── NoChallenge             no_challenge
    ├── Conflict
    │   ├── AlreadyRegistered       already_registered
    │   ├── AlreadyVerified         already_verified
    │   ├── DeviceIsDisabled        device_disabled
    │   └── DeviceRequired          device_required
    ├── Refused
    │   ├── VerificationRequired    verification_required
    │   └── RegistrationRequired    registration_required
    ├── Malformed
    │   ├── MalformedValue          malformed_value
    │   └── InvalidField            invalid
    ├── Throttled                   throttled
    │   └── ResendTooSoon           resend_too_soon
    ├── DeliveryFailed              delivery_failed
    ├── Unavailable                 unavailable
    ├── SealError
    │   ├── UnknownKey              unknown_key
    │   └── BrokenSeal              broken_seal
    ├── NotAllowed                  not_allowed
    ├── RotationIncomplete          rotation_incomplete
    ├── NotUnique                   not_unique
    ├── AlreadySpent                already_spent
    └── StaleAccount                (stays inside: the use case judges again)
        └── StoreBusy               store_busy

A wrong value is none of these: it is a verdict that has been counted and committed (see ``verdicts``).
"""

from datetime import timedelta
from typing import ClassVar

import attrs

from mfa.domain.policies import Requirement


class MfaError(Exception):
    """The root: whatever the core refuses, with a code that stays the same for ever."""

    code: ClassVar[str] = "error"

    def __init_subclass__(cls, *, code: str | None = None) -> None:
        """Take the code of an error; one without has its parent's."""
        cls.code = code or cls.code


class NotFound(MfaError, code="not_found"):
    """What was asked for does not exist for this user."""


class DeviceNotFound(NotFound):
    """No device of this user has the index; said alike of another user's devices and of those that never were."""


class MethodNotFound(NotFound):
    """No configured method has this name or position."""


class TrustNotFound(NotFound):
    """No remembered browser of this user is called so, or none of them is worth anything any more."""


class NotDispatchable(NotFound, code="not_dispatchable"):
    """The method sends nothing, so there is nothing to dispatch."""


class NoChallenge(NotFound, code="no_challenge"):
    """Nothing was ever dispatched to this device for this token."""


class Conflict(MfaError, code="conflict"):
    """The account is in a state that does not allow the request."""


class AlreadyRegistered(Conflict, code="already_registered"):
    """The user has as many active devices of the method as are allowed."""


class AlreadyVerified(Conflict, code="already_verified"):
    """This token's challenge of the device is confirmed, and no renewal was asked for."""


class DeviceIsDisabled(Conflict, code="device_disabled"):
    """The device has had so many wrong values in a row that its values are not looked at any more."""


class DeviceRequired(Conflict, code="device_required"):
    """An active device has to be there first, or has to stay."""


@attrs.define(slots=False, repr=False)
class Refused(MfaError, code="refused"):
    """The token is not verified as it would have to be.

    So many verifications are missing of what is demanded: the number of the requirement is the policy's, if larger.
    """

    verifications_left: int
    requirement: Requirement


class VerificationRequired(Refused, code="verification_required"):
    """The user has devices, but this token has not confirmed enough of them, or not lately enough."""


class RegistrationRequired(Refused, code="registration_required"):
    """The user has no active device to verify with."""


def refusal(requirement: Requirement, *, left: int, enrolled: bool) -> Refused:
    """Make the refusal of a token that has not proved enough: at least one verification is always left."""
    kind = VerificationRequired if enrolled else RegistrationRequired
    return kind(max(left, 1), requirement)


class Malformed(MfaError, code="malformed"):
    """The input cannot be an answer at all; it is refused before it counts as a guess."""


@attrs.define(slots=False, repr=False)
class MalformedValue(Malformed, code="malformed_value"):
    """The value has the wrong type or is too large, or what it has for a member is no such thing.

    ``member`` is the path of that member, such as ``response.clientDataJSON``, and None for the value as a whole.
    """

    member: str | None = None


@attrs.define(slots=False, repr=False)
class InvalidField(Malformed, code="invalid"):
    """A field of a registration does not hold what it should; ``problem`` is a stable word for the reason.

    ``sentence`` says it to a person, where the word is a project's own: a text, or what becomes one in the language of
    whoever reads it.
    """

    field: str
    problem: str
    sentence: object = None


@attrs.define(slots=False, repr=False)
class Throttled(MfaError, code="throttled"):
    """Not now: wrong values have to be waited for, or too many requests came at once."""

    retry_after: timedelta


class ResendTooSoon(Throttled, code="resend_too_soon"):
    """A code was sent a moment ago, or as many as an hour may have."""


class DeliveryFailed(MfaError, code="delivery_failed"):
    """The sender could not deliver, and the challenge is void."""


@attrs.define(slots=False, repr=False)
class Unavailable(MfaError, code="unavailable"):
    """The store does not answer, or has no room for this change now; the state is the one before or the one after."""

    retry_after: timedelta = timedelta(seconds=1)


class SealError(MfaError, code="seal_error"):
    """A sealed value does not open; a fault of the installation, never of the person at the keyboard."""


class UnknownKey(SealError, code="unknown_key"):
    """The value was sealed under a key that is no longer configured."""


class BrokenSeal(SealError, code="broken_seal"):
    """The value was changed, or belongs to another device."""


class NotAllowed(MfaError, code="not_allowed"):
    """This operator may not act upon this user; no client ever meets it."""


class RotationIncomplete(MfaError, code="rotation_incomplete"):
    """Something is still sealed under another key than the first, and goes on being; no client ever meets it."""


class NotUnique(MfaError, code="not_unique"):
    """Another device has the name that has to be unique; never leaves the application layer."""


class AlreadySpent(MfaError, code="already_spent"):
    """What serves once has served; never leaves the application layer."""


class StaleAccount(MfaError, code="stale_account"):
    """The account changed between reading and writing; never leaves the application layer."""


class StoreBusy(StaleAccount, code="store_busy"):
    """The store gave way to another transaction, as on a lock that was waited for in vain or on a deadlock."""
