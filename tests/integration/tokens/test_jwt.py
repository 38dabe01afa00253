"""The JSON web tokens of simplejwt: families of tokens, and what they tell of verifications."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.request import Request
from rest_framework.test import APIClient
from rest_framework_simplejwt.authentication import JWTAuthentication, JWTStatelessUserAuthentication
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from rest_framework_simplejwt.tokens import Token as JsonWebToken

from mfa.adapters.django.models import DeviceRecord
from mfa.adapters.tokens import jwt
from mfa.adapters.tokens.jwt import FamilyRefreshToken, JwtTokenProvider, TokenObtainPairSerializer
from mfa.application.ports.tokens import TokenProvider
from mfa.application.standing import Standing
from mfa.config import Config
from mfa.domain.errors import Unavailable
from mfa.domain.identifiers import UserId
from mfa.domain.policies import Confirmation
from mfa.testing.contracts.tokens import TokenProviderContract
from tests.integration.django.crowd import MANY, all_at_once
from tests.integration.drf.people import App, World
from tests.integration.tokens.jwts import SYSTEM, access_of, claims, refreshed, signed
from tests.integration.tokens.requests import request
from tests.integration.tokens.systems import Client, deploy

LONGEST = DeviceRecord._meta.get_field("registered_by").max_length or 0


def carrying(access: str, authentication: type[JWTAuthentication] = JWTAuthentication) -> Request:
    return request([authentication], f"Bearer {access}")


def family_of(user: User) -> FamilyRefreshToken:
    made = FamilyRefreshToken.for_user(user)
    assert isinstance(made, FamilyRefreshToken)
    return made


class TestJwtTokenProvider(TokenProviderContract):
    @pytest.fixture
    def provider(self) -> TokenProvider:
        return JwtTokenProvider(Config())

    @pytest.fixture
    def user_id(self, anna: User) -> UserId:
        return UserId(str(anna.pk))

    @pytest.fixture
    def request_with_token(self, anna: User) -> object:
        return carrying(str(family_of(anna).access_token))

    @pytest.fixture
    def request_with_other_token(self, anna: User) -> object:
        return carrying(str(family_of(anna).access_token))

    @pytest.fixture
    def request_without_token(self) -> object:
        return request([JWTAuthentication])

    @pytest.mark.usefixtures("db")
    def test_what_is_no_request_has_no_token(self, provider: TokenProvider) -> None:
        assert provider.token_of(object()) is None

    @pytest.mark.parametrize(("types", "scheme"), [(("JWT", "Bearer"), "JWT"), ("JWT", "JWT")])
    def test_the_scheme_is_the_first_that_is_configured(
        self, provider: TokenProvider, monkeypatch: pytest.MonkeyPatch, types: object, scheme: str
    ) -> None:
        assert provider.scheme == "Bearer"

        monkeypatch.setattr(api_settings, "AUTH_HEADER_TYPES", types)

        assert provider.scheme == scheme

    def test_the_identity_is_a_digest_that_fits_into_a_row(self, provider: TokenProvider, anna: User) -> None:
        refresh = family_of(anna)

        token = provider.token_of(carrying(str(refresh.access_token)))

        assert token is not None
        assert re.fullmatch(r"jwt:[0-9a-f]{64}", token.id)
        assert refresh["sid"] not in token.id
        assert len(token.id) <= LONGEST
        assert token.scheme == "Bearer"

    def test_all_access_tokens_of_a_family_have_one(self, provider: TokenProvider, anna: User) -> None:
        refresh = family_of(anna)
        one, other = (provider.token_of(carrying(str(refresh.access_token))) for _ in range(2))

        assert one == other
        assert refresh.access_token["jti"] != refresh.access_token["jti"]

    @pytest.mark.parametrize("family", [None, "", 7, [], {"sid": "x"}])
    def test_a_token_that_names_no_family_is_none(self, provider: TokenProvider, anna: User, family: object) -> None:
        access = AccessToken.for_user(anna)
        if family is not None:
            access["sid"] = family

        carried = carrying(str(access))

        assert carried.user == anna
        assert provider.token_of(carried) is None

    def test_one_family_of_two_users_is_two(self, provider: TokenProvider, anna: User, bert: User) -> None:
        tokens = []
        for user in (anna, bert):
            access = AccessToken.for_user(user)
            access["sid"] = "the same"
            tokens.append(provider.token_of(carrying(str(access))))

        assert tokens[0] is not None
        assert tokens[1] is not None
        assert tokens[0].id != tokens[1].id

    def test_other_credentials_are_no_token_of_this_provider(self, provider: TokenProvider, anna: User) -> None:
        other = request([TokenAuthentication], f"Token {AuthToken.objects.create(user=anna).key}")

        assert other.user == anna
        assert provider.token_of(other) is None

    def test_a_stateless_user_is_the_same(self, provider: TokenProvider, anna: User) -> None:
        access = str(family_of(anna).access_token)

        stateless = provider.token_of(carrying(access, JWTStatelessUserAuthentication))

        assert stateless is not None
        assert stateless == provider.token_of(carrying(access))
        assert stateless.user_id == str(anna.pk)

    def test_a_stateless_user_of_another_name_is_nobody(
        self, provider: TokenProvider, anna: User, bert: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The name of one may be the primary key of another, into whose account it would lead."""
        monkeypatch.setattr(api_settings, "USER_ID_FIELD", "username")
        bert.username = str(anna.pk)
        bert.save()
        access = str(family_of(bert).access_token)

        assert provider.token_of(carrying(access, JWTStatelessUserAuthentication)) is None
        known = provider.token_of(carrying(access))
        assert known is not None
        assert known.user_id == str(bert.pk)

    def test_credentials_of_nobody_are_no_token(self, provider: TokenProvider, anna: User) -> None:
        auth = family_of(anna).access_token

        assert provider.token_of(SimpleNamespace(auth=auth, user=AnonymousUser())) is None
        assert provider.token_of(SimpleNamespace(auth=auth)) is None


