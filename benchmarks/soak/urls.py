"""The routes of the package, a login, a gate, a door by which people come into being, and what a worker holds."""

import ctypes
import gc
import json
import os
import sys
import traceback
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mfa.adapters.drf.errors import exception_handler as mfa_handler
from mfa.adapters.drf.permissions import IsVerified
from mfa.adapters.tokens.knox import LoginView

LOST = (OperationalError, InterfaceError)
"""What Django raises where the database is not there."""


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer 503 where the database fails the project's own statement, such as that which finds the token.

    Where it fails one of a use case, that is the package's to answer, and stays a 500 here.
    """
    frames = traceback.extract_tb(exc.__traceback__)
    if isinstance(exc, LOST) and not any("/mfa/application/" in frame.filename for frame in frames):
        return Response({"detail": "Not possible just now.", "code": "project"}, status=503)
    return mfa_handler(exc, context)


class Gate(APIView):
    """A view for verified tokens."""

    permission_classes = (IsVerified,)

    def get(self, request: Request) -> Response:
        """Answer those who may pass."""
        return Response({})


@csrf_exempt
def people(request: HttpRequest) -> JsonResponse:
    """Make a user of this name, unless there is one."""
    name, password = json.loads(request.body).values()
    more = {"email": f"{name}@example.com", "password": make_password(password)}
    try:
        user, _ = get_user_model().objects.get_or_create(username=name, defaults=more)
    except LOST:
        return JsonResponse({"code": "project"}, status=503)
    return JsonResponse({"id": user.pk})


_ALLOCATED = (
    *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
    *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
)


class _Allocated(ctypes.Structure):
    """What ``mallinfo2`` of glibc returns."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in _ALLOCATED)


def held(_: HttpRequest) -> JsonResponse:
    """Tell what this process has allocated and not freed: how many small objects, and how many octets of all else."""
    gc.collect()
    asked = ctypes.CDLL(None).mallinfo2
    asked.restype = _Allocated
    allocated = asked()
    rest = allocated.uordblks + allocated.hblkhd
    return JsonResponse({"pid": os.getpid(), "objects": sys.getallocatedblocks(), "rest": rest})


urlpatterns = [
    path("multi-factor/", include("mfa.urls")),
    path("login/", LoginView.as_view()),
    path("gate/", Gate.as_view()),
    path("people/", people),
    path("held/", held),
]
