"""A user without a token is refused, and whoever tests is told what to take instead."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from mfa.adapters.django.decorators import verified
from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified, IsVerifiedOrNoDevice, check_requirement
from mfa.domain.policies import Requirement


class Inside(APIView):
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        check_requirement(request, Requirement())
        return Response()


class Open(APIView):
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        return Response()


VIEWS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    **{
        each.__name__: type(each.__name__, (Open,), {"permission_classes": (each,)}).as_view()  # type: ignore[attr-defined]
        for each in (IsTokenAuthenticated, IsVerified, IsVerifiedOrNoDevice)
    },
    "check_requirement": Inside.as_view(),
    "decorator": verified()(Open.as_view()),
}


@pytest.mark.parametrize("name", VIEWS)
def test_every_gate_refuses_a_user_without_a_token_and_says_what_would_do(name: str, ann: User) -> None:
    request = APIRequestFactory().get("/")
    force_authenticate(request, ann)

    answer = VIEWS[name](request)

    assert answer.status_code == 403
    assert answer.data["code"] == "token_required"  # type: ignore[attr-defined]
    assert "mfa.testing.verified_client(user)" in answer.data["detail"]  # type: ignore[attr-defined]


def test_so_do_the_routes_of_the_package(ann: User) -> None:
    client = APIClient()
    client.force_authenticate(ann)

    for path in ("/multi-factor/", "/multi-factor/status/", "/protected/"):
        assert "verified_client" in client.get(path).json()["detail"]
