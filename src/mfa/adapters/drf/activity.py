"""What has happened to the user's own account, newest first, in pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.signing import BadSignature, Signer
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from mfa.adapters import requests
from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified
from mfa.adapters.drf.routers import MultiFactorRouter, route
from mfa.adapters.drf.viewsets import MultiFactorViewSet
from mfa.adapters.serializers import MultiFactorSerializer, TimeField, represented
from mfa.application.activity import ActivityPage
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
    events.SendLimitReached.name: _("As many codes were sent as an hour may have."),
    events.VerificationAccepted.name: _("A device was verified."),
    events.VerificationRejected.name: _("A verification failed."),
    events.AccountLocked.name: _("Verifications have to wait, after too many wrong values."),
    events.BrowserRemembered.name: _("A browser is remembered."),
    events.BrowserTrusted.name: _("A login came from a remembered browser."),
    events.BrowserForgotten.name: _("A browser is remembered no more."),
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


class ConcernedDeviceSerializer(MultiFactorSerializer[Device]):
    """A device that an event is about; without a name where it is gone, or was given none."""

    index = serializers.IntegerField(min_value=0)
    name = serializers.CharField()


class EventSerializer(MultiFactorSerializer[Any]):
    """Something that happened to the account."""

    event = serializers.CharField(help_text="The stable name of the event.")
    verbose = serializers.CharField(help_text="A sentence for people, translated.")
    at = TimeField()
    device = ConcernedDeviceSerializer(allow_null=True)
    method = serializers.CharField(help_text="The method of the device; empty where there is none.")
    address = serializers.CharField(allow_null=True, help_text="Where it came from; null where nobody knows.")
    browser = serializers.CharField(help_text="What the browser said of itself; empty where nobody knows.")


class ActivitySerializer(MultiFactorSerializer[Any]):
    """A page of what happened in the last 90 days, newest first; null where there is no page beside it."""

    next = serializers.URLField(allow_null=True, help_text="What is older.")
    previous = serializers.URLField(allow_null=True, help_text="What is newer.")
    results = EventSerializer(many=True)


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


class MultiFactorActivityViewSet(MultiFactorViewSet):
    """What happened to your account in the last 90 days."""

    permission_classes: Sequence[Any] = (IsTokenAuthenticated, IsVerified)

    def overview(self, request: Request, **_: Any) -> Response:
        """List what happened, newest first; a cursor that nobody was given leads nowhere."""
        token = self.token(request)
        known = requests.account_read(request, token)
        page = self.use_cases().list_activity(token, **_place(request, token), account=known)
        return Response(self.written(request, token, page))

    def written(self, request: Request, token: Token, page: ActivityPage) -> dict[str, Any]:
        """Return a page in the form that pages by cursors have in Django REST framework."""
        rows = [shown(row, page.devices) for row in page.rows]
        return {
            "next": _link(request, token, "before", page.following),
            "previous": _link(request, token, "after", page.preceding),
            "results": [represented(EventSerializer, row) for row in rows],
        }


class MultiFactorActivityRouter(MultiFactorRouter):
    """Mounts a ``MultiFactorActivityViewSet``, where a project likes."""

    default_basename = "multi-factor-activity"
    routes = [  # noqa: RUF012 - declared by DRF
        route("", "", get="overview"),
    ]


def _signer(token: Token) -> Signer:
    """Return who signs the cursors of one user, so that no other text is one, and nobody else's either."""
    return Signer(salt=f"mfa.activity.{token.user_id}", sep=".")


def _place(request: Request, token: Token) -> dict[str, int]:
    """Read where a page begins; raises ``NotFound`` for a cursor that was not given to this user."""
    cursor = request.query_params.get(CURSOR)
    if cursor is None:
        return {}
    try:
        side, number = _signer(token).unsign(cursor).split("-")
    except BadSignature:
        raise NotFound from None
    return {side: int(number)}


def _link(request: Request, token: Token, side: str, number: int | None) -> str | None:
    """Write the address of another page."""
    if number is None:
        return None
    return replace_query_param(request.build_absolute_uri(), CURSOR, _signer(token).sign(f"{side}-{number}"))
