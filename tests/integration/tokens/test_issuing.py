"""Tokens that are made for whoever logs in by a passkey."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.models import AuthToken as KnoxToken
from knox.settings import knox_settings
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token as AuthToken

from mfa.adapters.tokens.authtoken import AuthtokenTokenProvider
from mfa.adapters.tokens.knox import KnoxTokenProvider
from mfa.application.ports.tokens import IssuedToken, TokenIssuer
from mfa.config import Config
from mfa.domain.identifiers import Token, UserId
from tests.contracts.tokens import TokenIssuerContract
from tests.integration.tokens.requests import request

GONE = UserId("999999")


class TestAuthtoken(TokenIssuerContract):
    @pytest.fixture
    def issuer(self) -> TokenIssuer:
        return AuthtokenTokenProvider(Config())

    @pytest.fixture
    def user_id(self, anna: User) -> UserId:
        return UserId(str(anna.pk))

    @pytest.fixture
    def request_to_log_in(self) -> object:
        return request([])

    def known(self, issuer: TokenIssuer, issued: IssuedToken, request: object) -> Token | None:
        assert isinstance(issuer, AuthtokenTokenProvider)
        return issuer.token_of(carrying(issued))

    def test_the_old_token_is_replaced(self, issuer: TokenIssuer, anna: User, user_id: UserId) -> None:
        old = AuthToken.objects.create(user=anna)

        issued = issuer.issue(user_id, request([]))

        assert issued is not None
        assert [token.key for token in AuthToken.objects.all()] == [issued.shown["token"]]
        assert issued.shown["token"] != old.key

    def test_nobody_gets_none(self, issuer: TokenIssuer, db: None) -> None:
        assert issuer.issue(GONE, request([])) is None


def carrying(issued: IssuedToken) -> Any:  # noqa: ANN401 - a request
    return request([TokenAuthentication], f"Token {issued.shown['token']}")


class TestKnox(TokenIssuerContract):
    @pytest.fixture
    def issuer(self) -> TokenIssuer:
        return KnoxTokenProvider(Config())

    @pytest.fixture
    def user_id(self, anna: User) -> UserId:
        return UserId(str(anna.pk))

    @pytest.fixture
    def request_to_log_in(self) -> object:
        return request([])

    def known(self, issuer: TokenIssuer, issued: IssuedToken, request: object) -> Token | None:
        assert isinstance(issuer, KnoxTokenProvider)
        return issuer.token_of(carrying_knox(issued))

    def test_the_others_stay_and_the_end_is_told(self, issuer: TokenIssuer, anna: User, user_id: UserId) -> None:
        KnoxToken.objects.create(anna)
        heard: list[object] = []

        def hear(sender: object, *, user: object, **_: object) -> None:
            heard.append(user)

        user_logged_in.connect(hear)
        try:
            issued = issuer.issue(user_id, request([]))
        finally:
            user_logged_in.disconnect(hear)

        assert issued is not None
        assert KnoxToken.objects.count() == 2
        assert isinstance(issued.shown["expires_at"], datetime)
        assert heard == [anna]

    def test_a_token_may_have_no_end(
        self, issuer: TokenIssuer, user_id: UserId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(knox_settings, "TOKEN_TTL", None, raising=False)

        issued = issuer.issue(user_id, request([]))

        assert issued is not None
        assert list(issued.shown) == ["token"]

    def test_there_are_no_more_than_allowed(
        self, issuer: TokenIssuer, anna: User, user_id: UserId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(knox_settings, "TOKEN_LIMIT_PER_USER", 2, raising=False)
        KnoxToken.objects.create(anna, expiry=timedelta(seconds=-1))
        KnoxToken.objects.create(anna, expiry=None)

        assert issuer.issue(user_id, request([])) is not None
        assert issuer.issue(user_id, request([])) is None

    def test_nobody_gets_none(self, issuer: TokenIssuer, db: None) -> None:
        assert issuer.issue(GONE, request([])) is None


def carrying_knox(issued: IssuedToken) -> Any:  # noqa: ANN401 - a request
    return request([KnoxAuthentication], f"Token {issued.shown['token']}")
