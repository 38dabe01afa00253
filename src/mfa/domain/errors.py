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
    ├── NotUnique                   not_unique
    ├── AlreadySpent                already_spent
    └── StaleAccount                (stays inside: the use case judges again)
        └── StoreBusy               store_busy

A wrong value is none of these: it is a verdict that has been counted and committed (see ``verdicts``).
"""

from datetime import timedelta
from typing import ClassVar

from mfa.domain.policies import Requirement


class MfaError(Exception):
    """The root: whatever the core refuses, with a code that stays the same for ever."""

    code: ClassVar[str] = "error"


class NotFound(MfaError):
    """What was asked for does not exist for this user."""

    code = "not_found"


class DeviceNotFound(NotFound):
    """No device of this user has the index; said alike of another user's devices and of those that never were."""


class MethodNotFound(NotFound):
    """No configured method has this name or position."""


class TrustNotFound(NotFound):
    """No remembered browser of this user is called so, or none of them is worth anything any more."""


class NotDispatchable(NotFound):
    """The method sends nothing, so there is nothing to dispatch."""

    code = "not_dispatchable"


class NoChallenge(NotFound):
    """Nothing was ever dispatched to this device for this token."""

    code = "no_challenge"


class Conflict(MfaError):
    """The account is in a state that does not allow the request."""

    code = "conflict"


class AlreadyRegistered(Conflict):
    """The user has as many active devices of the method as are allowed."""

    code = "already_registered"


class AlreadyVerified(Conflict):
    """This token's challenge of the device is confirmed, and no renewal was asked for."""

    code = "already_verified"


class DeviceIsDisabled(Conflict):
    """The device has had so many wrong values in a row that its values are not looked at any more."""

    code = "device_disabled"


class DeviceRequired(Conflict):
    """An active device has to be there first, or has to stay."""

    code = "device_required"


class Refused(MfaError):
    """The token may not do this, because it is not verified as it would have to be."""

    code = "refused"

    def __init__(self, verifications_left: int, requirement: Requirement) -> None:
        """Take how many verifications are missing, and what is demanded: its number is the policy's, if larger."""
        super().__init__(verifications_left, requirement)
        self.verifications_left = verifications_left
        self.requirement = requirement


class VerificationRequired(Refused):
    """The user has devices, but this token has not confirmed enough of them, or not lately enough."""

    code = "verification_required"


class RegistrationRequired(Refused):
    """The user has no active device to verify with."""

    code = "registration_required"


def refusal(requirement: Requirement, *, left: int, enrolled: bool) -> Refused:
    """Make the refusal of a token that has not proved enough: at least one verification is always left."""
    kind = VerificationRequired if enrolled else RegistrationRequired
    return kind(max(left, 1), requirement)


class Malformed(MfaError):
    """The input cannot be an answer at all; it is refused before it counts as a guess."""

    code = "malformed"


class MalformedValue(Malformed):
    """The value has the wrong type or is too large, or what it has for a member is no such thing.

    ``member`` is the path of that member, such as ``response.clientDataJSON``, and None for the value as a whole.
    """

    code = "malformed_value"

    def __init__(self, member: str | None = None) -> None:
        super().__init__(member)
        self.member = member


class InvalidField(Malformed):
    """A field of a registration does not hold what it should; ``problem`` is a stable word for the reason.

    ``sentence`` says it to a person, where the word is a project's own: a text, or what becomes one in the language of
    whoever reads it.
    """

    code = "invalid"

    def __init__(self, field: str, problem: str, sentence: object = None) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem
        self.sentence = sentence


class Throttled(MfaError):
    """Not now: wrong values have to be waited for, or too many requests came at once."""

    code = "throttled"

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class ResendTooSoon(Throttled):
    """A code was sent a moment ago, or as many as an hour may have."""

    code = "resend_too_soon"


class DeliveryFailed(MfaError):
    """The sender could not deliver, and the challenge is void."""

    code = "delivery_failed"


class Unavailable(MfaError):
    """The store does not answer, or has no room for this change now; the state is the one before or the one after."""

    code = "unavailable"

    def __init__(self, retry_after: timedelta = timedelta(seconds=1)) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class SealError(MfaError):
    """A sealed value does not open; a fault of the installation, never of the person at the keyboard."""

    code = "seal_error"


class UnknownKey(SealError):
    """The value was sealed under a key that is no longer configured."""

    code = "unknown_key"


class BrokenSeal(SealError):
    """The value was changed, or belongs to another device."""

    code = "broken_seal"


class NotUnique(MfaError):
    """Another device has the name that has to be unique; never leaves the application layer."""

    code = "not_unique"


class AlreadySpent(MfaError):
    """What serves once has served; never leaves the application layer."""

    code = "already_spent"


class StaleAccount(MfaError):
    """The account changed between reading and writing; never leaves the application layer."""

    code = "stale_account"


class StoreBusy(StaleAccount):
    """The store gave way to another transaction, as on a lock that was waited for in vain or on a deadlock."""

    code = "store_busy"
