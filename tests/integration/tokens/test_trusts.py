"""Remembered browsers with every token system there is: the next login is asked for less."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from mfa.adapters.django.models import ChallengeRecord
from tests.integration.drf.people import App, World
from tests.integration.tokens.jwts import refreshed
from tests.integration.tokens.systems import PASSWORD, SYSTEMS, Client, Jwt, Session, System, deploy


@pytest.fixture(params=SYSTEMS, ids=lambda system: system.name)
def system(request: pytest.FixtureRequest) -> System:
    chosen: System = request.param
    return chosen


@pytest.fixture
def world(settings: Settings, monkeypatch: pytest.MonkeyPatch, system: System, anna: User, bert: User) -> World:
    world = World(settings)
    deploy(world, settings, monkeypatch, system, TRUST_LIFETIME="30d", VERIFICATION_LIFETIME=None)
    return world


@pytest.fixture
def client(world: World, system: System, anna: User) -> Client:
    return system.log_in(world, anna)


@pytest.fixture
def app(client: Client) -> App:
    return client.enrol_app()


@pytest.fixture
def kept(client: Client, app: App) -> str:
    """What Anna's browser keeps."""
    return remembered(client, app)


def remembered(client: Client, app: App) -> str:
    client.world.pass_time()
    answer = client.post(f"{app.index}/", {"value": app.code, "trust": True})
    assert answer.status_code == 200, answer.data
    token: str = answer.data["trust"]["token"]
    return token


def show(client: Client, kept: str) -> int:
    return client.post("trust/", {"token": kept}).status_code


def test_the_next_login_passes_by_it(client: Client, kept: str, system: System, anna: User) -> None:
    system.log_in_again(client, anna)
    assert client.gate().status_code == 403

    assert show(client, kept) == 200

    assert client.gate().status_code == 200
    system.refresh(client)
    assert client.gate().status_code == 200
    assert client.get("status/").data["verifications"][0]["method"] == "trust"


def test_it_is_shown_at_each_login(client: Client, kept: str, system: System, anna: User) -> None:
    for _ in range(3):
        system.log_in_again(client, anna)
        assert client.gate().status_code == 403
        assert show(client, kept) == 200
        assert client.gate().status_code == 200


def test_it_survives_a_logout(client: Client, kept: str, system: System, anna: User) -> None:
    system.log_in_again(client, anna)
    assert show(client, kept) == 200
    system.log_out(client)
    assert client.gate().status_code in {401, 403}
    assert client.post("trust/", {"token": kept}).status_code in {401, 403}

    system.log_in_again(client, anna)

    assert client.gate().status_code == 403
    assert show(client, kept) == 200
    assert client.gate().status_code == 200


def test_it_is_worth_nothing_for_another_user(client: Client, kept: str, system: System, bert: User) -> None:
    system.log_in_again(client, bert)

    assert show(client, kept) == 401
    assert client.gate().status_code == 403


def test_a_token_that_is_ended_takes_along_what_it_had_confirmed(
    client: Client, kept: str, system: System, anna: User
) -> None:
    system.log_in_again(client, anna)
    assert show(client, kept) == 200

    system.end(client, anna)

    assert client.gate().status_code in {401, 403}
    system.log_in_again(client, anna)
    assert client.gate().status_code == 403


def test_one_that_is_revoked_shuts_the_gate(client: Client, app: App, kept: str, system: System, anna: User) -> None:
    system.log_in_again(client, anna)
    assert show(client, kept) == 200
    [name] = [each["id"] for each in client.get("trust/").data]
    assert client.get("trust/").data[0]["current"] is True

    assert client.delete(f"trust/{name}/").status_code == 204

    assert client.gate().status_code == 403
    assert show(client, kept) == 401
    client.prove(app)
    assert client.gate().status_code == 200


def test_a_change_of_password_takes_all_away(client: Client, kept: str, system: System, anna: User) -> None:
    system.log_in_again(client, anna)
    assert show(client, kept) == 200
    assert client.gate().status_code == 200

    system.change_password(client, anna)

    assert client.gate().status_code == 403
    assert show(client, kept) == 401
    password = "quite another password" if isinstance(system, Session) else "another password"
    system.log_in_again(client, anna, password)
    assert show(client, kept) == 401
    assert client.gate().status_code == 403


def test_another_client_has_nothing_of_it(client: Client, kept: str, system: System, world: World, anna: User) -> None:
    system.log_in_again(client, anna)
    assert show(client, kept) == 200

    other = system.log_in(world, anna)

    assert other.gate().status_code == 403
    if system.name != "authtoken":
        assert client.gate().status_code == 200


def test_what_is_stored_names_the_token_by_a_digest(client: Client, kept: str, system: System, anna: User) -> None:
    system.log_in_again(client, anna)
    assert show(client, kept) == 200

    challenge = ChallengeRecord.objects.exclude(trusted_at=None).get()

    assert challenge.token.startswith(f"{system.name}:")
    assert challenge.trust is not None
    assert challenge.trust not in kept
    assert challenge.confirmed_at is None


