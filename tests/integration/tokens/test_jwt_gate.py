"""Views that are judged by what a JSON web token tells: without a look at the account, and as old as the token."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path
from django.utils.deprecation import MiddlewareMixin
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication, JWTStatelessUserAuthentication
from rest_framework_simplejwt.tokens import AccessToken

from mfa.adapters.django.decorators import verified
from mfa.adapters.django.middleware import VerifiedMiddleware
from mfa.adapters.drf.permissions import IsVerified, IsVerifiedOrNoDevice, check_requirement
from mfa.adapters.memory.system import FrozenClock
from mfa.adapters.tokens import jwt
from mfa.adapters.tokens.jwt import JwtTokenProvider
from mfa.application.ports.tokens import Recorded, StandingRecorder
from mfa.application.standing import Standing
from mfa.config import Config
from mfa.containers.memory import MemoryContainer
from mfa.domain.policies import Confirmation, Requirement
from tests.integration.drf.people import App, World
from tests.integration.tokens.jwts import SYSTEM, access_of, carry, claims, refreshed, signed
from tests.integration.tokens.requests import request
from tests.integration.tokens.systems import Client, deploy
from tests.projects import logins
from tests.urls import ProtectedView

MINUTES = timedelta(minutes=1)
FRESH = Requirement(max_age=5 * MINUTES)
STRONG = Requirement(phishing_resistant=True)
DEADLINE = "MFA-Registration-Deadline"
HERE = __name__


class InsideView(APIView):
    """Asks in the view what a permission could have asked before."""

    mfa_by_account = False

    def get(self, request: Request) -> Response:
        check_requirement(request, FRESH)
        return Response({})


@verified()
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


@verified(FRESH)
def fresh_page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


class TokenOnRequest(MiddlewareMixin):
    """Leaves a JSON web token on the request, as a project's own middleware may, for views that are Django's."""

    def process_request(self, request: HttpRequest) -> None:
        known: Any = JWTAuthentication().authenticate(Request(request))
        if known is not None:
            request.user, request.auth = known  # type: ignore[attr-defined] # requests are open to that


class PlainMiddleware(VerifiedMiddleware):
    """Guards one page, so that clients can still log in."""

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponseBase | None:
        return super().process_view(request, *args) if request.path == "/plain/" else None


urlpatterns = [
    *logins.urlpatterns,
    path("inside/", InsideView.as_view()),
    path("page/", page),
    path("fresh/", fresh_page),
    path("plain/", lambda request: HttpResponse("open")),
]


class Gate:
    """A deployment that is judged by claims, unless it is told otherwise, and one client of Anna's."""

    def __init__(self, world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, anna: User) -> None:
        self.world, self.settings, self.monkeypatch, self.anna = world, settings, monkeypatch, anna
        self.configure()
        self.client = self.log_in()

    def configure(self, **mfa: object) -> None:
        deploy(self.world, self.settings, self.monkeypatch, SYSTEM, **{"JWT_GATE": "claims", **mfa})
        self.settings.ROOT_URLCONF = HERE

    def log_in(self) -> Client:
        return SYSTEM.log_in(self.world, self.anna)

    def demand(self, requirement: Requirement | list[Requirement] | None) -> None:
        self.monkeypatch.setattr(ProtectedView, "mfa_requirement", requirement, raising=False)

    def ask_the_account(self) -> None:
        self.monkeypatch.setattr(ProtectedView, "mfa_by_account", value=True, raising=False)

    def behind(self, *permissions: type[BasePermission]) -> None:
        self.monkeypatch.setattr(ProtectedView, "permission_classes", permissions)

    def tell(self, **told: object) -> str:
        """Carry a token of the client's family that is rightly signed and tells something else."""
        token = signed({**claims(access_of(self.client)), **told})
        carry(self.client, token)
        return token

    def tell_of(self, *verifications: Sequence[object], required: object = 1, **told: object) -> str:
        """Carry a token that tells of verifications by methods, so many seconds ago."""
        now = int(self.world.clock.time.timestamp())
        made = [[method, now - int(str(ago)), index] for index, (method, ago) in enumerate(verifications)]
        return self.tell(mfa=made, mfa_required=required, **{"mfa_enrolled": True, **told})

    def answer(self, path: str = "/protected/", client: Client | None = None) -> tuple[int, str]:
        """Ask, and return the status and the code."""
        answer = (client or self.client).ask("get", path)
        if answer.status_code == 200:
            return 200, ""
        body = answer.json()
        return answer.status_code, body["code"] if "code" in body else body["detail"]


