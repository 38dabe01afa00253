"""What ``manage.py check`` says of a project, and that nothing runs where it says that something is wrong."""

import importlib.util
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import Group, User
from django.core.checks import CheckMessage, Error, Tags, Warning, run_checks  # noqa: A004 - what Django calls it
from django.core.checks.registry import registry
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.models import Model
from fido2.cose import CoseKey, UnsupportedKey
from pytest_django import Settings
from rest_framework.authentication import TokenAuthentication

from mfa.adapters import accessor
from mfa.adapters.django import checks
from mfa.adapters.django.models import AccountRecord, DeviceRecord
from mfa.adapters.system.vault import AesGcmVault
from tests.integration.django.world import container

ACME = "tests.projects.acme"
ROUTES = "tests.projects.routes"
SITE: dict[str, object] = {"WEBAUTHN_RP_ID": "example.com", "WEBAUTHN_ORIGINS": ["https://example.com"]}


Checked = Callable[..., list[CheckMessage]]


@pytest.fixture(autouse=True)
def _its_routes_alone(settings: Settings) -> None:
    settings.ROOT_URLCONF = ROUTES
    settings.MFA = {}


@pytest.fixture
def checked(settings: Settings) -> Checked:
    """To be called with keys of ``MFA``: what the checks of this package say."""

    def check(**mfa: object) -> list[CheckMessage]:
        settings.MFA = mfa
        return run_checks(tags=["mfa"])

    return check


def numbers(messages: list[CheckMessage]) -> list[str]:
    assert all(message.hint for message in messages)
    return [str(message.id).removeprefix("multi_factor.") for message in messages]


def told(messages: list[CheckMessage]) -> list[tuple[str | None, str]]:
    return [(message.id, message.msg) for message in messages]


class TestSettings:
    def test_the_defaults_are_right(self, checked: Checked) -> None:
        assert checked() == []

    def test_no_settings_at_all_are_right(self, settings: Settings) -> None:
        del settings.MFA

        assert run_checks(tags=["mfa"]) == []
        assert accessor.use_cases().methods.all

    @pytest.mark.parametrize(
        ("mfa", "hint"),
        [
            ({"METHOD": ["totp"]}, "Did you mean 'METHODS'?"),
            ({"TOTP_DIGITS": "6"}, "Write an integer from 1 to 10."),
            ({"TOTP_DIGITS": 4}, "Write 6 or more"),
            ({"METHODS": ["sms", "totp"]}, "Name a sender"),
            ({"METHODS": ["recovery"]}, "Add another method"),
            ({"METHODS": ["webauthn"], **SITE, "WEBAUTHN_RP_ID": None}, "Write the domain"),
            ({"PASSKEY_LOGIN": True}, 'Add "webauthn"'),
            ({"VERIFICATION_LIFETIME": 12}, "Write a duration"),
            ({"CONTAINER": object}, "Write the dotted path"),
        ],
    )
    def test_every_kind_of_problem_is_an_error_that_says_what_to_write(
        self, checked: Checked, mfa: dict[str, object], hint: str
    ) -> None:
        [error] = checked(**mfa)

        assert isinstance(error, Error)
        assert error.id == "multi_factor.E001"
        assert error.hint is not None
        assert hint in error.hint
        assert error.obj in {*mfa, "SMS_SENDER"}

    def test_settings_that_are_no_dict_are_one_problem(self, settings: Settings) -> None:
        settings.MFA = ["totp"]

        assert told(run_checks(tags=["mfa"])) == [("multi_factor.E001", "MFA is not a dict.")]

    @pytest.mark.usefixtures("db")
    def test_the_command_fails(self, settings: Settings) -> None:
        settings.MFA = {"TOTP_DIGITS": 0}

        with pytest.raises(SystemCheckError, match=r"multi_factor\.E001.*TOTP_DIGITS"):
            call_command("check")

    def test_nothing_runs_on_wrong_settings(self, settings: Settings) -> None:
        settings.MFA = {"TOTP_DIGITS": 0, "NOTHING": 1}

        with pytest.raises(ImproperlyConfigured, match=r"TOTP_DIGITS.*NOTHING|NOTHING.*TOTP_DIGITS"):
            accessor.use_cases()
        settings.MFA = {}
        assert accessor.use_cases().methods.all


