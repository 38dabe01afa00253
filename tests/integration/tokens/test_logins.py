"""Logins with every token system there is: how the token stands, and the second factor in the same request."""

import base64
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.db import connections
from knox.settings import knox_settings
from pytest_django import Settings
from rest_framework.test import APIClient
from rest_framework.views import APIView
from rest_framework_simplejwt.settings import api_settings

from mfa.adapters.django.models import AuditRecord
from mfa.adapters.drf.permissions import IsVerified
from mfa.adapters.tokens.jwt import TokenObtainPairSerializer
from mfa.domain.errors import Unavailable
from tests.integration.drf.people import Answer, App, World
from tests.integration.tokens.jwts import claims
from tests.integration.tokens.login_forms import LOGINS, keep, left, log_in
from tests.integration.tokens.systems import PASSWORD, SYSTEMS, Client, Jwt, Knox, System, deploy

NOBODYS = 4711


@pytest.fixture(params=SYSTEMS, ids=lambda system: system.name)
def system(request: pytest.FixtureRequest) -> System:
    chosen: System = request.param
    return chosen


@pytest.fixture
def world(settings: Settings, monkeypatch: pytest.MonkeyPatch, system: System, anna: User, bert: User) -> World:
    world = World(settings)
    gate = "claims" if system.name == "jwt" else "database"
    deploy(world, settings, monkeypatch, system, JWT_GATE=gate, TRUST_LIFETIME="30d")
    return world


@pytest.fixture
def owner(world: World, system: System, anna: User) -> Client:
    """A client of Anna's, on which she has enrolled."""
    return system.log_in(world, anna)


@pytest.fixture
def app(owner: Client, world: World) -> App:
    app = owner.enrol_app("Pixel 9")
    world.pass_time()
    return app


@pytest.fixture
def client(world: World, app: App) -> Client:
    """Somebody's, who is not logged in yet."""
    return Client(world)


def codes_of(owner: Client) -> list[str]:
    answer = owner.post("register/recovery/")
    codes: list[str] = answer.json()["codes"]
    return codes


def wrong(app: App) -> str:
    """Six digits that are not the app's."""
    return str((int(app.code) + 1) % 10**6).zfill(6)


STOCK = {
    "authtoken": {"token"},
    "knox": {"token", "expiry"},
    "jwt": {"access", "refresh"},
    "session": set[str](),
}


def test_a_login_tells_how_its_token_stands(client: Client, system: System, app: App) -> None:
    answer = log_in(client, system)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told.keys() == STOCK[system.name] | {"mfa"}
    assert told["mfa"].pop("devices") == [
        {"index": app.index, "method": "totp", "name": "Pixel 9", "dispatchable": False, "destination": None}
    ]
    keep(client, system, answer)

    assert told["mfa"] == client.get("status/").json()
    assert (told["mfa"]["verified"], told["mfa"]["enrolled"], told["mfa"]["verifications-left"]) == (False, True, 1)
    assert client.gate().status_code == 403


def test_the_devices_are_those_that_the_token_may_verify(
    client: Client, owner: Client, system: System, world: World, app: App
) -> None:
    """Neither what is only pending, nor what is disabled, nor what has no method any more."""
    mail = owner.enrol_mail()
    owner.register_app()
    devices = log_in(client, system).json()["mfa"]["devices"]
    assert [(each["index"], each["dispatchable"], each["destination"]) for each in devices] == [
        (app.index, False, None),
        (mail, True, "a***@example.com"),
    ]

    world.configure(TOKEN_PROVIDER=system.name, METHODS=["email", "recovery"])
    assert [each["index"] for each in log_in(client, system).json()["mfa"]["devices"]] == [mail]

    world.configure(TOKEN_PROVIDER=system.name, MAX_FAILURES=1)
    assert log_in(client, system, value=wrong(app)).status_code == 401
    told = log_in(client, system).json()["mfa"]
    assert ([each["index"] for each in told["devices"]], told["enrolled"]) == ([mail], True)


