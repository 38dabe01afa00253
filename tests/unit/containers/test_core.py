"""How settings become methods, policies and senders."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from types import ModuleType
from typing import Any, ClassVar

import attrs
import pytest
from dependency_injector import providers

from mfa.adapters.memory.delivery import OutboxSender
from mfa.adapters.memory.system import FrozenClock
from mfa.config import Config
from mfa.containers.core import load, make_loader, make_senders
from mfa.containers.memory import MemoryContainer
from mfa.domain.errors import MethodNotFound
from mfa.domain.methods.base import Method, Methods
from mfa.domain.methods.names import BUILT_IN
from mfa.domain.methods.one_time_password import OneTimePassword, Parameters
from mfa.domain.methods.out_of_band import OutOfBand
from mfa.domain.methods.recovery import RecoveryCodes
from mfa.domain.methods.security_keys import SecurityKeys
from mfa.domain.policies import EveryUser
from mfa.domain.sends import SendLimits
from mfa.domain.throttling import RecursiveThrottle, SimpleThrottle


def container(**settings: Any) -> MemoryContainer:
    container = MemoryContainer()
    container.config.override(attrs.evolve(Config(methods=BUILT_IN), **settings))
    return container


def made(name: str, **settings: Any) -> Method:
    return container(**settings).methods().named(name)


def keys(**settings: Any) -> SecurityKeys:
    method = made("webauthn", **settings)
    assert isinstance(method, SecurityKeys)
    return method


class TestMethods:
    def test_they_come_in_the_order_of_the_setting(self) -> None:
        assert [method.name for method in container(methods=("recovery", "hotp", "totp")).methods()] == [
            *("recovery", "hotp", "totp")
        ]

    def test_what_is_not_configured_is_not_there(self) -> None:
        with pytest.raises(MethodNotFound):
            container(methods=("totp",)).methods().named("email")

    def test_totp_follows_its_settings(self) -> None:
        totp = made(
            "totp", totp_digits=8, totp_period=60, totp_tolerance=2, totp_algorithm="sha512", totp_issuer="Acme"
        )

        assert isinstance(totp, OneTimePassword)
        assert totp.parameters == Parameters(digits=8, algorithm="sha512", tolerance=2, period=60)
        assert totp.issuer == "Acme"
        assert not totp.resynchronise

    @pytest.mark.parametrize("resynchronise", [True, False])
    def test_hotp_follows_its_settings(self, resynchronise: bool) -> None:  # noqa: FBT001
        hotp = made(
            "hotp",
            hotp_digits=7,
            hotp_tolerance=9,
            hotp_algorithm="sha256",
            hotp_issuer="Acme",
            hotp_resynchronise=resynchronise,
        )

        assert isinstance(hotp, OneTimePassword)
        assert hotp.parameters == Parameters(digits=7, algorithm="sha256", tolerance=9)
        assert hotp.issuer == "Acme"
        assert hotp.resynchronise == resynchronise

    @pytest.mark.parametrize(("name", "default"), [("email", True), ("sms", False)])
    def test_codes_that_are_sent_follow_theirs(self, name: str, default: bool) -> None:  # noqa: FBT001
        settings = {
            f"{name}_code_digits": 8,
            f"{name}_code_lifetime": timedelta(minutes=3),
            f"{name}_resend_interval": timedelta(minutes=2),
            f"{name}_hourly_limit": 4,
        }

        method = made(name, **settings)

        assert isinstance(method, OutOfBand)
        assert (method.digits, method.lifetime) == (8, timedelta(minutes=3))
        assert method.limits == SendLimits(interval=timedelta(minutes=2), hourly=4)
        assert method.default_to_user_email == default
        assert method.field.required != default

    def test_security_keys_are_bound_to_the_site(self) -> None:
        settings: dict[str, Any] = {
            "webauthn_rp_id": "example.com",
            "webauthn_origins": ("https://example.com",),
            "webauthn_top_origins": ("https://example.org",),
            "webauthn_user_verification": "required",
            "webauthn_attestation": "direct",
            "webauthn_hints": ("hybrid",),
            "webauthn_attachment": "platform",
            "webauthn_sign_count": "report",
            "webauthn_backup_change": "report",
        }

        site = keys(**settings).relying_party

        assert (site.rp_id, site.rp_name, site.origins) == ("example.com", "example.com", ("https://example.com",))
        assert (site.top_origins, site.user_verification) == (("https://example.org",), "required")
        assert (site.attestation, site.resident_key) == ("direct", "preferred")
        assert (site.hints, site.attachment) == (("hybrid",), "platform")
        assert (site.sign_count, site.backup_change) == ("report", "report")
        assert keys(**settings, webauthn_rp_name="Acme").relying_party.rp_name == "Acme"
        assert keys(**settings, passkey_login=True).relying_party.resident_key == "required"
        assert keys().relying_party.rp_id == ""

    def test_so_do_recovery_codes(self) -> None:
        recovery = made("recovery", recovery_codes=16)

        assert isinstance(recovery, RecoveryCodes)
        assert recovery.count == 16


class TestRules:
    @pytest.mark.parametrize(("name", "kind"), [("recursive", RecursiveThrottle), ("simple", SimpleThrottle)])
    def test_a_throttle_is_named(self, name: str, kind: type) -> None:
        assert isinstance(container(verification_throttle=name).throttle(), kind)

    def test_they_follow_the_settings(self) -> None:
        use_cases = container(
            max_failures=9,
            max_devices_per_method=2,
            registration_lifetime=timedelta(minutes=1),
            change_max_age=timedelta(minutes=2),
            verification_lifetime=timedelta(minutes=3),
        ).use_cases()
        rules = use_cases.assess_token.transactions.rules

        assert (rules.max_failures, rules.max_devices_per_method) == (9, 2)
        assert rules.registration_lifetime == timedelta(minutes=1)
        assert rules.change_max_age == timedelta(minutes=2)
        assert rules.verification_lifetime == timedelta(minutes=3)
        assert isinstance(rules.policy, EveryUser)


class Own(OutboxSender):
    """A method that is its own sender, as far as senders are concerned."""

    name = "own"


class Silent:
    name = "silent"


def test_senders_are_made_for_the_methods_that_send_and_for_no_other() -> None:
    methods: Any = Methods((made("totp"), made("email"), Own(), Silent()))  # type: ignore[arg-type]
    outbox = OutboxSender()

    def absent() -> OutboxSender:
        raise LookupError

    senders = make_senders(methods, lambda: outbox, absent)

    assert senders == {"email": outbox, "own": methods.all[2]}


class Slow:
    made: ClassVar[list[tuple[object, ...]]] = []
    go_on = Event()

    def __init__(self, *arguments: object) -> None:
        self.go_on.wait(timeout=0.05)
        self.made.append(arguments)


class TestLoader:
    @pytest.fixture(autouse=True)
    def _module(self) -> Iterator[None]:
        """Put what is to be made where a dotted path finds it, whatever the tests' modules are called."""
        module: Any = ModuleType("acme_loader")
        module.Slow = Slow
        sys.modules["acme_loader"] = module
        yield
        del sys.modules["acme_loader"]
        Slow.made.clear()

    def test_a_class_is_made_once_for_the_same_arguments(self) -> None:
        loader, config = make_loader(), Config()

        one = loader("acme_loader.Slow", config)

        assert loader("acme_loader.Slow", Config()) is one
        assert loader("acme_loader.Slow") is not one
        assert loader("acme_loader.Slow", Config(max_failures=1)) is not one
        assert make_loader()("acme_loader.Slow", config) is not one

    def test_so_it_is_by_many_threads(self) -> None:
        loader = make_loader()

        with ThreadPoolExecutor(8) as threads:
            things = list(threads.map(lambda _: loader("acme_loader.Slow", 1), range(16)))

        assert Slow.made == [(1,)]
        assert len({id(thing) for thing in things}) == 1

    def test_what_fails_is_tried_again(self) -> None:
        loader = make_loader()
        with pytest.raises(AttributeError):
            loader("acme_loader.Later")

        vars(sys.modules["acme_loader"])["Later"] = dict

        assert loader("acme_loader.Later") == {}

    def test_a_path_is_loaded_as_it_is(self) -> None:
        assert load("acme_loader.Slow") is Slow
        with pytest.raises(ModuleNotFoundError):
            load("acme_nowhere.Slow")