class TestExtras:
    @pytest.mark.parametrize(
        ("mfa", "package", "extra"),
        [
            ({"TOKEN_PROVIDER": "knox"}, "knox", "drf-mfa[knox]"),
            ({"METHODS": ["webauthn"], **SITE}, "fido2", "drf-mfa[webauthn]"),
            ({"METHODS": ["totp", "sms"], "SMS_SENDER": f"{ACME}.Postcards"}, "phonenumbers", "drf-mfa[sms]"),
        ],
    )
    def test_one_that_is_used_and_missing_is_named(
        self,
        checked: Checked,
        monkeypatch: pytest.MonkeyPatch,
        mfa: dict[str, object],
        package: str,
        extra: str,
    ) -> None:
        find = importlib.util.find_spec

        def without(name: str) -> ModuleSpec | None:
            return None if name == package else find(name)

        monkeypatch.setattr(checks, "find_spec", without)

        [error] = checked(**mfa)

        assert error.id == "multi_factor.E002"
        assert package in error.msg
        assert error.hint is not None
        assert extra in error.hint

    def test_one_that_is_not_used_may_be_missing(self, checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "find_spec", lambda name: None if name != "mfa" else object())

        assert checked() == []

    @pytest.mark.parametrize(("provider", "app"), [("authtoken", "rest_framework.authtoken"), ("knox", "knox")])
    def test_an_app_whose_tables_are_needed_is_named(
        self, checked: Checked, settings: Settings, provider: str, app: str
    ) -> None:
        settings.INSTALLED_APPS = [each for each in settings.INSTALLED_APPS if each != app]

        [error] = checked(TOKEN_PROVIDER=provider)

        assert error.id == "multi_factor.E006"
        assert error.hint is not None
        assert f"Add {app!r} to INSTALLED_APPS" in error.hint


class TestPasskeyLogin:
    def test_security_keys_need_no_more_than_their_site(self, checked: Checked) -> None:
        assert checked(METHODS=["webauthn"], **SITE) == []

    def test_a_folder_of_roots_that_is_not_there_is_told(self, checked: Checked) -> None:
        [error] = checked(
            METHODS=["webauthn"], **SITE, WEBAUTHN_ATTESTATION="direct", WEBAUTHN_TRUST_ROOTS="/no/such/folder"
        )

        assert error.id == "multi_factor.E003"
        assert "/no/such/folder" in error.msg

    def test_a_rate_is_asked_for(self, checked: Checked, settings: Settings) -> None:
        login = {"METHODS": ["webauthn"], **SITE, "PASSKEY_LOGIN": True}

        [warning] = checked(**login)
        assert isinstance(warning, Warning)
        assert warning.id == "multi_factor.W003"
        assert "mfa_passkey" in str(warning.hint)

        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"mfa_passkey": "30/min"}}
        assert checked(**login) == []

    def test_a_provider_that_makes_no_tokens_is_told(self, checked: Checked, settings: Settings) -> None:
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"mfa_passkey": "30/min"}}
        own = {"METHODS": ["webauthn"], **SITE, "TOKEN_PROVIDER": f"{ACME}.HeaderTokens"}

        assert checked(**own) == []
        [error] = checked(**own, PASSKEY_LOGIN=True)
        assert error.id == "multi_factor.E004"
        assert "lacks prepare" in error.msg
        assert "TokenIssuer" in str(error.hint)

    def test_so_is_a_list_of_such(self, checked: Checked, settings: Settings) -> None:
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"mfa_passkey": "30/min"}}
        login = {"METHODS": ["webauthn"], **SITE, "PASSKEY_LOGIN": True}
        own = [f"{ACME}.HeaderTokens", f"{ACME}.CookieTokens"]

        assert numbers(checked(**login, TOKEN_PROVIDER=[*own, "knox"])) == ["W008"]
        errors = checked(**login, TOKEN_PROVIDER=own)
        assert [error.id for error in errors] == ["multi_factor.E004"] * 2
        assert all(f"{path}, which lacks prepare" in error.msg for path, error in zip(own, errors, strict=True))


