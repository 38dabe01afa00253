"""Other adapters for the time of a test: seen everywhere at once, and gone afterwards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dependency_injector import providers
from django.apps import apps
from django.core.checks import run_checks
from pytest_django import Settings

from mfa.adapters import accessor
from mfa.adapters.memory.tokens import MemoryTokenProvider
from mfa.application.ports.system import Clock
from mfa.config import Config
from mfa.testing import FrozenClock, override
from mfa.testing.messages import watch
from tests.integration.drf.people import Person, World
from tests.projects.containers import Stopped

LATER = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def world(settings: Settings) -> World:
    return World(settings)


@pytest.fixture
def ann(world: World, db: None) -> Person:
    return Person(world, "ann")


def container() -> Any:  # noqa: ANN401 - as the app config has it
    config: Any = apps.get_app_config("multi_factor")
    return config.container


def clock() -> Clock:
    return accessor.use_cases().assess_token.transactions.clock


def test_routes_permissions_and_use_cases_see_it_at_once(ann: Person) -> None:
    ann.enrol_app()
    assert ann.gate().status_code == 200

    with override(clock=FrozenClock(LATER), token_provider=MemoryTokenProvider):
        assert clock().now() == LATER
        assert ann.gate().status_code == 403
        assert ann.get().json()["code"] == "token_required"
    with override(clock=FrozenClock(LATER), config=Config(verification_lifetime=timedelta(days=1))):
        assert ann.gate().status_code == 403
        assert ann.get("status/").json()["verified"] is False

    assert ann.gate().status_code == 200


@pytest.mark.parametrize("adapter", [FrozenClock(), FrozenClock, providers.Singleton(FrozenClock)])
def test_an_adapter_may_be_made_already_or_not(world: World, adapter: object) -> None:
    before = clock()

    with override(clock=adapter):
        own = clock()
        assert isinstance(own, FrozenClock)
        assert own is not before
        assert accessor.use_cases().verify_challenge.transactions.clock is own

    assert clock() is before is world.clock


def test_a_class_is_made_once_with_the_settings_where_it_takes_them(world: World) -> None:
    with override(clock=Stopped):
        stopped: object = clock()
        assert isinstance(stopped, Stopped)
        assert stopped.config is container().config()
        with override(entropy=world.container.entropy()):
            again: object = clock()
            assert again is stopped


def test_everything_is_given_back_whatever_happens_inside(world: World) -> None:
    before, outer, inner = clock(), FrozenClock(LATER), FrozenClock(LATER)

    @override(clock=inner, vault=object())
    def fail() -> None:
        assert clock() is inner
        container().clock.override(FrozenClock())
        raise ZeroDivisionError

    with override(clock=outer):
        with pytest.raises(ZeroDivisionError):
            fail()
        assert clock() is outer
        container().clock.reset_override()
        assert clock() is not before

    assert clock() is before


def test_what_a_project_adds_to_the_container_may_be_replaced_as_well(settings: Settings) -> None:
    settings.MFA = {"CONTAINER": "tests.projects.containers.Derived"}
    own = accessor.use_cases().verify_challenge.entropy

    with override(seed=7):
        assert accessor.use_cases().verify_challenge.entropy is own, "a singleton of the project's own"
        assert container().seed() == 7
        with override(entropy=container().providers["entropy"].last_overriding):
            assert accessor.use_cases().verify_challenge.entropy is own

    assert container().seed() == 100


def test_settings_that_change_meanwhile_change_nothing_of_it(settings: Settings) -> None:
    settings.MFA = {"CONTAINER": "tests.projects.containers.Derived"}
    outer, inner = FrozenClock(LATER), FrozenClock(LATER)

    with override(clock=outer, seed=7):
        settings.MFA = {"METHODS": ["totp"]}
        assert clock() is outer
        with override(clock=inner):
            settings.MFA = {"METHODS": ["totp", "recovery"]}
            assert clock() is inner
        assert clock() is outer
        assert "seed" not in container().providers, "what another container lacks is not overridden there"

    assert not isinstance(clock(), FrozenClock)


@override(clock=FrozenClock(LATER))
def decorated() -> datetime:
    return clock().now()


def test_it_decorates_a_function(world: World) -> None:
    assert decorated() == decorated() == LATER
    assert clock() is world.clock


@pytest.mark.parametrize(("name", "words"), [("clok", "did you mean 'clock'"), ("nothing", "it has accounts, ")])
def test_an_unknown_name_is_an_error_and_overrides_nothing(world: World, name: str, words: str) -> None:
    adapters: dict[str, object] = {"clock": FrozenClock(LATER), name: 1}

    with pytest.raises(TypeError, match=words), override(**adapters):
        pass

    assert clock() is world.clock


def test_all_threads_of_the_process_see_it(world: World) -> None:
    with override(clock=(frozen := FrozenClock(LATER))), ThreadPoolExecutor(4) as threads:
        assert {id(each) for each in threads.map(lambda _: clock(), range(8))} == {id(frozen)}


def test_checks_go_on_seeing_a_sender_that_is_none(settings: Settings) -> None:
    watch()
    settings.MFA = {"EMAIL_SENDER": "tests.projects.acme.Empty"}

    assert "multi_factor.E004" in [each.id for each in run_checks(tags=["mfa"])]
