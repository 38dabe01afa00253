"""Django's sessions: known by what is in them, never by their keys."""

import re
from pathlib import Path

import pytest
from django.contrib.auth import HASH_SESSION_KEY, get_user, login, logout, update_session_auth_hash
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as SessionRow
from django.http import HttpRequest
from pytest_django import Settings
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory, force_authenticate

from mfa.adapters.django.models import ChallengeRecord, DeviceRecord
from mfa.adapters.tokens.session import IDENTITY, SessionTokenProvider
from mfa.application.ports.tokens import (
    CookieIssuer,
    CredentialRenewer,
    StandingRecorder,
    TokenProvider,
)
from mfa.config import Config
from mfa.domain.identifiers import UserId
from mfa.testing.contracts.tokens import TokenProviderContract
from tests.integration.drf.people import App, World
from tests.integration.tokens.systems import Client, Session, deploy

LONGEST = DeviceRecord._meta.get_field("registered_by").max_length or 0
SYSTEM = Session()
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def plain(session: SessionStore | None = None) -> HttpRequest:
    made: HttpRequest = APIRequestFactory().get("/")
    made.user = AnonymousUser()
    made.session = SessionStore() if session is None else session
    return made


def logged_in(user: User, session: SessionStore | None = None) -> HttpRequest:
    made = plain(session)
    login(made, user, backend=MODEL_BACKEND)
    return made


def framed(made: HttpRequest) -> Request:
    return Request(made, authenticators=[SessionAuthentication()])


