"""Whom a gate judges is whom the view behind it acts for, whatever the view is made with."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial, wraps
from threading import current_thread, main_thread
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth import login, logout
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.authentication import BasicAuthentication, SessionAuthentication, TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.decorators import api_view, authentication_classes
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler
from rest_framework.viewsets import ViewSet

from mfa.adapters.django import gate
from mfa.adapters.django.decorators import verified
from mfa.adapters.django.middleware import VerifiedMiddleware
from mfa.adapters.drf.permissions import IsVerified
from mfa.adapters.tokens.authtoken import ObtainAuthToken
from tests.integration.drf.people import App, World

MIDDLEWARE = "mfa.adapters.django.middleware.VerifiedMiddleware"
FRESH = "tests.integration.django.test_gate.FreshMiddleware"

BY_HEADER = (TokenAuthentication, SessionAuthentication)
NOBODY = "nobody's key"

BY_SESSION = (SessionAuthentication, TokenAuthentication)


def acting(request: HttpRequest | Request) -> str:
    return str(request.user.get_username())


# What stands behind the gate: views of several kinds, each of which says whom it acts for.


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(acting(request))


async def late_page(request: HttpRequest) -> HttpResponse:
    user = await request.auser()
    return HttpResponse(user.get_username())


class Rest(APIView):
    authentication_classes: Sequence[Any] = BY_HEADER

    def get(self, request: Request) -> Response:
        return Response(acting(request))


class SessionFirst(Rest):
    authentication_classes = BY_SESSION


class LateRest(Rest):
    """Made like the views of adrf, the asynchronous sister of the framework."""

    view_is_async = True

    async def dispatch(self, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override] # noqa: ANN401 - as there
        return await sync_to_async(super().dispatch)(*args, **kwargs)


class HeaderOnly(Rest):
    authentication_classes = (TokenAuthentication,)


class RestVerified(HeaderOnly):
    permission_classes = (IsVerified,)


class PasswordToo(Rest):
    authentication_classes = (BasicAuthentication, SessionAuthentication)


class PerVerb(ViewSet):
    """Authenticates by a header where the action is bound to a verb, and by nothing anywhere else."""

    def list(self, request: Request) -> Response:
        return Response(acting(request))

    def get_authenticators(self) -> Any:  # noqa: ANN401 - as in DRF
        return [TokenAuthentication()] if "get" in self.action_map else []


@api_view(["GET"])
@authentication_classes(BY_HEADER)
def rest_function(request: Request) -> Response:
    return Response(acting(request))


def like_ninja(request: HttpRequest) -> HttpResponse:
    """Authenticates inside, as Django Ninja does, and leaves there whose credentials they are."""
    key = request.headers.get("Authorization", "").removeprefix("Token ")
    found = Token.objects.filter(key=key).first()
    vars_auth: Any = found or request.user
    request.auth = vars_auth  # type: ignore[attr-defined]
    return HttpResponse(found.user.get_username() if found else acting(request))


def like_graphene(request: HttpRequest) -> HttpResponse:
    """Puts the user of a header on the request, and nothing else."""
    key = request.headers.get("Authorization", "").removeprefix("Token ")
    found = Token.objects.filter(key=key).first()
    if found:
        request.user = found.user
    return HttpResponse(acting(request))


def hiding(view: gate.View) -> gate.View:
    """A decorator that does not say what it wraps."""
    return partial(_hidden, {"behind": view})


def _hidden(views: dict[str, gate.View], request: HttpRequest) -> HttpResponse:
    answer: HttpResponse = views["behind"](request)
    return answer


def noting(view: gate.View) -> gate.View:
    @wraps(view)
    def noted(*args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = view(*args, **kwargs)
        return answer

    return noted


@method_decorator([noting, verified()], name="dispatch")
class DecoratedRest(Rest):
    pass


class DecoratedHandler(Rest):
    get = method_decorator(verified())(Rest.get)


@api_view(["GET"])
@authentication_classes(BY_HEADER)
@verified()
def decorated_inside(request: Request) -> Response:
    return Response(acting(request))


@method_decorator(verified(), name="dispatch")
class LatePage(View):
    async def get(self, request: HttpRequest) -> HttpResponse:
        return await late_page(request)


def by_header_first(session: str, header: str) -> str:
    return header or session


def by_session_first(session: str, header: str) -> str:
    return session or header


def by_known_header_first(session: str, header: str) -> str:
    return session if header in {"", NOBODY} else header


def by_header(session: str, header: str) -> str:
    return header


def by_session(session: str, header: str) -> str:
    return session


Acts = Callable[[str, str], str]

KINDS: dict[str, tuple[Any, Acts]] = {
    "page": (page, by_session),
    "late-page": (late_page, by_session),
    "rest": (Rest.as_view(), by_header_first),
    "late-rest": (LateRest.as_view(), by_header_first),
    "session-first": (SessionFirst.as_view(), by_session_first),
    "header-only": (HeaderOnly.as_view(), by_header),
    "password-too": (PasswordToo.as_view(), by_session),
    "rest-function": (rest_function, by_header_first),
    "viewset": (PerVerb.as_view({"get": "list"}), by_header),
    "noted": (noting(Rest.as_view()), by_header_first),
}
"""What a gate sees through, and by which credentials each of them acts."""

OPAQUE: dict[str, tuple[Any, Acts]] = {
    "hidden": (hiding(Rest.as_view()), by_header_first),
    "ninja": (like_ninja, by_known_header_first),
    "graphene": (like_graphene, by_known_header_first),
}
"""What tells only inside whom it acts for."""

DECORATED: dict[str, tuple[Any, Acts]] = {
    **{name: (verified()(view), acts) for name, (view, acts) in KINDS.items()},
    "rest-dispatch": (DecoratedRest.as_view(), by_header_first),
    "rest-handler": (DecoratedHandler.as_view(), by_header_first),
    "rest-inside": (decorated_inside, by_header_first),
    "late-class": (LatePage.as_view(), by_session),
}


@verified()
def switching(request: HttpRequest) -> HttpResponse:
    """Logs somebody in, as a page for changing accounts does, or out."""
    user = User.objects.get(username=request.GET["to"]) if "to" in request.GET else None
    if user is None:
        logout(request)
    else:
        login(request, user)
    return HttpResponse(acting(request))


class Machines:
    """A middleware of a project's, by which a header has the place of a session everywhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = Token.objects.get(key=request.headers["Authorization"].removeprefix("Token "))
        request.user, request.auth = key.user, key  # type: ignore[attr-defined] # as a framework does
        return self.get_response(request)


