"""A lockdown ends every token that can be ended, and what it cannot end is verified no more."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session as SessionRow
from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken as KnoxToken
from pytest_django import Settings
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from mfa.adapters import accessor
from mfa.adapters.django.audit import DjangoAuditTrail
from mfa.adapters.tokens import session
from mfa.adapters.tokens.authtoken import AuthtokenTokenProvider
from mfa.adapters.tokens.jwt import BEGUN, FamilyRefreshToken, JwtTokenProvider
from mfa.adapters.tokens.knox import KnoxTokenProvider
from mfa.adapters.tokens.session import SessionTokenProvider
from mfa.adapters.tokens.several import SeveralTokenProviders
from mfa.application.operations import Operator
from mfa.application.ports.audit import AuditRow
from mfa.application.ports.tokens import TokenEnder, TokenProvider, Unendable, ender_of
from mfa.config import Config
from mfa.domain.errors import Unavailable
from mfa.domain.identifiers import Token, UserId
from mfa.testing.contracts.tokens import TokenEnderContract
from tests.integration.drf.people import World
from tests.integration.tokens import engine
from tests.integration.tokens.jwts import access_of, carry, claims, refreshed
from tests.integration.tokens.systems import SYSTEMS, Client, Jwt, System, deploy
from tests.integration.tokens.test_session import logged_in

DATABASE = "django.contrib.sessions.backends.db"
CACHED = "django.contrib.sessions.backends.cached_db"
OPERATOR = Operator(name="root", why="ticket 7")


class Ending(TokenEnderContract):
    @pytest.fixture
    def user_id(self, anna: User) -> UserId:
        return UserId(str(anna.pk))

    @pytest.fixture
    def other_user_id(self, bert: User) -> UserId:
        return UserId(str(bert.pk))

    @pytest.fixture(autouse=True)
    def people(self, anna: User, bert: User) -> None:
        for _ in range(self.many):
            self.give(anna)
        self.give(bert)

    def give(self, user: User) -> None:
        raise NotImplementedError


class TestAuthtoken(Ending):
    name = "authtoken"
    many = 1

    @pytest.fixture
    def ender(self) -> TokenEnder:
        return AuthtokenTokenProvider(Config())

    def give(self, user: User) -> None:
        AuthToken.objects.create(user=user)

    def living(self, user_id: UserId) -> int:
        return AuthToken.objects.filter(user_id=int(user_id)).count()


class TestKnox(Ending):
    name = "knox"
    many = 3

    @pytest.fixture
    def ender(self) -> TokenEnder:
        return KnoxTokenProvider(Config())

    def give(self, user: User) -> None:
        KnoxToken.objects.create(user)

    def living(self, user_id: UserId) -> int:
        return len(KnoxToken.objects.filter(user_id=int(user_id)))


class TestJwt(Ending):
    name = "jwt"
    many = 3

    @pytest.fixture
    def ender(self) -> TokenEnder:
        return JwtTokenProvider(Config())

    def give(self, user: User) -> None:
        FamilyRefreshToken.for_user(user)

    def living(self, user_id: UserId) -> int:
        return OutstandingToken.objects.filter(user_id=int(user_id), blacklistedtoken__isnull=True).count()

    def test_a_token_of_somebody_elses_views_ends_too(self, ender: TokenEnder, anna: User, user_id: UserId) -> None:
        RefreshToken.for_user(anna)

        assert ender.end_all(user_id) == {"jwt": 4}

    def test_one_that_is_on_the_blacklist_is_not_counted_again(
        self, ender: TokenEnder, anna: User, user_id: UserId
    ) -> None:
        FamilyRefreshToken.for_user(anna).blacklist()

        assert ender.end_all(user_id) == {"jwt": 3}
        assert BlacklistedToken.objects.count() == 4

    def test_without_the_blacklist_none_can_be_ended(
        self, ender: TokenEnder, user_id: UserId, settings: Settings
    ) -> None:
        blacklist = "rest_framework_simplejwt.token_blacklist"
        settings.INSTALLED_APPS = [each for each in settings.INSTALLED_APPS if each != blacklist]
        assert not apps.is_installed(blacklist)

        assert ender.end_all(user_id) == {"jwt": None}


class Sessions(Ending):
    name = "session"
    many = 3
    engine = DATABASE

    @pytest.fixture(autouse=True)
    def kept(self, settings: Settings, people: None) -> Iterator[None]:
        settings.SESSION_ENGINE = self.engine
        yield
        cache.clear()

    @pytest.fixture
    def ender(self) -> TokenEnder:
        return SessionTokenProvider(Config())

    @classmethod
    def store(cls) -> Any:  # noqa: ANN401 - of whichever engine
        return import_module(cls.engine).SessionStore

    def give(self, user: User) -> None:
        session = logged_in(user, self.store()()).session
        session.save()
        self.made = {**getattr(self, "made", {}), session.session_key: str(user.pk)}

    def living(self, user_id: UserId) -> int:
        mine = (key for key, owner in self.made.items() if owner == user_id)
        return sum(bool(self.store()(key).load()) for key in mine)


class TestSessions(Sessions):
    def test_they_are_read_in_chunks(
        self, ender: TokenEnder, user_id: UserId, bert: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            self.give(bert)
        monkeypatch.setattr(session, "CHUNK", 3)

        with CaptureQueriesContext(connection) as captured:
            assert ender.end_all(user_id) == {"session": 3}

        reads = [each["sql"] for each in captured if each["sql"].startswith("SELECT")]
        assert len(reads) == 4, "seven sessions, three at a time, and once in vain"
        assert all("LIMIT 3" in each for each in reads)

    @pytest.mark.django_db(transaction=True)
    def test_nothing_is_begun_where_there_is_nothing_to_end(self, ender: TokenEnder) -> None:
        with CaptureQueriesContext(connection) as captured:
            assert ender.end_all(UserId("0")) == {"session": 0}

        assert {each["sql"].split()[0] for each in captured} == {"SELECT"}

    def test_what_does_not_open_is_nobodys(self, ender: TokenEnder, user_id: UserId) -> None:
        row = SessionRow.objects.all()[0]
        SessionRow.objects.create(session_key="forged", session_data="nonsense", expire_date=row.expire_date)
        SessionStore().save()

        assert ender.end_all(user_id) == {"session": 3}
        assert SessionRow.objects.filter(session_key="forged").exists()

    @pytest.mark.parametrize("engine", ["cache", "signed_cookies", "file"])
    def test_those_of_other_engines_cannot_be_ended(
        self, ender: TokenEnder, user_id: UserId, settings: Settings, engine: str
    ) -> None:
        settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"

        assert ender.end_all(user_id) == {"session": None}


class TestSessionsOfAnEngineOfTheProjectsOwn(Sessions):
    engine = engine.__name__


@pytest.mark.django_db(transaction=True)
class TestCachedSessions(Sessions):
    engine = CACHED

    def test_a_request_that_comes_before_the_rows_are_gone_does_not_keep_one_alive(
        self, ender: TokenEnder, user_id: UserId
    ) -> None:
        with transaction.atomic():
            ender.end_all(user_id)
            for key in self.made:
                # As a request in another transaction would, which still finds the row.
                session: SessionBase = self.store()(key)
                cache.set(session.cache_key, {"_auth_user_id": user_id}, 60)  # type: ignore[attr-defined] # of this engine

        assert self.living(user_id) == 0

    def test_a_cache_that_is_away_keeps_no_row_alive(
        self, ender: TokenEnder, user_id: UserId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: object, **__: object) -> None:
            raise ConnectionError

        monkeypatch.setattr(self.store(), "delete", away)

        assert ender.end_all(user_id) == {"session": 3}
        assert SessionRow.objects.count() == 1


class Own(TokenProvider):
    """A project's own tokens, of which nothing more is known."""

    scheme = "Own"

    def token_of(self, request: object) -> Token | None:
        raise NotImplementedError


