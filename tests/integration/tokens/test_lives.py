"""The whole life of a verification, with every token system there is."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from mfa.adapters.django.models import ChallengeRecord
from tests.integration.drf.people import App, World
from tests.integration.tokens.systems import SYSTEMS, Client, Session, System, deploy


@pytest.fixture(params=SYSTEMS, ids=lambda system: system.name)
def system(request: pytest.FixtureRequest) -> System:
    chosen: System = request.param
    return chosen


@pytest.fixture
def world(settings: Settings, monkeypatch: pytest.MonkeyPatch, system: System, anna: User, bert: User) -> World:
    world = World(settings)
    deploy(world, settings, monkeypatch, system)
    return world


@pytest.fixture
def client(world: World, system: System, anna: User) -> Client:
    return system.log_in(world, anna)


@pytest.fixture
def app(client: Client) -> App:
    return client.enrol_app()


def assert_not_let_in(client: Client) -> None:
    """Without a token it is 401, or DRF's own 403 where the authentication has no challenge."""
    for answer in (client.gate(), client.get("status/"), client.post("0/", {"value": "123456"})):
        assert answer.status_code in {401, 403}
        assert answer.status_code == 401 or answer.data["detail"].code == "not_authenticated"


def passes(client: Client) -> bool:
    """Whether the gate lets a client pass, or asks it to verify; raises where it is not even logged in."""
    answer = client.gate()
    assert answer.status_code in {200, 403}, answer.data
    if answer.status_code == 403:
        assert answer.data["code"] in {"verification_required", "registration_required"}, answer.data
    return answer.status_code == 200


def test_from_login_to_logout(client: Client, system: System, anna: User, world: World) -> None:
    assert not passes(client)

    app = client.register_app()
    assert not passes(client)
    client.prove(app)
    assert passes(client)

    system.refresh(client)
    assert passes(client)
    assert client.get("status/").data["verified"]

    system.log_out(client)
    assert_not_let_in(client)

    system.log_in_again(client, anna)
    assert not passes(client)
    client.prove(app)
    assert passes(client)


def test_a_refusal_names_the_scheme(client: Client, system: System) -> None:
    for answer in (client.gate(), client.post("register/recovery/")):
        if answer.status_code == 403:
            assert answer.headers["WWW-Authenticate"].startswith(f'{system.scheme} error="insufficient')


def test_the_wrong_value_opens_nothing_and_is_counted(client: Client, app: App, system: System, anna: User) -> None:
    system.log_in_again(client, anna)

    client.fail(app.index, 5)

    assert client.verify(app.index, app.code).status_code == 429
    assert not passes(client)


@pytest.mark.usefixtures("app")
def test_a_login_in_the_same_client_starts_unverified(client: Client, system: System, anna: User) -> None:
    assert passes(client)

    system.log_in_again(client, anna)

    assert not passes(client)


@pytest.mark.usefixtures("app")
def test_another_client_verifies_for_itself(client: Client, system: System, world: World, anna: User) -> None:
    other = system.log_in(world, anna)

    assert not passes(other)
    if system.name != "authtoken":
        assert passes(client)


def test_another_user_gets_nothing_of_it(client: Client, app: App, system: System, bert: User, anna: User) -> None:
    system.log_in_again(client, bert)
    assert client.get().data == []
    assert client.verify(app.index, app.code).status_code == 404
    assert not passes(client)

    system.log_in_again(client, anna)
    assert not passes(client)


@pytest.mark.usefixtures("app")
def test_a_token_that_is_ended_from_outside_is_verified_no_more(client: Client, system: System, anna: User) -> None:
    system.end(client, anna)

    if system.is_row:
        assert not passes(client)  # the same key opens the door, but not the gate
    else:
        assert_not_let_in(client)

    system.log_in_again(client, anna)
    assert not passes(client)


@pytest.mark.usefixtures("app")
def test_after_a_change_of_password(client: Client, system: System, anna: User) -> None:
    system.change_password(client, anna)

    assert passes(client) == system.survives_password


def test_what_is_stored_is_a_digest(client: Client, app: App, system: System) -> None:
    registered = ChallengeRecord.objects.get().token
    sent = [str(value) for value in client.client._credentials.values()]
    sent += [cookie.value for cookie in client.client.cookies.values()]
    if isinstance(system, Session):
        sent += [str(value) for value in client.client.session.values()]

    assert registered.startswith(f"{system.name}:")
    assert len(registered) <= 160
    assert not [
        value for value in sent if (len(value) > 9 and value in registered) or registered.partition(":")[2] in value
    ]


def test_a_user_who_is_gone_is_let_in_no_more(client: Client, app: App, system: System, anna: User) -> None:
    anna.delete()

    assert_not_let_in(client)
    assert not ChallengeRecord.objects.exists()


def test_a_user_who_may_not_log_in_any_more_is_not_let_in(client: Client, app: App, system: System, anna: User) -> None:
    anna.is_active = False
    anna.save()

    assert_not_let_in(client)