@verified()
def trying(request: Any) -> HttpResponse:  # noqa: ANN401 - anything may be put on a request
    """Puts credentials on the request: those that are there already, none, and such as nobody knows."""
    known = request.auth
    request.auth = Token.objects.get(pk=known.pk)
    request.auth = None
    request.auth = known
    with pytest.raises(PermissionDenied):
        request.auth = "the key of a machine"
    assert request.auth is known
    another = User.objects.exclude(pk=known.user_id).first()
    with pytest.raises(PermissionDenied):
        request.user = another
    return HttpResponse(acting(request))


class Open(View):
    mfa_exempt = True

    def post(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("open")


urlpatterns = [
    path("login/", ObtainAuthToken.as_view()),
    path("class/", Open.as_view()),
    path("plain/rest-verified/", RestVerified.as_view()),
    path("switching/", switching),
    path("trying/", trying),
    path("mfa/", include("mfa.urls")),
    *(path(f"plain/{name}/", view) for name, (view, _) in {**KINDS, **OPAQUE}.items()),
    *(path(f"decorated/{name}/", view) for name, (view, _) in DECORATED.items()),
    *(path(f"decorated/{name}/", verified()(view)) for name, (view, _) in OPAQUE.items()),
]


class Site:
    """People with sessions and keys: mallory's session is verified, and bert's key, and nothing else."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sessions: dict[str, Any] = {"": Client()}
        self.keys = {"": "", NOBODY: "0123456789"}
        for name in ("mallory", "anna", "bert"):
            user = User.objects.create_user(name)
            self.keys[f"{name}'s key"] = Token.objects.create(user=user).key
            self.sessions[f"{name}'s session"] = client = Client()
            client.force_login(user)
        self.app = self.enrol("mallory's session", "")
        self.enrol("", "bert's key")
        self.verified = {"mallory's session", "bert's key"}

    def headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Token {self.keys[key]}"} if key else {}

    def enrol(self, session: str, key: str) -> App:
        made = self.sessions[session].post("/mfa/register/totp/", headers=self.headers(key)).json()
        app = App(self.world, made["index"], made["secret"])
        self.prove(app, session, key)
        return app

    def prove(self, app: App, session: str, key: str = "") -> None:
        self.world.pass_time()
        answer = self.sessions[session].post(f"/mfa/{app.index}/", {"value": app.code}, headers=self.headers(key))
        assert answer.status_code == 200

    def browser(self, session: str) -> Any:  # noqa: ANN401 - a client with the test client's extras
        """One that has not loaded any middleware yet."""
        client: Any = Client()
        client.cookies = self.sessions[session].cookies
        return client

    def ask(self, where: str, session: str, key: str) -> str:
        """Who a view says that it acts for; nothing where nobody passes."""
        answer = self.sessions[session].get(where, headers=self.headers(key))
        if answer.status_code == 200:
            return str(answer.content.decode().strip('"'))
        assert answer.status_code in {401, 403}, (where, session, key)
        return ""

    def table(self, under: str, kinds: dict[str, tuple[Any, Acts]]) -> dict[tuple[str, str, str], tuple[str, str]]:
        """Tell, by kind, session and key, by which credentials the view acts, and who it says that it acts for."""
        return {
            (kind, session, key): (acts(session, key), self.ask(f"/{under}/{kind}/", session, key))
            for kind, (_, acts) in kinds.items()
            for session in self.sessions
            for key in self.keys
        }


@pytest.fixture
def site(settings: Settings, monkeypatch: pytest.MonkeyPatch, db: None) -> Site:
    settings.ROOT_URLCONF = __name__
    world = World(settings)
    world.configure(TOKEN_PROVIDER=["session", "authtoken"])
    monkeypatch.setattr(APIView, "authentication_classes", list(BY_HEADER))
    return Site(world)


@pytest.fixture
def middleware(settings: Settings) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]


def assert_by_own_standing(site: Site, table: dict[tuple[str, str, str], tuple[str, str]]) -> None:
    expected = {
        asked: (acts, acts.partition("'")[0] if acts in site.verified else "") for asked, (acts, _) in table.items()
    }
    assert table == expected


def test_without_a_gate_a_view_acts_for_whom_the_table_says(site: Site) -> None:
    for (kind, session, key), (acts, named) in site.table("plain", {**KINDS, **OPAQUE}).items():
        assert named in {acts.partition("'")[0], ""}, (kind, session, key)


@pytest.mark.usefixtures("middleware")
def test_behind_the_middleware_they_pass_by_their_own_standing(site: Site) -> None:
    assert_by_own_standing(site, site.table("plain", KINDS))


def test_behind_the_decorator_they_pass_by_their_own_standing(site: Site) -> None:
    assert_by_own_standing(site, site.table("decorated", DECORATED))


@pytest.mark.usefixtures("middleware")
@pytest.mark.parametrize("under", ["plain", "decorated"])
def test_what_authenticates_inside_never_passes_by_the_standing_of_another(site: Site, under: str) -> None:
    passed = {asked: named for asked, (_, named) in site.table(under, OPAQUE).items() if named}

    assert passed == {
        (kind, "mallory's session", key): "mallory"
        for kind in OPAQUE
        for key in site.keys
        if not key or (key == NOBODY and kind != "hidden") or (key == "mallory's key" and kind == "graphene")
    }


@pytest.mark.django_db(transaction=True)
def test_under_an_asynchronous_server_it_is_the_same(site: Site, settings: Settings) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    client: Any = AsyncClient()
    client.cookies = site.sessions["mallory's session"].cookies
    asked = {
        (kind, key): async_to_sync(client.get)(f"/{under}/{kind}/", headers=site.headers(key)).status_code
        for under, kind in [
            *(("plain", "page"), ("plain", "late-page"), ("plain", "rest"), ("plain", "late-rest"), ("plain", "ninja")),
            *(("decorated", "late-class"), ("decorated", "rest-dispatch")),
        ]
        for key in ("", "anna's key", "bert's key")
    }

    assert {asked for asked, status in asked.items() if status == 200} == {
        *(("page", ""), ("page", "anna's key"), ("page", "bert's key")),
        *(("late-page", ""), ("late-page", "anna's key"), ("late-page", "bert's key")),
        *(("late-class", ""), ("late-class", "anna's key"), ("late-class", "bert's key")),
        *(("rest", ""), ("rest", "bert's key"), ("late-rest", ""), ("late-rest", "bert's key")),
        *(("rest-dispatch", ""), ("rest-dispatch", "bert's key")),
        ("ninja", ""),
    }


def test_a_view_may_log_in_and_out(site: Site) -> None:
    mallory = site.sessions["mallory's session"]

    assert mallory.get("/switching/").content == b""
    assert mallory.get("/switching/").status_code == 401
    mallory.force_login(User.objects.get(username="mallory"))
    site.prove(site.app, "mallory's session")
    assert mallory.get("/switching/?to=anna").content == b"anna"
    assert mallory.get("/switching/").status_code == 403


def test_what_is_refused_is_not_left_on_the_request(site: Site, settings: Settings) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.Machines"]

    assert Client().get("/trying/", headers=site.headers("bert's key")).content == b"bert"
    assert Client().get("/trying/", headers=site.headers("anna's key")).status_code == 403


@pytest.mark.usefixtures("middleware")
def test_a_login_of_this_package_is_open(site: Site) -> None:
    User.objects.create_user("carl", password="a password")

    assert "token" in Client().post("/login/", {"username": "carl", "password": "a password"}).json()
    assert Client().post("/class/").content == b"open"


@pytest.mark.usefixtures("middleware")
def test_a_view_of_the_framework_refuses_as_it_does_by_itself(site: Site, settings: Settings) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "EXCEPTION_HANDLER": f"{__name__}.in_an_envelope"}
    refused = Client().get("/plain/header-only/", headers=site.headers("anna's key"))

    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "registration_required"
    assert refused.headers["WWW-Authenticate"].startswith("Token error=")
    assert refused.headers["Cache-Control"] == "no-store"
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert Client().get("/plain/header-only/").json()["error"]["code"] == "not_authenticated"
    assert Client().get("/plain/header-only/").headers["WWW-Authenticate"] == "Token"
    mallory = Client().get("/plain/password-too/", headers={"Authorization": "Basic bWFsbG9yeTo="})
    assert (mallory.status_code, mallory.json()["error"]["code"]) == (401, "authentication_failed")


def in_an_envelope(error: Exception, context: dict[str, Any]) -> Response | None:
    """The exception handler of a project."""
    response = exception_handler(error, context)
    if response is not None:
        code = response.data.get("code") or error.get_codes()  # type: ignore[attr-defined] # as in the framework
        response.data = {"error": {"code": code}}
    return response


@pytest.mark.usefixtures("middleware")
def test_credentials_that_are_no_token_are_refused(site: Site) -> None:
    User.objects.create_user("carl", password="a password")

    answer = Client().get("/plain/password-too/", headers={"Authorization": "Basic Y2FybDphIHBhc3N3b3Jk"})

    assert (answer.status_code, answer.json()["code"]) == (403, "token_required")


@pytest.mark.usefixtures("middleware")
def test_a_refusal_touches_no_transaction_that_is_not_the_requests(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a test case of a project, which runs in one."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", "yes")

    assert site.ask("/plain/rest/", "", "anna's key") == ""

    assert User.objects.count() == 3


@pytest.mark.usefixtures("middleware")
def test_the_account_is_read_once(site: Site, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """The key is looked up before the view and in the view."""
    with django_assert_num_queries(3):
        assert site.ask("/plain/header-only/", "", "bert's key") == "bert"
    with django_assert_num_queries(3):
        assert site.ask("/plain/rest-verified/", "", "bert's key") == "bert"


# What is answered without a view


class PageOfNowhere:
    """Answers where there is no view, as the fallback for flat pages does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 404 and request.path == "/minutes/":
            return HttpResponse("minutes of the board")
        return response


class Lenient(VerifiedMiddleware):
    def is_exempt(self, request: HttpRequest, view: gate.View | None) -> bool:
        return super().is_exempt(request, view) or request.path == "/minutes/"


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    try:
        return HttpResponse(f"nothing for you, {acting(request)}", status=404)
    finally:
        # Under an asynchronous server Django asks for this in a thread of its own, which leaves its connection behind.
        if current_thread() is not main_thread():
            connections.close_all()


@pytest.fixture
def fallback(settings: Settings) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE, f"{__name__}.PageOfNowhere"]


