"""Remembered browsers over HTTP; the tokens are knox's, of which everybody may have several."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.permissions import IsAdminUser
from rest_framework.test import APIRequestFactory

from mfa.adapters.django.models import AccountRecord, ChallengeRecord
from mfa.adapters.drf.trusts import MultiFactorTrustViewSet
from mfa.adapters.serializers import MOST_TOKEN_CHARACTERS
from mfa.domain.policies import Requirement
from tests.integration.drf.keys import SITE, dispatched, enrolled, new_key
from tests.integration.drf.people import METHODS, MOUNT, Answer, App, World
from tests.integration.drf.test_hostile_input import BODIES, check
from tests.integration.drf.test_transactions import told
from tests.integration.tokens.systems import PASSWORD, Client, Knox, deploy
from tests.urls import ProtectedView

SYSTEM = Knox()
LIFETIME = timedelta(days=30)
REJECTION = b'{"detail":"This value is not valid.","code":"invalid_value"}'
REJECTION_HEADERS = {
    "Content-Type": "application/json",
    "WWW-Authenticate": 'JSON realm="multi factor verification"',
    "Cache-Control": "no-store",
    "Vary": "Accept",
    "Allow": "GET, POST, HEAD, OPTIONS",
}
AUTHENTICATION = ["SELECT knox_authtoken", "SELECT knox_authtoken"]
"""Knox looks for the user's expired tokens as well."""