REGISTER = (403, "registration_required")
VERIFY = (403, "verification_required")
OPEN = (200, "")


@pytest.fixture
def gate(settings: Settings, monkeypatch: pytest.MonkeyPatch, anna: User, bert: User) -> Gate:
    return Gate(World(settings), settings, monkeypatch, anna)


@pytest.fixture
def app(gate: Gate) -> App:
    return gate.client.enrol_app()


class TestAsOldAsTheToken:
    def test_a_verification_opens_with_the_next_token(self, gate: Gate, app: App) -> None:
        before = access_of(gate.client)
        assert gate.answer() == REGISTER

        refreshed(gate.client)

        assert gate.answer() == OPEN
        carry(gate.client, before)
        assert gate.answer() == REGISTER

    def test_what_is_taken_away_closes_with_the_next_token(self, gate: Gate, app: App) -> None:
        refreshed(gate.client)
        assert gate.client.delete(f"{app.index}/").status_code == 204

        gate.world.pass_time(timedelta(hours=1))
        assert gate.answer() == OPEN

        refreshed(gate.client)
        assert gate.answer() == REGISTER

    def test_it_does_not_outlive_the_token(self, gate: Gate, app: App) -> None:
        refreshed(gate.client)
        gate.client.delete(f"{app.index}/")

        gate.tell(exp=1)

        assert gate.answer() == (401, "token_not_valid")

    def test_nor_does_a_family_that_is_logged_out(self, gate: Gate, app: App) -> None:
        refreshed(gate.client)
        access = access_of(gate.client)
        SYSTEM.log_out(gate.client)

        carry(gate.client, access)

        # No token of the family can be made any more, which log_out has tried; this one lives out its minutes.
        assert gate.answer() == OPEN
        gate.tell(exp=1)
        assert gate.answer() == (401, "token_not_valid")

    def test_another_login_starts_unverified(self, gate: Gate, app: App) -> None:
        refreshed(gate.client)
        other = gate.log_in()

        assert gate.answer(client=other) == VERIFY
        refreshed(other)
        assert gate.answer(client=other) == VERIFY
        other.prove(app)
        refreshed(other)
        assert gate.answer(client=other) == OPEN

    def test_by_default_there_is_no_waiting(self, gate: Gate, app: App) -> None:
        gate.configure(JWT_GATE="database")

        assert gate.answer() == OPEN
        gate.client.delete(f"{app.index}/")
        assert gate.answer() == REGISTER

    def test_who_passes_in_his_grace_does_so_until_it_ends(self, gate: Gate) -> None:
        end = gate.world.clock.now() + timedelta(minutes=10)
        gate.configure(REGISTRATION_DEADLINE=f"{end:%Y-%m-%dT%H:%M:%SZ}")
        client = gate.client = gate.log_in()

        answer = client.gate()
        assert (answer.status_code, answer.headers[DEADLINE]) == (200, f"{end:%Y-%m-%dT%H:%M:%SZ}")
        gate.demand(Requirement())
        assert gate.answer() == REGISTER
        gate.demand(None)
        client.enrol_app()
        assert gate.answer(client=gate.log_in()) == VERIFY
        assert client.gate().headers[DEADLINE] == f"{end:%Y-%m-%dT%H:%M:%SZ}"

        gate.world.clock.time = end
        assert gate.answer() == REGISTER
        refreshed(client)
        assert gate.answer() == OPEN
        assert DEADLINE not in client.gate().headers

    def test_a_verification_runs_out_while_the_token_lives(self, gate: Gate) -> None:
        gate.configure(VERIFICATION_LIFETIME="3m")
        gate.client.enrol_app()
        refreshed(gate.client)

        gate.world.pass_time(3 * MINUTES - timedelta.resolution)
        assert gate.answer() == OPEN
        gate.world.pass_time(timedelta.resolution)
        assert gate.answer() == VERIFY

    @pytest.mark.parametrize("lifetime", ["30d", None])
    @pytest.mark.parametrize(("ahead", "answer"), [(60, OPEN), (61, VERIFY)])
    def test_one_that_is_yet_to_come_opens_nothing(
        self, gate: Gate, lifetime: str | None, ahead: int, answer: tuple[int, str]
    ) -> None:
        """A clock was wrong; a minute is the machines' own."""
        gate.configure(VERIFICATION_LIFETIME=lifetime)
        gate.world.clock.time = gate.world.clock.time.replace(microsecond=0)

        gate.tell_of(("totp", -ahead))

        assert gate.answer() == answer