class TestSessionTokenProvider(TokenProviderContract):
    @pytest.fixture
    def provider(self) -> TokenProvider:
        return SessionTokenProvider(Config())

    @pytest.fixture
    def user_id(self, anna: User) -> UserId:
        return UserId(str(anna.pk))

    @pytest.fixture
    def request_with_token(self, anna: User) -> object:
        return framed(logged_in(anna))

    @pytest.fixture
    def request_with_other_token(self, anna: User) -> object:
        return framed(logged_in(anna))

    def act_in_place(self, request: Request) -> None:
        request.user = User.objects.create_user("another")

    @pytest.fixture(params=["anonymous", "no session", "nobody"])
    def request_without_token(self, request: pytest.FixtureRequest, db: None) -> object:
        made = plain()
        if request.param == "no session":
            del made.session
        if request.param == "nobody":
            del made.user
            return made
        return framed(made)

    @pytest.mark.usefixtures("db")
    def test_what_is_no_request_has_no_token(self, provider: TokenProvider) -> None:
        assert provider.scheme == "Session"
        assert provider.token_of(object()) is None

    def test_it_is_a_cookie_and_tells_nothing_of_itself(self, provider: TokenProvider) -> None:
        assert isinstance(provider, CookieIssuer)
        assert provider.sets_cookie
        assert not isinstance(provider, StandingRecorder)

    def test_the_identity_is_a_digest_that_fits_into_a_row(self, provider: TokenProvider, anna: User) -> None:
        made = logged_in(anna)

        token = provider.token_of(framed(made))

        assert token is not None
        assert re.fullmatch(r"session:[0-9a-f]{64}", token.id)
        assert len(token.id) <= LONGEST
        assert made.session[IDENTITY] not in token.id
        assert token.scheme == "Session"

    def test_a_plain_request_of_django_has_the_same(self, provider: TokenProvider, anna: User) -> None:
        made = logged_in(anna)

        assert provider.token_of(made) == provider.token_of(framed(made)) is not None

    def test_a_session_from_before_gets_one_when_it_is_first_needed(self, provider: TokenProvider, anna: User) -> None:
        made = logged_in(anna)
        del made.session[IDENTITY]

        token = provider.token_of(made)

        assert token == provider.token_of(made)
        assert made.session.modified
        assert len(made.session[IDENTITY]) == 43

    def test_its_successor_has_another_key_and_another_identity(self, provider: TokenProvider, anna: User) -> None:
        made = logged_in(anna)
        token, key, held = provider.token_of(made), made.session.session_key, dict(made.session.items())
        assert isinstance(provider, CredentialRenewer)

        successor = provider.successor(framed(made))
        assert successor is not None
        assert provider.token_of(made) == token != successor.token
        assert (made.session.session_key, dict(made.session.items())) == (key, held)

        successor.issue()

        assert provider.token_of(made) == successor.token
        assert made.session.session_key != key
        assert key is not None
        assert not SessionStore().exists(key)
        assert dict(made.session.items()).keys() == held.keys()

    def test_a_successor_is_another_each_time(self, provider: TokenProvider, anna: User) -> None:
        made = logged_in(anna)
        assert isinstance(provider, CredentialRenewer)
        one, other = provider.successor(made), provider.successor(made)

        assert one is not None
        assert other is not None
        assert one.token != other.token

    def test_the_new_identity_is_never_stored_under_the_old_key(
        self, provider: TokenProvider, anna: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(_: SessionStore) -> None:
            raise RuntimeError("no room for another session")

        made = logged_in(anna)
        token = provider.token_of(made)
        assert isinstance(provider, CredentialRenewer)
        successor = provider.successor(made)
        assert successor is not None
        monkeypatch.setattr(SessionStore, "cycle_key", broken)

        with pytest.raises(RuntimeError):
            successor.issue()

        assert provider.token_of(made) == token

    def test_it_never_answers_for_what_something_else_has_authenticated(
        self, provider: TokenProvider, anna: User
    ) -> None:
        """A browser sends its cookie along with whatever it sends."""
        made = logged_in(anna)
        made.META["HTTP_AUTHORIZATION"] = "Basic YW5uYTphIHBhc3N3b3Jk"
        basic = Request(made, authenticators=[BasicAuthentication(), SessionAuthentication()])
        assert basic.user == anna
        assert provider.token_of(basic) is None

        forced = logged_in(anna)
        force_authenticate(forced, anna, AuthToken(user=anna))
        assert provider.token_of(framed(forced)) is None

    def test_nor_for_a_user_whom_something_else_has_put_there(
        self, provider: TokenProvider, anna: User, bert: User
    ) -> None:
        made = logged_in(anna)
        made.user = bert
        assert provider.token_of(made) is None
        assert provider.token_of(framed(made)) is None

        stranger = plain()
        stranger.user = anna
        assert provider.token_of(stranger) is None

    def test_the_same_value_in_another_users_session_is_another(
        self, provider: TokenProvider, anna: User, bert: User
    ) -> None:
        one, other = logged_in(anna), logged_in(bert)
        other.session[IDENTITY] = one.session[IDENTITY]
        tokens = provider.token_of(one), provider.token_of(other)

        assert tokens[0] is not None
        assert tokens[1] is not None
        assert tokens[0].id != tokens[1].id


class TestEnds:
    @pytest.fixture
    def provider(self) -> SessionTokenProvider:
        return SessionTokenProvider(Config())

    @pytest.mark.parametrize("again", ["same", "other", "same after another"])
    def test_a_login_begins_anew(self, provider: SessionTokenProvider, anna: User, bert: User, again: str) -> None:
        made = logged_in(anna)
        token = provider.token_of(made)

        if again != "same":
            login(made, bert, backend=MODEL_BACKEND)
        if again != "other":
            login(made, anna, backend=MODEL_BACKEND)

        assert provider.token_of(made) != token

    def test_so_does_a_logout(self, provider: SessionTokenProvider, anna: User) -> None:
        made = logged_in(anna)
        token = provider.token_of(made)

        logout(made)
        assert provider.token_of(made) is None
        assert IDENTITY not in made.session

        login(made, anna, backend=MODEL_BACKEND)
        assert provider.token_of(made) != token

    def test_and_a_change_of_password_that_keeps_the_session(self, provider: SessionTokenProvider, anna: User) -> None:
        made = logged_in(anna)
        token = provider.token_of(made)
        kept = made.session[IDENTITY]

        anna.set_password("another")
        anna.save()
        update_session_auth_hash(made, anna)

        assert made.session[IDENTITY] == kept
        assert provider.token_of(made) not in (None, token)

    def test_but_not_a_new_secret_key_beside_the_old_one(
        self, provider: SessionTokenProvider, anna: User, settings: Settings
    ) -> None:
        """Django then writes another hash of the same password into the session."""
        made = logged_in(anna)
        token, known = provider.token_of(made), made.session[HASH_SESSION_KEY]

        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [settings.SECRET_KEY]
        made.user = get_user(made)

        assert made.session[HASH_SESSION_KEY] != known
        assert provider.token_of(made) == token is not None

    def test_nor_a_session_that_is_kept_for_something_else(self, provider: SessionTokenProvider, anna: User) -> None:
        made = logged_in(anna)
        token = provider.token_of(made)

        update_session_auth_hash(made, anna)

        assert provider.token_of(made) == token is not None

    def test_logins_without_a_session_are_none_of_its_business(self, anna: User) -> None:
        """As with knox, whose login by password tells of itself by the same signal."""
        made = plain()
        user_logged_in.send(sender=User, request=made, user=anna)
        user_logged_in.send(sender=User, request=None, user=anna)

        assert not made.session.modified
        assert IDENTITY not in made.session


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


def cookie(client: Client) -> str:
    key: str = client.client.cookies["sessionid"].value
    return key


def with_cookie(world: World, key: str) -> Client:
    """Somebody else's client, with a session key that was found somewhere."""
    other = Client(world)
    other.client.cookies["sessionid"] = key
    return other


class TestOverHttp:
    def test_every_verification_changes_the_key(self, client: Client, app: App) -> None:
        key = cookie(client)
        assert client.verify(app.index, "000000").status_code == 401
        assert cookie(client) == key

        client.prove(app)

        assert cookie(client) != key
        assert client.gate().status_code == 200
        assert list(SessionRow.objects.values_list("session_key", flat=True)) == [cookie(client)]

    @pytest.mark.parametrize("known", ["before login", "before verification"])
    def test_who_knows_a_key_from_before_has_nothing_of_it(
        self, world: World, anna: User, app: App, known: str
    ) -> None:
        """Session fixation: the thief plants a key, or reads it, and waits."""
        victim = Client(world)
        planted = SessionStore()
        planted.create()
        victim.client.cookies["sessionid"] = planted.session_key
        if known == "before login":
            thief = with_cookie(world, cookie(victim))
            SYSTEM.log_in_again(victim, anna)
        else:
            SYSTEM.log_in_again(victim, anna)
            thief = with_cookie(world, cookie(victim))
            assert thief.gate().data["code"] == "verification_required"

        victim.prove(app)

        assert victim.gate().status_code == 200
        assert thief.gate().status_code == 403
        assert thief.gate().data["detail"].code == "not_authenticated"

    def test_the_session_of_another_user_opens_nothing(
        self, world: World, client: Client, app: App, bert: User
    ) -> None:
        other = SYSTEM.log_in(world, bert)
        held = other.client.session
        held[IDENTITY] = client.client.session[IDENTITY]
        held.save()

        assert client.gate().status_code == 200
        assert other.gate().status_code == 403
        assert other.get(f"{app.index}/").status_code == 404

    def test_without_the_token_against_forgery_nothing_is_changed(self, client: Client, app: App, world: World) -> None:
        world.pass_time()
        for path, data in ((f"{app.index}/", {"value": app.code}), ("register/email/", {"address": "x@example.com"})):
            answer = client.post(path, data, HTTP_X_CSRFTOKEN="")
            assert answer.status_code == 403
            assert "CSRF" in answer.data["detail"]
        for forged in (client.delete(f"{app.index}/", HTTP_X_CSRFTOKEN=""),):
            assert forged.status_code == 403

        assert client.verify(app.index, app.code).status_code == 200

    def test_a_credential_beside_the_cookie_does_not_share_in_it(
        self, world: World, client: Client, app: App, anna: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "rest_framework.views.APIView.authentication_classes", [BasicAuthentication, SessionAuthentication]
        )
        basic = {"HTTP_AUTHORIZATION": "Basic YW5uYTphIHBhc3N3b3Jk"}

        assert client.gate().status_code == 200
        assert client.ask("get", "/protected/", **basic).data["detail"].code == "token_required"

    @pytest.mark.parametrize("engine", ["db", "cache", "cached_db", "file"])
    def test_every_engine_will_do(
        self, world: World, anna: User, settings: Settings, engine: str, tmp_path: Path
    ) -> None:
        settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
        settings.SESSION_FILE_PATH = str(tmp_path)
        client = SYSTEM.log_in(world, anna)
        app = client.enrol_app()
        key = cookie(client)
        assert client.gate().status_code == 200

        client.prove(app)
        assert cookie(client) != key
        assert client.gate().status_code == 200

        SYSTEM.log_in_again(client, anna)
        assert client.gate().status_code == 403

    def test_nothing_of_a_session_but_a_digest_is_in_our_tables(self, client: Client, app: App) -> None:
        held = [str(value) for value in client.client.session.values() if len(str(value)) > 9]
        stored = [*ChallengeRecord.objects.values_list("token", flat=True)]

        assert held
        assert not [value for value in [*held, cookie(client)] for row in stored if value in row or row in value]


def test_a_password_that_is_changed_elsewhere_ends_all_sessions(
    world: World, client: Client, app: App, anna: User
) -> None:
    other = SYSTEM.log_in(world, anna)
    other.prove(app)
    assert other.gate().status_code == client.gate().status_code == 200

    SYSTEM.change_password(client, anna)

    assert client.gate().data["code"] == "verification_required"
    assert other.gate().data["detail"].code == "not_authenticated"
    client.prove(app)
    assert client.gate().status_code == 200
