"""What has happened to the user's own account, newest first, in pages."""

from collections.abc import Sequence
from typing import Any

from django.core.signing import BadSignature
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from mfa.adapters import requests
from mfa.adapters.activity import CURSOR, cursor_to, place_of, shown
from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified
from mfa.adapters.drf.routers import MultiFactorRouter, route
from mfa.adapters.drf.viewsets import MultiFactorViewSet
from mfa.adapters.serializers import MultiFactorSerializer, TimeField, represented
from mfa.application.activity import ActivityPage
from mfa.domain.devices import Device
from mfa.domain.identifiers import Token


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


class MultiFactorActivityViewSet(MultiFactorViewSet):
    """What happened to your account in the last 90 days."""

    permission_classes: Sequence[Any] = (IsTokenAuthenticated, IsVerified)

    def overview(self, request: Request, **_: Any) -> Response:
        """List what happened, newest first; a cursor that nobody was given leads nowhere."""
        token = self.token(request)
        try:
            place = place_of(token, request.query_params.get(CURSOR))
        except BadSignature:
            raise NotFound from None
        page = self.use_cases().list_activity(token, **place, account=requests.account_read(request, token))
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


def _link(request: Request, token: Token, side: str, number: int | None) -> str | None:
    """Write the address of another page."""
    if number is None:
        return None
    return replace_query_param(request.build_absolute_uri(), CURSOR, cursor_to(token, side, number))