class TestWhoAsksTheAccount:
    """Claims that boast of what is gone, and claims that do not know yet."""

    @pytest.fixture
    def lost(self, gate: Gate, app: App) -> Client:
        """A client whose device is gone, while somebody else has enrolled one."""
        refreshed(gate.client)
        assert gate.client.delete(f"{app.index}/").status_code == 204
        gate.log_in().enrol_app()
        assert gate.answer() == OPEN
        return gate.client

    def test_the_packages_own_routes_do(self, gate: Gate, lost: Client) -> None:
        status = lost.get("status/").data
        assert (status["verified"], status["verifications"]) == (False, [])
        assert [device["confirmed"] for device in lost.get().data] == [False]
        for refused in (
            lost.get("trust/"),
            lost.delete("trust/0123456789abcdef/"),
            lost.post("register/totp/"),
            lost.get("register/"),
            lost.patch("1/", {"name": "mine"}),
            lost.delete("1/"),
        ):
            assert (refused.status_code, refused.data["code"]) == VERIFY, refused.data

    @pytest.fixture(autouse=True)
    def trusting(self, gate: Gate) -> None:
        gate.configure(TRUST_LIFETIME="30d")

    def test_what_they_know_already_is_enough(self, gate: Gate, app: App) -> None:
        assert gate.answer() == REGISTER

        assert gate.client.get("status/").data["verified"]
        assert gate.client.get("trust/").data == []
        assert gate.client.get("register/").status_code == 200
        index = gate.client.enrol_mail()
        assert gate.client.patch(f"{index}/", {"name": "mail"}).status_code == 200
        assert gate.client.delete(f"{index}/").status_code == 204

    def test_a_view_may_want_that(self, gate: Gate, lost: Client) -> None:
        gate.ask_the_account()

        assert gate.answer() == VERIFY

    def test_a_view_that_wants_it_need_not_wait_either(self, gate: Gate, app: App) -> None:
        gate.ask_the_account()
        gate.demand(FRESH)

        assert gate.answer() == OPEN

    def test_so_does_what_such_a_view_asks_inside(self, gate: Gate, lost: Client) -> None:
        assert gate.answer("/inside/") == OPEN

        gate.monkeypatch.setattr(InsideView, "mfa_by_account", value=True)

        assert gate.answer("/inside/") == VERIFY

    def test_whoever_has_no_device_is_looked_up(self, gate: Gate, lost: Client) -> None:
        gate.behind(IsVerifiedOrNoDevice)

        assert gate.answer() == VERIFY

    def test_two_permissions_may_ask_each_in_its_way(self, gate: Gate, lost: Client) -> None:
        gate.behind(IsVerified, IsVerifiedOrNoDevice)
        assert gate.answer() == VERIFY

        gate.behind(IsVerifiedOrNoDevice, IsVerified)
        assert gate.answer() == VERIFY


