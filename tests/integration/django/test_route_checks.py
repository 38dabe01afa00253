"""What ``manage.py check`` says of the routes of a project, and of what its views demand."""

import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.core.checks import CheckMessage, Error, run_checks
from django.db import connection
from django.db.transaction import non_atomic_requests
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from pytest_django import Settings
from rest_framework.authtoken.views import ObtainAuthToken as StockObtainAuthToken
from rest_framework.authtoken.views import obtain_auth_token
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet
from rest_framework_simplejwt.views import TokenObtainPairView

from mfa.adapters.django.decorators import verified
from mfa.adapters.django.middleware import VerifiedMiddleware
from mfa.adapters.tokens import jwt
from mfa.adapters.tokens.authtoken import ObtainAuthToken
from mfa.domain.policies import Requirement, UncheckedNames

ROUTES = "tests.projects.routes"
TOKEN = "rest_framework.authentication.TokenAuthentication"
SITE: dict[str, object] = {"WEBAUTHN_RP_ID": "example.com", "WEBAUTHN_ORIGINS": ["https://example.com"]}
MOUNTED = path("multi-factor/", include("mfa.urls"))


WELL_KNOWN = path("", include("mfa.adapters.drf.well_known.urls"))
RELATED = [f"https://{name}.com" for name in ("example", "books", "films", "music", "games", "travel")]


class Overridden(StockObtainAuthToken):
    def post(self, request: Request, *args: object, **kwargs: object) -> Response:
        return Response()


class Inherited(StockObtainAuthToken):
    throttle_scope = "login"


Routed = Callable[..., list[CheckMessage]]


@pytest.fixture
def routed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Routed:
    """To be called with routes and keys of ``MFA``: what the checks say."""

    def check(*patterns: object, **mfa: object) -> list[CheckMessage]:
        monkeypatch.setattr(f"{ROUTES}.urlpatterns", patterns)
        settings.ROOT_URLCONF = ROUTES  # forgets what was resolved before
        settings.MFA = mfa
        messages = run_checks(tags=["mfa"])
        assert all(message.hint for message in messages)
        return messages

    return check


def numbers(messages: list[CheckMessage]) -> list[str]:
    return [str(message.id).removeprefix("multi_factor.") for message in messages]


class TestMounting:
    def test_routes_that_lead_nowhere_get_a_warning(self, routed: Routed) -> None:
        [warning] = routed(path("", View.as_view()))

        assert numbers([warning]) == ["W007"]
        assert 'include("mfa.urls")' in str(warning.hint)
        assert routed(path("api/", include([MOUNTED]))) == []

    def test_so_do_those_that_take_other_tokens(self, routed: Routed, settings: Settings) -> None:
        settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [TOKEN]}

        messages = routed(MOUNTED, TOKEN_PROVIDER=["authtoken", "knox", "tests.projects.acme.HeaderTokens"])

        assert numbers(messages) == ["W008"]
        assert "'knox'" in messages[0].msg
        assert "knox.auth.TokenAuthentication" in str(messages[0].hint)

    def test_a_project_may_have_no_routes(self, settings: Settings, routed: Routed) -> None:
        settings.MFA = {}
        settings.ROOT_URLCONF = None

        assert run_checks(tags=["mfa"]) == []


