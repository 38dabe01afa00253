"""Views that are Django's own, behind the second factor."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.authentication import SessionAuthentication
from rest_framework.views import APIView

from mfa.adapters import requests
from mfa.adapters.django.decorators import verification_exempt, verified
from mfa.adapters.django.middleware import VerifiedMiddleware
from mfa.domain.errors import Unavailable
from mfa.domain.policies import Requirement
from tests import urls
from tests.integration.drf.people import App, World
from tests.urls import ProtectedView

LATELY = Requirement(max_age=timedelta(minutes=5))
MIDDLEWARE = f"{__name__}.FreshMiddleware"


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


async def late_page(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return HttpResponse("open")


@method_decorator(verified(), name="dispatch")
class Page(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("open")


class FreshMiddleware(VerifiedMiddleware):
    mfa_requirement = LATELY


urlpatterns = [
    *urls.urlpatterns,
    path("any/", page),
    path("late/", late_page),
    path("exempt/", verification_exempt(page)),
    path("exempt/late/", verification_exempt(late_page)),
    path("verified/", verified()(page)),
    path("verified/late/", verified()(late_page)),
    path("verified/class/", Page.as_view()),
    path("fresh/", verified(LATELY)(page)),
    path("v/", include("mfa.urls")),
]

DECORATED = ["/verified/", "/verified/late/", "/verified/class/"]


class Visitor:
    """Somebody with a session."""

    def __init__(self, world: World, user: User) -> None:
        self.world = world
        self.client: Any = Client()
        self.client.force_login(user)

    def get(self, path: str) -> Any:  # noqa: ANN401 - a response with the test client's extras
        return self.client.get(path)

    def post(self, path: str, **data: str) -> Any:  # noqa: ANN401 - as above
        return self.client.post(f"/v/{path}", data)

    def enrol(self) -> App:
        made = self.post("register/totp/").json()
        app = App(self.world, made["index"], made["secret"])
        self.prove(app)
        return app

    def prove(self, app: App) -> None:
        self.world.pass_time()
        assert self.post(f"{app.index}/", value=app.code).status_code == 200


@pytest.fixture
def world(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> World:
    settings.ROOT_URLCONF = __name__
    world = World(settings)
    world.configure(TOKEN_PROVIDER="session")
    monkeypatch.setattr(APIView, "authentication_classes", [SessionAuthentication])
    return world


@pytest.fixture
def visitor(world: World, anna: User) -> Visitor:
    return Visitor(world, anna)


class TestDecorator:
    @pytest.mark.parametrize("path", DECORATED)
    @pytest.mark.usefixtures("world", "db")
    def test_who_is_not_logged_in_is_told_so(self, path: str) -> None:
        answer = Client().get(path)

        assert answer.status_code == 401
        assert answer.json() == {
            "detail": "Authentication credentials were not provided.",
            "code": "not_authenticated",
        }
        assert answer.headers["WWW-Authenticate"] == "Session"
        assert answer.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("path", DECORATED)
    def test_the_answers_are_those_of_the_permission(self, visitor: Visitor, anna: User, path: str) -> None:
        assert_alike(visitor, path, "registration_required")

        visitor.enrol()

        assert visitor.get(path).content == b"open"
        assert_alike(Visitor(visitor.world, anna), path, "verification_required")

    def test_a_requirement_is_judged(self, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
        app = visitor.enrol()
        assert visitor.get("/fresh/").status_code == 200
        visitor.world.pass_time(timedelta(minutes=5, seconds=1))
        monkeypatch.setattr(ProtectedView, "mfa_requirement", LATELY, raising=False)

        refused, expected = visitor.get("/fresh/"), visitor.get("/protected/")

        assert visitor.get("/verified/").status_code == 200
        assert refused.status_code == 403
        assert refused.json() == expected.json()
        assert refused.headers["WWW-Authenticate"] == expected.headers["WWW-Authenticate"]
        assert 'max_age="300"' in refused.headers["WWW-Authenticate"]
        visitor.prove(app)
        assert visitor.get("/fresh/").status_code == 200

    def test_the_status_is_that_of_the_settings(self, visitor: Visitor) -> None:
        visitor.world.configure(TOKEN_PROVIDER="session", STEP_UP_STATUS=401)

        answer = visitor.get("/verified/")

        assert (answer.status_code, answer.json()["code"]) == (401, "registration_required")

    @pytest.mark.parametrize("path", DECORATED)
    def test_a_period_of_grace_is_announced_but_never_to_a_requirement(self, visitor: Visitor, path: str) -> None:
        visitor.world.configure(TOKEN_PROVIDER="session", REGISTRATION_DEADLINE="2026-12-31T23:59:59+01:00")

        answer = visitor.get(path)

        assert answer.content == b"open"
        assert answer.headers["MFA-Registration-Deadline"] == "2026-12-31T22:59:59Z"
        refused = visitor.get("/fresh/")
        assert refused.status_code == 403
        assert "MFA-Registration-Deadline" not in refused.headers

    def test_a_store_that_is_away_is_told(self, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_: object) -> None:
            raise Unavailable

        monkeypatch.setattr(requests, "standing_of", away)

        answer = visitor.get("/verified/")

        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["Retry-After"] == "1"

    @pytest.mark.django_db(transaction=True)
    def test_it_works_behind_an_asynchronous_server(self, visitor: Visitor) -> None:
        visitor.enrol()
        client: Any = AsyncClient()
        client.cookies = visitor.client.cookies

        answer = async_to_sync(client.get)("/verified/late/")

        assert answer.content == b"open"

    def test_it_costs_one_statement_and_none_beside_the_middleware(
        self, visitor: Visitor, django_assert_num_queries: DjangoAssertNumQueries, settings: Settings
    ) -> None:
        """Django reads the session and the user."""
        visitor.enrol()
        with django_assert_num_queries(3):
            assert visitor.get("/verified/").status_code == 200
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]

        with django_assert_num_queries(3):
            assert visitor.get("/verified/").status_code == 200


def assert_alike(visitor: Visitor, path: str, code: str) -> None:
    refused, expected = visitor.get(path), visitor.get("/protected/")
    assert refused.status_code == expected.status_code == 403
    assert refused.json() == expected.json()
    assert refused.json()["code"] == code
    assert refused.headers["WWW-Authenticate"] == expected.headers["WWW-Authenticate"]
    assert refused.headers["WWW-Authenticate"].startswith("Session error=")


class TestMiddleware:
    @pytest.fixture(autouse=True)
    def middleware(self, settings: Settings) -> None:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, "mfa.adapters.django.middleware.VerifiedMiddleware"]

    @pytest.mark.parametrize("path", ["/any/", "/late/", "/verified/", "/protected/"])
    def test_every_view_is_gated(self, visitor: Visitor, path: str) -> None:
        assert Client().get(path).status_code == 401
        refused = visitor.get(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "registration_required")

        visitor.enrol()

        assert visitor.get(path).status_code == 200

    @pytest.mark.parametrize("path", ["/exempt/", "/exempt/late/"])
    @pytest.mark.usefixtures("world", "db")
    def test_but_those_that_are_exempt(self, path: str) -> None:
        assert Client().get(path).content == b"open"

    def test_what_is_nowhere_is_nowhere(self, visitor: Visitor) -> None:
        assert visitor.get("/nowhere/").status_code == 404

    def test_a_period_of_grace_is_announced(self, visitor: Visitor) -> None:
        visitor.world.configure(TOKEN_PROVIDER="session", REGISTRATION_DEADLINE="2026-12-31T23:59:59Z")

        answer = visitor.get("/any/")

        assert answer.content == b"open"
        assert answer.headers["MFA-Registration-Deadline"] == "2026-12-31T23:59:59Z"

    def test_a_subclass_may_require_more(self, visitor: Visitor, settings: Settings) -> None:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
        visitor.enrol()
        assert visitor.get("/any/").status_code == 200

        visitor.world.pass_time(timedelta(minutes=6))

        assert 'max_age="300"' in visitor.get("/any/").headers["WWW-Authenticate"]