REQUIREMENTS: list[Any] = [
    pytest.param([("totp", 300)], 1, FRESH, OPEN, id="just fresh"),
    pytest.param([("totp", 301)], 1, FRESH, VERIFY, id="too old"),
    pytest.param([("totp", 301), ("email", 0)], 1, FRESH, OPEN, id="one is fresh"),
    pytest.param([("totp", 301), ("email", 0)], 2, FRESH, VERIFY, id="one of two is fresh"),
    pytest.param([("totp", 0)], 1, Requirement(methods=["totp"]), OPEN, id="by the method"),
    pytest.param([("email", 0)], 1, Requirement(methods=["totp"]), VERIFY, id="by another"),
    pytest.param([("totp", 0)], 1, STRONG, VERIFY, id="it can be phished"),
    pytest.param([("totp", 0), ("webauthn", 9)], 1, STRONG, OPEN, id="it cannot"),
    pytest.param([("acme", 0)], 1, STRONG, VERIFY, id="of a method nobody knows"),
    pytest.param([("totp", 0)], 1, Requirement(verifications=2), VERIFY, id="one of two"),
    pytest.param([("totp", 0), ("totp", 0)], 1, Requirement(verifications=2), OPEN, id="two of two"),
    pytest.param([("totp", 0)], 2, Requirement(verifications=1), VERIFY, id="the larger number"),
    pytest.param(
        [("totp", 9), ("email", 0)],
        1,
        [Requirement(methods=["totp"]), Requirement(methods=["email"])],
        OPEN,
        id="one by each of two methods",
    ),
    pytest.param(
        [("totp", 9), ("totp", 0)],
        1,
        [Requirement(methods=["totp"]), Requirement(methods=["email"])],
        VERIFY,
        id="two by one of them",
    ),
    pytest.param([], 0, None, OPEN, id="nothing is demanded"),
    pytest.param([], 0, Requirement(), VERIFY, id="but by the view"),
    pytest.param([("totp", 0)], 2, None, VERIFY, id="one of two that are demanded"),
    pytest.param([("totp", 0), ("trust", 0)], 2, None, OPEN, id="a remembered browser counts"),
    pytest.param([("trust", 0)], 1, None, OPEN, id="alone, too"),
    pytest.param([("totp", 0), ("trust", 0)], 1, Requirement(verifications=2), OPEN, id="as a number"),
    pytest.param([("totp", 0), ("trust", 0)], 2, FRESH, VERIFY, id="never as fresh"),
    pytest.param([("trust", 0)], 1, Requirement(methods=["totp"]), VERIFY, id="nor as a method"),
    pytest.param([("trust", 0)], 1, STRONG, VERIFY, id="nor as what cannot be phished"),
]