class TestAlgorithms:
    WEBAUTHN: ClassVar = {"METHODS": ["webauthn"], **SITE, "WEBAUTHN_ALGORITHMS": ["ML-DSA-65", "ES256", "ML-DSA-44"]}

    def test_one_that_the_libraries_do_not_know_is_an_error(
        self, checked: Checked, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert checked(**self.WEBAUTHN) == []
        known = CoseKey.for_alg
        monkeypatch.setattr(CoseKey, "for_alg", lambda number: UnsupportedKey if number < -47 else known(number))

        [error] = checked(**self.WEBAUTHN)

        assert error.id == "multi_factor.E010"
        assert "ML-DSA-65, ML-DSA-44, which" in error.msg


class TestDottedPaths:
    @pytest.mark.parametrize("key", ["METHODS", "VERIFICATION_POLICY", "VERIFICATION_THROTTLE", "TOKEN_PROVIDER"])
    @pytest.mark.parametrize(
        ("path", "words"),
        [
            ("nowhere.at.all.Thing", "ModuleNotFoundError"),
            (f"{ACME}.Absent", "AttributeError"),
            (f"{ACME}.Broken", "ConnectionError: no configuration server"),
            (f"{ACME}.TakesNothing", "TypeError"),
        ],
    )
    def test_one_that_leads_nowhere_is_an_error(self, checked: Checked, key: str, path: str, words: str) -> None:
        [error] = checked(**{key: ["totp", path] if key == "METHODS" else path})

        assert error.id == "multi_factor.E003"
        assert words in error.msg
        assert error.hint is not None

    @pytest.mark.parametrize("key", ["EMAIL_SENDER", "CONTAINER"])
    @pytest.mark.parametrize("path", ["nowhere.at.all.Thing", f"{ACME}.Absent", f"{ACME}.Broken"])
    def test_so_is_that_of_a_sender_or_a_container(self, checked: Checked, key: str, path: str) -> None:
        [error] = checked(**{key: path})

        assert error.id == "multi_factor.E003"

    @pytest.mark.parametrize("name", ["NoContainer", "Copy"])
    def test_a_container_that_is_none_is_an_error(self, checked: Checked, name: str) -> None:
        [error] = checked(CONTAINER=f"tests.projects.containers.{name}")

        assert error.id == "multi_factor.E003"
        assert "DeclarativeContainer" in error.msg

    def test_an_adapter_under_an_unknown_name_is_an_error(self, checked: Checked) -> None:
        [error] = checked(ADAPTERS={"clok": f"{ACME}.Empty"})

        assert error.id == "multi_factor.E001"
        assert error.hint is not None
        assert "clock" in error.hint

    @pytest.mark.parametrize("path", ["nowhere.at.all.Thing", f"{ACME}.Absent", f"{ACME}.Broken"])
    def test_one_that_cannot_be_made_is_an_error(self, checked: Checked, path: str) -> None:
        [error] = checked(ADAPTERS={"clock": path})

        assert error.id == "multi_factor.E003"

    @pytest.mark.parametrize(
        "mfa",
        [{"ADAPTERS": {"clock": f"{ACME}.Empty"}}, {"CONTAINER": "tests.projects.containers.Unfinished"}],
    )
    def test_what_replaces_an_adapter_has_to_do_as_much(self, checked: Checked, mfa: dict[str, object]) -> None:
        [error] = checked(**mfa)

        assert error.id == "multi_factor.E004"
        assert "which lacks now" in error.msg
        assert "mfa.application.ports.system.Clock" in str(error.hint)

    def test_what_a_port_asks_for_and_a_class_forgets_is_an_error(self, checked: Checked) -> None:
        [error] = checked(VERIFICATION_POLICY=f"{ACME}.Unfinished")

        assert error.id == "multi_factor.E003"
        assert "required" in error.msg

    @pytest.mark.parametrize(
        ("key", "lacks", "port"),
        [
            ("METHODS", "backup, dispatch, fields, guessable, limits, name", "mfa.domain.methods.base.Method"),
            ("VERIFICATION_POLICY", "required", "mfa.domain.policies.VerificationPolicy"),
            ("VERIFICATION_THROTTLE", "locked_until", "mfa.domain.throttling.ThrottlePolicy"),
            ("TOKEN_PROVIDER", "scheme, token_of", "mfa.application.ports.tokens.TokenProvider"),
            ("EMAIL_SENDER", "send", "mfa.application.ports.delivery.Sender"),
        ],
    )
    def test_a_class_without_a_port_has_to_do_as_much(self, checked: Checked, key: str, lacks: str, port: str) -> None:
        path = f"{ACME}.Empty"

        [error] = checked(**{key: ["totp", "email", path] if key == "METHODS" else path})

        assert error.id == "multi_factor.E004"
        assert f"{path}, which lacks {lacks}" in error.msg
        assert error.hint is not None
        assert port in error.hint

    def test_a_list_of_providers_hides_none_that_is_not(self, checked: Checked) -> None:
        [error] = (each for each in checked(TOKEN_PROVIDER=["knox", f"{ACME}.OneStrike"]) if isinstance(each, Error))

        assert error.id == "multi_factor.E004"
        assert f"{ACME}.OneStrike, which lacks scheme, token_of" in error.msg

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("AnotherTotp", "more than one method by the name of 'totp'"),
            ("Slashed", "'a/b'"),
            ("Numbered", "'0'"),
            ("TooLong", "'eee"),
            ("Nobody", "'nobody' sends codes, but nobody sends them"),
        ],
    )
    def test_methods_that_lead_to_confusion_are_an_error(self, checked: Checked, name: str, words: str) -> None:
        [error] = checked(METHODS=["totp", f"{ACME}.{name}"])

        assert error.id == "multi_factor.E005"
        assert words in error.msg
        assert error.hint is not None

    def test_what_is_made_as_it_should_is_right(self, checked: Checked) -> None:
        assert (
            checked(
                METHODS=["email", f"{ACME}.ExampleMethod", f"{ACME}.Pigeon"],
                VERIFICATION_POLICY=f"{ACME}.NobodyAtAll",
                VERIFICATION_THROTTLE=f"{ACME}.OneStrike",
                TOKEN_PROVIDER=f"{ACME}.HeaderTokens",
                EMAIL_SENDER=f"{ACME}.Postcards",
                ADAPTERS={"users": "mfa.adapters.memory.users.MemoryUserDirectory"},
                CONTAINER="tests.projects.containers.Container",
            )
            == []
        )

    def test_a_hole_in_a_container_is_an_error(self, checked: Checked) -> None:
        assert checked() == []
        container().secret_keys.reset_override()

        [error] = run_checks(tags=["mfa"])

        assert error.id == "multi_factor.E003"
        assert "secret_keys" in error.msg


