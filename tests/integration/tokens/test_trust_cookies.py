"""Remembered browsers that keep their token in a cookie, with every token system there is."""

from http.cookies import Morsel

import pytest
from django.contrib.auth.models import User
from django.urls import include, path
from pytest_django import Settings

from mfa.adapters.django.models import AuditRecord, ChallengeRecord
from mfa.adapters.tokens import knox
from mfa.application.trusts import TrustBrowser
from mfa.domain.errors import Unavailable
from tests.integration.drf.people import MOUNT, Answer, App, World
from tests.integration.tokens import test_own_logins
from tests.integration.tokens.login_forms import keep, log_in
from tests.integration.tokens.systems import PASSWORD, SYSTEMS, Client, Knox, System, deploy

COOKIE = "__Secure-mfa"

urlpatterns = [
    path("multi-factor/login/", knox.LoginView.as_view()),
    *test_own_logins.urlpatterns,
    path("api/<tenant>/mfa/", include(("mfa.urls", "second"))),
]

one_system = pytest.mark.parametrize("system", [Knox()], ids=["knox"], indirect=True)
"""What no system does otherwise is tried with one."""


@pytest.fixture(params=SYSTEMS, ids=lambda system: system.name)
def system(request: pytest.FixtureRequest) -> System:
    chosen: System = request.param
    return chosen


@pytest.fixture
def world(settings: Settings, monkeypatch: pytest.MonkeyPatch, system: System, anna: User, bert: User) -> World:
    world = World(settings)
    gate = "claims" if system.name == "jwt" else "database"
    deploy(world, settings, monkeypatch, system, JWT_GATE=gate, TRUST_LIFETIME="30d", TRUST_COOKIE=COOKIE)
    settings.ROOT_URLCONF = __name__
    return world


@pytest.fixture
def client(world: World, system: System, anna: User) -> Client:
    return system.log_in(world, anna)


@pytest.fixture
def app(client: Client) -> App:
    return client.enrol_app()


@pytest.fixture
def kept(client: Client, app: App) -> str:
    """What Anna's browser keeps, and sends along from now on."""
    return told(remember(client, app)).value


def remember(client: Client, app: App) -> Answer:
    client.world.pass_time()
    answer = client.post(f"{app.index}/", {"value": app.code, "trust": True})
    assert answer.status_code == 200, answer.data
    return answer


def told(answer: Answer) -> Morsel[str]:
    """What an answer says of the cookie."""
    return answer.cookies[COOKIE]


def forgets(answer: Answer) -> bool:
    """Whether an answer has the cookie deleted; a browser does so only under the path that it was set for."""
    if COOKIE not in answer.cookies:
        return False
    cookie = told(answer)
    assert (cookie.value, cookie["path"], cookie["secure"]) == ("", MOUNT, True)
    return bool(cookie["max-age"] == 0)


def methods(client: Client) -> list[str]:
    return [each["method"] for each in client.get("status/").json()["verifications"]]


def test_it_lies_where_no_script_reads_it_and_counts_at_the_next_login(
    client: Client, app: App, system: System, anna: User
) -> None:
    answer = remember(client, app)

    cookie = told(answer)
    assert {name: value for name, value in cookie.items() if value and name != "expires"} == {
        "httponly": True,
        "secure": True,
        "samesite": "Lax",
        "path": MOUNT,
        "max-age": 30 * 24 * 60 * 60,
    }
    assert answer.json()["trust"].keys() == {"expires_at"}
    assert cookie.value.encode() not in answer.content

    system.log_in_again(client, anna)
    assert client.gate().status_code == 403
    shown = client.post("trust/")

    assert (shown.status_code, shown.json()) == (200, {"verifications-left": 0})
    assert COOKIE not in shown.cookies
    system.refresh(client)
    assert client.gate().status_code == 200
    assert methods(client) == ["trust"]


def test_a_login_reads_it(client: Client, kept: str, system: System) -> None:
    answer = log_in(client, system)

    assert answer.status_code == 200, answer.content
    assert answer.json()["mfa"]["verified"] is True
    keep(client, system, answer)
    assert client.gate().status_code == 200
    assert methods(client) == ["trust"]


def test_a_login_of_a_projects_own_reads_it(client: Client, kept: str, system: System) -> None:
    client.client.credentials()
    before = client.client.cookies.get("sessionid")

    answer = client.ask("post", f"/link/{system.name}/", data={"link": "anna"}, format="json")

    assert answer.json()["mfa"]["verified"] is True
    keep(client, system, answer)
    assert client.gate().status_code == 200
    if before is not None:
        assert client.client.cookies["sessionid"].value != before.value


def test_nobody_is_kept_out_by_what_somebody_else_left_in_the_browser(
    client: Client, kept: str, system: System, world: World, bert: User
) -> None:
    answer = log_in(client, system, name="bert")

    assert answer.status_code == 200, answer.content
    told = answer.json()["mfa"]
    assert (told["verified"], told["verifications"]) == (False, [])
    assert COOKIE not in answer.cookies
    assert AuditRecord.objects.filter(event="browser.rejected", user_id=str(bert.pk)).count() == 1
    keep(client, system, answer)
    assert client.gate().status_code == 403

    assert log_in(client, system).json()["mfa"]["verified"] is True