class TestRequirements:
    """Nothing of this is in the database: the claims alone decide."""

    @pytest.fixture(autouse=True)
    def methods(self, gate: Gate) -> None:
        site = {"WEBAUTHN_RP_ID": "example.com", "WEBAUTHN_ORIGINS": ["https://example.com"]}
        gate.configure(METHODS=["webauthn", "totp", "email"], **site)

    @pytest.mark.parametrize(("verifications", "required", "requirement", "answer"), REQUIREMENTS)
    def test_each_is_judged_by_what_is_told(
        self,
        gate: Gate,
        verifications: list[tuple[str, int]],
        required: int,
        requirement: Requirement | list[Requirement] | None,
        answer: tuple[int, str],
    ) -> None:
        gate.demand(requirement)

        gate.tell_of(*verifications, required=required)

        assert gate.answer() == answer

    def test_the_refusal_says_what_would_be_enough(self, gate: Gate) -> None:
        gate.demand(Requirement(max_age=5 * MINUTES, phishing_resistant=True, verifications=3))
        gate.tell_of(("totp", 0), ("webauthn", 0))

        refused = gate.client.gate()

        assert refused.data["verifications-left"] == 1
        assert refused.headers["WWW-Authenticate"] == (
            'Bearer error="insufficient_user_authentication", '
            'error_description="More recent authentication is required", max_age="300", acr_values="phr"'
        )

    @pytest.mark.parametrize(("enrolled", "answer"), [(True, VERIFY), (False, REGISTER)])
    def test_who_has_no_device_is_sent_to_register(
        self, gate: Gate, *, enrolled: bool, answer: tuple[int, str]
    ) -> None:
        for requirement in (None, FRESH):
            gate.demand(requirement)
            gate.tell_of(required=2, mfa_enrolled=enrolled)
            assert gate.answer() == answer
            assert gate.client.gate().data["verifications-left"] == 2

    def test_inside_a_view_it_is_the_same(self, gate: Gate) -> None:
        gate.tell_of(("totp", 301))
        assert gate.answer("/inside/") == VERIFY

        gate.tell_of(("totp", 300))
        assert gate.answer("/inside/") == OPEN

    def test_a_part_of_a_second_makes_it_older_never_younger(self, gate: Gate) -> None:
        """A claim has whole seconds, so the client may have to verify up to one second earlier."""
        gate.world.clock.time = gate.world.clock.time.replace(second=0, microsecond=900_000)
        gate.client.enrol_app()
        refreshed(gate.client)
        gate.demand(FRESH)
        gate.world.pass_time(5 * MINUTES - timedelta(milliseconds=900))
        assert gate.answer() == OPEN

        gate.world.pass_time(timedelta.resolution)

        assert gate.answer() == VERIFY
        gate.ask_the_account()
        assert gate.answer() == OPEN


class TestDjangosOwnViews:
    @pytest.fixture(autouse=True)
    def on_the_request(self, gate: Gate) -> None:
        gate.settings.MIDDLEWARE = [*gate.settings.MIDDLEWARE, f"{HERE}.TokenOnRequest"]

    @pytest.mark.parametrize("middleware", [False, True])
    def test_what_is_on_the_request_decides(self, gate: Gate, *, middleware: bool) -> None:
        path = "/plain/" if middleware else "/page/"
        if middleware:
            gate.settings.MIDDLEWARE = [*gate.settings.MIDDLEWARE, f"{HERE}.PlainMiddleware"]
        assert gate.answer(path) == REGISTER
        app = gate.client.enrol_app()
        assert gate.answer(path) == REGISTER
        refreshed(gate.client)
        assert gate.answer(path) == OPEN
        gate.client.delete(f"{app.index}/")
        assert gate.answer(path) == OPEN

        gate.configure(JWT_GATE="database")

        assert gate.answer(path) == REGISTER

    def test_so_does_what_is_required(self, gate: Gate, app: App) -> None:
        refreshed(gate.client)
        assert gate.answer("/fresh/") == OPEN
        gate.world.pass_time(5 * MINUTES + timedelta.resolution)

        assert (gate.answer("/fresh/"), gate.answer("/page/")) == (VERIFY, OPEN)

    def test_grace_is_announced(self, gate: Gate) -> None:
        end = int(gate.world.clock.time.timestamp()) + 60
        gate.tell_of(mfa_enrolled=False, mfa_deadline=end)

        answer = gate.client.ask("get", "/page/")

        assert answer.status_code == 200
        assert answer.headers[DEADLINE] == f"{datetime.fromtimestamp(end, UTC):%Y-%m-%dT%H:%M:%SZ}"
        assert gate.answer("/fresh/") == REGISTER


AUTHENTICATIONS = [JWTAuthentication, JWTStatelessUserAuthentication]