class Own(TokenAuthentication):
    keyword = "Bearer"


class TestAuthentication:
    @pytest.fixture
    def authenticated(self, settings: Settings, checked: Checked) -> Callable[..., list[str]]:
        def check(*classes: object, provider: str = "authtoken") -> list[str]:
            rest = {key: value for key, value in settings.REST_FRAMEWORK.items() if "CLASSES" not in key}
            settings.REST_FRAMEWORK = {**rest, "DEFAULT_AUTHENTICATION_CLASSES": classes} if classes else rest
            warnings = [each for each in checked(TOKEN_PROVIDER=provider) if each.id == "multi_factor.W001"]
            assert all(isinstance(warning, Warning) and warning.hint for warning in warnings)
            return [warning.msg.split()[0] for warning in warnings]

        return check

    SESSION = "rest_framework.authentication.SessionAuthentication"
    BASIC = "rest_framework.authentication.BasicAuthentication"
    TOKEN = "rest_framework.authentication.TokenAuthentication"
    KNOX = "knox.auth.TokenAuthentication"

    def test_the_defaults_of_the_framework_get_a_warning_each(self, authenticated: Callable[..., list[str]]) -> None:
        assert authenticated() == [self.SESSION, self.BASIC]

    def test_so_do_classes_that_make_no_token_of_the_provider(self, authenticated: Callable[..., list[str]]) -> None:
        assert authenticated(self.TOKEN, self.SESSION) == [self.SESSION]
        assert authenticated(self.TOKEN, self.KNOX) == [self.KNOX]
        assert authenticated(self.TOKEN, self.KNOX, provider="knox") == [self.TOKEN]

    def test_a_subclass_gets_none(self, authenticated: Callable[..., list[str]]) -> None:
        assert authenticated(self.TOKEN) == []
        assert authenticated(f"{__name__}.Own") == []
        assert authenticated(self.KNOX, provider="knox") == []

    def test_of_another_provider_nothing_is_known(self, authenticated: Callable[..., list[str]]) -> None:
        assert authenticated(self.SESSION, provider=f"{ACME}.HeaderTokens") == []

    def test_what_is_missing_is_told_once(self, settings: Settings, checked: Checked) -> None:
        settings.INSTALLED_APPS = [each for each in settings.INSTALLED_APPS if each != "knox"]

        assert [message.id for message in checked(TOKEN_PROVIDER="knox")] == ["multi_factor.E006"]


