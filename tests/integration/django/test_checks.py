"""What ``manage.py check`` says of a project, and that nothing runs where it says that something is wrong."""

import importlib.util
from collections.abc import Callable
from importlib.machinery import ModuleSpec

import pytest
from django.core.checks import CheckMessage, Error, Warning, run_checks  # noqa: A004 - what Django calls it
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.urls import include, path, re_path
from django.views import View
from pytest_django import Settings
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.views import ObtainAuthToken as StockObtainAuthToken
from rest_framework.authtoken.views import obtain_auth_token
from rest_framework.request import Request
from rest_framework.response import Response

from mfa.adapters import accessor
from mfa.adapters.django import checks
from mfa.adapters.tokens.authtoken import ObtainAuthToken
from tests.integration.django.world import container

ACME = "tests.projects.acme"
ROUTES = "tests.projects.routes"
SITE: dict[str, object] = {"WEBAUTHN_RP_ID": "example.com", "WEBAUTHN_ORIGINS": ["https://example.com"]}


@pytest.fixture(autouse=True)
def _no_routes(settings: Settings) -> None:
    settings.ROOT_URLCONF = ROUTES
    settings.MFA = {}


@pytest.fixture
def checked(settings: Settings) -> Callable[..., list[CheckMessage]]:
    """To be called with keys of ``MFA``: what the checks of this package say."""

    def check(**mfa: object) -> list[CheckMessage]:
        settings.MFA = mfa
        return run_checks(tags=["mfa"])

    return check


def told(messages: list[CheckMessage]) -> list[tuple[str | None, str]]:
    return [(message.id, message.msg) for message in messages]