@pytest.mark.parametrize("authentication", AUTHENTICATIONS)
class TestAttacks:
    @pytest.fixture(autouse=True)
    def authenticated(self, gate: Gate, app: App, authentication: type[JWTAuthentication]) -> None:
        gate.monkeypatch.setattr(ProtectedView, "authentication_classes", (authentication,))
        refreshed(gate.client)
        assert gate.answer() == OPEN

    @pytest.fixture
    def verified(self, gate: Gate) -> dict[str, Any]:
        return claims(access_of(gate.client))

    @pytest.fixture
    def thief(self, gate: Gate) -> Client:
        """Somebody who knows the password."""
        return gate.log_in()

    def status(self, thief: Client, access: str) -> int:
        carry(thief, access)
        return thief.gate().status_code

    def test_what_the_key_has_not_signed_is_nothing(self, verified: dict[str, Any], thief: Client) -> None:
        own = access_of(thief)
        boastful = {**claims(own), **{name: verified[name] for name in ("mfa", "mfa_required", "mfa_enrolled", "acr")}}
        head, body, signature = own.split(".")
        swapped = base64.urlsafe_b64encode(json.dumps(boastful).encode()).decode().rstrip("=")
        unsigned = base64.urlsafe_b64encode(b'{"alg": "none", "typ": "JWT"}').decode().rstrip("=")

        forged = [
            signed(boastful, key="another key, which is just as long as that"),
            signed(boastful, key="", algorithm="none"),
            f"{head}.{swapped}.{signature}",
            f"{head}.{swapped}.{signed(verified).split('.')[2]}",
            f"{head}.{signed(verified).split('.')[1]}.{signature}",
            f"{head}.{swapped}.",
            f"{head}.{swapped}",
            f"{unsigned}.{swapped}.",
            f"{unsigned}.{swapped}.{signature}",
            f"{head}.{body}.{signature[:-2]}",
        ]

        assert [self.status(thief, token) for token in forged] == [401] * len(forged)
        assert self.status(thief, own) == 403

    def test_every_token_is_judged_by_what_it_tells_itself(
        self, gate: Gate, verified: dict[str, Any], thief: Client, bert: User
    ) -> None:
        berts = SYSTEM.log_in(gate.world, bert)

        assert self.status(thief, signed(verified)) == 200
        assert self.status(thief, signed(claims(access_of(gate.log_in())))) == 403
        assert berts.gate().data["code"] == "registration_required"

    def test_a_token_that_has_expired_is_none(self, verified: dict[str, Any], thief: Client) -> None:
        assert self.status(thief, signed({**verified, "exp": 1})) == 401

    def test_nor_is_one_of_another_kind(self, gate: Gate, verified: dict[str, Any], thief: Client) -> None:
        assert self.status(thief, signed({**verified, "token_type": "refresh"})) == 401
        assert self.status(thief, thief.refresh) == 401

    def test_one_without_a_family_is_none_whatever_it_tells(self, verified: dict[str, Any], thief: Client) -> None:
        nameless = {name: value for name, value in verified.items() if name != "sid"}

        assert self.status(thief, signed(nameless)) == 403
        assert thief.gate().data["detail"].code == "token_required"

    def test_by_default_nothing_of_it_is_believed(self, gate: Gate, verified: dict[str, Any], thief: Client) -> None:
        gate.configure(JWT_GATE="database")
        told = {name: verified[name] for name in ("mfa", "mfa_required", "mfa_enrolled")}

        assert self.status(thief, signed({**claims(access_of(thief)), **told})) == 403
        assert self.status(thief, signed(verified)) == 200
        assert self.status(thief, signed({**verified, "mfa": [], "mfa_required": 9})) == 200


NOW = 1769860800
TOLD: dict[str, Any] = {"mfa": [["totp", NOW, 0]], "mfa_required": 1, "mfa_enrolled": True}
ABSENT = object()
LAST = 253402300799
"""The last second that Python knows: the end of the year 9999."""

