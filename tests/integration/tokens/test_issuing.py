"""Tokens that are made for whoever logs in by a passkey."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as SessionRow
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.models import AuthToken as KnoxToken
from knox.settings import knox_settings
from pytest_django import Settings
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, TokenAuthentication
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from mfa.adapters.tokens.authtoken import AuthtokenTokenProvider
from mfa.adapters.tokens.jwt import JwtTokenProvider
from mfa.adapters.tokens.knox import KnoxTokenProvider
from mfa.adapters.tokens.session import IDENTITY, SessionTokenProvider
from mfa.application.ports.tokens import TokenIssuer
from mfa.config import Config
from mfa.domain.identifiers import Token, UserId
from mfa.testing.contracts.tokens import TokenIssuerContract
from tests.integration.tokens.jwts import claims
from tests.integration.tokens.requests import request

GONE = UserId("999999")
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"

ROWS = (AuthToken, KnoxToken, OutstandingToken, SessionRow)
"""Where what a login makes is stored."""


def to_log_in(frame: bool = True) -> Request:  # noqa: FBT001, FBT002 - a value that tests go through
    made = request([])
    made._request.user, made._request.session = AnonymousUser(), SessionStore()
    return made if frame else made._request  # type: ignore[return-value] # as a plain view has it


class Contract(TokenIssuerContract):
    @pytest.fixture
    def user_id(self, anna: User) -> UserId:
        return UserId(str(anna.pk))

    @pytest.fixture
    def request_to_log_in(self) -> Request:
        return to_log_in()

    def kept(self, issuer: TokenIssuer, request: object) -> object:
        assert isinstance(request, Request)
        return [list(model._default_manager.values()) for model in ROWS], dict(request.session.items())

    def test_nobody_gets_none(self, issuer: TokenIssuer, request_to_log_in: Request, db: None) -> None:
        assert issuer.prepare(GONE, request_to_log_in) is None


class Shown(Contract):
    """Of tokens that a client is shown."""

    authentication: type[BaseAuthentication]
    scheme: str
    named: str = "token"

    def known(self, issuer: TokenIssuer, shown: Mapping[str, object], request: object) -> Token | None:
        provider: Any = issuer
        token: Token | None = provider.token_of(self.carrying(shown))
        return token

    def carrying(self, shown: Mapping[str, object]) -> Request:
        return request([self.authentication], f"{self.scheme} {shown[self.named]}")


class TestAuthtoken(Shown):
    authentication = TokenAuthentication
    scheme = "Token"

    @pytest.fixture
    def issuer(self) -> TokenIssuer:
        return AuthtokenTokenProvider(Config())

    def test_the_old_token_is_replaced_when_the_new_one_is_made(
        self, issuer: TokenIssuer, anna: User, user_id: UserId
    ) -> None:
        old = AuthToken.objects.create(user=anna)
        prepared = issuer.prepare(user_id, to_log_in())
        assert prepared is not None
        assert AuthToken.objects.get() == old

        shown = prepared.issue()

        assert AuthToken.objects.get().key == shown["token"] != old.key


class TestKnox(Shown):
    authentication = KnoxAuthentication
    scheme = "Token"

    @pytest.fixture
    def issuer(self) -> TokenIssuer:
        return KnoxTokenProvider(Config())

    def test_the_others_stay_and_the_end_is_told(self, issuer: TokenIssuer, anna: User, user_id: UserId) -> None:
        KnoxToken.objects.create(anna)
        heard: list[object] = []

        def hear(sender: object, *, user: object, **_: object) -> None:
            heard.append(user)

        user_logged_in.connect(hear)
        try:
            prepared = issuer.prepare(user_id, to_log_in())
            assert prepared is not None
            assert heard == []
            shown = prepared.issue()
        finally:
            user_logged_in.disconnect(hear)

        assert KnoxToken.objects.count() == 2
        assert isinstance(shown["expires_at"], datetime)
        assert shown["expires_at"] == prepared.token.expires_at
        assert heard == [anna]

    def test_a_token_may_have_no_end(
        self, issuer: TokenIssuer, user_id: UserId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(knox_settings, "TOKEN_TTL", None, raising=False)

        prepared = issuer.prepare(user_id, to_log_in())

        assert prepared is not None
        assert list(prepared.issue()) == ["token"]
        assert prepared.token.expires_at is None

    def test_there_are_no_more_than_allowed(
        self, issuer: TokenIssuer, anna: User, user_id: UserId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(knox_settings, "TOKEN_LIMIT_PER_USER", 1, raising=False)
        KnoxToken.objects.create(anna, expiry=timedelta(seconds=-1))
        assert issuer.prepare(user_id, to_log_in()) is not None

        KnoxToken.objects.create(anna, expiry=None)

        assert issuer.prepare(user_id, to_log_in()) is None

    def test_the_prefix_is_that_of_the_settings(
        self, issuer: TokenIssuer, user_id: UserId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(knox_settings, "TOKEN_PREFIX", "site_", raising=False)
        prepared = issuer.prepare(user_id, to_log_in())
        assert prepared is not None

        shown = prepared.issue()

        assert str(shown["token"]).startswith("site_")
        assert self.known(issuer, shown, None) == prepared.token


class TestJwt(Shown):
    authentication = JWTAuthentication
    scheme = "Bearer"
    named = "access"

    @pytest.fixture
    def issuer(self) -> TokenIssuer:
        return JwtTokenProvider(Config())

    def test_a_pair_of_one_family_is_made(self, issuer: TokenIssuer, user_id: UserId) -> None:
        prepared = issuer.prepare(user_id, to_log_in())
        assert prepared is not None

        shown = prepared.issue()

        assert set(shown) == {"access", "refresh"}
        assert prepared.token.scheme == "Bearer"
        access, refresh = claims(str(shown["access"])), claims(str(shown["refresh"]))
        assert access["sid"] == refresh["sid"]
        assert "pwd" not in access.get("amr", [])
        assert OutstandingToken.objects.get().jti == refresh["jti"]

    def test_not_for_somebody_who_may_not_log_in(self, issuer: TokenIssuer, anna: User, user_id: UserId) -> None:
        anna.is_active = False
        anna.save()

        assert issuer.prepare(user_id, to_log_in()) is None


class TestSession(Contract):
    @pytest.fixture
    def issuer(self) -> TokenIssuer:
        return SessionTokenProvider(Config())

    def known(self, issuer: TokenIssuer, shown: Mapping[str, object], request: object) -> Token | None:
        assert shown == {"token": None}
        return token_in(request)

    @pytest.mark.parametrize("frame", [True, False])
    def test_it_logs_in_as_django_does(self, issuer: TokenIssuer, user_id: UserId, frame: bool) -> None:  # noqa: FBT001
        made = to_log_in(frame)
        prepared = issuer.prepare(user_id, made)
        assert prepared is not None

        assert prepared.issue() == {"token": None}

        assert made.session["_auth_user_backend"] == MODEL_BACKEND
        assert token_in(made) == prepared.token

    def test_the_key_is_another_even_where_the_user_is_logged_in(
        self, issuer: TokenIssuer, user_id: UserId, request_to_log_in: Request
    ) -> None:
        for _ in range(2):
            key = request_to_log_in.session.session_key
            prepared = issuer.prepare(user_id, request_to_log_in)
            assert prepared is not None
            assert token_in(request_to_log_in) != prepared.token

            prepared.issue()

            assert token_in(request_to_log_in) == prepared.token
            assert request_to_log_in.session.session_key != key

    def test_the_identity_is_never_stored_under_the_key_from_before(
        self, issuer: TokenIssuer, user_id: UserId, request_to_log_in: Request, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(SessionStore, "cycle_key", broken)
        prepared = issuer.prepare(user_id, request_to_log_in)
        assert prepared is not None

        with pytest.raises(RuntimeError):
            prepared.issue()

        assert token_in(request_to_log_in) != prepared.token

    def test_not_somebody_whom_no_backend_lets_in(
        self, issuer: TokenIssuer, anna: User, user_id: UserId, request_to_log_in: Request
    ) -> None:
        anna.is_active = False
        anna.save()

        assert issuer.prepare(user_id, request_to_log_in) is None

    def test_by_the_first_backend_that_does(
        self, issuer: TokenIssuer, user_id: UserId, request_to_log_in: Request, settings: Settings
    ) -> None:
        settings.AUTHENTICATION_BACKENDS = ["tests.integration.tokens.backends.Nobody", MODEL_BACKEND]
        prepared = issuer.prepare(user_id, request_to_log_in)
        assert prepared is not None

        prepared.issue()

        assert request_to_log_in.session["_auth_user_backend"] == MODEL_BACKEND
        assert request_to_log_in.session[IDENTITY] not in prepared.token.id


def broken(_: SessionStore) -> None:
    raise RuntimeError("no room for another session")


def token_in(login: object) -> Token | None:
    """Return the token of the next request in a session."""
    made = request([SessionAuthentication])
    opened = login._request if isinstance(login, Request) else login
    made._request.user, made._request.session = opened.user, opened.session  # type: ignore[attr-defined] # a request
    return SessionTokenProvider(Config()).token_of(made)
