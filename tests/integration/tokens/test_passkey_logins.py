"""Logins by passkey, with every token system there is: confirmed first, handed out after."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session as SessionRow
from knox.models import AuthToken as KnoxToken
from pytest_django import Settings
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from mfa.adapters.django.models import ChallengeRecord
from mfa.adapters.django.repositories import DjangoAccountRepository
from mfa.application.ports.tokens import PreparedToken
from mfa.domain.errors import StaleAccount, Unavailable
from mfa.testing.authenticator import SoftwareAuthenticator
from tests.integration.drf.keys import METHODS, SITE, enrolled, new_key
from tests.integration.drf.people import Answer, World
from tests.integration.tokens.systems import SYSTEMS, Client, System, deploy

MADE = (AuthToken, KnoxToken, OutstandingToken, SessionRow)
"""Where what a login makes is stored."""


@pytest.fixture(params=SYSTEMS, ids=lambda system: system.name)
def system(request: pytest.FixtureRequest) -> System:
    chosen: System = request.param
    return chosen


@pytest.fixture
def world(settings: Settings, monkeypatch: pytest.MonkeyPatch, system: System, anna: User) -> World:
    world = World(settings)
    gate = "claims" if system.name == "jwt" else "database"
    deploy(world, settings, monkeypatch, system, METHODS=METHODS, **SITE, PASSKEY_LOGIN=True, JWT_GATE=gate)
    return world


@pytest.fixture
def key(world: World, system: System, anna: User) -> SoftwareAuthenticator:
    """A key of Anna's."""
    key = new_key()
    enrolled(system.log_in(world, anna), key)
    return key


@pytest.fixture
def client(world: World, key: SoftwareAuthenticator) -> Client:
    """A client of nobody's yet, on a page that has a token against forgery."""
    client = Client(world)
    client.client.get("/session/")
    return client


def log_in(client: Client, key: SoftwareAuthenticator) -> Answer:
    begun = client.post("passkey/options/").json()
    return client.post("passkey/", {"state": begun["state"], "value": key.get(begun["options"])})


def made() -> list[list[object]]:
    return [[*model._default_manager.order_by("pk").values()] for model in MADE]


def confirmed() -> set[str]:
    return set(ChallengeRecord.objects.exclude(confirmed_at=None).values_list("token", flat=True))


def test_its_token_is_verified_at_once_and_lives_as_any(
    client: Client, key: SoftwareAuthenticator, system: System, anna: User
) -> None:
    answer = log_in(client, key)
    assert (answer.status_code, answer.json()["verifications-left"]) == (200, 0)
    system.keep(client, answer.json())

    assert client.gate().status_code == 200
    system.refresh(client)
    assert client.gate().status_code == 200
    assert client.get("status/").json()["verified"] is True

    system.log_out(client)
    assert client.gate().status_code in {401, 403}
    system.log_in_again(client, anna)
    assert client.gate().status_code == 403


@pytest.mark.parametrize("failure", [Unavailable, StaleAccount])
def test_one_that_cannot_be_confirmed_makes_nothing(
    client: Client, key: SoftwareAuthenticator, monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    before, known = made(), confirmed()

    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(DjangoAccountRepository, "save", fail)

    assert log_in(client, key).status_code == (503 if failure is Unavailable else 429)
    assert (made(), confirmed()) == (before, known)
    assert not client.client.cookies.get("sessionid")


def test_nor_does_one_that_is_refused(client: Client, key: SoftwareAuthenticator) -> None:
    before, known = made(), confirmed()

    assert log_in(client, key.behaving(user_verified=False)).status_code == 401

    assert (made(), confirmed()) == (before, known)
    assert not client.client.cookies.get("sessionid")


def test_one_whose_token_cannot_be_made_verifies_none(
    client: Client, key: SoftwareAuthenticator, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, known = made(), confirmed()
    issuer = world.container.token_issuer()
    prepare = type(issuer).prepare

    def fail() -> Any:  # noqa: ANN401 - never returns
        raise Unavailable

    def prepared(*arguments: Any) -> PreparedToken:
        return PreparedToken(token=prepare(*arguments).token, issue=fail)

    monkeypatch.setattr(type(issuer), "prepare", prepared)

    assert log_in(client, key).status_code == 503
    assert made() == before
    [orphan] = confirmed() - known
    assert ChallengeRecord.objects.get(token=orphan).expires_at is not None