@pytest.fixture
def world(settings: Settings, monkeypatch: pytest.MonkeyPatch, anna: User, bert: User) -> World:
    world = World(settings)
    deploy(world, settings, monkeypatch, SYSTEM)
    return world


@pytest.fixture
def client(world: World, anna: User) -> Client:
    return SYSTEM.log_in(world, anna)


@pytest.fixture
def app(client: Client) -> App:
    return client.enrol_app()


@pytest.fixture
def rotation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_settings, "ROTATE_REFRESH_TOKENS", True)
    monkeypatch.setattr(api_settings, "BLACKLIST_AFTER_ROTATION", True)


def exchange(refresh: str) -> int:
    status: int = APIClient().post("/jwt/refresh/", {"refresh": refresh}).status_code
    return status


class TestFamilies:
    def test_no_answer_to_a_refresh_is_kept(self, client: Client) -> None:
        for body in ({"refresh": client.refresh}, {"refresh": "none"}, {}):
            answer = APIClient().post("/jwt/refresh/", body)
            assert answer.headers["Cache-Control"] == "no-store", body

    def test_a_login_begins_one_and_a_refresh_goes_on_with_it(self, client: Client, world: World, anna: User) -> None:
        before = claims(access_of(client))

        after = refreshed(client)

        assert before["sid"] == after["sid"] == claims(client.refresh)["sid"]
        assert before["jti"] != after["jti"]
        assert claims(access_of(SYSTEM.log_in(world, anna)))["sid"] != before["sid"]

    @pytest.mark.usefixtures("rotation", "app")
    def test_rotation_goes_on_with_it(self, client: Client) -> None:
        used = [client.refresh]
        for _ in range(3):
            SYSTEM.refresh(client)
            used.append(client.refresh)
            assert client.gate().status_code == 200

        assert len({claims(refresh)["sid"] for refresh in used}) == 1
        assert len({claims(refresh)["jti"] for refresh in used}) == 4

    @pytest.mark.usefixtures("rotation", "app")
    def test_after_a_logout_no_token_of_it_can_be_made(self, client: Client) -> None:
        used = [client.refresh]
        for _ in range(2):
            SYSTEM.refresh(client)
            used.append(client.refresh)

        SYSTEM.log_out(client)

        assert [exchange(refresh) for refresh in used] == [401] * 3

    @pytest.mark.usefixtures("app")
    def test_neither_after_it_has_expired(self, client: Client) -> None:
        payload = claims(client.refresh)

        assert exchange(signed({**payload, "exp": 1})) == 401
        assert exchange(client.refresh) == 200

    def test_other_families_go_on(self, client: Client, app: App, world: World, anna: User) -> None:
        other = SYSTEM.log_in(world, anna)
        SYSTEM.log_out(client)

        SYSTEM.refresh(other)

        assert other.gate().status_code == 403
        other.prove(app)
        assert other.gate().status_code == 200

    @pytest.mark.usefixtures("app")
    @pytest.mark.parametrize("change", ["inactive", "gone"])
    def test_nothing_is_made_for_a_user_who_is_not_there(self, client: Client, anna: User, change: str) -> None:
        if change == "gone":
            anna.delete()
        else:
            get_user_model().objects.update(is_active=False)

        answer = APIClient().post("/jwt/refresh/", {"refresh": client.refresh})

        assert answer.status_code == 401
        assert answer.data["detail"].code == "no_active_account"

    @pytest.mark.usefixtures("rotation")
    def test_where_there_is_no_blacklist_rotation_works_without(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def absent(self: object) -> None:
            raise AttributeError

        monkeypatch.setattr(RefreshToken, "blacklist", absent)

        SYSTEM.refresh(client)

        assert client.get("status/").status_code == 200


@pytest.mark.django_db
def test_a_token_enters_the_blacklist_once(anna: User) -> None:
    family = family_of(anna)
    family.blacklist()

    with pytest.raises(TokenError, match="blacklisted"):
        family.blacklist()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rotation")
def test_of_many_exchanges_of_one_token_at_once_one_succeeds(client: Client) -> None:
    answers = all_at_once(lambda _: exchange(client.refresh))

    assert sorted(map(str, answers)) == ["200"] + ["401"] * (MANY - 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rotation", "app")
def test_in_a_transaction_around_the_request_it_is_the_same(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for alias in connections:
        monkeypatch.setitem(connections[alias].settings_dict, "ATOMIC_REQUESTS", True)  # noqa: FBT003
    used = client.refresh

    assert refreshed(client)["acr"] == "mfa"
    assert exchange(used) == 401
    assert exchange(client.refresh) == 200


class TestClaims:
    def test_a_login_by_password_says_so_and_no_more(self, client: Client) -> None:
        told = claims(access_of(client))

        assert told["amr"] == ["pwd"]
        assert (told["mfa"], told["mfa_required"]) == ([], 1)
        assert not {"acr", "auth_time"} & told.keys()

    def test_what_is_registered_but_not_verified_is_not_told(self, client: Client) -> None:
        client.register_app()

        assert refreshed(client)["mfa"] == []

    def test_a_verification_is_told_by_the_next_access_token(self, client: Client, app: App, world: World) -> None:
        at = int(world.clock.time.timestamp())
        assert "acr" not in claims(access_of(client))

        told = refreshed(client)

        assert told["amr"] == ["pwd", "otp", "mfa"]
        assert (told["acr"], told["auth_time"]) == ("mfa", at)
        assert (told["mfa"], told["mfa_required"]) == ([["totp", at, app.index]], 1)

    def test_a_refresh_does_not_make_it_younger(self, client: Client, app: App, world: World) -> None:
        first = refreshed(client)
        world.pass_time(timedelta(hours=1))

        assert refreshed(client)["auth_time"] == first["auth_time"]

        client.prove(app)
        assert refreshed(client)["auth_time"] == int(world.clock.time.timestamp())

    @pytest.mark.usefixtures("app")
    def test_the_time_is_that_of_the_last(self, client: Client, world: World) -> None:
        first = int(world.clock.time.timestamp())
        world.pass_time(timedelta(minutes=5))
        mail = client.enrol_mail()

        told = refreshed(client)

        assert told["mfa"] == [["totp", first, 0], ["email", first + 300, mail]]
        assert told["auth_time"] == first + 300
        assert told["amr"] == ["pwd", "otp", "mfa"]

    @pytest.mark.usefixtures("app", "rotation")
    def test_rotation_tells_the_same(self, client: Client) -> None:
        SYSTEM.refresh(client)

        told = refreshed(client)

        assert told["amr"] == ["pwd", "otp", "mfa"]
        assert not {"acr", "auth_time", "mfa", "mfa_required"} & claims(client.refresh).keys()

    def test_who_is_not_verified_yet_is_not_told_to_be(
        self, world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, anna: User
    ) -> None:
        deploy(world, settings, monkeypatch, SYSTEM, REQUIRED_VERIFICATIONS=2)
        client = SYSTEM.log_in(world, anna)
        client.enrol_app()

        told = refreshed(client)

        assert told["amr"] == ["pwd", "otp"]
        assert (len(told["mfa"]), told["mfa_required"]) == (1, 2)
        assert not {"acr", "auth_time"} & told.keys()

        client.enrol_mail()
        assert refreshed(client)["acr"] == "mfa"

    def test_whether_there_is_a_device_is_told(self, client: Client) -> None:
        assert claims(access_of(client))["mfa_enrolled"] is False
        client.register_app()
        assert refreshed(client)["mfa_enrolled"] is False

        client.enrol_app()

        assert refreshed(client)["mfa_enrolled"] is True

    def test_so_is_the_end_of_grace_while_it_lasts(
        self, world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, anna: User
    ) -> None:
        end = world.clock.now() + timedelta(days=1)
        deploy(world, settings, monkeypatch, SYSTEM, REGISTRATION_DEADLINE=f"{end:%Y-%m-%dT%H:%M:%S.75Z}")
        client = SYSTEM.log_in(world, anna)
        assert claims(access_of(client))["mfa_deadline"] == int(end.timestamp())

        world.pass_time(timedelta(days=1, seconds=1))
        assert "mfa_deadline" not in refreshed(client)
        world.pass_time(timedelta(days=-1))
        client.enrol_app()
        assert "mfa_deadline" not in refreshed(client)

    def test_a_verification_that_does_not_count_any_more_is_not_told(
        self, world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, anna: User
    ) -> None:
        deploy(world, settings, monkeypatch, SYSTEM, VERIFICATION_LIFETIME="12h")
        client = SYSTEM.log_in(world, anna)
        client.enrol_app()
        assert refreshed(client)["acr"] == "mfa"

        world.pass_time(timedelta(hours=13))

        told = refreshed(client)
        assert told["amr"] == ["pwd"]
        assert not {"acr", "auth_time"} & told.keys()

    def test_what_a_refresh_token_claims_of_itself_is_not_handed_on(self, client: Client) -> None:
        boastful = {
            **claims(client.refresh),
            "acr": "phr",
            "auth_time": 1,
            "mfa": [["totp", 1, 0]],
            "mfa_required": 0,
            "mfa_enrolled": True,
            "mfa_deadline": 4_000_000_000,
        }

        answer = APIClient().post("/jwt/refresh/", {"refresh": signed(boastful)})

        told = claims(answer.data["access"])
        assert not {"acr", "auth_time", "mfa_deadline"} & told.keys()
        assert (told["mfa"], told["mfa_required"], told["mfa_enrolled"]) == ([], 1, False)

    def test_a_refresh_token_without_a_family_is_exchanged_but_tells_nothing(self, client: Client) -> None:
        payload = claims(client.refresh)
        del payload["sid"]

        answer = APIClient().post("/jwt/refresh/", {"refresh": signed(payload)})

        assert answer.status_code == 200
        assert not {"sid", "acr", "mfa"} & claims(answer.data["access"]).keys()
        client.client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.data['access']}")
        gate = client.gate()
        assert (gate.status_code, gate.data["detail"].code) == (403, "token_required")
        status = client.get("status/")
        assert (status.status_code, status.data["code"]) == (403, "token_required")

    def test_one_without_a_user_neither(self) -> None:
        assert not {"acr", "mfa"} & FamilyRefreshToken().access_token.payload.keys()

    @pytest.mark.parametrize(
        ("methods", "amr", "acr"),
        [
            (["totp"], ["otp", "mfa"], "mfa"),
            (["hotp"], ["otp", "mfa"], "mfa"),
            (["email"], ["otp", "mfa"], "mfa"),
            (["sms"], ["sms", "mfa"], "mfa"),
            (["recovery"], ["otp", "mfa"], "mfa"),
            (["webauthn"], ["pop", "mfa"], "phr"),
            (["totp", "webauthn", "sms"], ["otp", "pop", "sms", "mfa"], "phr"),
            (["acme"], ["mfa"], "mfa"),
            ([], [], None),
        ],
    )
    def test_every_method_has_its_word(self, methods: list[str], amr: list[str], acr: str | None) -> None:
        at = datetime(2026, 1, 31, 12, 0, 0, 999999, tzinfo=UTC)
        confirmed = [
            Confirmation(index=index, method=method, at=at, phishing_resistant=method == "webauthn")
            for index, method in enumerate(methods)
        ]
        standing = Standing(required=0, enrolled=True, confirmations=tuple(confirmed), assessed_at=at)

        told = dict(jwt._claims(standing, ()))

        assert told.get("amr", []) == amr
        assert told.get("acr") == acr
        assert told.get("auth_time") == (1769860800 if methods else None)
        assert told["mfa"] == [[method, 1769860800, index] for index, method in enumerate(methods)]

    def test_it_costs_one_read(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        with CaptureQueriesContext(connection) as ours:
            assert exchange(client.refresh) == 200

        monkeypatch.setattr("mfa.adapters.tokens.jwt.TokenRefreshSerializer.token_class", RefreshToken)
        with CaptureQueriesContext(connection) as theirs:
            assert exchange(client.refresh) == 200

        assert len(ours) == len(theirs) + 1

    def test_under_another_name_of_the_user_it_is_looked_up(
        self, client: Client, app: App, world: World, anna: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(api_settings, "USER_ID_FIELD", "username")
        client = SYSTEM.log_in(world, anna)
        client.prove(app)

        told = refreshed(client)

        assert (told["user_id"], told["acr"]) == ("anna", "mfa")
        payload = {**claims(client.refresh), "user_id": "nobody"}
        assert exchange(signed(payload)) == 401
        assert "mfa" not in FamilyRefreshToken(signed(payload)).access_token.payload

    def test_where_nobody_can_say_the_client_is_told_to_come_again(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def busy(*_: object) -> None:
            raise Unavailable

        monkeypatch.setattr("mfa.application.standing.AssessToken.account", busy)

        answer = APIClient().post("/jwt/refresh/", {"refresh": client.refresh})

        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.data["detail"].code == "unavailable"
        assert (answer.data["code"], answer.data["retry_after"]) == ("unavailable", int(answer.headers["Retry-After"]))

    def test_a_project_may_add_claims_of_its_own(self, world: World, anna: User) -> None:
        class Named(TokenObtainPairSerializer):
            @classmethod
            def get_token(cls, user: Any) -> JsonWebToken:  # noqa: ANN401 - whatever model the project has
                token = super().get_token(user)
                token["name"] = user.get_username()
                return token

        refresh = Named.get_token(anna)

        assert isinstance(refresh, FamilyRefreshToken)
        assert refresh.access_token["name"] == "anna"
        assert refresh["amr"] == ["pwd"]
        assert refresh["sid"]


class TestAttacks:
    @pytest.fixture
    def verified(self, client: Client, app: App) -> dict[str, Any]:
        told = refreshed(client)
        assert client.gate().status_code == 200
        return told

    def gate(self, access: str) -> int:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
        answers = client.get("/protected/"), client.get("/multi-factor/0/")
        assert answers[0].status_code != 200 or answers[1].status_code == 200
        status: int = answers[0].status_code
        return status

    @pytest.fixture
    def thief(self, world: World, anna: User) -> dict[str, Any]:
        """The claims of somebody who knows the password."""
        return claims(access_of(SYSTEM.log_in(world, anna)))

    def test_an_access_token_of_another_login_opens_nothing(
        self, verified: dict[str, Any], thief: dict[str, Any]
    ) -> None:
        assert self.gate(signed(verified)) == 200
        assert self.gate(signed(thief)) == 403

    @pytest.mark.parametrize("key", ["", "another key, which is just as long as that"])
    def test_a_family_that_is_written_over_is_no_token(
        self, verified: dict[str, Any], thief: dict[str, Any], key: str
    ) -> None:
        forged = {**thief, "sid": verified["sid"]}

        assert self.gate(signed(forged, algorithm="none", key="")) == 401
        assert self.gate(signed(forged, key=key or "x" * 40)) == 401
        head, body, signature = signed(thief).split(".")
        swapped = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
        assert self.gate(f"{head}.{swapped}.{signature}") == 401
        assert self.gate(f"{head}.{body}.") == 401
        assert self.gate(f"{head}.{swapped}") == 401

    def test_neither_is_one_that_says_not_to_be_signed(self, verified: dict[str, Any]) -> None:
        for algorithm in ("none", "None", "nOnE"):
            head = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode()).decode().rstrip("=")
            body = signed(verified).split(".")[1]
            for signature in ("", signed(verified).split(".")[2]):
                assert self.gate(f"{head}.{body}.{signature}") == 401

    def test_the_family_of_another_user_opens_nothing(self, verified: dict[str, Any], bert: User) -> None:
        """Even signed by the right key: an account is its user's."""
        other = {**verified, "user_id": str(bert.pk)}

        assert self.gate(signed(other)) == 403
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {signed(other)}")
        assert client.get("/multi-factor/").data == []

    def test_a_refresh_token_is_no_access_token(self, client: Client, verified: dict[str, Any]) -> None:
        assert self.gate(client.refresh) == 401

    def test_an_access_token_is_no_refresh_token(self, verified: dict[str, Any]) -> None:
        assert exchange(signed(verified)) == 401

    def test_one_that_has_expired_is_none(self, verified: dict[str, Any]) -> None:
        assert self.gate(signed({**verified, "exp": 1})) == 401

    def test_claims_alone_do_not_open_the_package(self, thief: dict[str, Any]) -> None:
        """By default the database decides, whatever a token that is right in itself may tell."""
        boastful = {
            **thief,
            "acr": "phr",
            "amr": ["mfa"],
            "mfa": [["webauthn", 1, 0]],
            "mfa_required": 0,
            "mfa_enrolled": True,
        }

        assert self.gate(signed(boastful)) == 403
