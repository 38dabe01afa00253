"""How the logins are described, with the views of this package and simplejwt's own."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

from mfa.adapters import logins
from mfa.adapters.tokens import authtoken, jwt, knox, session
from mfa.domain.identifiers import Token, TokenId, UserId
from tests.integration.openapi.description import described

Described = dict[str, Any]

TOKEN = Token(id=TokenId("a token"), user_id=UserId("1"))


class OwnLogin(authtoken.ObtainAuthToken):  # type: ignore[misc] # the module finds it late, so it has no type
    """A project's own."""


class SpokenLogin(OwnLogin):
    @extend_schema(request=None, responses={200: {"type": "string"}})
    def post(self, request: Request) -> Response:
        return Response("")


class ChosenLogin(TokenObtainPairView):
    serializer_class = jwt.TokenObtainPairSerializer


def login(view: Callable[..., Any], **mfa: Any) -> tuple[Described, Callable[[Any], Described]]:
    description = described([path("login/", view)], **mfa)

    def component(schema: Any) -> Described:  # noqa: ANN401 - as JSON has it
        found: Described = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found

    operation: Described = description["paths"]["/login/"]["post"]
    return operation, component


def body_of(part: Described) -> Described:
    schema: Described = part["content"]["application/json"]["schema"]
    return schema


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    ("view", "made"),
    [
        (authtoken.ObtainAuthToken, {"token"}),
        (OwnLogin, {"token"}),
        (knox.LoginView, {"token", "expiry"}),
        (jwt.TokenObtainPairView, {"access", "refresh"}),
        (TokenObtainPairView, {"access", "refresh"}),
        (ChosenLogin, {"access", "refresh"}),
        (session.LoginView, set[str]()),
    ],
)
def test_a_login_says_what_it_reads_and_answers(view: Any, made: set[str]) -> None:  # noqa: ANN401 - as above
    operation, component = login(view.as_view())

    assert operation["operationId"] == "multi_factor_login"
    read = component(body_of(operation["requestBody"]))
    assert read["properties"].keys() == {"username", "password", "value", "index", "trust_token"}
    assert sorted(read["required"]) == ["password", "username"]
    answer = component(body_of(operation["responses"]["200"]))
    assert answer["properties"].keys() == made | {"mfa"}
    assert {*answer["required"]} == made | {"mfa"}
    standing = component(answer["properties"]["mfa"])
    assert {"verified", "verifications", "verifications-left", "devices"} < standing["properties"].keys()
    assert {*standing["required"]} == standing["properties"].keys() == logins.standing(TOKEN).keys()
    device = component(standing["properties"]["devices"]["items"])
    assert device["properties"].keys() == {"index", "method", "name", "dispatchable", "destination"}


@pytest.mark.parametrize(
    ("view", "unauthenticated"),
    [
        (authtoken.ObtainAuthToken, {"not_authenticated", "authentication_failed"}),
        (jwt.TokenObtainPairView, {"no_active_account"}),
        (session.LoginView, set[str]()),
    ],
)
def test_it_says_what_it_refuses(view: Any, unauthenticated: set[str]) -> None:  # noqa: ANN401 - as above
    operation, component = login(view.as_view())
    answers = operation["responses"]

    assert answers.keys() == {"200", "400", "401", "403", "404", "406", "409", "415", "429", "503"}
    refused = body_of(answers["401"])
    found = refused.get("oneOf", [refused])
    codes = {component(each)["properties"]["code"]["oneOf"][0]["enum"][0] for each in found}
    assert codes == {"invalid_value"} | unauthenticated
    wrong = {key for each in body_of(answers["400"])["oneOf"] for key in component(each)["properties"]}
    assert wrong >= {"username", "password", "value", "index", "trust_token", "non_field_errors"}
    assert all("Cache-Control" in answer["headers"] for answer in answers.values())


def test_the_password_may_come_by_basic() -> None:
    operation, _ = login(knox.LoginView.as_view())

    assert operation["security"] == [{"basicAuth": []}]


def test_without_remembered_browsers_none_comes_along() -> None:
    operation, component = login(session.LoginView.as_view(), TRUST_LIFETIME=None)

    assert "trust_token" not in component(body_of(operation["requestBody"]))["properties"]


def test_what_a_project_says_itself_stands() -> None:
    operation, _ = login(SpokenLogin.as_view())

    assert body_of(operation["responses"]["200"]) == {"type": "string"}
    assert "requestBody" not in operation


def test_other_views_of_simplejwt_are_none() -> None:
    operation, _ = login(TokenRefreshView.as_view())

    assert operation["operationId"] == "login_create"