class TestSeveral:
    def test_each_ends_its_own_and_says_so(self, anna: User, user_id: UserId) -> None:
        AuthToken.objects.create(user=anna)
        KnoxToken.objects.create(anna)
        several = SeveralTokenProviders((AuthtokenTokenProvider(Config()), Own(), KnoxTokenProvider(Config())))

        assert ender_of(several).end_all(user_id) == {"authtoken": 1, "Own": None, "knox": 1}

    def test_one_that_cannot_says_so_by_the_name_of_its_class(self, user_id: UserId) -> None:
        assert isinstance(ender_of(Own()), Unendable)
        assert ender_of(Own()).end_all(user_id) == {"Own": None}

    def test_every_provider_of_ours_can(self) -> None:
        ours = (AuthtokenTokenProvider, KnoxTokenProvider, JwtTokenProvider, SessionTokenProvider)

        assert all(issubclass(each, TokenEnder) for each in (*ours, SeveralTokenProviders))


@pytest.fixture(params=SYSTEMS, ids=lambda system: system.name)
def system(request: pytest.FixtureRequest) -> System:
    chosen: System = request.param
    return chosen


@pytest.fixture
def world(settings: Settings, monkeypatch: pytest.MonkeyPatch, system: System, anna: User, bert: User) -> World:
    world = World(settings)
    deploy(world, settings, monkeypatch, system)
    # Some minutes ago, so that tokens which are made as time passes are neither from the future nor over.
    world.clock.time = datetime.now(UTC) - timedelta(minutes=3)
    monkeypatch.setattr("rest_framework_simplejwt.tokens.aware_utcnow", world.clock.now)
    return world


def lock_down(user_id: UserId) -> object:
    return accessor.use_cases().operations.lock_down(user_id, OPERATOR).tokens