MALFORMED: list[tuple[str, object]] = [
    *(
        ("mfa", value)
        for value in [
            *(ABSENT, None, True, 7, 1.5, "", "abc", {}, {"abc": 1}, [None], [7], ["abc"], ["ab"], [[]], [{}]),
            *([["totp"]], [["totp", NOW]], [["totp", NOW, 0, 0]], [["totp", [NOW], 0]], [[["totp"], NOW, 0]]),
            *([[1, NOW, 0]], [[None, NOW, 0]], [["totp", str(NOW), 0]], [["totp", None, 0]], [["totp", True, 0]]),
            *([["totp", 1.5, 0]], [["totp", float("nan"), 0]], [["totp", float("inf"), 0]], [["totp", -1, 0]]),
            *([["totp", LAST + 1, 0]], [["totp", 10**18, 0]], [["totp", 10**400, 0]], [["totp", 10**4000, 0]]),
            *([["totp", NOW, "0"]], [["totp", NOW, None]], [["totp", NOW, False]], [["totp", NOW, 0.0]]),
            *([["totp", NOW, -1]], [["totp", NOW, 0], ["totp", NOW, 0]], [["totp", NOW, 3], ["trust", NOW, 3]]),
            *([["totp", NOW, 0], None], [[["totp", NOW, 0]]]),
        ]
    ),
    *(("mfa_required", value) for value in [ABSENT, None, "1", 1.0, True, False, -1, -(10**400), [1], {}]),
    *(("mfa_enrolled", value) for value in [ABSENT, None, 0, 1, "true", [], {}]),
    *(
        ("mfa_deadline", value)
        for value in [*("", "soon", "2026-06-01T00:00:00Z", True, -1, 1.5, [NOW], {}), LAST + 1, 10**18, 10**400]
    ),
]


def name_of(value: object) -> str:
    return "absent" if value is ABSENT else repr(value)[:40]


class TestMalformed:
    """Rightly signed, but by somebody who writes claims of these names in another way."""

    def test_what_is_not_written_so_is_left_to_the_account(self, gate: Gate) -> None:
        own = {key: each for key, each in claims(access_of(gate.client)).items() if not key.startswith("mfa")}

        def others_than(answer: tuple[int, str]) -> list[tuple[str, object]]:
            """Which claims, written so, are answered in another way."""
            return [each for each in MALFORMED if self.answer(gate, own, *each) != answer]

        assert others_than(REGISTER) == []
        gate.client.enrol_app()
        assert others_than(OPEN) == []
        gate.demand(FRESH)
        assert others_than(OPEN) == []

    def answer(self, gate: Gate, own: dict[str, Any], name: str, value: object) -> tuple[int, str]:
        told = {**TOLD, "mfa_deadline": LAST, name: value}
        carry(gate.client, signed({**own, **{key: each for key, each in told.items() if each is not ABSENT}}))
        return gate.answer()

    @pytest.mark.parametrize(
        "told",
        [
            {"mfa": [["totp", LAST, 0]], "mfa_deadline": LAST},
            {"mfa": [["totp", 0, 10**400]], "mfa_deadline": 0},
            {"mfa": [["", 0, 0], ["\x00", 0, 1], ["\ud800", 0, 2]]},
            {"mfa": [["totp", NOW, index] for index in range(500)]},
            {"mfa": [], "mfa_required": 10**4000},
            {"mfa": [], "mfa_required": 0, "mfa_enrolled": False, "mfa_deadline": LAST},
        ],
        ids=name_of,
    )
    def test_extremes_are_judged_and_break_nothing(self, gate: Gate, told: dict[str, object]) -> None:
        gate.configure(VERIFICATION_LIFETIME="3650d")

        for requirement in (None, FRESH, STRONG, Requirement(methods=["totp"], verifications=2)):
            gate.demand(requirement)
            gate.tell(**{**TOLD, **told})

            assert gate.client.gate().status_code in {200, 403}, requirement
            assert gate.client.ask("get", "/inside/").status_code in {200, 403}, requirement