def test_a_right_value_verifies_the_token_at_once(client: Client, system: System, app: App) -> None:
    answer = log_in(client, system, value=app.code)

    assert answer.status_code == 200, answer.content
    assert answer.json().keys() == STOCK[system.name] | {"mfa"}
    told = answer.json()["mfa"]
    assert (told["verified"], told["verifications-left"]) == (True, 0)
    assert [(each["index"], each["method"]) for each in told["verifications"]] == [(app.index, "totp")]
    keep(client, system, answer)
    assert client.gate().status_code == 200
    assert client.get("status/").json()["verified"] is True


def test_its_device_may_be_named(client: Client, owner: Client, system: System, app: App) -> None:
    other = owner.enrol_app("Tablet")
    assert log_in(client, system, value=other.code, index=app.index).status_code == 401

    for device in (app, other):
        owner.world.pass_time()
        answer = log_in(client, system, value=device.code, index=device.index)
        assert [each["index"] for each in answer.json()["mfa"]["verifications"]] == [device.index]

    owner.world.pass_time()
    assert log_in(client, system, value=app.code, index=str(app.index)).status_code == 200


def test_a_wrong_value_leaves_nothing_behind_and_ends_nothing(
    client: Client, owner: Client, system: System, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(api_settings, "UPDATE_LAST_LOGIN", True)
    user_logged_in.connect(lambda **_: told.append("somebody has logged in"), weak=False, dispatch_uid=__name__)
    logged_in_at = User.objects.get(username="anna").last_login
    before = left()
    cookies = {name: cookie.value for name, cookie in owner.client.cookies.items()}

    answers = [log_in(client, system, value=value) for value in (wrong(app), "0", "", "no code", "abcd-efgh-abcd")]
    user_logged_in.disconnect(dispatch_uid=__name__)

    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}
    assert (answers[0].json().keys(), answers[0].json()["code"]) == ({"detail", "code"}, "invalid_value")
    assert answers[0].headers["WWW-Authenticate"] == 'JSON realm="multi factor verification"'
    assert left() == before
    assert (told, User.objects.get(username="anna").last_login) == ([], logged_in_at)
    assert not client.client.cookies.get("sessionid")
    assert {name: cookie.value for name, cookie in owner.client.cookies.items()} == cookies
    system.refresh(owner)
    assert owner.gate().status_code == 200


def test_it_is_answered_by_the_projects_own_handler(
    client: Client, system: System, app: App, settings: Settings
) -> None:
    handler = "tests.integration.drf.test_handlers.in_an_envelope"
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "EXCEPTION_HANDLER": handler}

    assert log_in(client, system, value=wrong(app)).json()["error"]["code"] == "invalid_value"


def test_nor_does_it_end_the_session_of_the_same_browser(owner: Client, system: System, app: App) -> None:
    credentials = dict(owner.client._credentials)

    assert log_in(owner, system, value=wrong(app)).status_code == 401

    owner.client.credentials(**credentials)
    system.refresh(owner)
    assert owner.gate().status_code == 200