class TestTime:
    @pytest.mark.parametrize(("deadline", "ids"), [("-", ["W010"]), ("+", []), ("14d", []), (None, [])])
    def test_a_deadline_that_is_over_gets_a_warning(
        self, checked: Checked, deadline: str | None, ids: list[str]
    ) -> None:
        now = datetime.now(UTC)
        written = {
            "-": now.isoformat(timespec="seconds"),
            "+": (now + timedelta(hours=1)).isoformat(timespec="seconds"),
        }

        messages = checked(REGISTRATION_DEADLINE=written.get(str(deadline), deadline))

        assert numbers(messages) == ids


class TestDeployment:
    """What is asked for by ``check --deploy`` alone."""

    RIGHT: ClassVar[dict[str, object]] = {
        "ENCRYPTION_KEYS": ["AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="],
        "TOTP_ISSUER": "Example",
        "HOTP_ISSUER": "Example",
        "METHODS": ["totp", "hotp", "email", "webauthn"],
        "TOKEN_PROVIDER": ["authtoken", "session"],
        "PASSKEY_LOGIN": True,
        "NOTIFY_URL": "https://example.com",
        **SITE,
    }

    @pytest.fixture
    def deployed(self, settings: Settings) -> Checked:
        settings.CACHES = {
            "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
            "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        }
        settings.REST_FRAMEWORK = {
            **settings.REST_FRAMEWORK,
            "DEFAULT_AUTHENTICATION_CLASSES": [TestAuthentication.TOKEN, TestAuthentication.SESSION],
            "DEFAULT_THROTTLE_RATES": {"mfa_passkey": "30/min"},
        }

        def check(**mfa: object) -> list[CheckMessage]:
            settings.MFA = {**self.RIGHT, **mfa}
            return run_checks(tags=["mfa"], include_deployment_checks=True)

        return check

    def test_a_site_that_has_it_all_is_right(self, deployed: Checked) -> None:
        assert deployed() == []

    @pytest.mark.parametrize(
        ("mfa", "number", "words"),
        [
            ({"ENCRYPTION_KEYS": None}, "W020", "token_bytes(32)"),
            ({"TOTP_ISSUER": ""}, "W021", '"TOTP_ISSUER": "Example"'),
            ({"HOTP_ISSUER": ""}, "W021", '"HOTP_ISSUER": "Example"'),
            ({"TOTP_ISSUER": "", "METHODS": ["email"], "PASSKEY_LOGIN": False}, "W021", '"TOTP_ISSUER": "Example"'),
            ({"NOTIFY_URL": None}, "W025", '"NOTIFY_URL": "https://example.com"'),
        ],
    )
    def test_what_is_missing_gets_a_warning(
        self, deployed: Checked, checked: Checked, mfa: dict[str, object], number: str, words: str
    ) -> None:
        messages = deployed(**mfa)

        assert numbers(messages) == [number]
        assert words in str(messages[0].hint)
        assert checked(**{**self.RIGHT, **mfa}) == []

    def test_a_link_is_asked_for_only_where_there_are_mails(self, deployed: Checked, settings: Settings) -> None:
        assert deployed(NOTIFY_URL=None, NOTIFY=False) == []

        settings.ROOT_URLCONF = "tests.integration.django.namespaced"
        [message] = deployed()

        assert message.id == "multi_factor.W025"
        assert "'multi-factor-not-me'" in message.msg
        assert "without a namespace" in str(message.hint)

    def test_a_name_is_asked_for_only_where_it_is_shown(self, deployed: Checked) -> None:
        assert deployed(TOTP_ISSUER="", HOTP_ISSUER="", METHODS=["webauthn"]) == []

    @pytest.mark.parametrize("backend", ["locmem.LocMemCache", "dummy.DummyCache"])
    def test_a_cache_of_one_process_counts_no_tries(self, deployed: Checked, settings: Settings, backend: str) -> None:
        settings.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}

        assert numbers(deployed()) == ["W023"]
        assert deployed(PASSKEY_LOGIN=False) == []

    @pytest.mark.parametrize("engine", ["cache", "cached_db"])
    def test_nor_does_it_keep_sessions(self, deployed: Checked, settings: Settings, engine: str) -> None:
        settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
        assert deployed() == []

        settings.SESSION_CACHE_ALIAS = "local"

        assert numbers(deployed()) == ["W024"]
        assert "'local'" in deployed()[0].msg

    def test_nor_does_a_database_in_memory_keep_devices(
        self, deployed: Checked, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connection, "vendor", "sqlite")
        monkeypatch.setattr(connection, "is_in_memory_db", lambda: True, raising=False)

        assert numbers(deployed()) == ["W022"]


