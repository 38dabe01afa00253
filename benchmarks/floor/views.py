"""The floor's views: as few statements as each can do with, beside the one that finds the token."""

import secrets
import time
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pyotp
from adrf.views import APIView as AsyncAPIView
from django.core.mail import send_mail
from django.db.models import F, Q
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.crypto import salted_hmac
from pyotp.utils import strings_equal
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.floor.models import Device

PERIOD = 30
"""Seconds, as in RFC 6238."""

TOLERANCE = 1
"""Periods that a clock may be off, either side."""

TRYOUTS = 5
"""Wrong values that are judged."""

DIGITS = 6

RESEND_INTERVAL = timedelta(seconds=30)


class Gate(APIView):
    """A view of a project, behind the token alone."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        """Answer."""
        return Response({"detail": "through"})


class AsyncGate(AsyncAPIView):  # type: ignore[misc] # the package carries no types
    """The same, asynchronous."""

    permission_classes = (IsAuthenticated,)

    async def get(self, request: Request) -> Response:
        """Answer."""
        return Response({"detail": "through"})


class Devices(APIView):
    """The devices of the user."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        """List them, in one statement."""
        devices = Device.objects.filter(user_id=request.user.pk).order_by("pk")
        return Response([_shown(device) for device in devices])

    def post(self, request: Request) -> Response:
        """Register an authenticator app, in one statement."""
        name = _text(request, "name", "")
        secret = pyotp.random_base32()
        device = Device.objects.create(user_id=request.user.pk, name=name, secret=secret)
        url = pyotp.TOTP(secret).provisioning_uri(name=request.user.get_username(), issuer_name="floor")
        return Response({**_shown(device), "secret": secret, "authenticator_url": url}, status=HTTPStatus.CREATED)


class Verify(APIView):
    """Judges values of an authenticator app."""

    permission_classes = (IsAuthenticated,)

    def post(self, request: Request, pk: int) -> Response:
        """Read the device, judge the value, and spend its step or count the failure before the answer is given.

        Every step is compared, in constant time, and the latest that fits is spent, so that none before it works again.
        """
        value = _text(request, "value")
        device = get_object_or_404(Device, pk=pk, user_id=request.user.pk)
        app, now = pyotp.TOTP(device.secret), int(time.time()) // PERIOD
        steps = range(now - TOLERANCE, now + TOLERANCE + 1)
        matching = [step for step in steps if strings_equal(app.generate_otp(step), value)]
        open_devices = Device.objects.filter(pk=device.pk, failures__lt=TRYOUTS)
        if matching and open_devices.filter(last_step__lt=matching[-1]).update(
            last_step=matching[-1], failures=0, active=True
        ):
            return Response(_shown(device))
        if open_devices.update(failures=F("failures") + 1):
            return Response({"detail": "This value is not right."}, status=HTTPStatus.UNAUTHORIZED)
        raise Throttled


class Dispatch(APIView):
    """Sends codes."""

    permission_classes = (IsAuthenticated,)

    def post(self, request: Request, pk: int) -> Response:
        """Read the device, store a code where none was stored just now, and mail it."""
        device = get_object_or_404(Device, pk=pk, user_id=request.user.pk)
        code, now = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}", timezone.now()
        due = Q(sent_at=None) | Q(sent_at__lt=now - RESEND_INTERVAL)
        digest = salted_hmac(f"floor/{device.pk}", code, algorithm="sha256").hexdigest()
        if not Device.objects.filter(due, pk=device.pk).update(code=digest, sent_at=now):
            raise Throttled
        send_mail("Your code", f"Your code is {code}.", None, [device.address])
        return Response(status=HTTPStatus.NO_CONTENT)


def _text(request: Request, field: str, default: str | None = None) -> str:
    body = request.data
    value = body.get(field, default) if isinstance(body, Mapping) else None
    if not isinstance(value, str):
        raise ValidationError({field: "This is no text."})
    return value


def _shown(device: Device) -> dict[str, Any]:
    return {"id": device.pk, "name": device.name, "active": device.active, "created_at": device.created_at}