class TestLogin:
    @pytest.mark.parametrize("view", [obtain_auth_token, StockObtainAuthToken.as_view(), Inherited.as_view()])
    def test_the_stock_view_gets_a_warning(self, routed: Routed, view: object) -> None:
        [warning] = routed(MOUNTED, path("login/", view))  # type: ignore[call-overload]

        assert numbers([warning]) == ["W002"]
        assert "'login/'" in warning.msg
        assert "mfa.adapters.tokens.authtoken" in str(warning.hint)

    def test_it_is_found_wherever_it_is_included(self, routed: Routed) -> None:
        [warning] = routed(MOUNTED, path("api/", include([re_path("^v1/", include([path("t", obtain_auth_token)]))])))

        assert "'api/^v1/t'" in warning.msg

    @pytest.mark.parametrize(
        "view", [ObtainAuthToken.as_view(), Overridden.as_view(), View.as_view(), lambda request: None]
    )
    def test_others_get_none(self, routed: Routed, view: object) -> None:
        assert routed(MOUNTED, path("login/", view)) == []  # type: ignore[call-overload]

    def test_with_another_provider_it_does_not_matter(self, routed: Routed, settings: Settings) -> None:
        settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["knox.auth.TokenAuthentication"]}

        assert routed(MOUNTED, path("login/", obtain_auth_token), TOKEN_PROVIDER="knox") == []


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Stands for dj-rest-auth and djoser, which are not here; the recipes are run with themselves."""
    login = type("LoginView", (APIView,), {"__module__": "dj_rest_auth.views", "login": lambda self: None})
    create = type("TokenCreateView", (APIView,), {"__module__": "djoser.views", "_action": lambda self: None})
    settings = SimpleNamespace(TOKEN_CREATOR=print, TOKEN_MODEL=object, USE_JWT=False)
    modules: dict[str, dict[str, object]] = {
        "dj_rest_auth": {},
        "dj_rest_auth.app_settings": {"api_settings": settings},
        "dj_rest_auth.utils": {"default_create_token": print},
    }
    for name, held in modules.items():
        module = ModuleType(name)
        vars(module).update(held)
        monkeypatch.setitem(sys.modules, name, module)
    return SimpleNamespace(login=login, create=create, settings=settings)


class TestLoginsOfOthers:
    @pytest.mark.parametrize(
        ("name", "hint"), [("login", "authtoken.create_token"), ("create", "authtoken.ObtainAuthToken")]
    )
    def test_what_hands_out_the_token_that_exists_gets_a_warning(
        self, routed: Routed, others: SimpleNamespace, name: str, hint: str
    ) -> None:
        stock = getattr(others, name)
        views: list[Any] = [stock, type("Inherited", (stock,), {})]
        for view in views:
            [warning] = routed(MOUNTED, path("login/", view.as_view()))

            assert numbers([warning]) == ["W017"]
            assert "'login/'" in warning.msg
            assert hint in str(warning.hint)

    def test_what_a_project_has_changed_gets_none(self, routed: Routed, others: SimpleNamespace) -> None:
        login: Any = type("Own", (others.login,), {"login": lambda self: None})
        create: Any = type("Own", (others.create,), {"_action": lambda self: None})

        assert routed(MOUNTED, path("a/", login.as_view()), path("b/", create.as_view())) == []

    @pytest.mark.parametrize("changed", [{"TOKEN_CREATOR": len}, {"TOKEN_MODEL": None}, {"USE_JWT": True}])
    def test_nor_does_one_that_makes_other_tokens(
        self, routed: Routed, others: SimpleNamespace, changed: dict[str, object]
    ) -> None:
        vars(others.settings).update(changed)

        assert routed(MOUNTED, path("login/", others.login.as_view())) == []

    def test_with_another_provider_it_does_not_matter(
        self, routed: Routed, others: SimpleNamespace, settings: Settings
    ) -> None:
        settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["knox.auth.TokenAuthentication"]}

        assert routed(MOUNTED, path("login/", others.create.as_view()), TOKEN_PROVIDER="knox") == []


class TestAtomicLogins:
    @pytest.fixture(autouse=True)
    def _jwt(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        classes = ["rest_framework_simplejwt.authentication.JWTAuthentication"]
        settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": classes}
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)  # noqa: FBT003

    def test_simplejwts_own_view_gets_a_warning(self, routed: Routed) -> None:
        [warning] = routed(MOUNTED, path("token/", TokenObtainPairView.as_view()), TOKEN_PROVIDER="jwt")

        assert numbers([warning]) == ["W018"]
        assert "'token/'" in warning.msg
        assert "mfa.adapters.tokens.jwt.TokenObtainPairView" in str(warning.hint)

    @pytest.mark.parametrize(
        "view", [jwt.TokenObtainPairView.as_view(), non_atomic_requests(TokenObtainPairView.as_view()), View.as_view()]
    )
    def test_one_outside_of_it_gets_none(self, routed: Routed, view: object) -> None:
        assert routed(MOUNTED, path("token/", view), TOKEN_PROVIDER="jwt") == []  # type: ignore[call-overload]

    def test_nor_does_any_where_requests_are_not_atomic(self, routed: Routed, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", False)  # noqa: FBT003

        assert routed(MOUNTED, path("token/", TokenObtainPairView.as_view()), TOKEN_PROVIDER="jwt") == []


class OwnPermission(AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        return False


class Gate(VerifiedMiddleware):
    mfa_requirement = Requirement(verifications=2)


def admitted(request: HttpRequest) -> HttpResponse:
    """A login of a project's own."""
    return HttpResponse()