@pytest.fixture
def world(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(settings)
    deploy(world, settings, monkeypatch, SYSTEM, TRUST_LIFETIME="30d", VERIFICATION_LIFETIME=None)
    return world


class Somebody:
    """A person with an authenticator app, and a first login that is verified by it."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.user = User.objects.create_user(name, f"{name}@example.com", PASSWORD)
        self.phone = self.log_in()
        self.app = self.phone.enrol_app()

    def log_in(self, password: str = PASSWORD) -> Client:
        return SYSTEM.log_in(self.world, self.user, password)

    def verify(self, client: Client, **more: object) -> Answer:
        self.world.pass_time()
        return client.post(f"{self.app.index}/", {"value": self.app.code, **more})

    def remembered(self) -> str:
        """Verify in a browser of one's own, and return what it keeps."""
        answer = self.verify(self.log_in(), trust=True)
        assert answer.status_code == 200, answer.data
        token: str = answer.json()["trust"]["token"]
        return token

    def trusted(self, kept: str) -> Client:
        """Log in anew and show what the browser keeps."""
        client = self.log_in()
        answer = show(client, kept)
        assert answer.status_code == 200, answer.data
        return client


@pytest.fixture
def ann(world: World, db: None) -> Somebody:
    return Somebody(world, "ann")


@pytest.fixture
def bob(world: World, db: None) -> Somebody:
    return Somebody(world, "bob")


def show(client: Client, kept: object) -> Answer:
    return client.post("trust/", {"token": kept})


def named(client: Client) -> list[str]:
    return [each["id"] for each in client.get("trust/").json()]


def rejected(answer: Answer) -> bool:
    """Whether an answer is the one that all worthless tokens have, to the byte; cookies are the session's."""
    headers = {name: value for name, value in answer.headers.items() if name != "Set-Cookie"}
    return (answer.status_code, answer.content, headers) == (401, REJECTION, REJECTION_HEADERS)


@pytest.mark.parametrize(
    ("name", "arguments", "path"),
    [("multi-factor-trust-overview", [], "trust/"), ("multi-factor-trust", ["abc"], "trust/abc/")],
)
def test_the_routes_have_names(name: str, arguments: list[object], path: str) -> None:
    assert reverse(name, args=arguments) == MOUNT + path


class TestWhereItIsOff:
    @pytest.fixture(autouse=True)
    def off(self, world: World) -> None:
        world.configure(TOKEN_PROVIDER="knox")

    @pytest.mark.parametrize("who", ["verified", "unverified", "nobody"])
    def test_there_are_no_such_routes(self, world: World, db: None, who: str) -> None:
        client = Client(world) if who == "nobody" else Somebody(world, "ann").phone
        if who == "unverified":
            ChallengeRecord.objects.update(confirmed_at=None)

        for path in ("trust/", "trust/0123456789abcdef/"):
            for method in ("get", "post", "put", "patch", "delete", "options", "head"):
                answer = client.ask(method, MOUNT + path)

                assert answer.status_code == 404, (method, path)
                assert answer.headers["Cache-Control"] == "no-store", (method, path)
                if method != "head":
                    assert answer.json() == {"detail": "Not found.", "code": "not_found"}, (method, path)

    def test_the_wish_to_be_remembered_is_passed_over(self, ann: Somebody) -> None:
        answer = ann.verify(ann.log_in(), trust=True)

        assert answer.status_code == 200
        assert list(answer.json()) == ["verifications-left", "device"]
        assert AccountRecord.objects.get().trusts == []

    def test_what_was_remembered_before_opens_nothing(self, ann: Somebody, world: World) -> None:
        world.configure(TOKEN_PROVIDER="knox", TRUST_LIFETIME="30d")
        kept = ann.remembered()
        client = ann.trusted(kept)
        assert client.gate().status_code == 200

        world.configure(TOKEN_PROVIDER="knox")

        assert client.gate().status_code == 403
        assert show(ann.log_in(), kept).status_code == 404


class TestRemembering:
    def test_a_right_value_gives_a_token_that_is_shown_only_then(self, ann: Somebody, world: World) -> None:
        client = ann.log_in()

        answer = ann.verify(client, trust=True)

        end = world.clock.now() + LIFETIME
        assert answer.status_code == 200
        assert list(answer.json()) == ["verifications-left", "device", "trust"]
        made = answer.json()["trust"]
        assert set(made) == {"token", "expires_at"}
        assert made["expires_at"] == f"{end:%Y-%m-%dT%H:%M:%SZ}"
        assert len(base64.urlsafe_b64decode(made["token"] + "=")) == 32
        assert answer.headers["Cache-Control"] == "no-store"
        assert made["token"] not in client.get("trust/").content.decode()

    @pytest.mark.parametrize("wish", [{}, {"trust": False}, {"trust": "false"}, {"trust": 0}])
    def test_without_the_wish_there_is_none(self, ann: Somebody, wish: dict[str, object]) -> None:
        answer = ann.verify(ann.log_in(), **wish)

        assert answer.status_code == 200
        assert list(answer.json()) == ["verifications-left", "device"]
        assert AccountRecord.objects.get().trusts == []

    def test_the_wish_is_said_clearly(self, ann: Somebody) -> None:
        client = ann.log_in()
        for wish in (None, "perhaps", "", 2, -1, 1.5, [], [True], {}, {"a": 1}, "\ud800", "\x00"):
            for _ in range(6):
                answer = ann.verify(client, trust=wish)

                assert answer.status_code == 400, wish
                assert list(answer.json()) == ["trust"], wish

            assert client.gate().status_code == 403, wish
            assert client.get("status/").json()["locked"] is False, wish
            assert AccountRecord.objects.get().trusts == [], wish

    def test_the_wish_may_come_in_a_form(self, ann: Somebody) -> None:
        client = ann.log_in()
        ann.world.pass_time()

        answer = client.client.post(
            f"{MOUNT}{ann.app.index}/",
            f"value={ann.app.code}&trust=true",
            content_type="application/x-www-form-urlencoded",
        )

        assert "trust" in answer.json()

    @pytest.mark.parametrize("value", ["000000", "", "x"])
    def test_a_wrong_value_gives_none(self, ann: Somebody, value: str) -> None:
        answer = ann.phone.post(f"{ann.app.index}/", {"value": value, "trust": True})

        assert (answer.status_code, answer.content) == (401, REJECTION)
        assert AccountRecord.objects.get().trusts == []

    def test_another_users_device_gives_none(self, ann: Somebody, bob: Somebody) -> None:
        mail = ann.phone.enrol_mail()

        for wish in (True, "perhaps"):
            answer = bob.phone.post(f"{mail}/", {"value": ann.app.code, "trust": wish})
            assert answer.status_code == 404

    def test_a_security_key_gives_one(self, world: World, db: None) -> None:
        world.configure(TOKEN_PROVIDER="knox", TRUST_LIFETIME="30d", METHODS=["webauthn", "totp"], **SITE)
        user = User.objects.create_user("cid", password=PASSWORD)
        client = SYSTEM.log_in(world, user)
        keys = [new_key(), new_key()]
        first, second = [enrolled(client, key) for key in keys]

        value = keys[1].get(dispatched(client, first, again=True))
        answer = client.post(f"{first}/", {"value": value, "trust": True})

        assert answer.status_code == 200
        fresh = SYSTEM.log_in(world, user)
        assert show(fresh, answer.json()["trust"]["token"]).status_code == 200
        assert fresh.get("trust/").json()[0]["device"] == second
        assert fresh.gate().status_code == 200

    @pytest.mark.parametrize("agent", ["Mozilla/5.0 Firefox/140.0", "", "\x1b[31m\xa0\xad\x85red" + "x" * 5000])
    def test_the_browser_is_described_by_what_it_says(self, ann: Somebody, agent: str) -> None:
        client = ann.log_in()
        ann.world.pass_time()

        client.post(f"{ann.app.index}/", {"value": ann.app.code, "trust": True}, HTTP_USER_AGENT=agent)

        [listed] = client.get("trust/").json()
        assert listed["description"] == (f"[31mred{'x' * 121}" if agent.startswith("\x1b") else agent)

    def test_a_browser_that_says_nothing_has_no_description(self, ann: Somebody) -> None:
        ann.remembered()

        assert ann.phone.get("trust/").json()[0]["description"] == ""


class TestShowing:
    def test_a_new_login_is_verified_by_it(self, ann: Somebody, world: World) -> None:
        kept, client = ann.remembered(), ann.log_in()
        assert client.gate().status_code == 403
        world.pass_time(timedelta(days=1))

        answer = show(client, kept)

        assert answer.status_code == 200
        assert answer.json() == {"verifications-left": 0}
        assert answer.headers["Cache-Control"] == "no-store"
        assert client.gate().status_code == 200
        assert client.get("status/").json() == {
            "verified": True,
            "required": 1,
            "verifications-left": 0,
            "enrolled": True,
            "locked": False,
            "retry_after": None,
            "registration_deadline": None,
            "verifications": [
                {"index": ann.app.index, "method": "trust", "at": f"{world.clock.now():%Y-%m-%dT%H:%M:%SZ}"}
            ],
        }
        assert client.get(f"{ann.app.index}/").json()["confirmed"] is False

    def test_it_may_come_in_a_form(self, ann: Somebody) -> None:
        kept, client = ann.remembered(), ann.log_in()

        answer = client.client.post(f"{MOUNT}trust/", f"token={kept}", content_type="application/x-www-form-urlencoded")

        assert answer.status_code == 200

    def test_the_verifications_that_are_left_are_told(self, ann: Somebody, world: World) -> None:
        world.configure(TOKEN_PROVIDER="knox", TRUST_LIFETIME="30d", REQUIRED_VERIFICATIONS=2)
        kept, client = ann.remembered(), ann.log_in()

        assert show(client, kept).json() == {"verifications-left": 1}
        assert show(client, ann.remembered()).json() == {"verifications-left": 1}
        assert ann.verify(client).json()["verifications-left"] == 1
        assert client.gate().status_code == 403

    def test_who_has_no_token_is_asked_for_one(self, world: World, db: None) -> None:
        for method, path in (("post", "trust/"), ("get", "trust/"), ("delete", "trust/abc/"), ("options", "trust/")):
            answer = Client(world).ask(method, MOUNT + path)

            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == "Token"
            assert answer.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        ("body", "sentence"),
        [
            ({}, "This field is required."),
            ({"token": None}, "This field may not be null."),
            ({"token": ""}, "This field may not be blank."),
            ({"token": "  "}, "This field may not be blank."),
            ({"token": 7}, "Not a valid string."),
            ({"token": True}, "Not a valid string."),
            ({"token": ["x"]}, "Not a valid string."),
            ({"token": {"a": "x"}}, "Not a valid string."),
            ({"token": "x" * (MOST_TOKEN_CHARACTERS + 1)}, "Ensure this field has no more than 1024 characters."),
            ({"token": "\ud800"}, "Surrogate characters are not allowed: U+D800."),
            ({"token": "x\x00"}, "Null characters are not allowed."),
        ],
    )
    def test_what_is_malformed_is_no_token(self, ann: Somebody, body: object, sentence: str) -> None:
        answer = ann.log_in().post("trust/", body)

        assert answer.status_code == 400
        assert answer.json() == {"token": [sentence]}
        assert answer.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(
        "token", ["x", "é", "x" * MOST_TOKEN_CHARACTERS, "\x1b", "\N{MOBILE PHONE}", "' OR 1=1 --"]
    )
    def test_whatever_is_a_text_is_a_token_that_was_never_made(self, ann: Somebody, token: str) -> None:
        ann.remembered()

        assert rejected(show(ann.log_in(), token))

    @pytest.mark.parametrize("why", ["unknown", "expired", "revoked", "another user's", "made with another password"])
    def test_what_is_worth_nothing_has_the_same_answer_whatever_is_wrong_with_it(
        self, ann: Somebody, bob: Somebody, world: World, why: str
    ) -> None:
        kept, password = ann.remembered(), PASSWORD
        match why:
            case "unknown":
                kept = f"{kept[:-1]}{'A' if kept[-1] != 'A' else 'B'}"
            case "expired":
                world.pass_time(LIFETIME)
            case "revoked":
                assert ann.phone.delete(f"trust/{named(ann.phone)[0]}/").status_code == 204
            case "another user's":
                kept = bob.remembered()
            case _:
                password = "another password"
                ann.user.set_password(password)
                ann.user.save()
        client = ann.log_in(password)
        before = AccountRecord.objects.order_by("pk").values()[0]

        for _ in range(10):
            assert rejected(show(client, kept))

        assert AccountRecord.objects.order_by("pk").values()[0] == before
        assert client.gate().status_code == 403
        status = client.get("status/").json()
        assert (status["verified"], status["locked"], status["verifications"]) == (False, False, [])

    def test_while_guesses_have_to_wait_it_is_looked_at(self, ann: Somebody) -> None:
        kept, client = ann.remembered(), ann.log_in()
        ann.phone.fail(ann.app.index, 5)

        assert show(client, "unknown").status_code == 401
        assert show(client, kept).status_code == 200
        assert client.gate().status_code == 200

    def test_a_requirement_of_how_and_when_is_not_met(self, ann: Somebody, monkeypatch: pytest.MonkeyPatch) -> None:
        client = ann.trusted(ann.remembered())

        for requirement, status in (
            (Requirement(), 200),
            (Requirement(verifications=1), 200),
            (Requirement(verifications=2), 403),
            (Requirement(max_age=timedelta(days=1000)), 403),
            (Requirement(methods=["totp"]), 403),
            (Requirement(phishing_resistant=True), 403),
        ):
            monkeypatch.setattr(ProtectedView, "mfa_requirement", requirement, raising=False)
            answer = client.gate()
            assert answer.status_code == status, requirement
            if status == 403:
                assert answer.json()["code"] == "verification_required"
                assert answer.json()["verifications-left"] == 1

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("post", "register/totp/", {}),
            ("post", "register/email/", {"address": "thief@example.com"}),
            ("post", "register/recovery/", {}),
            ("patch", "0/", {"name": "mine"}),
            ("patch", "0/", {"name": 7}),
            ("delete", "0/", None),
        ],
    )
    def test_the_packages_own_changes_are_not_opened(self, ann: Somebody, method: str, path: str, body: object) -> None:
        client = ann.trusted(ann.remembered())
        before = AccountRecord.objects.values().get()

        answer: Answer = getattr(client, method)(path, body) if body is not None else client.delete(path)

        assert answer.status_code == 403
        assert answer.json()["code"] == "verification_required"
        assert answer.json()["verifications-left"] == 1
        assert AccountRecord.objects.values().get() == before
        assert ann.verify(client).status_code == 200
        assert client.delete("0/").status_code == 204