def test_it_opens_no_change(client: Client, app: App, kept: str, system: System, anna: User) -> None:
    system.log_in_again(client, anna)
    assert show(client, kept) == 200

    for answer in (
        client.post("register/email/", {"address": "thief@example.com"}),
        client.patch(f"{app.index}/", {"name": "mine"}),
        client.delete(f"{app.index}/"),
    ):
        assert (answer.status_code, answer.data["code"]) == (403, "verification_required")
        assert answer.headers["WWW-Authenticate"].startswith(f'{system.scheme} error="insufficient')


@pytest.mark.parametrize("system", [system for system in SYSTEMS if isinstance(system, Session)], indirect=True)
class TestSessions:
    def test_the_key_is_cycled_when_it_is_shown(self, client: Client, kept: str, system: System, anna: User) -> None:
        system.log_in_again(client, anna)
        before = client.client.cookies["sessionid"].value

        assert show(client, kept) == 200

        after = client.client.cookies["sessionid"].value
        assert after != before
        assert client.gate().status_code == 200
        client.client.cookies["sessionid"] = before
        assert client.gate().data["detail"].code == "not_authenticated"

    def test_it_is_not_when_it_is_worth_nothing(self, client: Client, kept: str, system: System, anna: User) -> None:
        system.log_in_again(client, anna)
        before = client.client.cookies["sessionid"].value

        assert show(client, f"{kept}x") == 401

        assert client.client.cookies["sessionid"].value == before

    def test_it_is_shown_by_the_site_itself(self, client: Client, kept: str, system: System, anna: User) -> None:
        system.log_in_again(client, anna)

        forged = client.ask("post", "/multi-factor/trust/", data={"token": kept}, HTTP_X_CSRFTOKEN="x" * 64)

        assert forged.status_code == 403
        assert forged.data["detail"].startswith("CSRF Failed")
        assert client.gate().status_code == 403


@pytest.mark.parametrize("system", [system for system in SYSTEMS if isinstance(system, Jwt)], indirect=True)
class TestClaims:
    def test_the_next_refresh_tells_of_it_as_of_no_proof(
        self, client: Client, app: App, kept: str, system: System, anna: User
    ) -> None:
        world = client.world
        system.log_in_again(client, anna)
        assert show(client, kept) == 200
        shown_at = int(world.clock.now().timestamp())
        world.pass_time()

        told = refreshed(client)

        assert told["mfa"] == [["trust", shown_at, app.index]]
        assert told["amr"] == ["pwd"]
        assert not {"acr", "auth_time"} & set(told)
        assert told["mfa_required"] == 1
        assert client.gate().status_code == 200

    def test_beside_a_proof_that_alone_has_a_time(
        self, client: Client, app: App, kept: str, system: System, anna: User
    ) -> None:
        world = client.world
        mail = client.enrol_mail()
        world.pass_time()
        system.log_in_again(client, anna)
        assert client.post(f"{mail}/dispatch/").status_code == 204
        assert client.verify(mail, world.code).status_code == 200
        proved_at = int(world.clock.now().timestamp())
        world.pass_time()
        assert show(client, kept) == 200
        shown_at = int(world.clock.now().timestamp())

        told = refreshed(client)

        assert told["mfa"] == [["email", proved_at, mail], ["trust", shown_at, app.index]]
        assert (told["acr"], told["auth_time"]) == ("mfa", proved_at)
        assert told["amr"] == ["pwd", "otp", "mfa"]

    def test_where_more_is_demanded_it_tells_of_no_second_factor(
        self, client: Client, app: App, kept: str, system: System, anna: User
    ) -> None:
        world = client.world
        world.configure(TOKEN_PROVIDER="jwt", TRUST_LIFETIME="30d", REQUIRED_VERIFICATIONS=2)
        system.log_in_again(client, anna)
        assert show(client, kept) == 200

        told = refreshed(client)

        assert "acr" not in told
        assert told["amr"] == ["pwd"]
        assert [each[0] for each in told["mfa"]] == ["trust"]
        assert client.gate().status_code == 403

    def test_once_revoked_the_next_refresh_tells_no_more_of_it(
        self, client: Client, kept: str, system: System, anna: User
    ) -> None:
        system.log_in_again(client, anna)
        assert show(client, kept) == 200
        system.refresh(client)
        assert client.delete(f"trust/{client.get('trust/').data[0]['id']}/").status_code == 204

        told = refreshed(client)

        assert (told["mfa"], told["amr"]) == ([], ["pwd"])
        assert "acr" not in told


def test_the_passwords_are_not_the_same() -> None:
    """Otherwise the change of one would be tried with a salt alone."""
    assert PASSWORD not in {"another password", "quite another password"}