async def waited_for(request: HttpRequest) -> HttpResponse:
    """A view of a project's own that is awaited."""
    return HttpResponse()


class TestAdmin:
    def test_one_that_opens_to_a_password_alone_gets_a_warning(self, routed: Routed) -> None:
        [warning] = routed(MOUNTED, path("admin/", AdminSite(name="office").urls))

        assert numbers([warning]) == ["W009"]
        assert "'office'" in warning.msg
        assert "VerifiedMiddleware" in str(warning.hint)

    def test_one_that_asks_for_more_gets_none(self, routed: Routed, monkeypatch: pytest.MonkeyPatch) -> None:
        assert routed(MOUNTED, path("admin/", OwnPermission().urls)) == []
        site = AdminSite()
        monkeypatch.setattr(site, "login", admitted)
        assert routed(MOUNTED, path("admin/", site.urls)) == []

    @pytest.mark.parametrize("gate", ["mfa.adapters.django.middleware.VerifiedMiddleware", f"{__name__}.Gate"])
    def test_nor_does_one_behind_the_middleware(self, routed: Routed, settings: Settings, gate: str) -> None:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, gate]

        assert routed(MOUNTED, path("admin/", AdminSite().urls)) == []


class Demanding(APIView):
    mfa_requirement: object = None


class Plain(View):
    mfa_requirement: object = None


class Dispatched(View):
    """A view whose every request is decorated."""


class Answering(View):
    @method_decorator(verified("fifth"))
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse()


class Several(ViewSet):
    mfa_requirement: object = None

    @action(detail=False, mfa_requirement="second")
    def first(self, request: Request) -> Response:
        return Response()


NAMED = {"transfer": {"max_age": "5m"}}
UNKNOWN = Requirement(methods=UncheckedNames(["totp", "totpp"]))


class TestRequirements:
    @pytest.mark.parametrize(
        "demanded",
        [None, [], Requirement(), "transfer", ["transfer", Requirement(methods=["totp"])], (Requirement(),)],
    )
    def test_what_can_be_met_is_right(self, routed: Routed, monkeypatch: pytest.MonkeyPatch, demanded: object) -> None:
        monkeypatch.setattr(Demanding, "mfa_requirement", demanded)

        assert routed(MOUNTED, path("", Demanding.as_view()), REQUIREMENTS=NAMED) == []

    @pytest.mark.parametrize(
        ("demanded", "number", "words"),
        [
            ("transferr", "E007", "requires 'transferr', which MFA['REQUIREMENTS'] does not name"),
            (["transfer", "t"], "E007", "requires 't', which"),
            ({"max_age": "5m"}, "E007", "has a dict in the place"),
            (True, "E007", "has a bool in the place"),
            ([None], "E007", "has a NoneType in the place"),
            (UNKNOWN, "E008", "it names totpp, which no method is called"),
            (Requirement(methods=["sms", "hotp"]), "E008", "it wants one of hotp, sms, none of which is in"),
            (Requirement(phishing_resistant=True), "E008", "resists phishing, as none of totp, email, recovery does"),
            (Requirement(verifications=12), "E008", "verifications by 12 devices"),
        ],
    )
    def test_what_cannot_be_is_an_error(
        self, routed: Routed, monkeypatch: pytest.MonkeyPatch, demanded: object, number: str, words: str
    ) -> None:
        monkeypatch.setattr(Demanding, "mfa_requirement", demanded)
        twice = [path(route, Demanding.as_view()) for route in ("a", "b")]

        [error] = routed(MOUNTED, *twice, REQUIREMENTS=NAMED)

        assert isinstance(error, Error)
        assert numbers([error]) == [number]
        assert f"{__name__}.Demanding" in error.msg
        assert words in error.msg

    def test_it_is_found_wherever_it_can_stand(self, routed: Routed, settings: Settings) -> None:
        views = [
            path("a", Demanding.as_view(mfa_requirement="first")),
            path("b", Several.as_view({"get": "first"}, **Several.first.kwargs)),
            path("c", Plain.as_view(mfa_requirement="third")),
        ]
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.Gate"]

        errors = routed(MOUNTED, *views, MAX_DEVICES_PER_METHOD=1, METHODS=["totp"])

        assert numbers(errors) == ["E007", "E007", "E007", "E008"]
        for error, name in zip(errors, ("Demanding", "Several", "Plain", "Gate"), strict=True):
            assert name in error.msg

    def test_so_is_what_decorators_demand(self, routed: Routed) -> None:
        views = [
            path("a", verified("first")(admitted)),
            path("b", verified("second")(verified(["third"])(waited_for))),
            path("c", never_cache(verified("transfer")(verified(5)(Plain.as_view())))),  # type: ignore[arg-type] # wrong
            path("d", method_decorator(verified("fourth"), name="dispatch")(Dispatched).as_view()),
            path("e", Answering.as_view()),
        ]

        errors = routed(MOUNTED, *views, REQUIREMENTS=NAMED)

        assert [error.msg.removeprefix(f"{__name__}.").split(", which")[0] for error in errors] == [
            "admitted requires 'first'",
            "waited_for requires 'second'",
            "waited_for requires 'third'",
            "Plain has a int in the place of a requirement.",
            "Dispatched requires 'fourth'",
            "Answering requires 'fifth'",
        ]

    def test_named_ones_are_looked_at_wherever_they_are_used(self, routed: Routed) -> None:
        [error] = routed(MOUNTED, REQUIREMENTS={"strong": {"phishing_resistant": True}})
        assert "MFA['REQUIREMENTS']['strong']" in error.msg

        assert (
            routed(MOUNTED, REQUIREMENTS={"strong": {"phishing_resistant": True}}, METHODS=["webauthn"], **SITE) == []
        )
        [error] = routed(MOUNTED, REQUIREMENTS={"own": {"methods": ["exmaple"]}}, METHODS=[ACME_METHOD])
        assert "it names exmaple" in error.msg
        assert routed(MOUNTED, REQUIREMENTS={"own": {"methods": ["example"]}}, METHODS=[ACME_METHOD]) == []


