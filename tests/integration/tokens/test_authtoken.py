"""The tokens of Django REST framework, and a login that never hands one out twice."""

import base64
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import IntegrityError, connections, transaction
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.models import AuthToken as KnoxToken
from rest_framework.authentication import BasicAuthentication, SessionAuthentication, TokenAuthentication
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.authtoken.models import TokenProxy
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory

from mfa.adapters.django.models import DeviceRecord
from mfa.adapters.tokens import authtoken, rows
from mfa.adapters.tokens.authtoken import AuthtokenTokenProvider, ObtainAuthToken
from mfa.application.ports.tokens import TokenProvider
from mfa.config import Config
from mfa.domain.identifiers import TokenId, UserId
from mfa.testing.contracts.tokens import TokenProviderContract
from tests.integration.django.crowd import MANY, all_at_once
from tests.integration.tokens.requests import request

LONGEST = DeviceRecord._meta.get_field("registered_by").max_length or 0


def identity(token: AuthToken) -> TokenId:
    known = AuthtokenTokenProvider(Config()).token_of(request([TokenAuthentication], f"Token {token.key}"))
    assert known is not None
    return known.id


class TestAuthtokenTokenProvider(TokenProviderContract):
    @pytest.fixture
    def provider(self) -> TokenProvider:
        return AuthtokenTokenProvider(Config())

    @pytest.fixture
    def user_id(self, anna: User) -> UserId:
        return UserId(str(anna.pk))

    @pytest.fixture
    def request_with_token(self, anna: User) -> object:
        return request([TokenAuthentication], f"Token {AuthToken.objects.create(user=anna).key}")

    @pytest.fixture
    def request_with_other_token(self, bert: User) -> object:
        return request([TokenAuthentication], f"Token {AuthToken.objects.create(user=bert).key}")

    @pytest.fixture
    def request_without_token(self) -> object:
        return request([TokenAuthentication])

    def test_the_scheme_is_that_of_the_framework(self, provider: TokenProvider) -> None:
        assert provider.scheme == TokenAuthentication.keyword

    @pytest.mark.usefixtures("db")
    def test_what_is_no_request_has_no_token(self, provider: TokenProvider) -> None:
        assert provider.token_of(object()) is None

    def test_a_subclass_of_the_authentication_or_the_token_will_do(self, provider: TokenProvider, anna: User) -> None:
        class Bearer(TokenAuthentication):
            keyword = "Bearer"
            model = TokenProxy

        key = AuthToken.objects.create(user=anna).key

        assert provider.token_of(request([Bearer], f"Bearer {key}")) == provider.token_of(
            request([TokenAuthentication], f"Token {key}")
        )

    def test_other_credentials_are_no_token_of_this_provider(self, provider: TokenProvider, anna: User) -> None:
        basic = base64.b64encode(b"anna:a password").decode()
        _, key = KnoxToken.objects.create(anna)
        session = request([SessionAuthentication])
        session._request.user, session._request.session = anna, SessionStore()

        for other in (
            session,
            request([BasicAuthentication], f"Basic {basic}"),
            request([KnoxAuthentication], f"Token {key}"),
        ):
            assert other.user == anna
            assert provider.token_of(other) is None


class TestIdentity:
    def test_a_token_keeps_it(self, anna: User) -> None:
        token = AuthToken.objects.create(user=anna)

        assert identity(token) == identity(AuthToken.objects.get(pk=token.pk)) == identity(token)

    def test_the_token_as_it_was_made_has_the_same(self, anna: User) -> None:
        token = AuthToken.objects.create(user=anna)

        assert authtoken.known(token).id == identity(token)

    def test_a_row_that_becomes_another_has_another(self, anna: User) -> None:
        token = AuthToken.objects.create(user=anna)
        known = {authtoken.known(token).id}
        for name, value in (("key", "another"), ("created", token.created + timedelta(microseconds=1))):
            setattr(token, name, value)
            known.add(authtoken.known(token).id)

        assert len(known) == 3

    def test_a_token_that_is_made_anew_has_another(self, anna: User) -> None:
        before = AuthToken.objects.create(user=anna)
        identity_before = identity(before)
        before.delete()

        assert identity(AuthToken.objects.create(user=anna)) != identity_before

    def test_even_with_the_same_key(self, anna: User) -> None:
        before = AuthToken.objects.create(user=anna)
        key, identity_before = before.key, identity(before)
        before.delete()

        assert identity(AuthToken.objects.create(user=anna, key=key)) != identity_before

    def test_a_microsecond_is_enough(self, anna: User) -> None:
        token = AuthToken.objects.create(user=anna)
        identity_before = identity(token)

        AuthToken.objects.update(created=token.created + timedelta(microseconds=1))

        assert identity(token) != identity_before

    def test_it_is_a_digest_that_fits_into_a_row(self, anna: User) -> None:
        token = AuthToken.objects.create(user=anna)

        assert re.fullmatch(r"authtoken:[0-9a-f]{64}\.[0-9]{20}", identity(token))
        assert token.key not in identity(token)
        assert len(identity(token)) <= LONGEST

    def test_a_token_that_is_deleted_is_none_any_more(self, anna: User) -> None:
        token = AuthToken.objects.create(user=anna)
        token.delete()

        with pytest.raises(AuthenticationFailed):
            AuthtokenTokenProvider(Config()).token_of(request([TokenAuthentication], f"Token {token.key}"))