class TestUseCases:
    def test_they_are_made_once(self) -> None:
        container = MemoryContainer()

        assert container.use_cases() is container.use_cases()
        assert MemoryContainer().use_cases() is not container.use_cases()

    def test_many_threads_meet_the_same(self) -> None:
        container = MemoryContainer()
        container.clock.override(providers.Factory(Slow))

        with ThreadPoolExecutor(8) as threads:
            made = list(threads.map(lambda _: container.use_cases(), range(16)))

        assert len({id(each) for each in made}) == 1
        assert len(Slow.made) == 1
        Slow.made.clear()

    def test_an_override_while_they_are_made_is_not_forgotten(self) -> None:
        container, later = MemoryContainer(), FrozenClock()

        def interrupt() -> FrozenClock:
            container.clock.override(later)
            return FrozenClock()

        container.clock.override(providers.Callable(interrupt))
        assert container.use_cases().assess_token.transactions.clock is not later

        assert container.use_cases().assess_token.transactions.clock is later

    def test_they_may_be_replaced_themselves(self) -> None:
        container, mine = MemoryContainer(), object()
        own = container.use_cases()

        with container.use_cases.override(providers.Object(mine)):
            answer: object = container.use_cases()
            assert answer is mine

        assert container.use_cases() is not mine
        assert type(container.use_cases()) is type(own)

    @pytest.mark.parametrize("passkey_login", [True, False])
    def test_a_login_by_passkey_is_there_where_it_is_allowed(self, *, passkey_login: bool) -> None:
        use_cases = container(passkey_login=passkey_login, methods=("totp", "webauthn")).use_cases()

        assert use_cases.passkey_login is passkey_login
        assert (use_cases.begin_passkey_login is None) is (use_cases.log_in_by_passkey is None) is not passkey_login
