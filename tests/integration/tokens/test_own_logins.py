"""A project's own login: standing and second factor of a token that it has made by itself."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import ensure_csrf_cookie
from knox.models import AuthToken as KnoxToken
from pytest_django import Settings
from rest_framework.authentication import SessionAuthentication
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.exceptions import APIException
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import AccessToken

from mfa.adapters.drf.login import prove, standing_of
from mfa.adapters.tokens.authtoken import create_token, new_row, replaced_by
from mfa.adapters.tokens.jwt import new_refresh
from mfa.application.verification import VerifyChallenge
from mfa.domain.errors import UnknownKey
from tests.integration.drf.people import Answer, App, World
from tests.integration.tokens.login_forms import left
from tests.integration.tokens.systems import SYSTEMS, Client, System, deploy
from tests.projects import logins


class LinkLogin(APIView):
    """Lets in whoever has a link, which here is a name."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        given: Any = request.data
        return Response(self.log_in(request, User.objects.get(username=given["link"])))

    def log_in(self, request: Request, user: User) -> dict[str, Any]:
        raise NotImplementedError


class AuthtokenLinkLogin(LinkLogin):
    def log_in(self, request: Request, user: User) -> dict[str, Any]:
        row = new_row(user)
        prove(request, user, row)
        return {"token": replaced_by(row).key, "mfa": standing_of(request, user, row)}


class KnoxLinkLogin(LinkLogin):
    def log_in(self, request: Request, user: User) -> dict[str, Any]:
        row, key = KnoxToken.objects.create(user)
        prove(request, user, row)
        return {"token": key, "mfa": standing_of(request, user, row)}


class JwtLinkLogin(LinkLogin):
    def log_in(self, request: Request, user: User) -> dict[str, Any]:
        refresh = new_refresh(user)
        prove(request, user, refresh.access_token)
        refresh.outstand()
        access = refresh.access_token
        return {"access": str(access), "refresh": str(refresh), "mfa": standing_of(request, user, access)}


class SessionLinkLogin(LinkLogin):
    def log_in(self, request: Request, user: User) -> dict[str, Any]:
        SessionAuthentication().enforce_csrf(request)
        login(request, user)
        prove(request, user, None)
        return {"mfa": standing_of(request, user, None)}


@ensure_csrf_cookie
def page(_: object) -> HttpResponse:
    return HttpResponse("a page")


urlpatterns = [
    *logins.urlpatterns,
    path("link/authtoken/", AuthtokenLinkLogin.as_view()),
    path("link/knox/", KnoxLinkLogin.as_view()),
    path("link/jwt/", JwtLinkLogin.as_view()),
    path("link/session/", SessionLinkLogin.as_view()),
]


@pytest.fixture(params=SYSTEMS, ids=lambda system: system.name)
def system(request: pytest.FixtureRequest) -> System:
    chosen: System = request.param
    return chosen


@pytest.fixture
def world(settings: Settings, monkeypatch: pytest.MonkeyPatch, system: System, anna: User) -> World:
    world = World(settings)
    deploy(world, settings, monkeypatch, system, JWT_GATE="claims" if system.name == "jwt" else "database")
    settings.ROOT_URLCONF = __name__
    return world


@pytest.fixture
def app(world: World, system: System, anna: User) -> App:
    app = system.log_in(world, anna).enrol_app()
    world.pass_time()
    return app


def follow(client: Client, system: System, **more: object) -> Answer:
    client.client.get("/session/")
    return client.ask("post", f"/link/{system.name}/", data={"link": "anna", **more}, format="json")


def keep(client: Client, system: System, answer: Answer) -> None:
    if system.name != "session":
        system.keep(client, answer.json())


def test_it_tells_how_its_token_stands(world: World, system: System, app: App) -> None:
    client = Client(world)

    answer = follow(client, system)

    assert answer.status_code == 200, answer.content
    told = answer.json()["mfa"]
    assert [each["index"] for each in told.pop("devices")] == [app.index]
    keep(client, system, answer)
    assert told == client.get("status/").json()
    assert client.gate().status_code == 403


def test_a_second_factor_may_come_along(world: World, system: System, app: App) -> None:
    client = Client(world)

    answer = follow(client, system, value=app.code)

    assert answer.json()["mfa"]["verified"] is True, answer.content
    keep(client, system, answer)
    assert client.gate().status_code == 200
    assert client.get("status/").json()["verified"] is True