class TestRecorded:
    @pytest.fixture
    def carrying(self, db: None) -> Callable[..., Request]:
        def carrying(**told: object) -> Request:
            token = AccessToken()
            token.payload.update({"user_id": "1", "sid": "a family", **told})
            return request([JWTStatelessUserAuthentication], f"Bearer {token}")

        return carrying

    def test_it_is_what_the_claims_tell(self, carrying: Callable[..., Request]) -> None:
        provider = JwtTokenProvider(Config(jwt_gate="claims"))
        assert isinstance(provider, StandingRecorder)

        assert provider.recorded(carrying(**TOLD, mfa_deadline=NOW + 1)) == Recorded(
            required=1,
            enrolled=True,
            verifications=(Confirmation(index=0, method="totp", at=datetime.fromtimestamp(NOW, UTC)),),
            grace_until=datetime.fromtimestamp(NOW + 1, UTC),
        )

    def test_by_default_it_is_nothing(self, carrying: Callable[..., Request]) -> None:
        assert JwtTokenProvider(Config()).recorded(carrying(**TOLD)) is None
        assert JwtTokenProvider(Config(jwt_gate="database")).recorded(carrying(**TOLD)) is None

    def test_other_credentials_tell_nothing(self) -> None:
        provider = JwtTokenProvider(Config(jwt_gate="claims"))

        assert provider.recorded(object()) is None
        assert provider.recorded(request([])) is None


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001 - as Hypothesis wants them
confirmations = st.builds(
    Confirmation,
    index=st.integers(0, 20),
    method=st.sampled_from(["totp", "email", "webauthn", "trust"]),
    at=moments,
)
requirements = st.none() | st.builds(
    Requirement,
    verifications=st.none() | st.integers(1, 3),
    max_age=st.none() | st.timedeltas(timedelta(seconds=2), timedelta(days=1)),
    methods=st.none() | st.lists(st.sampled_from(["totp", "email", "webauthn"]), min_size=1),
    phishing_resistant=st.booleans(),
)


def recalled(standing: Standing, now: datetime) -> Standing:
    """Write a standing into a token, and judge that some time later."""
    container = MemoryContainer()
    container.config.override(Config(methods=("webauthn", "totp", "email")))
    container.clock.override(FrozenClock(now))
    token = AccessToken()
    token.payload = json.loads(json.dumps(dict(jwt._claims(standing, ()))))
    recorded = jwt._recorded(token)
    assert recorded is not None
    recalled: Standing = container.use_cases().assess_token.recall(recorded)
    return recalled


@given(
    confirmed=st.lists(confirmations, max_size=4, unique_by=lambda each: each.index),
    required=st.integers(0, 3),
    enrolled=st.booleans(),
    grace=st.none() | moments,
    requirement=requirements,
    made=moments,
    later=st.timedeltas(timedelta(0), timedelta(hours=1)),
)
def test_a_token_is_never_laxer_than_what_it_was_made_of(
    *,
    confirmed: list[Confirmation],
    required: int,
    enrolled: bool,
    grace: datetime | None,
    requirement: Requirement | None,
    made: datetime,
    later: timedelta,
) -> None:
    known = tuple(
        Confirmation(
            index=each.index,
            method=each.method,
            at=min(each.at, made),
            phishing_resistant=each.method == "webauthn",
        )
        for each in confirmed
    )

    def standing(now: datetime) -> Standing:
        return Standing(
            required=required,
            enrolled=enrolled,
            confirmations=known,
            assessed_at=now,
            grace_until=grace if grace is not None and now < grace else None,
        )

    now = made + later
    by_claims, by_account = recalled(standing(made), now).refusal(requirement), standing(now).refusal(requirement)

    if by_account is not None:
        assert type(by_claims) is type(by_account)
        assert by_claims.verifications_left >= by_account.verifications_left
    elif by_claims is not None:
        second_later = standing(now + timedelta(seconds=1)).refusal(requirement)
        assert second_later is not None
