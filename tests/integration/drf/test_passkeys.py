"""Logging in by a passkey over HTTP, driven by an authenticator in software."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import OperationalError, connections
from django.test.client import encode_multipart
from django.urls import reverse
from knox.auth import TokenAuthentication as KnoxAuthentication
from pytest_django import Settings
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.permissions import IsAdminUser
from rest_framework.test import APIClient, APIRequestFactory

from mfa.adapters.accessor import use_cases
from mfa.adapters.drf.passkeys import MultiFactorPasskeyViewSet, PasskeyThrottle
from mfa.adapters.drf.viewsets import MultiFactorViewSet
from mfa.adapters.tokens.session import SessionTokenProvider
from mfa.config import Config
from mfa.testing.authenticator import SoftwareAuthenticator, b64decode, b64encode
from tests.integration.django.crowd import MANY, all_at_once
from tests.integration.drf.keys import Json, dispatched, enrolled, new_key, take_keys
from tests.integration.drf.people import MOUNT, Answer, Browser, Person, World, written

REJECTION = b'{"detail":"This value is not valid.","code":"invalid_value"}'
ROUNDS = 5
OPTIONS = f"{MOUNT}passkey/options/"
LOGIN = f"{MOUNT}passkey/"


@pytest.fixture(autouse=True)
def _site(world: World) -> None:
    take_keys(world, PASSKEY_LOGIN=True)


@pytest.fixture
def key() -> SoftwareAuthenticator:
    return new_key()


def begun() -> tuple[Json, str]:
    answer = APIClient().post(OPTIONS)
    assert answer.status_code == 200, answer.data
    assert set(answer.json()) == {"options", "state"}
    return answer.json()["options"], answer.json()["state"]


def sent(body: object) -> Answer:
    client: Any = APIClient()
    answer: Answer = client.post(LOGIN, **written(body))
    return answer


def logged_in(key: SoftwareAuthenticator) -> Answer:
    options, state = begun()
    return sent({"state": state, "value": key.get(options)})


def rejected(answer: Answer) -> bool:
    return answer.status_code == 401 and answer.content == REJECTION


def test_the_routes_have_names() -> None:
    assert reverse("multi-factor-passkey-options") == OPTIONS
    assert reverse("multi-factor-passkey") == LOGIN


def test_a_passkey_alone_opens_the_gate(ann: Person, world: World, key: SoftwareAuthenticator) -> None:
    enrolled(ann, key)
    options, state = begun()
    assert options["rpId"] == "example.com"
    assert options["userVerification"] == "required"
    assert "allowCredentials" not in options

    answer = sent({"state": state, "value": key.get(options)})

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json()) == {"token", "verifications-left"}
    assert answer.json()["verifications-left"] == 0
    browser = Browser(world, answer.json()["token"])
    assert browser.gate().status_code == 200
    assert browser.get().json()[0]["confirmed"] is True
    assert [token.key for token in AuthToken.objects.all()] == [answer.json()["token"]]
    assert ann.gate().status_code == 401


def test_a_new_token_may_make_changes(ann: Person, world: World, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    browser = Browser(world, logged_in(key).json()["token"])

    assert browser.delete(f"{index}/").status_code == 204


def test_knox_tells_when_a_token_ends(
    ann: Person, world: World, key: SoftwareAuthenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled(ann, key)
    take_keys(world, PASSKEY_LOGIN=True, TOKEN_PROVIDER="knox")
    monkeypatch.setattr(MultiFactorViewSet, "authentication_classes", [KnoxAuthentication])

    answer = logged_in(key)

    assert answer.status_code == 200
    assert answer.json()["expires_at"].endswith("Z")
    status = Browser(world, answer.json()["token"]).get("status/")
    assert status.json()["verified"] is True
    assert logged_in(key).json()["token"] != answer.json()["token"]


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param({"origin": "https://example.com:8443"}, id="another port"),
        pytest.param({"origin": "http://example.com"}, id="another scheme"),
        pytest.param({"origin": "https://login.example.com"}, id="a sub-domain"),
        pytest.param({"rp_id": "evil.example"}, id="another relying party"),
        pytest.param({"user_present": False}, id="nobody touched it"),
        pytest.param({"user_verified": False}, id="nobody was verified"),
        pytest.param({"type": "webauthn.create"}, id="another type"),
        pytest.param({"challenge": b"a challenge of nobody's own making"}, id="another challenge"),
        pytest.param({"user_handle": None}, id="no handle"),
        pytest.param({"user_handle": b"somebody else"}, id="the handle of another"),
        pytest.param({"authenticator_data": b"short"}, id="too little data"),
    ],
)
def test_what_is_not_right_is_refused(ann: Person, key: SoftwareAuthenticator, behaviour: dict[str, Any]) -> None:
    enrolled(ann, key)

    assert rejected(logged_in(key.behaving(**behaviour)))
    assert AuthToken.objects.count() == 1


def test_an_unknown_credential_is_answered_as_a_bad_signature_is(ann: Person, key: SoftwareAuthenticator) -> None:
    enrolled(ann, key)
    stranger = new_key()
    stranger.create(ann.post("register/webauthn/").json()["options"])
    options, state = begun()
    bad = key.get(options)
    signature = bytearray(b64decode(bad["response"]["signature"]))
    signature[-1] ^= 1
    bad["response"]["signature"] = b64encode(bytes(signature))

    answers = [logged_in(stranger), sent({"state": state, "value": bad})]

    assert all(rejected(answer) for answer in answers)
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1


def test_every_refusal_is_on_record(ann: Person, key: SoftwareAuthenticator, caplog: pytest.LogCaptureFixture) -> None:
    """As an event of the user whose credential it is, and where there is none, as a record of nobody."""
    enrolled(ann, key)
    stranger = new_key()
    stranger.create(ann.post("register/webauthn/").json()["options"])
    options, _ = begun()
    caplog.clear()

    logged_in(key.behaving(origin="https://evil.example"))
    logged_in(stranger)
    sent({"state": "of one's own making", "value": key.get(options)})

    told = [vars(record) for record in caplog.records if record.name == "mfa"]
    assert [(each["mfa_event"], each["mfa_method"]) for each in told] == [("VerificationRejected", "webauthn")] * 3
    assert [(each["mfa_reason"].value, each["mfa_step"]) for each in told] == [
        ("origin", "7.2.12"),
        ("unknown_credential", "7.2.5"),
        ("wrong", None),
    ]
    assert [each.get("mfa_user_id") for each in told] == [str(ann.user.pk), None, None]


def test_an_assertion_serves_once(ann: Person, key: SoftwareAuthenticator) -> None:
    enrolled(ann, key)
    options, state = begun()
    body = {"state": state, "value": key.behaving(sign_count=0).get(options)}
    other = {"state": begun()[1], "value": body["value"]}
    assert rejected(sent(other))

    enrolled_zero = new_key(sign_count=0)
    enrolled(ann, enrolled_zero)
    options, state = begun()
    body = {"state": state, "value": enrolled_zero.get(options)}
    assert sent(body).status_code == 200
    assert rejected(sent(body))


def test_options_live_five_minutes(ann: Person, world: World, key: SoftwareAuthenticator) -> None:
    enrolled(ann, key)
    options, state = begun()
    world.pass_time(timedelta(minutes=5))

    assert rejected(sent({"state": state, "value": key.get(options)}))


def test_options_for_something_else_log_nobody_in(ann: Person, key: SoftwareAuthenticator) -> None:
    index = enrolled(ann, key)
    _, state = begun()

    assert rejected(sent({"state": state, "value": key.get(dispatched(ann, index, again=True))}))


def test_an_inactive_user_gets_no_token(ann: Person, key: SoftwareAuthenticator) -> None:
    enrolled(ann, key)
    ann.user.is_active = False
    ann.user.save()

    assert rejected(logged_in(key))


def test_a_user_who_is_deleted_gets_none(ann: Person, key: SoftwareAuthenticator) -> None:
    enrolled(ann, key)
    ann.user.delete()

    assert rejected(logged_in(key))
    assert AuthToken.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"state": "x"},
        {"value": {}},
        {"state": None, "value": {}},
        {"state": 7, "value": {}},
        {"state": "", "value": {}},
        {"state": "x" * 1025, "value": {}},
        {"state": "x", "value": "text"},
        {"state": "x", "value": None},
        {"state": "x", "value": []},
        {"state": "x", "value": {"more": "x" * 66 * 1024}},
        {"state": "x", "value": {"more": "x" * 80 * 1024}},
    ],
)
def test_a_malformed_body_is_no_login(body: object, db: None) -> None:
    assert sent(body).status_code == 400


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"type": "public-key"},
        {"type": "public-key", "id": "!", "rawId": "!", "response": {}},
        {"type": "public-key", "id": "\ud800", "rawId": "\ud800", "response": {}},
        {"type": "public-key", "id": "AAAA", "rawId": "AAAA", "response": {"clientDataJSON": 1}},
    ],
)
@pytest.mark.parametrize("state", ["x", "é", "\ud800", "AAAA"])
def test_a_broken_one_is_malformed_whatever_the_state(state: str, value: object, db: None) -> None:
    assert sent({"state": state, "value": value}).status_code == 400


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize("broken", [None, 7, "!"])
def test_a_malformed_part_is_named_and_uses_nothing_up(
    ann: Person, key: SoftwareAuthenticator, part: str, broken: object
) -> None:
    enrolled(ann, key)
    options, state = begun()
    value = key.get(options)
    answer = sent({"state": state, "value": {**value, "response": {**value["response"], part: broken}}})

    assert answer.status_code == 400
    assert answer.json() == {"value": {"response": {part: ["This is missing or malformed."]}}}
    assert sent({"state": state, "value": value}).status_code == 200


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("broken", ["", "AB", b64encode(b"\xff"), b64encode(b"[" * 20_000)])
def test_a_broken_part_is_refused(ann: Person, key: SoftwareAuthenticator, part: str, broken: object) -> None:
    enrolled(ann, key)
    options, state = begun()
    value = key.get(options)
    value["response"][part] = broken

    assert rejected(sent({"state": state, "value": value}))


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options", "head"])
@pytest.mark.parametrize("path", [OPTIONS, LOGIN])
def test_where_it_is_off_there_are_no_such_routes(world: World, method: str, path: str) -> None:
    take_keys(world)
    answer = getattr(APIClient(), method)(path)

    assert answer.status_code == 404
    assert answer["Cache-Control"] == "no-store"


def test_credentials_that_come_along_do_not_matter(ann: Person, key: SoftwareAuthenticator) -> None:
    enrolled(ann, key)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Token nobody's")

    assert client.post(OPTIONS).status_code == 200
    assert client.options(OPTIONS).status_code == 200
    assert client.get(OPTIONS).status_code == 405


CSRF = "x" * 32
OWN = {"X-CSRFToken": CSRF}


class Visitor:
    """A browser, on whose behalf any page may ask."""

    def __init__(self) -> None:
        self.client: Any = APIClient(enforce_csrf_checks=True)

    @property
    def logged_in(self) -> bool:
        return "sessionid" in self.client.cookies

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        answer: Answer = self.client.post(path, body, headers=headers)
        return answer


class TestForgery:
    """A page of another site has the browser of its visitor log in with a passkey of the attacker's.

    Whatever the visitor then does on this site is done in the attacker's account.
    """

    @pytest.fixture
    def body(self, ann: Person, key: SoftwareAuthenticator) -> Json:
        """What the attacker has prepared: options, signed by a passkey of his own."""
        enrolled(ann, key)
        options, state = begun()
        return {"state": state, "value": key.get(options)}

    @pytest.fixture
    def visitor(self) -> Visitor:
        return Visitor()

    def take(self, world: World, provider: object) -> None:
        take_keys(world, PASSKEY_LOGIN=True, TOKEN_PROVIDER=provider)

    @pytest.mark.parametrize("provider", ["session", ["session", "knox"]])
    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param({}, id="no token"),
            pytest.param({"X-CSRFToken": "y" * 32}, id="another token"),
            pytest.param({"X-CSRFToken": CSRF, "Origin": "https://evil.example"}, id="another site"),
        ],
    )
    def test_where_a_login_sets_a_cookie_it_is_refused(
        self, world: World, visitor: Visitor, body: Json, provider: object, headers: dict[str, str]
    ) -> None:
        self.take(world, provider)
        visitor.client.cookies["csrftoken"] = CSRF

        answer = visitor.post(LOGIN, body, **headers)

        assert answer.status_code == 403
        assert answer.json()["code"] == "permission_denied"
        assert answer.json()["detail"].startswith("CSRF Failed")
        assert answer.headers["Cache-Control"] == "no-store"
        assert not visitor.logged_in

    def test_it_is_who_makes_the_token_that_is_asked(self, world: World, visitor: Visitor, body: Json) -> None:
        self.take(world, "knox")
        world.container.token_issuer.override(SessionTokenProvider(Config()))

        assert visitor.post(LOGIN, body).status_code == 403

    def test_without_any_cookie_too(self, world: World, visitor: Visitor, body: Json) -> None:
        self.take(world, "session")

        assert visitor.post(LOGIN, body, **OWN).status_code == 403

    def test_the_site_itself_logs_in_even_after_that(self, world: World, visitor: Visitor, body: Json) -> None:
        self.take(world, "session")
        assert visitor.post(LOGIN, body).status_code == 403
        visitor.client.cookies["csrftoken"] = CSRF

        answer = visitor.post(LOGIN, body, **OWN)

        assert (answer.status_code, answer.json()["token"]) == (200, None)
        assert visitor.logged_in

    @pytest.mark.parametrize("provider", ["authtoken", "knox", "jwt", ["knox", "session"]])
    def test_where_the_token_is_in_the_answer_nothing_is_asked(
        self, world: World, visitor: Visitor, body: Json, provider: object
    ) -> None:
        """Another site cannot read it; and an app has neither cookies nor a page that could set one."""
        self.take(world, provider)
        visitor.client.cookies["csrftoken"] = CSRF

        assert visitor.post(LOGIN, body).status_code == 200
        assert not visitor.logged_in

    def test_options_are_nobodys_yet(self, world: World, visitor: Visitor, db: None) -> None:
        self.take(world, "session")

        assert visitor.post(OPTIONS).status_code == 200
        assert visitor.client.options(LOGIN).status_code == 200

    def test_where_it_is_off_there_is_nothing_to_forge(self, world: World, visitor: Visitor, db: None) -> None:
        take_keys(world, TOKEN_PROVIDER="session")

        assert visitor.post(LOGIN, {}).status_code == 404

    @pytest.mark.parametrize(
        ("content_type", "status"),
        [("application/x-www-form-urlencoded", 400), ("multipart/form-data", 400), ("text/plain", 415)],
    )
    def test_what_a_form_can_send_holds_no_assertion(
        self, visitor: Visitor, body: Json, content_type: str, status: int
    ) -> None:
        """All that a page may post elsewhere without asking first: a value is then text, if it is read at all."""
        form = {"state": body["state"], "value": json.dumps(body["value"])}
        written = {
            "application/x-www-form-urlencoded": urlencode(form).encode(),
            "multipart/form-data": encode_multipart("boundary", form),
            "text/plain": json.dumps(body).encode(),
        }[content_type]
        boundary = "; boundary=boundary" if content_type.startswith("multipart") else ""

        answer = visitor.client.generic("POST", LOGIN, written, content_type + boundary)

        assert answer.status_code == status
        assert visitor.post(LOGIN, body).status_code == 200


@pytest.mark.parametrize("path", [OPTIONS, LOGIN])
def test_a_rate_limits_each_address(settings: Settings, db: None, path: str) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"mfa_passkey": "2/min"}}
    cache.clear()
    try:
        statuses = [APIClient().post(path).status_code for _ in range(2)]
        answer = APIClient().post(path)
        elsewhere = APIClient(REMOTE_ADDR="192.0.2.7").post(path)
    finally:
        cache.clear()

    assert 429 not in statuses
    assert answer.status_code == 429
    assert answer.json()["code"] == "throttled"
    assert int(answer["Retry-After"]) > 0
    assert elsewhere.status_code == statuses[0]


def test_without_a_rate_nothing_is_counted(db: None) -> None:
    assert PasskeyThrottle().get_rate() is None
    assert {APIClient().post(OPTIONS).status_code for _ in range(50)} == {200}


def test_the_viewset_can_be_subclassed(db: None) -> None:
    class Own(MultiFactorPasskeyViewSet):
        permission_classes = (IsAdminUser,)

    view = Own.as_view({"post": "begin"})

    answer = view(APIRequestFactory().post("/"))
    assert answer.status_code == 403
    nowhere = MultiFactorPasskeyViewSet.as_view({"post": "begin"})
    assert nowhere(APIRequestFactory().options("/7/"), index="7").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_one_assertion_used_at_once_one_gives_a_token(ann: Person, world: World) -> None:
    key = new_key(sign_count=0)
    enrolled(ann, key)
    options, state = begun()
    body = {"state": state, "value": key.get(options)}

    answers = all_at_once(lambda _: sent(body))

    statuses = [answer.status_code for answer in answers if not isinstance(answer, BaseException)]
    assert sorted(statuses) == [200, *[401] * (MANY - 1)]
    [token] = [
        answer.json()["token"]
        for answer in answers
        if not isinstance(answer, BaseException) and answer.status_code == 200
    ]
    assert Browser(world, token).gate().status_code == 200
    assert AuthToken.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_options_that_several_answer_at_once_one_gives_a_token(ann: Person, bob: Person) -> None:
    """The credentials of two users, and one that nobody has."""
    keys = [new_key(sign_count=0) for _ in range(3)]
    enrolled(ann, keys[0])
    enrolled(bob, keys[1])
    keys[2].create(bob.post("register/webauthn/").json()["options"])
    for _ in range(ROUNDS):
        options, state = begun()
        bodies = [{"state": state, "value": keys[number % 3].get(options)} for number in range(MANY)]

        answers: list[Any] = all_at_once(lambda number, bodies=bodies: sent(bodies[number]))  # type: ignore[misc] # a default of its own

        statuses = [answer.status_code for answer in answers]
        assert set(statuses) <= {200, 401}
        assert statuses.count(200) <= 1
        assert rejected(sent(bodies[0]))


@pytest.mark.django_db(transaction=True)
def test_a_login_counts_outside_of_atomic_requests(
    ann: Person, key: SoftwareAuthenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for alias in connections:
        monkeypatch.setitem(connections[alias].settings_dict, "ATOMIC_REQUESTS", value=True)
    enrolled(ann, key)
    options, state = begun()
    body = {"state": state, "value": key.get(options)}

    assert rejected(sent({**body, "value": key.behaving(user_present=False).get(options)}))
    assert rejected(sent(body))
    assert logged_in(key).status_code == 200


def test_a_database_that_fails_is_told(
    ann: Person, world: World, key: SoftwareAuthenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrolled(ann, key)
    options, state = begun()

    def fail(*_: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(type(world.container.accounts()), "held", fail)

    assert sent({"state": state, "value": key.get(options)}).status_code == 503


def test_the_use_cases_say_whether_it_is_on(world: World) -> None:
    assert use_cases().passkey_login is True
    take_keys(world)
    assert use_cases().passkey_login is False