class TestSettings:
    def test_the_defaults_are_right(self, checked: Callable[..., list[CheckMessage]]) -> None:
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
        self, checked: Callable[..., list[CheckMessage]], mfa: dict[str, object], hint: str
    ) -> None:
        [error] = checked(**mfa)

        assert isinstance(error, Error)
        assert error.id == "mfa.E001"
        assert error.hint is not None
        assert hint in error.hint
        assert error.obj in {*mfa, "SMS_SENDER"}

    def test_settings_that_are_no_dict_are_one_problem(self, settings: Settings) -> None:
        settings.MFA = ["totp"]

        assert told(run_checks(tags=["mfa"])) == [("mfa.E001", "MFA is not a dict.")]

    @pytest.mark.usefixtures("db")
    def test_the_command_fails(self, settings: Settings) -> None:
        settings.MFA = {"TOTP_DIGITS": 0}

        with pytest.raises(SystemCheckError, match=r"mfa\.E001.*TOTP_DIGITS"):
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
        checked: Callable[..., list[CheckMessage]],
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

        assert error.id == "mfa.E002"
        assert package in error.msg
        assert error.hint is not None
        assert extra in error.hint

    def test_one_that_is_not_used_may_be_missing(
        self, checked: Callable[..., list[CheckMessage]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checks, "find_spec", lambda name: None if name != "mfa" else object())

        assert checked() == []

    @pytest.mark.parametrize(("provider", "app"), [("authtoken", "rest_framework.authtoken"), ("knox", "knox")])
    def test_an_app_whose_tables_are_needed_is_named(
        self, checked: Callable[..., list[CheckMessage]], settings: Settings, provider: str, app: str
    ) -> None:
        settings.INSTALLED_APPS = [each for each in settings.INSTALLED_APPS if each != app]

        [error] = checked(TOKEN_PROVIDER=provider)

        assert error.id == "mfa.E006"
        assert error.hint is not None
        assert f"Add {app!r} to INSTALLED_APPS" in error.hint


class TestPasskeyLogin:
    def test_security_keys_need_no_more_than_their_site(self, checked: Callable[..., list[CheckMessage]]) -> None:
        assert checked(METHODS=["webauthn"], **SITE) == []

    def test_a_folder_of_roots_that_is_not_there_is_told(self, checked: Callable[..., list[CheckMessage]]) -> None:
        [error] = checked(
            METHODS=["webauthn"], **SITE, WEBAUTHN_ATTESTATION="direct", WEBAUTHN_TRUST_ROOTS="/no/such/folder"
        )

        assert error.id == "mfa.E003"
        assert "/no/such/folder" in error.msg

    def test_a_rate_is_asked_for(self, checked: Callable[..., list[CheckMessage]], settings: Settings) -> None:
        login = {"METHODS": ["webauthn"], **SITE, "PASSKEY_LOGIN": True}

        [warning] = checked(**login)
        assert isinstance(warning, Warning)
        assert warning.id == "mfa.W003"
        assert "mfa_passkey" in str(warning.hint)

        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"mfa_passkey": "30/min"}}
        assert checked(**login) == []

    def test_a_provider_that_makes_no_tokens_is_told(
        self, checked: Callable[..., list[CheckMessage]], settings: Settings
    ) -> None:
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"mfa_passkey": "30/min"}}
        own = {"METHODS": ["webauthn"], **SITE, "TOKEN_PROVIDER": f"{ACME}.HeaderTokens"}

        assert checked(**own) == []
        [error] = checked(**own, PASSKEY_LOGIN=True)
        assert error.id == "mfa.E004"
        assert "lacks issue" in error.msg
        assert "TokenIssuer" in str(error.hint)

    def test_so_is_a_list_of_such(self, checked: Callable[..., list[CheckMessage]], settings: Settings) -> None:
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"mfa_passkey": "30/min"}}
        login = {"METHODS": ["webauthn"], **SITE, "PASSKEY_LOGIN": True}
        own = [f"{ACME}.HeaderTokens", f"{ACME}.CookieTokens"]

        assert checked(**login, TOKEN_PROVIDER=[*own, "knox"]) == []
        errors = checked(**login, TOKEN_PROVIDER=own)
        assert [error.id for error in errors] == ["mfa.E004"] * 2
        assert all(f"{path}, which lacks issue" in error.msg for path, error in zip(own, errors, strict=True))


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
    def test_one_that_leads_nowhere_is_an_error(
        self, checked: Callable[..., list[CheckMessage]], key: str, path: str, words: str
    ) -> None:
        [error] = checked(**{key: ["totp", path] if key == "METHODS" else path})

        assert error.id == "mfa.E003"
        assert words in error.msg
        assert error.hint is not None

    @pytest.mark.parametrize("key", ["EMAIL_SENDER", "CONTAINER"])
    @pytest.mark.parametrize("path", ["nowhere.at.all.Thing", f"{ACME}.Absent", f"{ACME}.Broken"])
    def test_so_is_that_of_a_sender_or_a_container(
        self, checked: Callable[..., list[CheckMessage]], key: str, path: str
    ) -> None:
        [error] = checked(**{key: path})

        assert error.id == "mfa.E003"

    def test_a_container_without_the_use_cases_is_an_error(self, checked: Callable[..., list[CheckMessage]]) -> None:
        [error] = checked(CONTAINER="tests.projects.containers.Forgetful")

        assert error.id == "mfa.E003"

    def test_what_a_port_asks_for_and_a_class_forgets_is_an_error(
        self, checked: Callable[..., list[CheckMessage]]
    ) -> None:
        [error] = checked(VERIFICATION_POLICY=f"{ACME}.Unfinished")

        assert error.id == "mfa.E003"
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
    def test_a_class_without_a_port_has_to_do_as_much(
        self, checked: Callable[..., list[CheckMessage]], key: str, lacks: str, port: str
    ) -> None:
        path = f"{ACME}.Empty"

        [error] = checked(**{key: ["totp", "email", path] if key == "METHODS" else path})

        assert error.id == "mfa.E004"
        assert f"{path}, which lacks {lacks}" in error.msg
        assert error.hint is not None
        assert port in error.hint

    def test_a_list_of_providers_hides_none_that_is_not(self, checked: Callable[..., list[CheckMessage]]) -> None:
        [error] = checked(TOKEN_PROVIDER=["knox", f"{ACME}.OneStrike"])

        assert error.id == "mfa.E004"
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
    def test_methods_that_lead_to_confusion_are_an_error(
        self, checked: Callable[..., list[CheckMessage]], name: str, words: str
    ) -> None:
        [error] = checked(METHODS=["totp", f"{ACME}.{name}"])

        assert error.id == "mfa.E005"
        assert words in error.msg
        assert error.hint is not None

    def test_what_is_made_as_it_should_is_right(self, checked: Callable[..., list[CheckMessage]]) -> None:
        assert (
            checked(
                METHODS=["email", f"{ACME}.ExampleMethod", f"{ACME}.Pigeon"],
                VERIFICATION_POLICY=f"{ACME}.NobodyAtAll",
                VERIFICATION_THROTTLE=f"{ACME}.OneStrike",
                TOKEN_PROVIDER=f"{ACME}.HeaderTokens",
                EMAIL_SENDER=f"{ACME}.Postcards",
                CONTAINER="tests.projects.containers.Container",
            )
            == []
        )

    def test_a_hole_in_a_container_is_an_error(self, checked: Callable[..., list[CheckMessage]]) -> None:
        assert checked() == []
        container().secret_keys.reset_override()

        [error] = run_checks(tags=["mfa"])

        assert error.id == "mfa.E003"
        assert "secret_keys" in error.msg


