"""What a user is shown of what has happened to his account, for the routes and the pages alike."""

from collections.abc import Mapping

from django.core.signing import Signer
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mfa.application.ports.audit import SYSTEM, USER, AuditRow
from mfa.domain import events
from mfa.domain.devices import Device
from mfa.domain.identifiers import Token

CURSOR = "cursor"
"""The parameter of the query that says where a page begins."""

SENTENCES: Mapping[str, Promise] = {
    events.DeviceRegistered.name: _("A device was registered, and waits for its first verification."),
    events.DeviceActivated.name: _("A device was activated."),
    events.DeviceRenamed.name: _("A device was renamed."),
    events.DeviceRemoved.name: _("A device was removed."),
    events.DeviceDisabled.name: _("A device was disabled, after too many wrong values."),
    events.RecoveryCodesReplaced.name: _("New recovery codes were made, and the old ones are void."),
    events.RecoveryCodeUsed.name: _("A recovery code was used."),
    events.ChallengeDispatched.name: _("A verification was begun."),
    events.DispatchFailed.name: _("A code could not be sent."),
    events.SendLimitReached.name: _("As many codes were sent as are allowed in an hour."),
    events.VerificationAccepted.name: _("A device was verified."),
    events.VerificationRejected.name: _("A verification failed."),
    events.VerificationReported.name: _("A device was verified in an unusual way."),
    events.DeviceSynced.name: _("A passkey is synced from now on."),
    events.DeviceUnsynced.name: _("A passkey is no longer synced."),
    events.AccountLocked.name: _("Verifications have to wait, after too many wrong values."),
    events.BrowserRemembered.name: _("A browser is remembered."),
    events.BrowserTrusted.name: _("A login came from a remembered browser."),
    events.BrowserForgotten.name: _("A browser is no longer remembered."),
    events.BrowserNotTrusted.name: _("A browser that is not remembered said that it was."),
    events.PassUsed.name: _("A temporary pass was used."),
    events.NewBrowserLoggedIn.name: _("A passkey logged in from a browser that was not seen before."),
    events.OperatorUnlocked.name: _("An operator unlocked your account."),
    events.OperatorReset.name: _("An operator reset your devices."),
    events.OperatorPassIssued.name: _("An operator gave you a temporary pass."),
    events.OperatorLockedDown.name: _("An operator locked your account down."),
    events.UserLockedDown.name: _("Your account was locked down by the link in a mail."),
}
"""What users read of an event, by its name."""


def shown(row: AuditRow, devices: Mapping[int, Device]) -> dict[str, object]:
    """Return what a user is shown of a row: of an operator nothing but that it was one."""
    own, index = row.actor in {USER, SYSTEM}, row.device_index
    known = None if index is None else devices.get(index)
    return {
        "event": row.event,
        "verbose": str(SENTENCES.get(row.event, row.event)),
        "at": row.at,
        "device": None if index is None else {"index": index, "name": "" if known is None else known.name},
        "method": row.method,
        "address": row.address if own else None,
        "browser": row.user_agent if own else "",
    }


def cursor_to(token: Token, side: str, number: int) -> str:
    """Return what leads to the page on a ``side`` of a row: ``before`` or ``after``."""
    return _signer(token).sign(f"{side}-{number}")


def place_of(token: Token, cursor: str | None) -> dict[str, int]:
    """Read where a page begins; raises ``BadSignature`` for a cursor that was not given to this user."""
    if cursor is None:
        return {}
    side, number = _signer(token).unsign(cursor).split("-")
    return {side: int(number)}


def _signer(token: Token) -> Signer:
    """Return who signs the cursors of one user, so that no other text is one, and nobody else's either."""
    return Signer(salt=f"mfa.activity.{token.user_id}", sep=".")