@pytest.mark.parametrize(("more", "status"), [({"value": "0"}, 401), ({"value": 7}, 400), ({"trust_token": "x"}, 401)])
def test_one_that_is_refused_leaves_nothing_behind(
    world: World, system: System, app: App, more: dict[str, object], status: int
) -> None:
    before, client = left(), Client(world)

    answer = follow(client, system, **more)

    assert answer.status_code == status, answer.content
    assert left() == before
    assert not client.client.cookies.get("sessionid")


def test_nor_does_one_that_breaks(world: World, system: System, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a key is missing that has sealed the device."""

    def broken(*_: object) -> None:
        raise UnknownKey

    before, client = left(), Client(world)
    monkeypatch.setattr(VerifyChallenge, "__call__", broken)

    with pytest.raises(UnknownKey):
        follow(client, system, value=app.code)

    assert left() == before


def test_guesses_have_to_wait(world: World, system: System, app: App) -> None:
    for _ in range(5):
        assert follow(Client(world), system, value="0").status_code == 401

    answer = follow(Client(world), system, value=app.code)

    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")


@pytest.mark.parametrize("system", SYSTEMS[-1:], indirect=True, ids=lambda system: system.name)
def test_nobody_begins_a_session_from_another_site(world: World, system: System, app: App) -> None:
    answer = Client(world).ask("post", "/link/session/", data={"link": "anna"}, format="json")

    assert (answer.status_code, "sessionid" in answer.cookies) == (403, False)


@pytest.mark.parametrize("system", SYSTEMS[-1:], indirect=True, ids=lambda system: system.name)
def test_the_key_of_a_session_is_another_one_afterwards(world: World, system: System, app: App) -> None:
    """Whoever has planted the old one shares in nothing."""
    client = Client(world)
    follow(client, system)
    planted = client.client.cookies["sessionid"].value

    follow(client, system, value=app.code)

    assert client.client.cookies["sessionid"].value != planted


@pytest.mark.parametrize("credentials", ["a text", AccessToken, object])
def test_what_is_no_token_of_the_provider_is_the_projects_mistake(
    world: World,
    anna: User,
    credentials: Any,  # noqa: ANN401 - whatever a project hands over
) -> None:
    request = Request(APIRequestFactory().post("/"))
    made = credentials() if callable(credentials) else credentials

    for act in (prove, standing_of):
        with pytest.raises(ImproperlyConfigured, match="is no token of MFA"):
            act(request, anna, made)


def test_without_a_session_that_is_logged_in_there_is_none(world: World, anna: User) -> None:
    with pytest.raises(ImproperlyConfigured, match="NoneType is no token of MFA"):
        standing_of(Request(APIRequestFactory().post("/")), anna, None)


@pytest.mark.parametrize("system", SYSTEMS[:1], indirect=True, ids=lambda system: system.name)
class TestTokenCreator:
    """For dj-rest-auth, which hands over its model, the user, and the serializer that has read the body."""

    def created(self, user: User, body: object, request: Request | None = None) -> AuthToken:
        return create_token(AuthToken, user, SimpleNamespace(initial_data=body, context={"request": request}))

    def test_it_replaces_the_key(self, app: App, anna: User) -> None:
        before = AuthToken.objects.get(user=anna).key

        row = self.created(anna, {"username": "anna"})

        assert AuthToken.objects.get(user=anna) == row
        assert row.key != before

    def test_what_comes_along_is_confirmed(self, app: App, anna: User, world: World) -> None:
        row = self.created(anna, {"value": app.code}, Request(APIRequestFactory().post("/")))

        request = Request(APIRequestFactory().post("/"))
        assert standing_of(request, anna, row)["verified"] is True

    def test_what_is_wrong_leaves_the_key_as_it_was(self, app: App, anna: User) -> None:
        before = left()

        with pytest.raises(APIException):
            self.created(anna, {"value": "0"})

        assert left() == before

    @pytest.mark.parametrize("serializer", [SimpleNamespace(context={}), None])
    def test_without_a_body_nothing_comes_along(self, serializer: object, app: App, anna: User) -> None:
        row = create_token(AuthToken, anna, serializer)

        assert AuthToken.objects.get(user=anna) == row