class Own(TokenAuthentication):
    keyword = "Bearer"


class TestAuthentication:
    @pytest.fixture
    def authenticated(self, settings: Settings, checked: Callable[..., list[CheckMessage]]) -> Callable[..., list[str]]:
        def check(*classes: object, provider: str = "authtoken") -> list[str]:
            rest = {key: value for key, value in settings.REST_FRAMEWORK.items() if "CLASSES" not in key}
            settings.REST_FRAMEWORK = {**rest, "DEFAULT_AUTHENTICATION_CLASSES": classes} if classes else rest
            warnings = checked(TOKEN_PROVIDER=provider)
            assert all(isinstance(warning, Warning) and warning.id == "mfa.W001" for warning in warnings)
            assert all(warning.hint for warning in warnings)
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

    def test_what_is_missing_is_told_once(self, settings: Settings, checked: Callable[..., list[CheckMessage]]) -> None:
        settings.INSTALLED_APPS = [each for each in settings.INSTALLED_APPS if each != "knox"]

        assert [message.id for message in checked(TOKEN_PROVIDER="knox")] == ["mfa.E006"]


class Overridden(StockObtainAuthToken):
    def post(self, request: Request, *args: object, **kwargs: object) -> Response:
        return Response()


class Inherited(StockObtainAuthToken):
    throttle_scope = "login"


class TestLogin:
    @pytest.fixture
    def routed(
        self, settings: Settings, checked: Callable[..., list[CheckMessage]], monkeypatch: pytest.MonkeyPatch
    ) -> Callable[..., list[str]]:
        def check(*patterns: object, provider: str = "authtoken") -> list[str]:
            monkeypatch.setattr(f"{ROUTES}.urlpatterns", patterns)
            settings.ROOT_URLCONF = ROUTES  # forgets what was resolved before
            settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": []}
            warnings = checked(TOKEN_PROVIDER=provider)
            assert all(isinstance(warning, Warning) and warning.id == "mfa.W002" for warning in warnings)
            assert all(warning.hint and "mfa.adapters.tokens.authtoken" in warning.hint for warning in warnings)
            return [warning.msg.split("'")[1] for warning in warnings]

        return check

    @pytest.mark.parametrize("view", [obtain_auth_token, StockObtainAuthToken.as_view(), Inherited.as_view()])
    def test_the_stock_view_gets_a_warning(self, routed: Callable[..., list[str]], view: object) -> None:
        assert routed(path("login/", view)) == ["login/"]  # type: ignore[call-overload]

    def test_it_is_found_wherever_it_is_included(self, routed: Callable[..., list[str]]) -> None:
        patterns = [path("api/", include([re_path("^v1/", include([path("token", obtain_auth_token)]))]))]

        assert routed(*patterns) == ["api/^v1/token"]

    @pytest.mark.parametrize(
        "view", [ObtainAuthToken.as_view(), Overridden.as_view(), View.as_view(), lambda request: None]
    )
    def test_others_get_none(self, routed: Callable[..., list[str]], view: object) -> None:
        assert routed(path("login/", view)) == []  # type: ignore[call-overload]

    def test_with_another_provider_it_does_not_matter(self, routed: Callable[..., list[str]]) -> None:
        assert routed(path("login/", obtain_auth_token), provider="knox") == []

    def test_a_project_may_have_no_routes(self, settings: Settings, checked: Callable[..., list[CheckMessage]]) -> None:
        settings.ROOT_URLCONF = None

        assert checked() == []