ACME_METHOD = "tests.projects.acme.ExampleMethod"


class TestNames:
    def test_an_issuer_with_a_colon_gets_a_warning(self, routed: Routed) -> None:
        [warning] = routed(MOUNTED, TOTP_ISSUER="Example: the shop")

        assert numbers([warning]) == ["W011"]
        assert "'Example - the shop'" in str(warning.hint)


class TestSessions:
    def test_without_its_middleware_nobody_has_one(self, routed: Routed, settings: Settings) -> None:
        session = "rest_framework.authentication.SessionAuthentication"
        settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [session]}
        assert routed(MOUNTED, TOKEN_PROVIDER="session") == []

        settings.MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]

        [warning] = routed(MOUNTED, TOKEN_PROVIDER="session")
        assert numbers([warning]) == ["W013"]
        assert "no django.contrib.auth.middleware.AuthenticationMiddleware" in warning.msg


class TestWellKnown:
    @pytest.mark.parametrize(
        ("mfa", "place"),
        [
            ({"WEBAUTHN_RELATED_ORIGINS": RELATED[:1], "WEBAUTHN_ORIGINS": RELATED[:1]}, "/.well-known/webauthn"),
            ({"PASSKEY_MANAGE_URL": "https://example.com/passkeys"}, "/.well-known/passkey-endpoints"),
        ],
    )
    def test_what_nobody_finds_gets_a_warning(self, routed: Routed, mfa: dict[str, object], place: str) -> None:
        [warning] = routed(MOUNTED, **mfa)

        assert numbers([warning]) == ["W027"]
        assert f'"{next(iter(mfa))}"' in warning.msg
        assert place in warning.msg
        assert routed(MOUNTED, WELL_KNOWN, **mfa) == []

    def test_more_names_than_a_browser_looks_at_get_a_warning(self, routed: Routed) -> None:
        five, six = (
            {"WEBAUTHN_RELATED_ORIGINS": origins, "WEBAUTHN_ORIGINS": origins} for origins in (RELATED[:5], RELATED)
        )

        [warning] = routed(MOUNTED, WELL_KNOWN, **six)

        assert numbers([warning]) == ["W026"]
        assert "6 names (example, books, films, music, games, travel)" in warning.msg
        assert routed(MOUNTED, WELL_KNOWN, **five) == []


def test_a_number_for_a_method_that_there_is_not_is_an_error(routed: Routed) -> None:
    [error] = routed(MOUNTED, MAX_DEVICES_PER_METHOD={"totp": 2, "webauthnn": 9})

    assert isinstance(error, Error)
    assert numbers([error]) == ["E011"]
    assert "webauthnn" in error.msg
    assert routed(MOUNTED, MAX_DEVICES_PER_METHOD={"totp": 2, "webauthn": 9}) == []