class TestListing:
    def test_all_of_them_are_shown(self, ann: Somebody, world: World) -> None:
        first = ann.remembered()
        made = world.clock.now()
        ann.remembered()
        world.pass_time(timedelta(hours=1, microseconds=123456))
        client = ann.trusted(first)

        answer = client.get("trust/")

        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        ids = named(client)
        assert all(len(each) == 16 and each.isalnum() for each in ids)
        assert len(set(ids)) == 2
        assert answer.json() == [
            {
                "id": ids[0],
                "device": ann.app.index,
                "description": "",
                "current": True,
                "created_at": f"{made:%Y-%m-%dT%H:%M:%SZ}",
                "expires_at": f"{made + LIFETIME:%Y-%m-%dT%H:%M:%SZ}",
                "last_used_at": f"{world.clock.now():%Y-%m-%dT%H:%M:%S.%fZ}",
            },
            {
                "id": ids[1],
                "device": ann.app.index,
                "description": "",
                "current": False,
                "created_at": f"{made + timedelta(seconds=30):%Y-%m-%dT%H:%M:%SZ}",
                "expires_at": f"{made + timedelta(seconds=30) + LIFETIME:%Y-%m-%dT%H:%M:%SZ}",
                "last_used_at": None,
            },
        ]

    def test_nothing_is_shown_of_others(self, ann: Somebody, bob: Somebody) -> None:
        ann.remembered()

        assert bob.phone.get("trust/").json() == []

    def test_what_is_worth_nothing_is_not_shown(self, ann: Somebody, world: World) -> None:
        ann.remembered()
        world.pass_time(LIFETIME)

        assert ann.phone.get("trust/").json() == []

    def test_who_is_not_verified_is_refused(self, ann: Somebody) -> None:
        ann.remembered()

        answer = ann.log_in().get("trust/")

        assert answer.status_code == 403
        assert answer.json() == {
            "detail": "Verify with one of your devices first.",
            "code": "verification_required",
            "verifications-left": 1,
            "requirement": {"verifications": 1, "methods": None, "max_age": None, "phishing_resistant": False},
        }
        assert answer.headers["WWW-Authenticate"].startswith('Token error="insufficient_user_authentication"')
        assert answer.headers["Cache-Control"] == "no-store"

    def test_who_has_no_device_is_sent_to_register(self, world: World, db: None) -> None:
        user = User.objects.create_user("cid", password=PASSWORD)

        answer = SYSTEM.log_in(world, user).get("trust/")

        assert (answer.status_code, answer.json()["code"]) == (403, "registration_required")

    def test_the_names_are_no_tokens(self, ann: Somebody) -> None:
        ann.remembered()

        assert rejected(show(ann.log_in(), named(ann.phone)[0]))


