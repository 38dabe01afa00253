"""The permissions, over use cases that only count."""

from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework.exceptions import APIException
from rest_framework.permissions import AllowAny, BasePermission, OperandHolder
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from mfa.adapters import accessor
from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified, IsVerifiedOrNoDevice
from mfa.application.verification import Standing
from mfa.domain.identifiers import Token, TokenId, UserId

ANN = Token(id=TokenId("a"), user_id=UserId("1"))
BOB = Token(id=TokenId("b"), user_id=UserId("2"))


class Deployment:
    def __init__(self) -> None:
        self.token: Token | None = ANN
        self.assessed: list[Token] = []
        self.verified = self.may_register = True
        self.enrolled = True

    @property
    def token_provider(self) -> SimpleNamespace:
        return SimpleNamespace(scheme="Bearer", token_of=lambda request: self.token)

    def assess_token(self, token: Token) -> Standing:
        self.assessed.append(token)
        return Standing(
            verified=self.verified,
            verifications_left=0 if self.verified else 2,
            enrolled=self.enrolled,
            may_register=self.may_register,
            locked=False,
            retry_after=None,
            confirmations=(),
        )


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Deployment:
    deployment = Deployment()
    monkeypatch.setattr(accessor, "use_cases", lambda: deployment)
    return deployment


@pytest.fixture
def request_() -> Request:
    return Request(APIRequestFactory().get("/"))


def passes(permission: type[BasePermission] | OperandHolder, request: Request) -> bool:
    return permission().has_permission(request, APIView())


@pytest.mark.parametrize("permission", [IsTokenAuthenticated, IsVerified, IsVerifiedOrNoDevice])
def test_without_a_token_nobody_is_asked(
    permission: type[IsTokenAuthenticated], deployment: Deployment, request_: Request
) -> None:
    deployment.token = None

    assert not passes(permission, request_)
    assert permission.code == "token_required"
    assert deployment.assessed == []


def test_a_token_alone_costs_no_assessment(deployment: Deployment, request_: Request) -> None:
    assert passes(IsTokenAuthenticated, request_)
    assert deployment.assessed == []


def test_a_standing_is_asked_for_once_a_request(deployment: Deployment, request_: Request) -> None:
    assert passes(IsVerified, request_)
    assert passes(IsVerifiedOrNoDevice, request_)
    assert passes(AllowAny & IsVerified & IsVerifiedOrNoDevice, request_)
    assert deployment.assessed == [ANN]

    assert passes(IsVerified, Request(request_._request))
    assert deployment.assessed == [ANN, ANN]


def test_a_standing_belongs_to_its_token(deployment: Deployment, request_: Request) -> None:
    assert passes(IsVerified, request_)
    deployment.token, deployment.verified = BOB, False

    with pytest.raises(APIException):
        passes(IsVerified, request_)

    assert deployment.assessed == [ANN, BOB]


@pytest.mark.parametrize(("enrolled", "code"), [(True, "verification_required"), (False, "registration_required")])
def test_a_refusal_is_raised_with_its_number_and_header(
    *, enrolled: bool, code: str, deployment: Deployment, request_: Request
) -> None:
    deployment.verified, deployment.enrolled = False, enrolled

    with pytest.raises(APIException) as refusal:
        passes(IsVerified, request_)

    raised: Any = refusal.value
    assert raised.status_code == 403
    assert raised.detail["code"] == code
    assert raised.detail["verifications-left"] == 2
    assert raised.auth_header.startswith('Bearer error="insufficient_user_authentication", ')


def test_who_may_register_need_not_be_verified(deployment: Deployment, request_: Request) -> None:
    deployment.verified = False
    assert passes(IsVerifiedOrNoDevice, request_)

    deployment.may_register = False
    with pytest.raises(APIException):
        passes(IsVerifiedOrNoDevice, Request(request_._request))


def test_the_last_of_alternatives_refuses(deployment: Deployment, request_: Request) -> None:
    deployment.verified = False

    assert passes(AllowAny | IsVerified, request_)
    with pytest.raises(APIException):
        passes(~AllowAny | IsVerified, request_)
