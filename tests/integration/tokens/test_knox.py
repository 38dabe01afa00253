"""The tokens of django-rest-knox."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.utils.timezone import make_aware
from knox.auth import TokenAuthentication
from knox.models import AuthToken as KnoxToken
from knox.settings import knox_settings
from pytest_django import Settings
from rest_framework import authentication
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from mfa.adapters import accessor
from mfa.adapters.django.models import DeviceRecord
from mfa.adapters.tokens.knox import KnoxTokenProvider
from mfa.application.ports.tokens import TokenProvider
from mfa.config import Config
from mfa.domain.identifiers import UserId
from mfa.testing.contracts.tokens import TokenProviderContract
from tests.integration.tokens.requests import request

LONGEST = DeviceRecord._meta.get_field("registered_by").max_length or 0


def made(user: User, **arguments: Any) -> tuple[Any, Request]:
    """Make a token, and a request that carries it."""
    token, key = KnoxToken.objects.create(user, **arguments)
    return token, request([TokenAuthentication], f"Token {key}")


class TestKnoxTokenProvider(TokenProviderContract):
    @pytest.fixture
    def provider(self) -> TokenProvider:
        return KnoxTokenProvider(Config())

    @pytest.fixture
    def user_id(self, anna: User) -> UserId:
        return UserId(str(anna.pk))

    @pytest.fixture
    def request_with_token(self, anna: User) -> object:
        return made(anna)[1]

    @pytest.fixture
    def request_with_other_token(self, anna: User) -> object:
        return made(anna)[1]

    @pytest.fixture
    def request_without_token(self) -> object:
        return request([TokenAuthentication])

    def test_the_scheme_is_that_of_the_settings(self, provider: TokenProvider, settings: Settings) -> None:
        assert provider.scheme == "Token"

        settings.REST_KNOX = {**getattr(settings, "REST_KNOX", {}), "AUTH_HEADER_PREFIX": "Bearer"}

        assert provider.scheme == knox_settings.AUTH_HEADER_PREFIX == "Bearer"

    def test_the_identity_is_the_digest_that_knox_keeps_and_the_time(self, provider: TokenProvider, anna: User) -> None:
        token, carrying = made(anna)

        known = provider.token_of(carrying)

        assert known is not None
        assert known.id == f"knox:{token.digest}.{token.created:%Y%m%d%H%M%S%f}"
        assert len(known.id) <= LONGEST

    @pytest.mark.parametrize(("refreshed", "use_tz"), [(False, True), (False, False), (True, True)])
    def test_it_tells_its_end_where_nothing_moves_that(
        self, provider: TokenProvider, anna: User, settings: Settings, *, refreshed: bool, use_tz: bool
    ) -> None:
        settings.REST_KNOX = {"AUTO_REFRESH": refreshed}
        settings.USE_TZ = use_tz
        token, carrying = made(anna)
        endless = provider.token_of(made(anna, expiry=None)[1])

        known = provider.token_of(carrying)

        assert known is not None
        assert endless is not None
        assert endless.expires_at is None
        end = token.expiry if use_tz else make_aware(token.expiry)
        assert known.expires_at == (None if refreshed else end)

    def test_other_credentials_are_no_token_of_this_provider(self, provider: TokenProvider, anna: User) -> None:
        key = AuthToken.objects.create(user=anna).key
        basic = base64.b64encode(b"anna:a password").decode()
        session = request([authentication.SessionAuthentication])
        session._request.user, session._request.session = anna, SessionStore()

        for other in (
            session,
            request([authentication.BasicAuthentication], f"Basic {basic}"),
            request([authentication.TokenAuthentication], f"Token {key}"),
        ):
            assert other.user == anna
            assert provider.token_of(other) is None
        assert provider.token_of(object()) is None


class TestItsEnd:
    def test_a_deleted_token_is_none_any_more(self, anna: User) -> None:
        token, carrying = made(anna)
        token.delete()

        with pytest.raises(AuthenticationFailed):
            KnoxTokenProvider(Config()).token_of(carrying)

    def test_neither_is_one_that_has_expired(self, anna: User) -> None:
        _, carrying = made(anna, expiry=timedelta(seconds=-1))

        with pytest.raises(AuthenticationFailed):
            KnoxTokenProvider(Config()).token_of(carrying)

    def test_nor_one_that_was_made_up(self, anna: User) -> None:
        with pytest.raises(AuthenticationFailed):
            KnoxTokenProvider(Config()).token_of(request([TokenAuthentication], "Token 0123456789abcdef"))

    @pytest.mark.parametrize("ending", ["deleted", "expired"])
    def test_over_http_that_is_401(
        self, anna: User, settings: Settings, ending: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.MFA = {"TOKEN_PROVIDER": "knox"}
        views = "mfa.adapters.drf.viewsets.MultiFactorViewSet"
        monkeypatch.setattr(f"{views}.authentication_classes", [TokenAuthentication])
        token, key = KnoxToken.objects.create(anna)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
        assert client.get("/multi-factor/status/").status_code == 200

        if ending == "deleted":
            token.delete()
        else:
            KnoxToken.objects.update(expiry=token.created)

        answer = client.get("/multi-factor/status/")
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_octets_that_are_no_text_are_no_token(
    settings: Settings, accept: str, monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    """Knox's own class does not catch what it cannot decode."""
    settings.MFA = {"TOKEN_PROVIDER": "knox"}
    settings.TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
    settings.STATIC_URL = "/static/"
    views = "mfa.adapters.drf.viewsets.MultiFactorViewSet"
    monkeypatch.setattr(f"{views}.authentication_classes", [TokenAuthentication])
    client = APIClient(HTTP_AUTHORIZATION="Token \xff\xfe", HTTP_ACCEPT=accept)

    for answer in (client.get("/multi-factor/"), client.post("/multi-factor/0/"), client.options("/multi-factor/")):
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")
        assert answer.data["code"] == "authentication_failed"


def test_devices_are_confirmed_for_one_token_alone(anna: User, settings: Settings) -> None:
    """Two clients of one user have two standings."""
    settings.MFA = {"TOKEN_PROVIDER": "knox"}
    provider = accessor.use_cases().token_provider
    one, other = (provider.token_of(made(anna)[1]) for _ in range(2))

    assert one is not None
    assert other is not None
    assert one.user_id == other.user_id
    assert one.id != other.id
    assert provider.token_of(Request(APIRequestFactory().get("/"))) is None
