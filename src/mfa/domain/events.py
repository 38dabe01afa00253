"""What has happened, in the past tense; nothing secret is in them, so they may go to logs and audit trails.

``name`` is what the audit trail, the activity of a user and the log call a kind of event. Names stay as they are.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

import attrs

from mfa.domain.identifiers import UserId
from mfa.domain.verdicts import Reason


@attrs.frozen(kw_only=True)
class Event:
    """Something that happened, at a time that the clock gave."""

    name: ClassVar[str]

    at: datetime


@attrs.frozen(kw_only=True)
class AccountEvent(Event):
    """Something that happened to a user's account."""

    user_id: UserId


@attrs.frozen(kw_only=True)
class DeviceEvent(AccountEvent):
    """Something that happened to one device."""

    index: int
    method: str


class DeviceRegistered(DeviceEvent):
    """A device is pending: it waits for its first verification."""

    name = "device.registered"


class DeviceActivated(DeviceEvent):
    """A device was proved and gates from now on."""

    name = "device.activated"


class DeviceRenamed(DeviceEvent):
    """The owner gave a device another name."""

    name = "device.renamed"


class DeviceRemoved(DeviceEvent):
    """A device is gone, and its verifications with it."""

    name = "device.removed"


class RecoveryCodesReplaced(DeviceEvent):
    """A user has new recovery codes, and the old ones are worth nothing."""

    name = "recovery.replaced"


class ChallengeDispatched(DeviceEvent):
    """Something was handed to a sender, or a ceremony was begun."""

    name = "challenge.dispatched"


class DispatchFailed(DeviceEvent):
    """A sender gave up, and the challenge is void."""

    name = "challenge.failed"


class SendLimitReached(DeviceEvent):
    """As many codes were sent to a user by one method as an hour may have: for the rest of it there are no more."""

    name = "challenge.limited"


class DeviceDisabled(DeviceEvent):
    """A device had so many wrong values in a row that none is looked at any more."""

    name = "device.disabled"


class VerificationAccepted(DeviceEvent):
    """A token confirmed a device with a right value."""

    name = "verification.accepted"


@attrs.frozen(kw_only=True)
class VerificationRejected(DeviceEvent):
    """A value was judged and found wrong; ``step`` is the step of the standard that failed, where there is one."""

    name = "verification.rejected"

    reason: Reason
    step: str | None = None


@attrs.frozen(kw_only=True)
class AccountLocked(AccountEvent):
    """Wrong values have the guessable devices of a user wait: so many at all devices, for so long."""

    name = "account.locked"

    failures: int
    retry_after: timedelta


@attrs.frozen(kw_only=True)
class TrustEvent(AccountEvent):
    """Something that happened to one remembered browser; ``trust`` is what it is called, and tells nothing."""

    trust: str


@attrs.frozen(kw_only=True)
class BrowserRemembered(TrustEvent):
    """A browser is remembered from now on, by a verification of the device with this index."""

    name = "browser.remembered"

    index: int


class BrowserTrusted(TrustEvent):
    """A token came from a remembered browser, which counts as one verification."""

    name = "browser.trusted"


class BrowserForgotten(TrustEvent):
    """A browser is remembered no more: revoked, or gone with a device or for a newer one."""

    name = "browser.forgotten"


class BrowserNotTrusted(AccountEvent):
    """Something was shown that is no remembered browser of the user, or is none any more."""

    name = "browser.rejected"


@attrs.frozen(kw_only=True)
class RecoveryCodeUsed(DeviceEvent):
    """A recovery code was accepted, and is worth nothing any more; so many are left."""

    name = "recovery.used"

    remaining: int


class PassUsed(DeviceEvent):
    """A temporary pass was accepted."""

    name = "pass.used"


class NewBrowserLoggedIn(DeviceEvent):
    """A passkey logged in from a browser that had not been seen at a login of its owner."""

    name = "login.new_browser"


class OperatorUnlocked(AccountEvent):
    """An operator cleared what was counted: nothing waits and nothing is disabled."""

    name = "operator.unlock"


class OperatorReset(AccountEvent):
    """An operator removed devices, of which other events tell one by one."""

    name = "operator.reset"


class OperatorPassIssued(DeviceEvent):
    """An operator gave a user a temporary pass."""

    name = "operator.pass"


class OperatorLockedDown(AccountEvent):
    """An operator ended all that is open for a user; until the owner verifies, nobody enrols by a password alone."""

    name = "operator.lockdown"


class UserLockedDown(AccountEvent):
    """A user said in a mail's link that something was not him, which ends the same as a lockdown by an operator."""

    name = "user.lockdown"


@attrs.frozen(kw_only=True)
class Purged(Event):
    """What had expired was dropped: so many of each kind."""

    name = "upkeep.purge"

    counts: Mapping[str, int]


@attrs.frozen(kw_only=True)
class KeysRotated(Event):
    """Everything is sealed under the first key: so many accounts had something to seal anew."""

    name = "upkeep.rotate"

    accounts: int


def _names(kind: type[Event] = Event) -> Iterator[str]:
    for each in kind.__subclasses__():
        if "name" in vars(each):
            yield each.name
        yield from _names(each)


EVENT_NAMES = tuple(sorted({*_names()}))
"""What kinds of events are called, all of them."""