@pytest.mark.parametrize("more", [{}, {"value": "right"}])
def test_one_that_cannot_be_told_of_leaves_nothing_behind(
    client: Client, system: System, app: App, monkeypatch: pytest.MonkeyPatch, more: dict[str, str]
) -> None:
    before = left()[:-1]

    def busy(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr("mfa.application.standing.AssessToken.account", busy)

    answer = log_in(client, system, **dict.fromkeys(more, app.code))

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert left()[:-1] == before
    assert not client.client.cookies.get("sessionid")


def test_it_is_counted_like_any_other_and_waited_for(client: Client, owner: Client, system: System, app: App) -> None:
    for _ in range(3):
        assert log_in(client, system, value=wrong(app)).status_code == 401
    owner.fail(app.index, 2)
    before = left()

    answer = log_in(client, system, value=app.code)

    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert answer.headers["Retry-After"] == str(answer.json()["retry_after"])
    assert left() == before
    told = log_in(client, system).json()["mfa"]
    assert (told["locked"], told["retry_after"]) == (True, 30)


def test_a_value_serves_once(client: Client, owner: Client, system: System, app: App) -> None:
    code = app.code
    assert log_in(client, system, value=code).status_code == 200

    before = left()
    assert log_in(client, system, value=code).status_code == 401
    assert left() == before


def test_a_recovery_code_needs_no_index_and_never_waits(
    client: Client, owner: Client, system: System, app: App
) -> None:
    codes = codes_of(owner)
    owner.fail(app.index, 5)

    answer = log_in(client, system, value=f" {codes[0].upper()} ")
    assert [each["method"] for each in answer.json()["mfa"]["verifications"]] == ["recovery"]

    assert log_in(client, system, value=codes[0]).status_code == 401


def test_several_apps_have_to_be_told_apart(client: Client, owner: Client, system: System, app: App) -> None:
    owner.enrol_app("Tablet")
    before, rows = left(), AuditRecord.objects.count()

    answer = log_in(client, system, value=app.code)

    assert answer.status_code == 400
    assert answer.json().keys() == {"index"}
    assert (left(), AuditRecord.objects.count()) == (before, rows)
    assert log_in(client, system, value=app.code, index=app.index).status_code == 200


def test_a_user_whose_devices_are_all_sent_something_names_one(
    client: Client, system: System, bert: User, world: World
) -> None:
    index = system.log_in(world, bert).enrol_mail()

    assert log_in(client, system, name="bert", value="123456").json().keys() == {"index"}
    answer = log_in(client, system, name="bert", value="123456", index=index)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_challenge")


MALFORMED: tuple[dict[str, Any], ...] = (
    *({"value": 123456}, {"value": None}, {"value": {"a": "b"}}, {"value": "1" * 5000}),
    *({"value": "1", "index": "one"}, {"value": "1", "index": None}, {"value": "1", "index": [0]}),
    *({"trust_token": 7}, {"trust_token": ""}, {"trust_token": "x" * 5000}),
)


def test_what_is_malformed_is_told_by_its_field_and_counts_for_nothing(client: Client, system: System) -> None:
    before, rows = left(), AuditRecord.objects.count()

    for more in MALFORMED:
        answer = log_in(client, system, **more)
        assert answer.status_code == 400, (more, answer.content)
        assert answer.json().keys() <= more.keys()

    assert (left(), AuditRecord.objects.count()) == (before, rows)


def test_an_index_of_nobodys_is_answered_as_anothers(client: Client, system: System, bert: User, world: World) -> None:
    other = system.log_in(world, bert)
    foreign = [other.enrol_app().index for _ in range(3)][-1]
    answers = [log_in(client, system, value="123456", index=index) for index in (foreign, NOBODYS, -1, 10**40)]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}


def test_a_wrong_password_has_one_answer_and_uses_nothing_up(
    client: Client, owner: Client, system: System, app: App
) -> None:
    kept = trusted(owner, app)
    before, rows = left(), AuditRecord.objects.count()
    bodies: list[dict[str, Any]] = [
        *({}, {"value": app.code}, {"value": wrong(app)}, {"value": 7}, {"value": None, "index": "x"}),
        *({"index": NOBODYS, "value": "1"}, {"trust_token": kept}, {"trust_token": 7}),
    ]

    answers = [log_in(client, system, password="another", **more) for more in bodies]
    answers += [log_in(client, system, name="nobody", **more) for more in bodies]

    assert len({(each.status_code, each.content, each.headers["Cache-Control"]) for each in answers}) == 1
    assert answers[0].status_code in {400, 401}
    assert (left(), AuditRecord.objects.count()) == (before, rows)
    assert log_in(client, system, value=app.code).status_code == 200


