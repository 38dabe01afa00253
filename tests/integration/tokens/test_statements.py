"""What a request behind the gate costs, in statements: beside the same request behind the package's own class."""

from typing import Any

import attrs
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import path
from knox.auth import TokenAuthentication as KnoxAuthentication
from pytest_django import Settings
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, TokenAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication, JWTStatelessUserAuthentication

from mfa.adapters.drf.permissions import IsVerified, IsVerifiedOrNoDevice, check_requirement
from mfa.adapters.tokens import authtoken, knox
from mfa.domain.policies import Requirement
from tests.integration.drf.people import World
from tests.integration.tokens.jwts import access_of, carry, claims, signed
from tests.integration.tokens.systems import Authtoken, Client, Jwt, Knox, Session, System, deploy
from tests.projects import logins

LATELY = Requirement(methods=["totp"])


class BareView(APIView):
    """What a project would have without this package."""

    permission_classes: Any = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response({})


class GatedView(BareView):
    permission_classes: Any = (IsVerified,)


class RequiringView(GatedView):
    mfa_requirement = LATELY


class InsideView(BareView):
    def get(self, request: Request) -> Response:
        check_requirement(request, LATELY)
        return Response({})


class OftenView(RequiringView):
    """Asks whoever there is to ask, more than once."""

    permission_classes = (IsAuthenticated, IsVerified, IsVerified)

    def get(self, request: Request) -> Response:
        check_requirement(request, LATELY)
        check_requirement(request, Requirement(verifications=1))
        return Response({})


class AccountView(OftenView):
    mfa_by_account = True


class NoDeviceView(BareView):
    permission_classes = (IsVerifiedOrNoDevice,)


VIEWS: dict[str, type[APIView]] = {
    "bare": BareView,
    "gated": GatedView,
    "requiring": RequiringView,
    "inside": InsideView,
    "often": OftenView,
    "account": AccountView,
    "no-device": NoDeviceView,
}

urlpatterns = [*logins.urlpatterns, *(path(f"{name}/", view.as_view()) for name, view in VIEWS.items())]


@attrs.frozen
class Row:
    """One way to have a gate, and how many statements that takes beyond the package's own class."""

    system: System
    own: type[BaseAuthentication]
    bare: int
    beyond: int
    joined: type[BaseAuthentication] | None = None
    gate: str = "database"

    def __str__(self) -> str:
        """Return what pytest calls it."""
        words = [self.system.name, (self.joined or self.own).__name__]
        return " ".join(words if self.gate == "database" else [*words, f"by {self.gate}"])


ROWS = [
    Row(Authtoken(), TokenAuthentication, bare=1, beyond=1),
    Row(Authtoken(), TokenAuthentication, bare=1, beyond=0, joined=authtoken.VerifiedTokenAuthentication),
    Row(Knox(), KnoxAuthentication, bare=2, beyond=1),
    Row(Knox(), KnoxAuthentication, bare=2, beyond=0, joined=knox.VerifiedTokenAuthentication),
    Row(Session(), SessionAuthentication, bare=2, beyond=1),
    Row(Jwt(), JWTAuthentication, bare=1, beyond=1),
    Row(Jwt(), JWTStatelessUserAuthentication, bare=0, beyond=1),
    Row(Jwt(), JWTAuthentication, bare=1, beyond=0, gate="claims"),
    Row(Jwt(), JWTStatelessUserAuthentication, bare=0, beyond=0, gate="claims"),
]
"""``bare`` is what each package takes by itself: Django looks for the session and its user, knox also for what of the
user's has expired."""

GATED = ("gated", "requiring", "inside", "often")

BY_CLAIMS = [row for row in ROWS if row.gate == "claims"]


class Counted:
    """A client whose device is verified, and what its requests cost."""

    def __init__(self, row: Row, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self.row, self.client, self.monkeypatch = row, client, monkeypatch

    def ask(self, name: str, authentication: type[BaseAuthentication]) -> tuple[int, int]:
        """Return the status, and how many statements it took."""
        self.monkeypatch.setattr(VIEWS[name], "authentication_classes", (authentication,))
        with CaptureQueriesContext(connection) as captured:
            answer = self.client.ask("get", f"/{name}/")
        return answer.status_code, len(captured)

    def beyond(self, name: str) -> tuple[int, int]:
        """Return the status, and how many more statements it took than without this package."""
        assert self.ask("bare", self.row.own) == (200, self.row.bare)
        status, taken = self.ask(name, self.row.joined or self.row.own)
        return status, taken - self.row.bare


@pytest.fixture
def counted(row: Row, settings: Settings, monkeypatch: pytest.MonkeyPatch, anna: User) -> Counted:
    world = World(settings)
    deploy(world, settings, monkeypatch, row.system, JWT_GATE=row.gate)
    settings.ROOT_URLCONF = __name__
    client = row.system.log_in(world, anna)
    client.enrol_app()
    client.enrol_mail()
    row.system.refresh(client)
    return Counted(row, client, monkeypatch)


@pytest.mark.parametrize("row", ROWS, ids=str)
class TestEveryGate:
    def test_it_costs_what_the_table_says(self, counted: Counted, row: Row) -> None:
        assert {name: counted.beyond(name) for name in GATED} == dict.fromkeys(GATED, (200, row.beyond))

    def test_a_refusal_costs_no_more(self, counted: Counted, row: Row, anna: User, bert: User) -> None:
        """Neither of somebody who has a device, nor of a newcomer, who has no account yet."""
        for user in (anna, bert):
            row.system.log_in_again(counted.client, user)

            assert {name: counted.beyond(name) for name in GATED} == dict.fromkeys(GATED, (403, row.beyond))


@pytest.mark.parametrize("row", BY_CLAIMS, ids=str)
class TestByClaims:
    @pytest.mark.parametrize("name", ["account", "no-device"])
    def test_the_account_is_one_statement_where_it_is_asked(self, counted: Counted, name: str) -> None:
        assert counted.beyond(name) == (200, 1)

    @pytest.mark.parametrize("name", ["gated", "often"])
    def test_and_where_a_token_does_not_tell(self, counted: Counted, name: str) -> None:
        told = claims(access_of(counted.client))
        carry(counted.client, signed({key: value for key, value in told.items() if key != "mfa_enrolled"}))

        assert counted.beyond(name) == (200, 1)
