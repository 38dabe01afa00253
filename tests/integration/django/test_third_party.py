"""What a project brings along by dotted path is used from the first to the last step, and needs no migration."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django import Settings

from mfa.adapters import accessor
from mfa.adapters.accessor import APP_LABEL
from mfa.adapters.django.models import DeviceRecord
from mfa.adapters.memory.system import FrozenClock
from mfa.application.dispatching import RequestChallenge
from mfa.application.registration import Register
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.config import Config
from mfa.domain.errors import InvalidField, Throttled
from mfa.domain.identifiers import Token
from mfa.domain.verdicts import Reason
from tests.integration.django.world import World, container
from tests.projects import acme

ACME = acme.__name__

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_made() -> None:
    acme.Made.times.clear()
    acme.Pigeon.arrived.clear()
    acme.Postcards.arrived.clear()


class TestAMethod:
    def test_it_works_from_registration_to_the_gate_and_needs_no_migration(
        self, make_world: Callable[..., World], phone: Token, laptop: Token
    ) -> None:
        world = make_world(METHODS=["totp", f"{ACME}.ExampleMethod"])
        call_command("makemigrations", APP_LABEL, check_changes=True, dry_run=True, stdout=StringIO())

        registered = world.register(phone, "1", start="41")

        assert registered.shown == {"advice": "count"}
        assert (registered.device.method, registered.device.destination) == ("example", "after 4***")
        assert b"41" not in bytes(DeviceRecord.objects.get().state)
        assert isinstance(world.verify(phone, 0, "41"), NotVerified)
        assert isinstance(world.verify(phone, 0, "42"), Verified)
        assert world.assess(phone).verified
        assert not world.assess(laptop).verified
        assert isinstance(world.verify(laptop, 0, "42"), NotVerified)
        assert isinstance(world.verify(laptop, 0, "43"), Verified)
        assert [method.name for method in accessor.use_cases().methods] == ["totp", "example"]

    def test_its_field_is_checked(self, make_world: Callable[..., World], phone: Token) -> None:
        world = make_world(METHODS=[f"{ACME}.ExampleMethod"])

        with pytest.raises(InvalidField) as refusal:
            world.register(phone, "example", start="x")

        assert refusal.value.field == "start"
        assert not DeviceRecord.objects.exists()

    def test_its_failures_lock_the_account(self, make_world: Callable[..., World], phone: Token) -> None:
        world = make_world(METHODS=["totp", f"{ACME}.ExampleMethod"])
        world.register(phone, "example", start="41")
        for _ in range(5):
            assert isinstance(world.verify(phone, 0, "wrong"), NotVerified)

        with pytest.raises(Throttled):
            world.verify(phone, 0, "42")

    def test_it_may_be_its_own_sender(self, make_world: Callable[..., World], phone: Token) -> None:
        world = make_world(METHODS=[f"{ACME}.Pigeon"])
        world.register(phone, "pigeon", start="41")

        accessor.use_cases().dispatch_challenge(RequestChallenge(token=phone, index=0))

        [message] = acme.Pigeon.arrived
        assert (message.destination, message.code) == ("the loft", "42")
        assert isinstance(world.verify(phone, 0, message.code), Verified)


class TestOnce:
    """Each class is made once, however often it is asked."""

    @pytest.mark.parametrize(
        ("key", "name"),
        [
            ("METHODS", "ExampleMethod"),
            ("VERIFICATION_POLICY", "NobodyAtAll"),
            ("VERIFICATION_THROTTLE", "OneStrike"),
            ("TOKEN_PROVIDER", "HeaderTokens"),
        ],
    )
    def test_with_the_config(self, make_world: Callable[..., World], phone: Token, key: str, name: str) -> None:
        path = f"{ACME}.{name}"
        world = make_world(**{key: ["totp", path] if key == "METHODS" else path, "MAX_FAILURES": 77})

        for _ in range(3):
            world.assess(phone)
            assert accessor.use_cases().token_provider.scheme
            world.register(phone, "totp")

        config = acme.config_of(name)
        assert isinstance(config, Config)
        assert config.max_failures == 77

    def test_a_sender_with_nothing(self, settings: Settings, phone: Token) -> None:
        settings.MFA = {
            "EMAIL_SENDER": f"{ACME}.Postcards",
            "SMS_SENDER": f"{ACME}.Postcards",
            "METHODS": ["email", "sms"],
        }
        accessor.use_cases().register_device(Register(token=phone, method="email"))
        accessor.use_cases().register_device(Register(token=phone, method="sms", fields={"number": "+31612345678"}))

        for index in (0, 1):
            accessor.use_cases().dispatch_challenge(RequestChallenge(token=phone, index=index))

        assert [message.method for message in acme.Postcards.arrived] == ["email", "sms"]
        assert acme.Made.times == [("Postcards", ())]


class TestWhatTheyDecide:
    def test_a_throttle(self, make_world: Callable[..., World], phone: Token) -> None:
        world = make_world(VERIFICATION_THROTTLE=f"{ACME}.OneStrike")
        app = world.enrolled(phone)
        assert isinstance(world.verify(phone, app.index, "wrong"), NotVerified)

        with pytest.raises(Throttled) as refusal:
            world.verify(phone, app.index, app.code)

        assert refusal.value.retry_after == timedelta(days=1)

    def test_a_policy(self, make_world: Callable[..., World], phone: Token) -> None:
        assert make_world(VERIFICATION_POLICY=f"{ACME}.NobodyAtAll").assess(phone).verified
        assert not make_world().assess(phone).verified

    def test_a_provider(self, make_world: Callable[..., World]) -> None:
        make_world(TOKEN_PROVIDER=f"{ACME}.HeaderTokens")

        token = accessor.use_cases().token_provider.token_of(object())

        assert token is not None
        assert token.id == "acme"


@pytest.mark.parametrize("name", ["Container", "Derived"])
class TestAContainer:
    @pytest.fixture(autouse=True)
    def _container(self, settings: Settings, name: str) -> None:
        settings.MFA = {"CONTAINER": f"tests.projects.containers.{name}"}

    def test_what_it_replaces_reaches_the_use_cases(self, phone: Token) -> None:
        clock, outbox = container().clock(), container().email_sender()
        clock.advance(timedelta(days=365))
        use_cases = accessor.use_cases()

        registered = use_cases.register_device(Register(token=phone, method="email"))
        use_cases.dispatch_challenge(RequestChallenge(token=phone, index=registered.device.index))

        assert registered.device.created_at == clock.now()
        [message] = outbox.messages
        assert message.destination == "anna@example.com"
        clock.advance(timedelta(minutes=10))
        answer = use_cases.verify_challenge(Verify(token=phone, index=0, value=message.code))
        assert answer == NotVerified(reason=Reason.EXPIRED)

    def test_it_can_be_overridden_as_well(self, phone: Token) -> None:
        later = FrozenClock(container().clock().now() + timedelta(days=1000))

        with container().clock.override(later):
            device = accessor.use_cases().register_device(Register(token=phone, method="totp")).device

        assert device.created_at == later.now()
        assert accessor.use_cases().register_device.transactions.clock is container().clock()
        assert container().clock().now() < later.now()


class TestOverriding:
    def test_a_provider_that_is_overridden_late_is_used(self, settings: Settings, phone: Token) -> None:
        settings.MFA = {}
        use_cases = accessor.use_cases()
        use_cases.list_devices(phone)

        world = World(settings)

        assert accessor.use_cases().register_device(Register(token=phone, method="totp")).device.created_at == (
            world.clock.now()
        )

    def test_settings_that_change_make_a_new_container(self, settings: Settings) -> None:
        settings.MFA = {"METHODS": ["totp"]}
        before = container()
        assert container() is before

        settings.MFA = {"METHODS": ["email"]}

        assert container() is not before
        assert [method.name for method in accessor.use_cases().methods] == ["email"]

    @pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FALLBACKS"])
    def test_so_do_keys(self, settings: Settings, name: str) -> None:
        before = container()

        setattr(settings, name, "another key" if name == "SECRET_KEY" else ["an old key"])

        assert container() is not before

    def test_others_do_not(self, settings: Settings) -> None:
        before = container()

        settings.LANGUAGE_CODE = "nl"

        assert container() is before