class TestRevoking:
    def test_one_that_is_revoked_shuts_the_gate_at_once(self, ann: Somebody) -> None:
        kept, other = ann.remembered(), ann.remembered()
        clients = [ann.trusted(kept), ann.trusted(kept), ann.trusted(other)]
        assert [client.gate().status_code for client in clients] == [200, 200, 200]
        path = f"trust/{named(ann.phone)[0]}/"

        answer = ann.phone.delete(path)

        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["Cache-Control"] == "no-store"
        assert [client.gate().status_code for client in clients] == [403, 403, 200]
        assert rejected(show(ann.log_in(), kept))
        again = ann.phone.delete(path)
        assert again.status_code == 404
        assert again.json() == {"detail": "Not found.", "code": "not_found"}
        assert again.headers["Cache-Control"] == "no-store"

    def test_another_users_is_not_found(self, ann: Somebody, bob: Somebody) -> None:
        ann.remembered()
        [name] = named(ann.phone)

        answers = [bob.phone.delete(f"trust/{each}/") for each in (name, "0" * 16)]

        assert {each.status_code for each in answers} == {404}
        assert len({each.content for each in answers}) == 1
        assert named(ann.phone) == [name]
        assert bob.phone.options(f"trust/{name}/").status_code == 404
        assert ann.phone.options(f"trust/{name}/").status_code == 200

    @pytest.mark.parametrize("name", ["0", "-1", "x" * 5000, "%00", "%ed%a0%80", "%ff", "..", "é", "%0a", "a b"])
    def test_what_is_no_name_is_not_found(self, ann: Somebody, name: str) -> None:
        assert ann.phone.delete(f"trust/{name}/").status_code == 404

    def test_who_is_not_verified_is_refused(self, ann: Somebody) -> None:
        ann.remembered()
        [name] = named(ann.phone)

        for each in (name, "0" * 16):
            answer = ann.log_in().delete(f"trust/{each}/")
            assert (answer.status_code, answer.json()["code"]) == (403, "verification_required")

        assert named(ann.phone) == [name]

    def test_a_browser_may_revoke_itself(self, ann: Somebody) -> None:
        client = ann.trusted(ann.remembered())

        assert client.delete(f"trust/{named(client)[0]}/").status_code == 204

        assert client.gate().status_code == 403
        assert client.get("trust/").status_code == 403

    def test_one_of_several_verifications_is_taken_away_alone(self, ann: Somebody) -> None:
        client = ann.trusted(ann.remembered())
        ann.verify(client)

        assert client.delete(f"trust/{named(client)[0]}/").status_code == 204

        assert client.gate().status_code == 200