@pytest.mark.usefixtures("fallback")
class TestNoView:
    def test_who_passes_sees_it(self, site: Site) -> None:
        mallory = site.sessions["mallory's session"]

        assert mallory.get("/minutes/").content == b"minutes of the board"
        assert mallory.get("/nowhere/").content == b"nothing for you, mallory"

    def test_who_does_not_is_refused(self, site: Site) -> None:
        anna = site.sessions["anna's session"].get("/minutes/")

        assert (anna.status_code, anna.json()["code"]) == (403, "registration_required")
        assert Client().get("/minutes/").status_code == 401
        assert Client().get("/minutes/", headers=site.headers("bert's key")).status_code == 401

    def test_what_is_nowhere_is_nowhere_and_no_more_is_said(self, site: Site) -> None:
        anna = site.sessions["anna's session"].get("/nowhere/")

        assert (anna.status_code, anna.json()) == (404, {"detail": "Not found.", "code": "not_found"})
        assert Client().get("/nowhere/").json() == anna.json()

    def test_what_another_middleware_answers_in_the_place_of_a_view_is_its_own(
        self, site: Site, settings: Settings
    ) -> None:
        settings.LOGIN_URL = "/enter/"
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE[:-2],
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
            *settings.MIDDLEWARE[-2:],
        ]

        assert Client().get("/plain/page/").headers["Location"].startswith("/enter/")
        assert site.browser("anna's session").get("/plain/page/").status_code == 403

    def test_a_subclass_may_let_pass(self, site: Site, settings: Settings) -> None:
        settings.MIDDLEWARE = [*(each if each != MIDDLEWARE else f"{__name__}.Lenient" for each in settings.MIDDLEWARE)]

        assert Client().get("/minutes/").content == b"minutes of the board"
        assert Client().get("/plain/page/").status_code == 401

    def test_each_of_several_judges_for_itself(self, site: Site, settings: Settings) -> None:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE[:-2], FRESH, *settings.MIDDLEWARE[-2:]]
        mallory = site.browser("mallory's session")
        assert mallory.get("/minutes/").status_code == 200

        site.world.pass_time(timedelta(minutes=6))

        assert 'max_age="300"' in mallory.get("/minutes/").headers["WWW-Authenticate"]

    @pytest.mark.django_db(transaction=True)
    def test_under_an_asynchronous_server_it_is_the_same(self, site: Site) -> None:
        client: Any = AsyncClient()

        assert async_to_sync(client.get)("/minutes/").status_code == 401
        client.cookies = site.sessions["mallory's session"].cookies
        assert async_to_sync(client.get)("/minutes/").content == b"minutes of the board"
