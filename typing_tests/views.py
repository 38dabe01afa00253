"""What a project writes to protect its views."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, assert_type

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mfa.adapters.django.decorators import verification_exempt, verified
from mfa.adapters.django.middleware import VerifiedMiddleware
from mfa.adapters.drf.login import prove, standing_of
from mfa.adapters.drf.permissions import IsVerified, IsVerifiedOrNoDevice, check_requirement
from mfa.adapters.drf.routers import MultiFactorVerifierRouter
from mfa.adapters.drf.viewsets import MultiFactorVerifierViewSet
from mfa.domain.policies import Requirement

FRESH = Requirement(max_age=timedelta(minutes=5))
STRONG = Requirement(verifications=2, methods=["webauthn", "totp"], phishing_resistant=True)

assert_type(FRESH, Requirement)
assert_type(STRONG.verifications, int | None)
assert_type(STRONG.max_age, timedelta | None)
assert_type(STRONG.methods, frozenset[str] | None)
assert_type(STRONG.phishing_resistant, bool)

Requirement(max_age="5m")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
Requirement(methods=[1])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
Requirement(verification=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
STRONG.verifications = 1  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


class Transfer(APIView):
    permission_classes = (IsVerified,)
    mfa_requirement = FRESH

    def post(self, request: Request) -> Response:
        assert_type(check_requirement(request, STRONG), None)
        return Response()


class Named(APIView):
    permission_classes = [IsVerifiedOrNoDevice]
    mfa_requirement = "transfer"


class Payees(APIView):
    permission_classes = (IsVerified,)

    def get_mfa_requirement(self) -> Requirement | Sequence[Requirement] | None:
        return [FRESH, STRONG] if self.request.method == "POST" else None


class LinkLogin(APIView):
    permission_classes = ()

    def post(self, request: Request) -> Response:
        assert_type(prove(request, request.user, None), None)
        standing = standing_of(request, request.user, None)
        assert_type(standing, dict[str, Any])
        return Response({"mfa": standing})


@verified(FRESH)
def report(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse(f"{request.path}: {number}")


@verified()
async def slow_report(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.path)


@verification_exempt
def login(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.path)


assert_type(report(HttpRequest(), number=7), HttpResponse)
assert_type(login(HttpRequest()), HttpResponse)
report(HttpRequest(), "7")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class Gate(VerifiedMiddleware):
    mfa_requirement = FRESH


class Verifier(MultiFactorVerifierViewSet):
    permission_classes = (IsVerified,)


router = MultiFactorVerifierRouter()
router.register("", Verifier)
