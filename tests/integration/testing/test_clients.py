"""Clients that are verified, of every provider, and what is said of those that cannot be."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from django.utils.module_loading import import_string
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.test import APIClient

from mfa.adapters import accessor
from mfa.adapters.django.models import DeviceRecord
from mfa.adapters.memory.system import FrozenClock
from mfa.adapters.tokens.jwt import TokenObtainPairSerializer
from mfa.application.ports.tokens import TokenIssuer
from mfa.testing import enrol, verified_client, verify
from tests.integration.testing.conftest import Configure
from tests.integration.tokens.jwts import claims

PROVIDERS = ["authtoken", "knox", "jwt", "session"]
STATUS = "/multi-factor/status/"


class BearerAuthentication(TokenAuthentication):
    keyword = "Bearer"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_client_of_every_provider_is_verified(configure: Configure, ann: User, provider: str) -> None:
    configure(provider)

    client, another = verified_client(ann), verified_client(ann)

    for each in (client, another):
        assert each.get("/protected/").status_code == 200
        standing = each.get(STATUS).json()
        assert (standing["verified"], len(standing["verifications"])) == (True, 1)
    assert DeviceRecord.objects.count() == 1
    assert APIClient().get("/protected/").status_code in {401, 403}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("named", [True, False])
def test_a_client_that_is_logged_in_is_verified_and_no_other(
    configure: Configure, ann: User, provider: str, *, named: bool
) -> None:
    """Whether the settings of the framework name its authentication, or views do."""
    configure(provider)
    clients = [logged_in(ann, provider) for _ in range(2)]
    if not named:
        configure(provider, "rest_framework.authentication.BasicAuthentication")
    verify(clients[0])
    configure(provider)

    statuses = [client.get("/protected/").status_code for client in clients]

    assert statuses == [200, 200 if provider == "authtoken" else 403], "of authtoken, all have the one token there is"


def logged_in(user: User, provider: str) -> APIClient:
    """A client with a token as the provider's own package makes it at a login."""
    client = APIClient()
    if provider == "session":
        client.force_login(user)
        return client
    made: Any = accessor.use_cases().token_provider
    shown: Any
    if provider == "authtoken":
        shown = {"token": AuthToken.objects.get_or_create(user=user)[0].key}
    else:
        shown = made.prepare(str(user.pk), None).issue()
    client.credentials(HTTP_AUTHORIZATION=f"{made.scheme} {shown.get('access') or shown['token']}")
    return client


def spoken(client: Any, header: str = "HTTP_AUTHORIZATION") -> str:  # noqa: ANN401 - its stubs do not tell
    """The token that a client shows."""
    _, _, token = client._credentials[header].partition(" ")
    return str(token)


def test_as_many_devices_are_confirmed_as_are_demanded_those_first_that_cannot_be_phished(
    configure: Configure, ann: User
) -> None:
    configure(REQUIRED_VERIFICATIONS=2)
    enrol(ann)
    key = enrol(ann, "webauthn")

    standing = verified_client(ann).get(STATUS).json()

    assert {each["index"] for each in standing["verifications"]} == {0, key.index}
    assert DeviceRecord.objects.count() == 2


def test_a_user_who_has_fewer_is_enrolled_for_more(configure: Configure, ann: User) -> None:
    configure(REQUIRED_VERIFICATIONS=3, METHODS=["recovery", "totp", "email"])
    enrol(ann, "email")

    standing = verified_client(ann).get(STATUS).json()

    assert [each["method"] for each in standing["verifications"]] == ["email", "totp", "totp"]


def test_where_nothing_is_demanded_one_device_is_confirmed(configure: Configure, ann: User) -> None:
    configure(VERIFICATION_POLICY="staff")

    assert len(verified_client(ann).get(STATUS).json()["verifications"]) == 1


def test_a_device_that_is_disabled_is_not_what_proves(configure: Configure, ann: User) -> None:
    configure(MAX_FAILURES=1)
    enrolled = enrol(ann)
    client = logged_in(ann, "authtoken")
    assert client.post(f"/multi-factor/{enrolled.index}/", {"value": "000000"}).status_code == 401

    verify(client)

    [proved] = client.get(STATUS).json()["verifications"]
    assert proved["index"] != enrolled.index


def test_no_value_is_spent(configure: Configure, ann: User) -> None:
    enrolled = enrol(ann, "recovery")
    before = enrolled.code()

    verified_client(ann)

    assert enrolled.code() == before


