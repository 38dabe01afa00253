"""Every event of the domain as a Django signal and as a structured log record.

A receiver gets ``event``, a value of the class in ``mfa.domain.events`` that the signal is named after, and the class
itself as ``sender``. Signals are sent after the commit, so a receiver can change nothing; one that fails is logged and
fails nobody's request.
"""

import logging

import attrs
from django.dispatch import Signal

from mfa.application.ports.publishing import Publisher
from mfa.domain import events
from mfa.domain.events import Event

event_published = Signal()
"""Sent for every event, whatever its class, events of later versions too."""

SIGNALS: dict[type[Event], Signal] = {}

_ALARMING = set[type[Event]]()


def _signal(event: type[Event], *, alarming: bool = False) -> Signal:
    if alarming:
        _ALARMING.add(event)
    return SIGNALS.setdefault(event, Signal())


device_registered = _signal(events.DeviceRegistered)
device_activated = _signal(events.DeviceActivated)
device_renamed = _signal(events.DeviceRenamed)
device_removed = _signal(events.DeviceRemoved)
recovery_codes_replaced = _signal(events.RecoveryCodesReplaced)
challenge_dispatched = _signal(events.ChallengeDispatched)
dispatch_failed = _signal(events.DispatchFailed, alarming=True)
send_limit_reached = _signal(events.SendLimitReached, alarming=True)
device_disabled = _signal(events.DeviceDisabled, alarming=True)
verification_accepted = _signal(events.VerificationAccepted)
verification_rejected = _signal(events.VerificationRejected, alarming=True)
verification_reported = _signal(events.VerificationReported, alarming=True)
device_synced = _signal(events.DeviceSynced)
device_unsynced = _signal(events.DeviceUnsynced)
account_locked = _signal(events.AccountLocked, alarming=True)
browser_remembered = _signal(events.BrowserRemembered)
browser_trusted = _signal(events.BrowserTrusted)
browser_forgotten = _signal(events.BrowserForgotten)
browser_not_trusted = _signal(events.BrowserNotTrusted, alarming=True)
recovery_code_used = _signal(events.RecoveryCodeUsed)
pass_used = _signal(events.PassUsed)
new_browser_logged_in = _signal(events.NewBrowserLoggedIn)
operator_unlocked = _signal(events.OperatorUnlocked)
operator_reset = _signal(events.OperatorReset)
operator_pass_issued = _signal(events.OperatorPassIssued)
operator_locked_down = _signal(events.OperatorLockedDown, alarming=True)
user_locked_down = _signal(events.UserLockedDown, alarming=True)
purged = _signal(events.Purged)
keys_rotated = _signal(events.KeysRotated)

logger = logging.getLogger("mfa")


class DjangoPublisher(Publisher):
    """Tells signals and the log."""

    def publish(self, event: Event) -> None:
        """Log an event, with its fields as fields of the record, and send its signals."""
        level = logging.WARNING if type(event) in _ALARMING else logging.INFO
        if logger.isEnabledFor(level):
            fields = {f"mfa_{name}": value for name, value in attrs.asdict(event).items()}
            logger.log(level, type(event).__name__, extra={"mfa_event": type(event).__name__, **fields})
        for signal in (SIGNALS[type(event)], event_published):
            for receiver, answer in signal.send_robust(sender=type(event), event=event):
                if isinstance(answer, Exception):
                    # Only names: what a receiver puts into its exceptions, or into its own repr, is its own.
                    name = getattr(receiver, "__qualname__", type(receiver).__qualname__)
                    logger.error("%s failed on %s: %s", name, type(event).__name__, type(answer).__name__)