def log_in(password: str = "a password", **data: str) -> Response:
    answer = ObtainAuthToken.as_view()(
        APIRequestFactory().post("/", {"username": "anna", "password": password, **data}, format="json")
    )
    assert isinstance(answer, Response)
    return answer


class TestLogin:
    def test_it_answers_with_a_token(self, anna: User) -> None:
        answer = log_in()

        assert answer.status_code == 200
        assert answer.data["token"] == AuthToken.objects.get().key
        assert AuthToken.objects.get().user == anna

    @pytest.mark.usefixtures("anna")
    def test_every_login_replaces_the_token(self) -> None:
        keys = [log_in().data["token"] for _ in range(4)]

        assert len(set(keys)) == 4
        assert AuthToken.objects.get().key == keys[-1]

    def test_other_users_keep_theirs(self, anna: User, bert: User) -> None:
        token = AuthToken.objects.create(user=bert)

        log_in()

        assert AuthToken.objects.get(user=bert) == token
        assert AuthToken.objects.filter(user=anna).exists()

    @pytest.mark.parametrize("data", [{"password": "another"}, {"username": "nobody"}, {"password": ""}])
    def test_who_does_not_know_the_password_changes_nothing(self, anna: User, data: dict[str, str]) -> None:
        token = AuthToken.objects.create(user=anna)

        assert log_in(**data).status_code == 400
        assert AuthToken.objects.get() == token

    def test_a_token_that_somebody_else_makes_meanwhile_is_replaced_too(
        self, anna: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As by a project that makes tokens on its own."""
        others = ["one", "other"]

        def overtaken(row: AuthToken) -> None:
            if others:
                raise IntegrityError(others.pop())
            rows.insert(row)

        monkeypatch.setattr(authtoken, "insert", overtaken)

        assert log_in().status_code == 200
        assert AuthToken.objects.get().user == anna

    @pytest.mark.usefixtures("anna")
    def test_where_that_never_ends_the_client_is_told_to_come_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def overtaken(*_: object) -> None:
            raise IntegrityError

        monkeypatch.setattr(authtoken, "insert", overtaken)

        answer = log_in()

        assert answer.status_code == 429
        assert answer["Retry-After"] == "1"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("anna")
class TestParallelLogins:
    @pytest.mark.parametrize("first", [True, False])
    def test_each_succeeds_and_one_token_is_left(self, first: bool) -> None:  # noqa: FBT001
        if not first:
            log_in()
        answers: list[Any] = []

        for _ in range(5):
            answers += all_at_once(lambda _: log_in())

        assert [getattr(answer, "status_code", answer) for answer in answers] == [200] * MANY * 5
        keys = {answer.data["token"] for answer in answers}
        assert len(keys) == MANY * 5
        assert AuthToken.objects.get().key in keys

    def test_so_they_do_under_atomic_requests(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for alias in connections:
            monkeypatch.setitem(connections[alias].settings_dict, "ATOMIC_REQUESTS", True)  # noqa: FBT003
        credentials = {"username": "anna", "password": "a password"}

        answers: list[Any] = all_at_once(lambda _: APIClient().post("/login/", credentials))

        assert [getattr(answer, "status_code", answer) for answer in answers] == [200] * MANY
        assert AuthToken.objects.count() == 1

    def test_and_inside_a_transaction_of_the_callers(self) -> None:
        with transaction.atomic():
            assert log_in().status_code == 200

        assert AuthToken.objects.count() == 1