def test_a_verification_grows_old_with_the_clock(configure: Configure, ann: User, mfa_clock: FrozenClock) -> None:
    client = verified_client(ann)
    mfa_clock.advance(timedelta(days=29))
    assert client.get("/protected/").status_code == 200

    mfa_clock.advance(timedelta(days=1))

    assert client.get("/protected/").status_code == 403
    verify(client)
    assert client.get("/protected/").status_code == 200


def test_a_clock_stands_where_the_time_is_whatever_the_settings_come_to_be(
    configure: Configure, ann: User, mfa_clock: FrozenClock
) -> None:
    before = mfa_clock.now()
    assert abs(datetime.now(UTC) - before) < timedelta(minutes=1)

    configure("knox")

    assert accessor.use_cases().assess_token.transactions.clock is mfa_clock
    assert mfa_clock.now() == before


@pytest.mark.parametrize("make", [verified_client, logged_in])
def test_claims_tell_of_it_at_once_where_they_decide(
    configure: Configure, ann: User, make: Callable[..., APIClient]
) -> None:
    configure("jwt", JWT_GATE="claims")
    client = make(ann) if make is verified_client else make(ann, "jwt")

    verify(client)

    assert client.get("/protected/").status_code == 200
    assert claims(spoken(client))["acr"] == "mfa"


def test_what_a_project_put_into_a_token_stays(configure: Configure, ann: User) -> None:
    configure("jwt", JWT_GATE="claims")
    refresh: Any = TokenObtainPairSerializer.get_token(ann)
    refresh["tenant"] = "north"
    client = Client(headers={"authorization": f"Bearer {refresh.access_token}"})

    verify(client)

    told = claims(client.defaults["HTTP_AUTHORIZATION"].removeprefix("Bearer "))
    assert (told["tenant"], told["sid"]) == ("north", refresh["sid"])
    assert client.get("/protected/").status_code == 200


def test_headers_are_as_the_project_has_them(configure: Configure, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    configure("authtoken", "tests.integration.testing.test_clients.BearerAuthentication")
    assert verified_client(ann).get("/protected/").status_code == 200
    monkeypatch.setattr(
        import_string("rest_framework_simplejwt.authentication.api_settings"), "AUTH_HEADER_NAME", "HTTP_X_ACCESS"
    )
    configure("jwt")

    client = verified_client(ann)

    assert client.get("/protected/").status_code == 200
    assert spoken(client, "HTTP_X_ACCESS")


def test_of_several_providers_it_is_the_first(configure: Configure, ann: User) -> None:
    configure("knox,session")
    app, browser = verified_client(ann), APIClient()
    browser.force_login(ann)

    verify(browser)

    assert spoken(app)
    assert [each.get("/protected/").status_code for each in (app, browser)] == [200, 200]


def test_clients_of_django_are_verified_as_well(configure: Configure, ann: User) -> None:
    configure("session")
    client, other = Client(), AsyncClient()
    client.force_login(ann)
    other.force_login(ann)

    verify(client)
    verify(other)

    assert client.get("/protected/").status_code == 200
    client.cookies = other.cookies
    assert client.get("/protected/").status_code == 200


def test_a_session_from_before_the_package_came_is_given_an_identity(configure: Configure, ann: User) -> None:
    configure("session")
    client = Client()
    client.force_login(ann)
    session = client.session
    del session["_mfa_identity"]
    session.save()

    verify(client)

    assert client.get("/protected/").status_code == 200


@pytest.mark.parametrize("forced", [True, False])
def test_a_client_without_a_token_cannot_be_verified(configure: Configure, ann: User, *, forced: bool) -> None:
    client = APIClient()
    if forced:
        client.force_authenticate(ann)

    with pytest.raises(LookupError, match="verified_client"):
        verify(client)


def test_a_token_that_is_wrong_is_none(configure: Configure, ann: User) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Token wrong")

    with pytest.raises(LookupError, match="no token of authtoken"):
        verify(client)


def test_a_user_who_may_not_log_in_gets_no_client(configure: Configure, ann: User) -> None:
    configure("jwt")
    ann.is_active = False
    ann.save()

    with pytest.raises(LookupError, match="not active"):
        verified_client(ann)


def test_a_provider_that_makes_no_tokens_is_told(configure: Configure, ann: User) -> None:
    configure("tests.projects.acme.HeaderTokens", "rest_framework.authentication.TokenAuthentication")
    assert not isinstance(accessor.use_cases().token_provider, TokenIssuer)

    with pytest.raises(LookupError, match="HeaderTokens makes no tokens"):
        verified_client(ann)
