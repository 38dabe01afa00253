"""What has happened, in the past tense; nothing secret is in them, so they may go to logs and audit trails."""

from datetime import datetime, timedelta

import attrs

from mfa.domain.identifiers import UserId
from mfa.domain.verdicts import Reason


@attrs.frozen(kw_only=True)
class Event:
    """Something that happened to a user's account, at a time that the clock gave."""

    user_id: UserId
    at: datetime


@attrs.frozen(kw_only=True)
class DeviceEvent(Event):
    """Something that happened to one device."""

    index: int
    method: str


class DeviceRegistered(DeviceEvent):
    """A device is pending: it waits for its first verification."""


class DeviceActivated(DeviceEvent):
    """A device was proved and gates from now on."""


class DeviceRenamed(DeviceEvent):
    """The owner gave a device another name."""


class DeviceRemoved(DeviceEvent):
    """A device is gone, and its verifications with it."""


class RecoveryCodesReplaced(DeviceEvent):
    """A user has new recovery codes, and the old ones are worth nothing."""


class ChallengeDispatched(DeviceEvent):
    """Something was handed to a sender, or a ceremony was begun."""


class DispatchFailed(DeviceEvent):
    """A sender gave up, and the challenge is void."""


class SendLimitReached(DeviceEvent):
    """As many codes were sent to a user by one method as an hour may have: for the rest of it there are no more."""


class DeviceDisabled(DeviceEvent):
    """A device had so many wrong values in a row that none is looked at any more."""


class VerificationAccepted(DeviceEvent):
    """A token confirmed a device with a right value."""


@attrs.frozen(kw_only=True)
class VerificationRejected(DeviceEvent):
    """A value was judged and found wrong; ``step`` is the step of the standard that failed, where there is one."""

    reason: Reason
    step: str | None = None


@attrs.frozen(kw_only=True)
class AccountLocked(Event):
    """Wrong values have the guessable devices of a user wait: so many at all devices, for so long."""

    failures: int
    retry_after: timedelta


@attrs.frozen(kw_only=True)
class TrustEvent(Event):
    """Something that happened to one remembered browser; ``trust`` is what it is called, and tells nothing."""

    trust: str


@attrs.frozen(kw_only=True)
class BrowserRemembered(TrustEvent):
    """A browser is remembered from now on, by a verification of the device with this index."""

    index: int


class BrowserTrusted(TrustEvent):
    """A token came from a remembered browser, which counts as one verification."""


class BrowserForgotten(TrustEvent):
    """A browser is remembered no more: revoked, or gone with a device or for a newer one."""


class BrowserNotTrusted(Event):
    """Something was shown that is no remembered browser of the user, or is none any more."""