class Apart:
    """A router that parts what belongs together."""

    def db_for_write(self, model: type[Model], **hints: object) -> str | None:
        return "devices" if model._meta.app_label == "multi_factor" else None


def test_accounts_belong_to_the_database_of_users(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checked() == []

    monkeypatch.setattr("django.db.router.routers", [Apart()])

    assert numbers(checked()) == ["W032"]
    assert "'devices' and users to 'default'" in checked()[0].msg


@pytest.mark.django_db
class TestDatabase:
    """What is asked by ``check --database`` and ``migrate``, and of no other database."""

    @pytest.fixture
    def asked(self, settings: Settings) -> Checked:
        def check(*, databases: Sequence[str] = ("default",), **mfa: object) -> list[CheckMessage]:
            settings.MFA = mfa
            return checks.check_database(databases=databases)

        return check

    def test_it_is_one_of_those_for_databases(self) -> None:
        known: dict[str, Any] = {getattr(check, "__name__", ""): check for check in registry.get_checks()}

        assert known["check_database"].__module__ == checks.__name__
        assert known["check_database"].tags == (Tags.database,)

    def test_a_group_that_is_not_there_gets_a_warning(self, asked: Checked) -> None:
        Group.objects.create(name="tellers")
        policy = {"VERIFICATION_POLICY": "groups", "POLICY_GROUPS": ["bankers", "tellers"]}

        [warning] = asked(**policy)

        assert numbers([warning]) == ["W012"]
        assert "names 'bankers', but" in warning.msg
        assert "'tellers'" in str(warning.hint)
        assert asked(**policy, databases=["other"]) == []
        assert asked(**policy, TOTP_DIGITS=0) == []
        assert asked(**policy, METHODS=[f"{ACME}.Broken"]) == []
        Group.objects.create(name="bankers")
        assert asked(**policy) == []

    def test_so_does_a_user_model_without_any(self, asked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "model_of_groups", lambda model: None)

        assert numbers(asked(POLICY_GROUPS=["bankers"])) == ["W012"]
        assert asked() == []

    def test_devices_of_a_method_that_is_gone_are_counted(self, asked: Checked) -> None:
        devices(User.objects.create(username="anna"), "sms", "sms", "totp", "recovery")
        devices(User.objects.create(username="bert"), "sms", "recovery")
        devices(User.objects.create(username="carl"), "acme")

        told = asked(METHODS=["totp", "recovery"])

        assert numbers(told) == ["W014", "W014"]
        assert "1 active devices of the method 'acme'" in told[0].msg
        assert "3 active devices of the method 'sms'" in told[1].msg
        assert all("1 users have no other" in warning.msg for warning in told)
        assert asked(METHODS=["totp", "recovery"], databases=["other"]) == []

    def test_pending_ones_are_not(self, asked: Checked) -> None:
        devices(User.objects.create(username="anna"), "sms", activated_at=None)

        assert asked(METHODS=["totp"]) == []

    def test_what_is_sealed_under_another_key_than_the_first_is_counted(self, asked: Checked) -> None:
        user = User.objects.create(username="anna")
        devices(user, "totp", "totp", "email")
        old, new = (bytes([number]) * 32 for number in (1, 2))
        DeviceRecord.objects.filter(index=0).update(state=AesGcmVault([new]).seal(b"", b""))
        DeviceRecord.objects.filter(index__gt=0).update(state=AesGcmVault([old]).seal(b"", b""))
        keys = [urlsafe_b64encode(key).decode() for key in (new, old)]

        [warning] = asked(ENCRYPTION_KEYS=keys)

        assert numbers([warning]) == ["W016"]
        assert warning.msg.startswith("There are 2 values that are sealed under the key ")
        assert asked(ENCRYPTION_KEYS=keys, databases=["other"]) == []
        DeviceRecord.objects.filter(index__gt=0).delete()
        assert asked(ENCRYPTION_KEYS=keys) == []

    def test_before_the_first_migration_nothing_is_asked(self, asked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connection.introspection, "table_names", list)

        assert asked(METHODS=["totp"], POLICY_GROUPS=["bankers"]) == []


def devices(user: User, *methods: str, activated_at: datetime | None = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
    account = AccountRecord.objects.create(user=user, version=1, next_index=len(methods))
    for index, method in enumerate(methods):
        DeviceRecord.objects.create(
            account=account,
            index=index,
            method=method,
            state=b"",
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            activated_at=activated_at,
            failures=0,
            recent_failures=0,
        )


def test_every_check_is_in_the_documentation() -> None:
    written = {*re.findall(r"\b([EW]\d{3})[a-z]?\b", Path(checks.__file__).read_text())}
    page = Path(__file__).parents[3] / "docs" / "checks.md"

    assert re.findall(r"^### ([EW]\d{3})$", page.read_text(), re.MULTILINE) == sorted(written)