def trusted(owner: Client, app: App) -> str:
    """Have Anna's browser remembered."""
    answer = owner.post(f"{app.index}/", {"value": app.code, "trust": True})
    owner.world.pass_time()
    token: str = answer.json()["trust"]["token"]
    return token


def test_a_remembered_browser_may_come_along(client: Client, owner: Client, system: System, app: App) -> None:
    kept = trusted(owner, app)

    answer = log_in(client, system, trust_token=kept)

    assert answer.status_code == 200, answer.content
    assert [each["method"] for each in answer.json()["mfa"]["verifications"]] == ["trust"]
    keep(client, system, answer)
    assert client.gate().status_code == 200


def test_one_that_is_not_remembered_leaves_nothing_behind(client: Client, system: System) -> None:
    before = left()

    answer = log_in(client, system, trust_token="nobody's")

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_value")
    assert left() == before


def test_a_value_goes_before_a_remembered_browser(client: Client, owner: Client, system: System, app: App) -> None:
    kept = trusted(owner, app)

    assert log_in(client, system, value=wrong(app), trust_token=kept).status_code == 401
    told = log_in(client, system, value=app.code, trust_token="nobody's").json()["mfa"]
    assert [each["method"] for each in told["verifications"]] == ["totp"]


def test_no_answer_is_kept(client: Client, system: System) -> None:
    bodies: list[dict[str, Any]] = [{}, {"value": "000000"}, {"value": 7}, {"password": "another"}]
    for more in bodies:
        assert log_in(client, system, **more).headers["Cache-Control"] == "no-store"


def test_who_logs_in_from_where_is_on_record(client: Client, system: System, app: App) -> None:
    log_in(client, system, value=wrong(app))

    row = AuditRecord.objects.latest("pk")
    assert (row.event, row.address, row.device_index) == ("verification.rejected", "127.0.0.1", app.index)


def test_a_gate_by_default_leaves_logins_open(
    client: Client, system: System, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(APIView, "permission_classes", [IsVerified])

    assert log_in(client, system, value=app.code).status_code == 200


OWN = {**LOGINS, "jwt": "/jwt/own/"}
"""The views that are this package's own."""


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOGINS, "jwt", OWN["jwt"])


@pytest.mark.usefixtures("own")
class TestOwnViews:
    def test_the_count_survives_atomic_requests(
        self, client: Client, system: System, app: App, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for alias in connections:
            monkeypatch.setitem(connections[alias].settings_dict, "ATOMIC_REQUESTS", True)  # noqa: FBT003
        for _ in range(5):
            assert log_in(client, system, value=wrong(app)).status_code == 401

        assert log_in(client, system, value=app.code).status_code == 429

    def test_they_pass_the_middleware(self, client: Client, system: System, app: App, settings: Settings) -> None:
        client.client.get("/session/")
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, "mfa.adapters.django.middleware.VerifiedMiddleware"]

        assert log_in(client, system, value=app.code).status_code == 200

    def test_no_body_breaks_them(self, client: Client, system: System) -> None:
        if system.name == "session":
            client.client.get("/session/")

        for body in ("[" * 100_000, '{"username": ' * 200, "no JSON", "[1]", '"a"', "null", ""):
            answer = client.ask("post", LOGINS[system.name], data=body, content_type="application/json")
            assert (answer.status_code, answer.headers["Cache-Control"]) == (400, "no-store"), body[:20]

    def test_nobody_may_be_no_user_at_all(self, client: Client, system: System, app: App, settings: Settings) -> None:
        """A project may have the framework say None of whoever is nobody."""
        if system.name == "session":
            client.client.get("/session/")
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "UNAUTHENTICATED_USER": None}

        assert log_in(client, system, value=app.code).status_code == 200

    def test_forms_will_do(self, client: Client, system: System, app: App) -> None:
        if system.name == "session":
            client.client.get("/session/")
        form = {"username": "anna", "password": "a password", "value": app.code, "index": app.index}

        answer = client.ask("post", LOGINS[system.name], data=form, format="multipart")

        assert answer.json()["mfa"]["verified"] is True


