"""The gate that costs nothing: the account is read along with the token."""

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, models
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.models import AuthToken as KnoxToken
from pytest_django import Settings
from rest_framework.authentication import BaseAuthentication, TokenAuthentication
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.test import APIClient

from mfa.adapters import accessor, requests
from mfa.adapters.django import repositories
from mfa.adapters.django.models import AccountRecord, ChallengeRecord, DeviceRecord
from mfa.adapters.django.repositories import DjangoAccountRepository
from mfa.adapters.memory.repositories import MemoryAccountRepository
from mfa.adapters.tokens import authtoken, knox
from mfa.adapters.tokens.authtoken import new_row, replaced_by
from mfa.domain.accounts import Account
from mfa.domain.identifiers import Token
from mfa.domain.policies import Requirement
from mfa.domain.trusts import Trust, digest_of
from tests.integration.drf.people import World
from tests.integration.tokens.requests import request
from tests.urls import ProtectedView

OWN: dict[str, type[BaseAuthentication]] = {"authtoken": TokenAuthentication, "knox": KnoxAuthentication}
JOINED: dict[str, type[BaseAuthentication]] = {
    "authtoken": authtoken.VerifiedTokenAuthentication,
    "knox": knox.VerifiedTokenAuthentication,
}


class Client:
    """A client with one token, of whichever system, and a view that wants it verified."""

    def __init__(self, world: World, system: str, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        world.configure(TOKEN_PROVIDER=system)
        self.world, self.system, self.user, self.monkeypatch = world, system, user, monkeypatch
        self.log_in()

    def log_in(self) -> None:
        if self.system == "knox":
            self.row, self.key = KnoxToken.objects.create(self.user)
        else:
            self.row = replaced_by(new_row(self.user))
            self.key = self.row.key
        self.client: Any = APIClient()
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {self.key}")

    @property
    def token(self) -> Token:
        carrying = request([OWN[self.system]], f"Token {self.key}")
        token = accessor.use_cases().token_provider.token_of(carrying)
        assert token is not None
        return token

    def verify(self, method: str = "totp") -> int:
        """Enrol a device with this token, as though that had been proved."""
        repository = DjangoAccountRepository()
        before = repository.of(self.token.user_id)
        return enrol(self.token, method, before)

    def gate(self, authentication: type[BaseAuthentication]) -> tuple[int, list[str]]:
        """Ask the view, and tell which statements that took."""
        self.monkeypatch.setattr(ProtectedView, "authentication_classes", (authentication,))
        with CaptureQueriesContext(connection) as captured:
            answer = self.client.get("/protected/")
        return answer.status_code, [query["sql"] for query in captured.captured_queries]


def enrol(token: Token, method: str, before: Account) -> int:
    account, _ = AccountRecord.objects.get_or_create(user_id=token.user_id, defaults={"version": 1, "next_index": 0})
    index = account.next_index
    AccountRecord.objects.update(next_index=index + 1, version=models.F("version") + 1)
    now = accessor.use_cases().assess_token.transactions.clock.now()
    failures = {"failures": 0, "recent_failures": 0}
    DeviceRecord.objects.create(
        account=account, index=index, method=method, state=b"sealed", created_at=now, activated_at=now, **failures
    )
    ChallengeRecord.objects.create(account=account, index=index, token=token.id, confirmed_at=now)
    return index


def come_from_a_remembered_browser(client: Client) -> Account:
    """Enter that a token came from a browser that its user has remembered by the first device."""
    repository, now = DjangoAccountRepository(), client.world.clock.now()
    before = repository.of(client.token.user_id, client.token.id)
    end = now + timedelta(days=30)
    trust = Trust(digest=digest_of("kept"), index=0, login=before.login, created_at=now, expires_at=end)
    return repository.save(before, before.remembering(trust, now).trusted(trust, now, until=None))


@pytest.fixture
def world(settings: Settings) -> World:
    return World(settings)


@pytest.fixture(params=["authtoken", "knox"])
def client(request: pytest.FixtureRequest, world: World, anna: User, monkeypatch: pytest.MonkeyPatch) -> Client:
    return Client(world, request.param, anna, monkeypatch)


STATEMENTS = {"authtoken": 1, "knox": 2}
"""Of the packages' own classes; knox looks for the user's expired tokens."""


def test_the_gate_costs_nothing_beyond_the_authentication(client: Client) -> None:
    for enrolled in (False, True):
        status = 200 if enrolled else 403

        by_own, statements = client.gate(OWN[client.system])
        assert (by_own, len(statements)) == (status, STATEMENTS[client.system] + 1)
        joined, statements = client.gate(JOINED[client.system])
        assert (joined, len(statements)) == (status, STATEMENTS[client.system])

        client.verify()


def test_several_devices_and_other_tokens_change_nothing(client: Client, bert: User) -> None:
    client.world.configure(TOKEN_PROVIDER=client.system, REQUIRED_VERIFICATIONS=2)
    client.verify()
    assert client.gate(JOINED[client.system])[0] == 403
    client.verify("email")
    assert client.gate(JOINED[client.system])[0] == 200

    other = Client(client.world, client.system, client.user, client.monkeypatch)
    other.world.configure(TOKEN_PROVIDER=client.system, REQUIRED_VERIFICATIONS=2)
    assert other.gate(JOINED[client.system])[0] == 403
    stranger = Client(client.world, client.system, bert, client.monkeypatch)
    assert stranger.gate(JOINED[client.system])[0] == 403


def test_the_account_is_the_one_that_is_read_by_itself(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for method in ("totp", "email", "recovery"):
        client.verify(method)
    left: list[Account] = []
    monkeypatch.setattr(requests, "leave_account", lambda _, account: left.append(account))

    user, _ = JOINED[client.system]().authenticate(request([], f"Token {client.key}")) or (None, None)

    assert user == client.user
    alone = DjangoAccountRepository().of(client.token.user_id, client.token.id)
    assert left == [alone]
    assert left[0].login == alone.login
    assert len(left[0].challenges) == 3


def test_so_are_the_remembered_browsers_and_what_they_confirmed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.world.configure(TOKEN_PROVIDER=client.system, TRUST_LIFETIME="30d")
    client.verify()
    ChallengeRecord.objects.update(confirmed_at=None)
    repository = DjangoAccountRepository()
    assert client.gate(JOINED[client.system])[0] == 403

    saved = come_from_a_remembered_browser(client)

    status, statements = client.gate(JOINED[client.system])
    assert (status, len(statements)) == (200, STATEMENTS[client.system])
    left: list[Account] = []
    monkeypatch.setattr(requests, "leave_account", lambda _, account: left.append(account))
    JOINED[client.system]().authenticate(request([], f"Token {client.key}"))
    assert left == [saved]

    client.user.set_password("another")
    client.user.save()

    JOINED[client.system]().authenticate(request([], f"Token {client.key}"))
    assert left[1].login == repository.of(client.token.user_id).login != left[0].login
    assert left[1] == saved


def test_a_change_of_password_shuts_the_gate_that_a_remembered_browser_had_opened(client: Client) -> None:
    client.world.configure(TOKEN_PROVIDER=client.system, TRUST_LIFETIME="30d")
    client.verify()
    ChallengeRecord.objects.update(confirmed_at=None)
    come_from_a_remembered_browser(client)
    assert client.gate(JOINED[client.system])[0] == 200

    User.objects.update(password="another")

    for authentication in (OWN[client.system], JOINED[client.system]):
        assert client.gate(authentication)[0] == 403


def test_a_token_made_anew_with_the_same_key_is_not_verified(client: Client) -> None:
    client.verify()
    model = type(client.row)
    row = model.objects.values().get()
    model.objects.all().delete()
    model.objects.get_queryset().create(**row)
    assert client.gate(JOINED[client.system])[0] == 403

    enrol(client.token, "email", Account(user_id=client.token.user_id))

    status, statements = client.gate(JOINED[client.system])
    assert (status, len(statements)) == (200, STATEMENTS[client.system])
    [confirmation] = accessor.use_cases().assess_token(client.token).confirmations
    assert confirmation.method == "email"


class TestRefusals:
    @pytest.mark.parametrize("key", ["", "0" * 40, "a b"])
    def test_who_has_no_token_is_told_as_by_the_package(self, client: Client, key: str) -> None:
        answers = []
        for authentication in (OWN[client.system], JOINED[client.system]):
            client.monkeypatch.setattr(ProtectedView, "authentication_classes", (authentication,))
            answer = APIClient().get("/protected/", headers={"Authorization": f"Token {key}"})
            answers.append((answer.status_code, answer.json(), answer.headers["WWW-Authenticate"]))

        assert answers[0] == answers[1]
        assert answers[0][0] == 401

    def test_octets_that_are_no_text_are_no_token(self, client: Client) -> None:
        client.monkeypatch.setattr(ProtectedView, "authentication_classes", (JOINED[client.system],))

        answer = APIClient().get("/protected/", HTTP_AUTHORIZATION="Token \xff\xfe")

        assert answer.status_code == 401

    def test_so_is_one_who_is_not_active(self, client: Client) -> None:
        client.user.is_active = False
        client.user.save()

        answers = []
        for authentication in (OWN[client.system], JOINED[client.system]):
            client.monkeypatch.setattr(ProtectedView, "authentication_classes", (authentication,))
            answers.append(client.client.get("/protected/").json())

        assert answers[0] == answers[1]
        assert answers[0]["detail"].startswith("User inactive")

    def test_an_expired_token_of_knox_is_cleaned_up(
        self, world: World, anna: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = Client(world, "knox", anna, monkeypatch)
        client.verify()
        KnoxToken.objects.update(expiry=client.row.created - timedelta(seconds=1))

        assert client.gate(JOINED["knox"])[0] == 401
        assert not KnoxToken.objects.exists()

    def test_a_live_one_is_renewed(self, world: World, anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
        client = Client(world, "knox", anna, monkeypatch)
        client.verify()
        KnoxToken.objects.update(expiry=client.row.expiry - timedelta(hours=5))

        with override_settings(REST_KNOX={"AUTO_REFRESH": True}):
            assert client.gate(JOINED["knox"])[0] == 200

        assert KnoxToken.objects.get().expiry > client.row.expiry - timedelta(hours=1)


class TestWhereNothingCanBeJoined:
    def test_accounts_that_are_kept_elsewhere_are_asked_for(self, client: Client) -> None:
        accounts = MemoryAccountRepository()
        client.world.container.accounts.override(accounts)

        assert client.gate(JOINED[client.system]) == (403, client.gate(OWN[client.system])[1])

    def test_so_are_those_in_another_database(self, client: Client) -> None:
        client.verify()

        def database(model: type[models.Model]) -> str:
            return "default" if model._meta.app_label == accessor.APP_LABEL else "another"

        client.monkeypatch.setattr(repositories, "router", SimpleNamespace(db_for_write=database))

        status, statements = client.gate(JOINED[client.system])

        assert (status, len(statements)) == (200, STATEMENTS[client.system] + 1)

    def test_and_those_of_tokens_of_another_kind(
        self, world: World, anna: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Objects:
            def select_related(self, *_: str) -> "Objects":
                return self

            def get(self, key: str) -> AuthToken:
                return AuthToken.objects.get(key=key)

        class Kind:
            objects = Objects()
            DoesNotExist = AuthToken.DoesNotExist

        class Own(authtoken.VerifiedTokenAuthentication):
            model: Any = Kind

        client = Client(world, "authtoken", anna, monkeypatch)
        client.verify()

        assert client.gate(Own)[0] == 200

    def test_a_key_that_only_the_database_takes_for_this_one_is_asked_about(
        self, world: World, anna: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = Client(world, "authtoken", anna, monkeypatch)
        client.verify()
        find = DjangoAccountRepository.read_joined

        def lenient(
            self: DjangoAccountRepository, tokens: object, known_by: dict[str, str], **arguments: Any
        ) -> object:
            return find(self, tokens, {"key": client.row.pk}, **arguments)

        monkeypatch.setattr(DjangoAccountRepository, "read_joined", lenient)
        client.client.credentials(HTTP_AUTHORIZATION=f"Token {client.key.upper()}")

        status, statements = client.gate(JOINED["authtoken"])

        assert (status, len(statements)) == (200, 2)


class Hiding(models.Manager[Any]):
    """Hides some rows at one time and others at another, as a manager does that knows of tenants."""

    hidden: str = ""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().exclude(pk=self.hidden)


def test_a_manager_that_hides_tokens_is_asked_each_time(
    world: World, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager: Any = Hiding()
    manager.model = AuthToken
    client = Client(world, "authtoken", anna, monkeypatch)
    client.verify()
    monkeypatch.setattr(AuthToken, "objects", manager)

    assert client.gate(JOINED["authtoken"])[0] == 200
    manager.hidden = client.key
    assert client.gate(JOINED["authtoken"])[0] == 401
    manager.hidden = ""
    assert client.gate(JOINED["authtoken"])[0] == 200


@pytest.mark.parametrize("system", ["authtoken", "knox"])
def test_the_statement_is_made_of_look_ups(
    system: str, world: World, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(world, system, anna, monkeypatch)
    client.verify()
    _, statements = client.gate(JOINED[system])

    with connection.cursor() as cursor:
        match connection.vendor:
            case "sqlite":
                cursor.execute(f"EXPLAIN QUERY PLAN {statements[0]}")
                steps = [row[3] for row in cursor.fetchall()]
                assert len(steps) == 5
                assert all(step.startswith("SEARCH ") for step in steps), steps
                [challenges] = [step for step in steps if "challenge" in step]
                assert "account_id=? AND index=? AND token" in challenges
            case "postgresql":
                # The tables are small; whether there is a way by the indexes shows when the other one is closed.
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute(f"EXPLAIN {statements[0]}")
                plan = "\n".join(row[0] for row in cursor.fetchall())
                assert "Seq Scan" not in plan, plan
                assert "multi_factor_one_challenge_per_device_and_token" in plan
            case _:
                pytest.skip("only the plans of SQLite and PostgreSQL are read")


def test_a_requirement_is_judged_by_what_was_read(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.verify()
    monkeypatch.setattr(ProtectedView, "mfa_requirement", Requirement(max_age=timedelta(minutes=5)), raising=False)

    status, statements = client.gate(JOINED[client.system])
    assert (status, len(statements)) == (200, STATEMENTS[client.system])
    client.world.pass_time(timedelta(minutes=6))
    assert client.gate(JOINED[client.system])[0] == 403


SETTINGS = """
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="x", ROOT_URLCONF="mfa.urls",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "rest_framework.authtoken",
                    "mfa"],
    REST_FRAMEWORK={{"DEFAULT_AUTHENTICATION_CLASSES": ["mfa.adapters.tokens.authtoken.VerifiedTokenAuthentication"]}},
)
django.setup()
{first}
from rest_framework.views import APIView
from mfa.adapters.tokens.authtoken import ObtainAuthToken, VerifiedTokenAuthentication
assert APIView.authentication_classes == [VerifiedTokenAuthentication]
assert ObtainAuthToken.as_view()
"""


@pytest.mark.parametrize(
    "first", ["", "import mfa.adapters.tokens.authtoken", "import mfa.adapters.tokens.login", "import mfa.urls"]
)
def test_the_framework_may_be_told_of_it_in_its_settings(first: str) -> None:
    program = SETTINGS.format(first=first)

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603

    assert result.returncode == 0, result.stderr


def test_nothing_else_is_offered_late() -> None:
    late: Callable[[str], object] = authtoken.__getattr__
    with pytest.raises(AttributeError, match="no attribute 'ObtainToken'"):
        late("ObtainToken")