class TestWhatRevokesAll:
    @pytest.mark.parametrize("gone", ["its own", "another"])
    def test_a_device_that_is_removed(self, ann: Somebody, gone: str) -> None:
        mail = ann.phone.enrol_mail()
        kept = [ann.remembered(), ann.remembered()]
        clients = [ann.trusted(each) for each in kept]

        assert ann.phone.delete(f"{ann.app.index if gone == 'its own' else mail}/").status_code == 204

        assert [client.gate().status_code for client in clients] == [403, 403]
        assert all(rejected(show(client, each)) for client, each in zip(clients, kept, strict=True))
        assert named(ann.phone) == []

    @pytest.mark.parametrize("how", ["the model", "a query", "the same password again", "an unusable one"])
    def test_a_change_of_password(self, ann: Somebody, how: str) -> None:
        kept = ann.remembered()
        client, proved = ann.trusted(kept), ann.log_in()
        ann.verify(proved)
        assert client.gate().status_code == 200

        match how:
            case "the model":
                ann.user.set_password("another password")
                ann.user.save()
            case "a query":
                User.objects.filter(pk=ann.user.pk).update(password="md5$salt$hash")
            case "the same password again":
                ann.user.set_password(PASSWORD)
                ann.user.save()
            case _:
                ann.user.set_unusable_password()
                ann.user.save()

        assert client.gate().status_code == 403
        assert client.get("status/").json()["verifications"] == []
        assert rejected(show(client, kept))
        assert proved.gate().status_code == 200
        assert proved.get("trust/").json() == []
        ann.verify(proved, trust=True)
        assert len(AccountRecord.objects.get().trusts) == 1

    def test_the_twenty_first_takes_the_first_along_and_no_other(self, ann: Somebody) -> None:
        first = ann.remembered()
        client = ann.trusted(first)
        for _ in range(19):
            ann.remembered()
        names = named(ann.phone)
        assert (len(names), client.gate().status_code) == (20, 200)

        ann.remembered()

        assert named(ann.phone)[:-1] == names[1:]
        assert client.gate().status_code == 403
        assert rejected(show(client, first))

    def test_the_end_of_its_time(self, ann: Somebody, world: World) -> None:
        client = ann.trusted(ann.remembered())
        world.pass_time(LIFETIME - timedelta(microseconds=1))
        assert client.gate().status_code == 200

        world.pass_time(timedelta(microseconds=1))

        assert client.gate().status_code == 403

    def test_a_user_who_is_deleted_leaves_nothing(self, ann: Somebody) -> None:
        ann.trusted(ann.remembered())

        ann.user.delete()

        assert not AccountRecord.objects.exists()
        assert not ChallengeRecord.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestCosts:
    def test_to_show_one(self, ann: Somebody) -> None:
        kept, client = ann.remembered(), ann.log_in()

        with CaptureQueriesContext(connection) as captured:
            assert show(client, kept).status_code == 200

        assert told(captured) == [
            *AUTHENTICATION,
            "SELECT accountrecord",
            "BEGIN",
            "UPDATE accountrecord",
            "INSERT challengerecord",
            "COMMIT",
        ]

    def test_to_show_what_is_worth_nothing(self, ann: Somebody) -> None:
        client = ann.log_in()

        with CaptureQueriesContext(connection) as captured:
            assert show(client, "x").status_code == 401

        assert [each for each in told(captured) if each not in {"BEGIN", "COMMIT"}] == [
            *AUTHENTICATION,
            "SELECT accountrecord",
            "INSERT auditrecord",
        ]

    def test_to_list_them(self, ann: Somebody) -> None:
        for _ in range(3):
            ann.remembered()

        with CaptureQueriesContext(connection) as captured:
            assert len(ann.phone.get("trust/").json()) == 3

        assert told(captured) == [*AUTHENTICATION, "SELECT accountrecord", "SELECT accountrecord"]

    def test_to_revoke_one(self, ann: Somebody) -> None:
        ann.remembered()
        [name] = named(ann.phone)

        with CaptureQueriesContext(connection) as captured:
            assert ann.phone.delete(f"trust/{name}/").status_code == 204

        assert told(captured) == [
            *AUTHENTICATION,
            "SELECT accountrecord",
            "SELECT accountrecord",
            "BEGIN",
            "UPDATE accountrecord",
            "INSERT auditrecord",
            "COMMIT",
        ]

    def test_to_have_one_remembered_costs_its_row_of_the_trail_and_the_address_to_mail(self, ann: Somebody) -> None:
        ann.world.pass_time()

        with CaptureQueriesContext(connection) as captured:
            answer = ann.phone.post(f"{ann.app.index}/", {"value": ann.app.code, "trust": True})

        assert answer.status_code == 200
        assert told(captured) == [
            *AUTHENTICATION,
            "SELECT accountrecord",
            "BEGIN",
            "UPDATE accountrecord",
            "UPDATE devicerecord",
            "UPDATE challengerecord",
            "INSERT auditrecord",
            "COMMIT",
            "SELECT auth_user",
        ]

    def test_the_gate_costs_one_statement_as_ever(
        self, ann: Somebody, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        kept = [ann.remembered() for _ in range(3)]
        client = ann.trusted(kept[1])

        with django_assert_num_queries(len(AUTHENTICATION) + 1):
            assert client.gate().status_code == 200


@pytest.mark.django_db(transaction=True)
class TestAtomicRequests:
    @pytest.fixture(autouse=True)
    def atomic_requests(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for alias in connections:
            monkeypatch.setitem(connections[alias].settings_dict, "ATOMIC_REQUESTS", value=True)

    def test_all_works_as_ever(self, ann: Somebody) -> None:
        kept = ann.remembered()
        client = ann.trusted(kept)
        assert client.gate().status_code == 200
        assert rejected(show(ann.log_in(), "x"))
        [name] = named(client)

        assert ann.phone.delete(f"trust/{name}/").status_code == 204

        assert client.gate().status_code == 403
        assert rejected(show(client, kept))


class TestAtRest:
    def test_no_row_of_any_table_holds_the_token(self, ann: Somebody) -> None:
        kept = ann.remembered()
        client = ann.trusted(kept)
        show(client, f"{kept}x")
        raw = base64.urlsafe_b64decode(f"{kept}=")
        writings = [
            kept,
            raw.hex(),
            base64.b64encode(raw).decode().rstrip("="),
            base64.b32encode(raw).decode().rstrip("="),
            repr(raw)[2:-1],
        ]

        values = everything()

        assert len(values) > 100
        assert any(named(ann.phone)[0] in value for value in values)
        assert [each for each in writings if any(each in value for value in values)] == []

    def test_it_is_written_into_no_page_of_the_list(self, ann: Somebody) -> None:
        kept = ann.remembered()
        digest = AccountRecord.objects.get().trusts[0]["digest"]
        client = ann.trusted(kept)

        pages = [client.get(path).content.decode() for path in ("trust/", "status/", "", "0/")]

        assert [page for page in pages if kept in page or digest in page] == []


def everything() -> list[str]:
    """Return every value of every row of every table, as the database holds it."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608 - our own
            for row in cursor.fetchall():
                plain = [bytes(value) if isinstance(value, memoryview) else value for value in row]
                found += [repr(value) for value in plain]
    return found


class TestHostileBodies:
    def test_nothing_gives_a_500(self, ann: Somebody) -> None:
        for body, kind in BODIES.values():
            for method, path in (("POST", "trust/"), ("DELETE", "trust/x/"), ("PUT", "trust/"), ("OPTIONS", "trust/")):
                check(ann.phone.client.generic(method, MOUNT + path, body, content_type=kind))

    @pytest.mark.parametrize("accept", ["", "application/xml", "application/json; indent=4", "\xff"])
    def test_whatever_is_accepted(self, ann: Somebody, accept: str) -> None:
        answer = ann.phone.get("trust/", headers={"Accept": accept})

        assert answer.status_code in {200, 406}

    @pytest.mark.parametrize("method", ["put", "patch", "delete"])
    def test_other_verbs_are_not_there(self, ann: Somebody, method: str) -> None:
        assert ann.phone.ask(method, f"{MOUNT}trust/").status_code == 405
        if method != "delete":
            assert ann.phone.ask(method, f"{MOUNT}trust/x/").status_code == 405


def test_what_a_body_is_made_of_is_described(ann: Somebody) -> None:
    described = ann.phone.options("trust/").json()["actions"]["POST"]

    assert list(described) == ["token"]
    assert (described["token"]["required"], described["token"]["max_length"]) == (True, MOST_TOKEN_CHARACTERS)


def test_the_viewset_can_be_subclassed(ann: Somebody) -> None:
    class Own(MultiFactorTrustViewSet):
        permission_classes = (IsAdminUser,)

    ann.remembered()
    view: Any = Own.as_view({"get": "overview", "post": "show"})
    request = APIRequestFactory().get(
        "/", headers={"Authorization": ann.phone.client._credentials["HTTP_AUTHORIZATION"]}
    )

    assert view(request).status_code == 403
    ann.user.is_staff = True
    ann.user.save()
    assert len(view(request).data) == 1
    assert view._non_atomic_requests == set(connections)


def test_other_permissions_do_not_open_the_list(ann: Somebody) -> None:
    class Open(MultiFactorTrustViewSet):
        permission_classes = ()

    ann.remembered()
    credentials = {"Authorization": ann.log_in().client._credentials["HTTP_AUTHORIZATION"]}
    view: Any = Open.as_view({"get": "overview", "delete": "revoke"})

    assert view(APIRequestFactory().get("/", headers=credentials)).status_code == 403
    assert view(APIRequestFactory().delete("/", headers=credentials), index=named(ann.phone)[0]).status_code == 403
    assert view(APIRequestFactory().get("/")).status_code == 401


def test_time_is_told_in_utc(ann: Somebody, settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Amsterdam"

    answer = ann.verify(ann.log_in(), trust=True)

    told_of = answer.json()["trust"]["expires_at"]
    assert told_of.endswith("Z")
    assert datetime.fromisoformat(told_of).astimezone(UTC) == ann.world.clock.now() + LIFETIME


def test_the_code_of_another_kind_of_device_gives_one_too(ann: Somebody, world: World) -> None:
    mail = ann.phone.enrol_mail()
    codes = ann.phone.post("register/recovery/").json()
    client = ann.log_in()
    world.pass_time()
    assert client.post(f"{mail}/dispatch/").status_code == 204

    answers = [
        client.post(f"{mail}/", {"value": world.code, "trust": True}),
        client.post(f"{codes['index']}/", {"value": codes["codes"][0], "trust": True}),
    ]

    assert [each["device"] for each in client.get("trust/").json()] == [mail, codes["index"]]
    assert set(METHODS) >= {each.json()["device"]["method"] for each in answers}
    for answer in answers:
        assert ann.trusted(answer.json()["trust"]["token"]).gate().status_code == 200


def test_an_app_is_asked_as_ever(ann: Somebody) -> None:
    app: App = ann.app
    client = ann.trusted(ann.remembered())

    assert client.get(f"{app.index}/").status_code == 200
    assert client.verify(app.index, "000000").status_code == 401