@pytest.mark.parametrize("system", [Knox()], indirect=True, ids=lambda system: system.name)
class TestKnox:
    def by_basic(self, password: str, **more: Any) -> Answer:
        basic = base64.b64encode(f"anna:{password}".encode()).decode()
        client: Any = APIClient()
        answer: Answer = client.post(OWN["knox"], more, headers={"Authorization": f"Basic {basic}"})
        return answer

    def test_the_password_may_come_by_basic(self, app: App) -> None:
        assert self.by_basic(PASSWORD).json()["mfa"]["verified"] is False
        assert self.by_basic(PASSWORD, value=wrong(app)).status_code == 401
        assert self.by_basic(PASSWORD, value=app.code).json()["mfa"]["verified"] is True

    def test_a_wrong_one_is_refused_whatever_comes_along(self, app: App) -> None:
        answers = [
            self.by_basic("another"),
            self.by_basic("another", value=app.code),
            self.by_basic("another", value=7),
        ]

        assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}
        assert self.by_basic(PASSWORD, value=app.code).status_code == 200

    def test_a_name_that_no_database_holds_is_nobodys(self, client: Client) -> None:
        basic = base64.b64encode(b"an\0na:a password").decode()

        answer = client.ask("post", OWN["knox"], HTTP_AUTHORIZATION=f"Basic {basic}")

        assert (answer.status_code, answer.json()) == (401, self.by_basic("another").json())

    def test_who_may_have_no_more_tokens_uses_nothing_up(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as limited:
            limited.setattr(knox_settings, "TOKEN_LIMIT_PER_USER", 1)
            assert self.by_basic(PASSWORD, value=app.code).status_code == 403

        assert self.by_basic(PASSWORD, value=app.code).status_code == 200


@pytest.mark.parametrize("system", [Jwt()], indirect=True, ids=lambda system: system.name)
class TestJwt:
    def test_the_serializer_needs_no_view(self, app: App, anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(api_settings, "UPDATE_LAST_LOGIN", True)
        serializer = TokenObtainPairSerializer(data={"username": "anna", "password": PASSWORD, "value": app.code})

        assert serializer.is_valid()

        assert serializer.validated_data["mfa"]["verified"] is True
        anna.refresh_from_db()
        assert anna.last_login is not None

    def test_the_access_token_tells_of_it_at_once(self, client: Client, system: System, app: App) -> None:
        told = claims(log_in(client, system, value=app.code).json()["access"])

        assert (told["acr"], told["amr"]) == ("mfa", ["pwd", "otp", "mfa"])

    def test_inside_a_transaction_of_others_nothing_is_judged_and_nobody_is_kept_out(
        self, client: Client, owner: Client, app: App, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """As by simplejwt's own view, which a deployment warns of."""
        kept = trusted(owner, app)
        client.world.configure(TOKEN_PROVIDER="jwt", TRUST_LIFETIME="30d", TRUST_COOKIE="trusted")
        monkeypatch.setitem(connections["default"].settings_dict, "ATOMIC_REQUESTS", True)  # noqa: FBT003
        before, rows = left(), AuditRecord.objects.count()
        bodies = ({"value": app.code}, {"value": wrong(app)}, {"trust_token": kept}, {"trust_token": "nobody's"})

        for body in bodies:
            answer = log_in(client, Jwt(), **body)
            assert (answer.status_code, answer.json().keys()) == (400, body.keys())
        said = [record.getMessage() for record in caplog.records if record.name == "mfa"]
        assert ["non_atomic_requests" in each for each in said] == [True] * len(bodies)
        assert (left(), AuditRecord.objects.count()) == (before, rows)

        client.client.cookies["trusted"] = kept
        answer = log_in(client, Jwt())
        assert (answer.status_code, answer.json()["mfa"]["verified"]) == (200, False)