@one_system
class TestLogins:
    def test_under_the_mount_point_a_browser_brings_it_along(self, client: Client, kept: str) -> None:
        client.client.credentials()
        body = {"username": "anna", "password": PASSWORD}

        answer = client.ask("post", f"{MOUNT}login/", data=body, format="json")

        assert answer.json()["mfa"]["verified"] is True

    def test_what_the_body_brings_goes_first(self, client: Client, app: App, kept: str, system: System) -> None:
        for wrong in ({"trust_token": "unknown"}, {"value": "000000"}):
            answer = log_in(client, system, **wrong)
            assert (answer.status_code, answer.json()["code"]) == (401, "invalid_value")
            assert COOKIE not in answer.cookies
        client.world.pass_time()

        keep(client, system, log_in(client, system, value=app.code))

        assert methods(client) == ["totp"]

    def test_without_it_they_are_as_ever(self, client: Client, app: App, system: System) -> None:
        rows = AuditRecord.objects.count()

        answer = log_in(client, system)

        assert (answer.status_code, answer.json()["mfa"]["verified"]) == (200, False)
        assert AuditRecord.objects.count() == rows

    def test_a_password_goes_before_it(self, client: Client, kept: str, system: System) -> None:
        assert log_in(client, system, password="wrong").status_code == 400
        assert not ChallengeRecord.objects.exclude(trusted_at=None).exists()

    def test_a_store_that_is_busy_with_it_lets_them_in_unverified(
        self, client: Client, kept: str, system: System, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(TrustBrowser, "__call__", busy)
            answer = log_in(client, system)
        assert (answer.status_code, answer.json()["mfa"]["verified"]) == (200, False)

        assert log_in(client, system).json()["mfa"]["verified"] is True


def busy(*_: object) -> None:
    raise Unavailable


@one_system
class TestShowing:
    def test_a_body_is_not_looked_at(self, client: Client, kept: str, system: System, anna: User) -> None:
        bodies: tuple[object, ...] = ({"token": "unknown"}, {"token": 1}, [], None)
        for body in bodies:
            system.log_in_again(client, anna)
            assert client.post("trust/", body).status_code == 200

        system.log_in_again(client, anna)
        client.client.cookies.clear()
        assert client.post("trust/", {"token": kept}).status_code == 401
        assert client.ask("post", f"{MOUNT}trust/", data="{", content_type="application/json").status_code == 401

    def test_what_is_refused_is_forgotten(self, client: Client, kept: str, system: System, bert: User) -> None:
        system.log_in_again(client, bert)

        answer = client.post("trust/")

        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_value")
        assert forgets(answer)
        assert AuditRecord.objects.filter(event="browser.rejected", user_id=str(bert.pk)).count() == 1

    def test_to_ask_without_one_is_on_nobodys_record(self, client: Client, app: App) -> None:
        """Pages do so at every login: they cannot see whether there is one."""
        rows = AuditRecord.objects.count()

        answer = client.post("trust/")

        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_value")
        assert forgets(answer)
        assert AuditRecord.objects.count() == rows

    def test_what_was_not_looked_at_is_kept(
        self, client: Client, kept: str, system: System, anna: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        system.log_in_again(client, anna)
        with monkeypatch.context() as patch:
            patch.setattr(TrustBrowser, "__call__", busy)
            assert COOKIE not in client.post("trust/").cookies
        client.client.credentials()
        assert COOKIE not in client.post("trust/").cookies

        system.log_in_again(client, anna)
        assert client.post("trust/").status_code == 200

    def test_options_tell_of_no_field(self, client: Client, app: App) -> None:
        assert client.options("trust/").json()["actions"] == {"POST": {}}


@one_system
class TestForgetting:
    def test_it_goes_with_the_browser_whose_it_is(self, client: Client, app: App, kept: str) -> None:
        [other] = [each["id"] for each in client.get("trust/").json()]
        mine = told(remember(client, app)).value
        assert mine != kept
        [mine_id] = [each["id"] for each in client.get("trust/").json() if each["id"] != other]

        answer = client.delete(f"trust/{other}/")
        assert (answer.status_code, forgets(answer)) == (204, False)
        answer = client.delete(f"trust/{mine_id}/")
        assert (answer.status_code, forgets(answer)) == (204, True)

    def test_a_mount_of_ones_own_has_a_path_of_its_own(self, client: Client, app: App) -> None:
        client.world.pass_time()
        mount = "/api/acme/mfa/"

        made = client.ask("post", f"{mount}{app.index}/", data={"value": app.code, "trust": True}, format="json")
        [name] = [each["id"] for each in client.get("trust/").json()]
        gone = client.ask("delete", f"{mount}trust/{name}/")

        assert (told(made)["path"], told(gone)["path"], told(gone).value) == (mount, mount, "")


@one_system
def test_a_wish_that_is_not_granted_leaves_the_cookie_alone(client: Client, app: App, kept: str) -> None:
    """Such as one that is not uttered."""
    client.world.pass_time()

    answer = client.verify(app.index, app.code)

    assert answer.status_code == 200
    assert "trust" not in answer.json()
    assert COOKIE not in answer.cookies