class TestLockdown:
    """In a deployment."""

    def test_a_client_is_out_and_its_owner_comes_back(
        self, world: World, system: System, anna: User, user_id: UserId
    ) -> None:
        client = system.log_in(world, anna)
        client.enrol_app()
        assert client.gate().status_code == 200

        assert lock_down(user_id) == {system.name: 1}

        if isinstance(system, Jwt):
            # An access token lives out its minutes, and is worth no more than a password.
            assert client.gate().data["code"] == "verification_required"
            assert APIClient().post("/jwt/refresh/", {"refresh": client.refresh}).status_code == 401
        else:
            assert client.gate().status_code in {401, 403}
            assert "code" not in (client.gate().data or {}) or client.gate().data["detail"].code == "not_authenticated"
        system.log_in_again(client, anna)
        assert client.gate().data["code"] == "verification_required"

    def test_nobody_else_is_out(self, world: World, system: System, bert: User, user_id: UserId) -> None:
        client = system.log_in(world, bert)
        client.enrol_app()

        lock_down(user_id)

        assert client.gate().status_code == 200

    @pytest.mark.django_db(transaction=True)
    def test_what_fails_half_way_ends_nothing(
        self, world: World, system: System, anna: User, user_id: UserId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = system.log_in(world, anna)
        client.enrol_app()

        def add(self: DjangoAuditTrail, rows: list[AuditRow]) -> None:
            raise OperationalError("away")

        with monkeypatch.context() as patched:
            patched.setattr(DjangoAuditTrail, "add", add)
            with pytest.raises(Unavailable):
                lock_down(user_id)

        assert client.gate().status_code == 200
        system.refresh(client)
        assert client.gate().status_code == 200


class TestAccessTokens:
    """What ``jwt`` cannot end."""

    SYSTEM = Jwt()

    @pytest.fixture
    def system(self) -> System:
        return self.SYSTEM

    @pytest.fixture
    def client(self, world: World, anna: User) -> Client:
        return self.SYSTEM.log_in(world, anna)

    def test_one_from_before_is_not_verified_anew_and_a_new_login_is(
        self, world: World, client: Client, anna: User, user_id: UserId
    ) -> None:
        app = client.enrol_app()
        lock_down(user_id)
        world.pass_time()

        refused = client.verify(app.index, app.code)
        assert (refused.status_code, refused.data["code"]) == (403, "verification_required")
        assert client.post("register/totp/").status_code == 403

        again = self.SYSTEM.log_in(world, anna)
        assert again.verify(app.index, app.code).status_code == 200
        refused = client.verify(app.index, app.code)
        assert refused.status_code == 403

    def test_nor_is_what_its_family_makes_where_there_is_no_blacklist(
        self, world: World, client: Client, user_id: UserId
    ) -> None:
        app = client.enrol_app()
        lock_down(user_id)
        BlacklistedToken.objects.all().delete()
        world.pass_time()

        told = refreshed(client)

        assert "acr" not in told
        assert client.verify(app.index, app.code).status_code == 403

    def test_a_family_tells_when_it_began_however_often_it_is_exchanged(
        self, client: Client, settings: Settings
    ) -> None:
        settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "ROTATE_REFRESH_TOKENS": True}
        begun = claims(client.refresh)[BEGUN]

        for _ in range(2):
            assert refreshed(client)[BEGUN] == begun == claims(client.refresh)[BEGUN]

        assert abs(begun - claims(client.refresh)["iat"]) < 60

    @pytest.mark.parametrize(
        ("told", "known"),
        [
            ({BEGUN: 1_700_000_000.25}, 1_700_000_000.25),
            ({BEGUN: 1_700_000_000}, 1_700_000_000),
            ({"iat": 1_700_000_000}, 1_700_000_000),
            ({BEGUN: 1_700_000_000.25, "iat": 1_800_000_000}, 1_700_000_000.25),
            ({BEGUN: "soon"}, None),
            ({BEGUN: True}, None),
            ({BEGUN: 1e300}, None),
            ({BEGUN: float("nan")}, None),
            ({"iat": None}, None),
            ({}, None),
        ],
    )
    def test_what_does_not_tell_of_its_login_tells_when_it_was_made(
        self, anna: User, told: dict[str, object], known: float | None
    ) -> None:
        token = FamilyRefreshToken.for_user(anna)
        for claim in (BEGUN, "iat"):
            del token[claim]
        token.payload.update(told)
        request: Any = type("Request", (), {"auth": token, "user": anna})()

        found = JwtTokenProvider(Config()).token_of(request)

        assert found is not None
        assert (found.issued_at and found.issued_at.timestamp()) == known

    def test_it_is_carried_by_no_client_of_another_login(self, world: World, client: Client, anna: User) -> None:
        world.pass_time()
        other = self.SYSTEM.log_in(world, anna)

        assert claims(access_of(other))[BEGUN] > claims(access_of(client))[BEGUN]
        carry(client, access_of(other))
        assert client.get().status_code == 200
