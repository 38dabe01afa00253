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

device_registered = Signal()
device_activated = Signal()
device_renamed = Signal()
device_removed = Signal()
recovery_codes_replaced = Signal()
challenge_dispatched = Signal()
dispatch_failed = Signal()
send_limit_reached = Signal()
device_disabled = Signal()
verification_accepted = Signal()
verification_rejected = Signal()
account_locked = Signal()
browser_remembered = Signal()
browser_trusted = Signal()
browser_forgotten = Signal()
browser_not_trusted = Signal()

SIGNALS: dict[type[Event], Signal] = {
    events.DeviceRegistered: device_registered,
    events.DeviceActivated: device_activated,
    events.DeviceRenamed: device_renamed,
    events.DeviceRemoved: device_removed,
    events.RecoveryCodesReplaced: recovery_codes_replaced,
    events.ChallengeDispatched: challenge_dispatched,
    events.DispatchFailed: dispatch_failed,
    events.SendLimitReached: send_limit_reached,
    events.DeviceDisabled: device_disabled,
    events.VerificationAccepted: verification_accepted,
    events.VerificationRejected: verification_rejected,
    events.AccountLocked: account_locked,
    events.BrowserRemembered: browser_remembered,
    events.BrowserTrusted: browser_trusted,
    events.BrowserForgotten: browser_forgotten,
    events.BrowserNotTrusted: browser_not_trusted,
}

_ALARMING = (
    events.VerificationRejected,
    events.AccountLocked,
    events.DeviceDisabled,
    events.DispatchFailed,
    events.SendLimitReached,
    events.BrowserNotTrusted,
)

logger = logging.getLogger("mfa")


@attrs.frozen(eq=False, repr=False)
class DjangoPublisher(Publisher):
    """Tells signals and the log."""

    def publish(self, event: Event) -> None:
        """Log an event, with its fields as fields of the record, and send its signals."""
        fields = {f"mfa_{name}": value for name, value in attrs.asdict(event).items()}
        level = logging.WARNING if isinstance(event, _ALARMING) else logging.INFO
        logger.log(level, type(event).__name__, extra={"mfa_event": type(event).__name__, **fields})
        for signal in (SIGNALS[type(event)], event_published):
            for receiver, answer in signal.send_robust(sender=type(event), event=event):
                if isinstance(answer, Exception):
                    # Only names: what a receiver puts into its exceptions, or into its own repr, is its own.
                    name = getattr(receiver, "__qualname__", type(receiver).__qualname__)
                    logger.error("%s failed on %s: %s", name, type(event).__name__, type(answer).__name__)
