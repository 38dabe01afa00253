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
from mfa.config import Config
from mfa.containers.core import CoreContainer, Workshop, load, make_senders
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


def core(**settings: Any) -> "providers.Container[CoreContainer]":
    container = MemoryContainer()
    container.config.override(attrs.evolve(Config(methods=BUILT_IN), **settings))
    return container.core


def made(name: str, **settings: Any) -> Method:
    methods: Methods = core(**settings).methods()
    return methods.named(name)


def keys(**settings: Any) -> SecurityKeys:
    method = made("webauthn", **settings)
    assert isinstance(method, SecurityKeys)
    return method


class TestMethods:
    def test_they_come_in_the_order_of_the_setting(self) -> None:
        assert [method.name for method in core(methods=("recovery", "hotp", "totp")).methods()] == [
            *("recovery", "hotp", "totp")
        ]

    def test_what_is_not_configured_is_not_there(self) -> None:
        with pytest.raises(MethodNotFound):
            core(methods=("totp",)).methods().named("email")

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
        }

        site = keys(**settings).relying_party

        assert (site.rp_id, site.rp_name, site.origins) == ("example.com", "example.com", ("https://example.com",))
        assert (site.top_origins, site.user_verification) == (("https://example.org",), "required")
        assert (site.attestation, site.resident_key) == ("direct", "preferred")
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
        assert isinstance(core(verification_throttle=name).throttle(), kind)

    def test_they_follow_the_settings(self) -> None:
        rules = core(
            max_failures=9,
            max_devices_per_method=2,
            registration_lifetime=timedelta(minutes=1),
            change_max_age=timedelta(minutes=2),
            verification_lifetime=timedelta(minutes=3),
        ).rules()

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


class TestWorkshop:
    @pytest.fixture(autouse=True)
    def _module(self) -> Iterator[None]:
        """Put what is to be made where a dotted path finds it, whatever the tests' modules are called."""
        module: Any = ModuleType("acme_workshop")
        module.Slow = Slow
        sys.modules["acme_workshop"] = module
        yield
        del sys.modules["acme_workshop"]
        Slow.made.clear()

    def test_a_class_is_made_once_for_the_same_arguments(self) -> None:
        workshop, config = Workshop(), Config()

        one = workshop.make("acme_workshop.Slow", config)

        assert workshop.make("acme_workshop.Slow", Config()) is one
        assert workshop.make("acme_workshop.Slow") is not one
        assert workshop.make("acme_workshop.Slow", Config(max_failures=1)) is not one
        assert Workshop().make("acme_workshop.Slow", config) is not one

    def test_so_it_is_by_many_threads(self) -> None:
        workshop = Workshop()

        with ThreadPoolExecutor(8) as threads:
            things = list(threads.map(lambda _: workshop.make("acme_workshop.Slow", 1), range(16)))

        assert Slow.made == [(1,)]
        assert len({id(thing) for thing in things}) == 1

    def test_what_fails_is_tried_again(self) -> None:
        workshop = Workshop()
        with pytest.raises(AttributeError):
            workshop.make("acme_workshop.Later")

        vars(sys.modules["acme_workshop"])["Later"] = dict

        assert workshop.make("acme_workshop.Later") == {}

    def test_a_path_is_loaded_as_it_is(self) -> None:
        assert load("acme_workshop.Slow") is Slow
        with pytest.raises(ModuleNotFoundError):
            load("acme_nowhere.Slow")
