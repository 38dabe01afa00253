"""The package's routes, a gate, and doors for whoever tests: to make people, to change them, to look at their rows."""

import json
import os

from django.apps import apps
from django.contrib.auth import get_user_model, login
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mfa.adapters.django.models import AccountRecord, ChallengeRecord, DeviceRecord
from mfa.adapters.drf.permissions import IsVerified


class GateView(APIView):
    permission_classes = (IsVerified,)

    def get(self, request: Request) -> Response:
        return Response({"process": os.getpid()})


@csrf_exempt
@transaction.atomic
def people(request: HttpRequest) -> JsonResponse:
    """Makes a user with so many tokens, as far as the project's tokens allow."""
    wish = json.loads(request.body)
    user = get_user_model().objects.create(username=wish["name"], email=f"{wish['name']}@example.com")
    return JsonResponse({"id": user.pk, "keys": [key(user) for _ in range(wish["tokens"])]})


def key(user: User) -> str:
    if apps.is_installed("rest_framework.authtoken"):
        return str(apps.get_model("authtoken", "Token").objects.create(user=user).key)
    _, key = apps.get_model("knox", "AuthToken").objects.create(user=user)
    return str(key)


@csrf_exempt
def password(request: HttpRequest, user_id: int) -> JsonResponse:
    """Changes a user's password."""
    wish = json.loads(request.body)
    changed = get_user_model().objects.filter(pk=user_id).update(password=make_password(wish["password"]))
    return JsonResponse({"changed": changed})


@csrf_exempt
def session(request: HttpRequest, user_id: int) -> JsonResponse:
    """Logs a user in by a session."""
    login(request, get_user_model().objects.get(pk=user_id))
    return JsonResponse({"key": request.session.session_key})


def state(request: HttpRequest, user_id: int) -> JsonResponse:
    """Shows what of the rows of a user has a meaning: no secrets, which are random, and no times."""
    account = AccountRecord.objects.filter(pk=user_id).first()
    devices = DeviceRecord.objects.filter(account_id=user_id).order_by("index")
    challenges = ChallengeRecord.objects.filter(account_id=user_id).order_by("index", "token")
    shown = {
        "version": 0 if account is None else account.version,
        "next_index": 0 if account is None else account.next_index,
        "sends": {} if account is None else {name: len(entry["recent"]) for name, entry in account.sends.items()},
        "gone": [] if account is None else [entry["recent"] for entry in account.gone],
        "trusts": [] if account is None else [trust["last_used_at"] is not None for trust in account.trusts],
        "devices": [
            {
                "index": each.index,
                "method": each.method,
                "active": each.activated_at is not None,
                "failures": each.failures,
            }
            for each in devices
        ],
        "challenges": [
            {
                "index": each.index,
                "sent": each.sent is not None,
                "confirmed": each.confirmed_at is not None,
                "trusted": each.trusted_at is not None,
            }
            for each in challenges
        ],
    }
    return JsonResponse(shown)


urlpatterns = [
    path("multi-factor/", include("mfa.urls")),
    path("gate/", GateView.as_view()),
    path("people/", people),
    path("password/<int:user_id>/", password),
    path("session/<int:user_id>/", session),
    path("state/<int:user_id>/", state),
]
