"""What has happened, in the past tense; nothing secret is in them, so they may go to logs and audit trails.

``name`` is what the audit trail, the activity of a user and the log call a kind of event. Names stay as they are.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

import attrs

from mfa.domain.devices import Factor
from mfa.domain.identifiers import UserId
from mfa.domain.values import ValueObject
from mfa.domain.verdicts import Reason

_names = set[str]()


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Event(ValueObject):
    """Something that happened, at a time that the clock gave."""

    name: ClassVar[str]

    at: datetime

    def __init_subclass__(cls, *, name: str | None = None) -> None:
        """Take the name of a kind; those that only have kinds of their own have none."""
        if name is not None:
            cls.name = name
            _names.add(name)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class AccountEvent(Event):
    """Something that happened to a user's account."""

    user_id: UserId


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class DeviceEvent(AccountEvent):
    """Something that happened to one device."""

    index: int
    method: str

    @classmethod
    def of(cls, user_id: UserId, device: Factor, at: datetime, **more: Any) -> Self:
        """Tell of a device, and what else the kind of event has to tell."""
        return cls(user_id=user_id, at=at, index=device.index, method=device.method, **more)


class DeviceRegistered(DeviceEvent, name="device.registered"):
    """A device is pending: it waits for its first verification."""


class DeviceActivated(DeviceEvent, name="device.activated"):
    """A device was proved and gates from now on."""


class DeviceRenamed(DeviceEvent, name="device.renamed"):
    """The owner gave a device another name."""


class DeviceRemoved(DeviceEvent, name="device.removed"):
    """A device is gone, and its verifications with it."""


class RecoveryCodesReplaced(DeviceEvent, name="recovery.replaced"):
    """A user has new recovery codes, and the old ones are worth nothing."""


class ChallengeDispatched(DeviceEvent, name="challenge.dispatched"):
    """Something was handed to a sender, or a ceremony was begun."""


class DispatchFailed(DeviceEvent, name="challenge.failed"):
    """A sender gave up, and the challenge is void."""


class SendLimitReached(DeviceEvent, name="challenge.limited"):
    """As many codes were sent to a user by one method as an hour may have: for the rest of it there are no more."""


class DeviceDisabled(DeviceEvent, name="device.disabled"):
    """A device had so many wrong values in a row that none is looked at any more."""


class VerificationAccepted(DeviceEvent, name="verification.accepted"):
    """A token confirmed a device with a right value."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class VerificationRejected(DeviceEvent, name="verification.rejected"):
    """A value was judged and found wrong; ``step`` is the step of the standard that failed, where there is one."""

    reason: Reason
    step: str | None = None


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class VerificationReported(DeviceEvent, name="verification.reported"):
    """A value was accepted that the settings say to report and not to refuse: why, and by which step of a standard."""

    reason: Reason
    step: str


class DeviceSynced(DeviceEvent, name="device.synced"):
    """The key of a device is backed up from now on, so other machines of its owner may have it."""


class DeviceUnsynced(DeviceEvent, name="device.unsynced"):
    """The key of a device is backed up no more."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class AccountLocked(AccountEvent, name="account.locked"):
    """Wrong values have the guessable devices of a user wait: so many at all devices, for so long."""

    failures: int
    retry_after: timedelta


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class TrustEvent(AccountEvent):
    """Something that happened to one remembered browser; ``trust`` is what it is called, and tells nothing."""

    trust: str


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class BrowserRemembered(TrustEvent, name="browser.remembered"):
    """A browser is remembered from now on, by a verification of the device with this index."""

    index: int


class BrowserTrusted(TrustEvent, name="browser.trusted"):
    """A token came from a remembered browser, which counts as one verification."""


class BrowserForgotten(TrustEvent, name="browser.forgotten"):
    """A browser is remembered no more: revoked, or gone with a device or for a newer one."""


class BrowserNotTrusted(AccountEvent, name="browser.rejected"):
    """Something was shown that is no remembered browser of the user, or is none any more."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class RecoveryCodeUsed(DeviceEvent, name="recovery.used"):
    """A recovery code was accepted, and is worth nothing any more; so many are left."""

    remaining: int


class PassUsed(DeviceEvent, name="pass.used"):
    """A temporary pass was accepted."""


class NewBrowserLoggedIn(DeviceEvent, name="login.new_browser"):
    """A passkey logged in from a browser that had not been seen at a login of its owner."""


class OperatorUnlocked(AccountEvent, name="operator.unlock"):
    """An operator cleared what was counted: nothing waits and nothing is disabled."""


class OperatorReset(AccountEvent, name="operator.reset"):
    """An operator removed devices, of which other events tell one by one."""


class OperatorPassIssued(DeviceEvent, name="operator.pass"):
    """An operator gave a user a temporary pass."""


class OperatorLockedDown(AccountEvent, name="operator.lockdown"):
    """An operator ended all that is open for a user; until the owner verifies, nobody enrols by a password alone."""


class UserLockedDown(AccountEvent, name="user.lockdown"):
    """A user said in a mail's link that something was not him, which ends the same as a lockdown by an operator."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Purged(Event, name="upkeep.purge"):
    """What had expired was dropped: so many of each kind."""

    counts: Mapping[str, int]


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class KeysRotated(Event, name="upkeep.rotate"):
    """Everything is sealed under the first key: so many accounts had something to seal anew."""

    accounts: int


EVENT_NAMES = tuple(sorted(_names))
"""What kinds of events are called, all of them."""
