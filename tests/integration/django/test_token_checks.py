"""What ``manage.py check`` says of the token systems that a project names."""

import importlib.util
from importlib.machinery import ModuleSpec

import pytest
from django.core.checks import CheckMessage, Error, Warning, run_checks  # noqa: A004 - what Django calls it
from pytest_django import Settings
from rest_framework_simplejwt import settings as simplejwt

from mfa.adapters.django import checks

STOCK = "rest_framework_simplejwt.serializers"
TOKEN = "rest_framework.authentication.TokenAuthentication"
SESSION = "rest_framework.authentication.SessionAuthentication"
JWT = "rest_framework_simplejwt.authentication.JWTAuthentication"
KNOX = "knox.auth.TokenAuthentication"


class Checked:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        settings.ROOT_URLCONF = "tests.projects.routes"

    def __call__(self, provider: object, *classes: str) -> list[CheckMessage]:
        self.settings.REST_FRAMEWORK = {**self.settings.REST_FRAMEWORK, "DEFAULT_AUTHENTICATION_CLASSES": classes}
        self.settings.MFA = {"TOKEN_PROVIDER": provider}
        return run_checks(tags=["mfa"])


@pytest.fixture
def checked(settings: Settings) -> Checked:
    return Checked(settings)


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


class TestAuthentication:
    @pytest.mark.parametrize(
        ("provider", "classes"),
        [
            ("session", [SESSION]),
            ("jwt", [JWT]),
            ("jwt", ["rest_framework_simplejwt.authentication.JWTStatelessUserAuthentication"]),
            (["knox", "session"], [KNOX, SESSION]),
            (["session", "jwt", "authtoken", "knox"], [TOKEN, JWT, SESSION, KNOX]),
        ],
    )
    def test_classes_of_a_provider_in_the_list_are_right(
        self, checked: Checked, provider: object, classes: list[str]
    ) -> None:
        assert checked(provider, *classes) == []

    @pytest.mark.parametrize(
        ("provider", "classes", "told"),
        [
            ("session", [SESSION, TOKEN], ["TokenAuthentication"]),
            ("jwt", [JWT, SESSION], ["SessionAuthentication"]),
            (["knox", "session"], [KNOX, JWT, SESSION, TOKEN], ["JWTAuthentication", "TokenAuthentication"]),
        ],
    )
    def test_others_get_a_warning_each(
        self, checked: Checked, provider: object, classes: list[str], told: list[str]
    ) -> None:
        warnings = [each for each in checked(provider, *classes) if each.id != "multi_factor.W008"]

        assert ids(warnings) == ["multi_factor.W001"] * len(told)
        assert [warning.msg.split()[0].rpartition(".")[2] for warning in warnings] == told
        for name in [provider] if isinstance(provider, str) else list(provider):  # type: ignore[call-overload] # a list
            assert repr(name) in warnings[0].msg

    def test_beside_a_class_of_the_projects_nothing_is_known(self, checked: Checked) -> None:
        assert checked(["tests.projects.acme.HeaderTokens", "session"], KNOX, SESSION) == []


class TestPresence:
    def test_every_missing_app_of_a_list_is_named(self, checked: Checked, settings: Settings) -> None:
        missing = {"knox", "rest_framework.authtoken"}
        settings.INSTALLED_APPS = [each for each in settings.INSTALLED_APPS if each not in missing]

        messages = checked(["session", "knox", "authtoken"], SESSION)

        assert ids(messages) == ["multi_factor.E006"] * 2
        assert all(isinstance(message, Error) for message in messages)

    def test_so_is_a_missing_extra(self, checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
        find = importlib.util.find_spec

        def without(name: str) -> ModuleSpec | None:
            return None if name == "rest_framework_simplejwt" else find(name)

        monkeypatch.setattr(checks, "find_spec", without)

        [error] = checked(["session", "jwt"], SESSION)

        assert error.id == "multi_factor.E002"
        assert error.hint == "Run: pip install drf-mfa[jwt]\n\tMore: docs/checks.md#e002"

    @pytest.mark.parametrize("provider", [[], ["jwt", "jwt"], ["jwt", "cookie"], [["jwt"]], 7, {"jwt": "session"}])
    def test_what_is_no_list_of_providers_is_an_error(self, checked: Checked, provider: object) -> None:
        [error] = checked(provider, TOKEN)

        assert error.id == "multi_factor.E001"
        assert "jwt" in str(error.hint)


class TestJwt:
    @pytest.mark.parametrize(
        ("key", "stock"),
        [
            ("TOKEN_OBTAIN_SERIALIZER", f"{STOCK}.TokenObtainPairSerializer"),
            ("TOKEN_REFRESH_SERIALIZER", f"{STOCK}.TokenRefreshSerializer"),
        ],
    )
    def test_serializers_that_make_unknown_tokens_get_a_warning(
        self, checked: Checked, monkeypatch: pytest.MonkeyPatch, key: str, stock: str
    ) -> None:
        monkeypatch.setattr(simplejwt.api_settings, key, stock)
        assert checked("session", SESSION) == []

        [warning] = checked("jwt", JWT)

        assert isinstance(warning, Warning)
        assert warning.id == "multi_factor.W004"
        assert stock in warning.msg
        assert "mfa.adapters.tokens.jwt." in str(warning.hint)

    @pytest.mark.parametrize(("blacklist", "told"), [(True, []), (False, ["multi_factor.W005"])])
    def test_old_refresh_tokens_that_live_on_get_one(
        self,
        checked: Checked,
        monkeypatch: pytest.MonkeyPatch,
        blacklist: bool,  # noqa: FBT001
        told: list[str],
    ) -> None:
        monkeypatch.setattr(simplejwt.api_settings, "ROTATE_REFRESH_TOKENS", True)
        monkeypatch.setattr(simplejwt.api_settings, "BLACKLIST_AFTER_ROTATION", blacklist)

        assert ids(checked(["session", "jwt"], JWT, SESSION)) == told

    def test_what_is_missing_is_told_once(self, checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks, "find_spec", lambda name: None if name != "mfa" else object())

        assert ids(checked("jwt", JWT)) == ["multi_factor.E002"]


@pytest.mark.parametrize(
    ("provider", "told"), [("session", ["multi_factor.W006"]), (["jwt", "session"], ["multi_factor.W006"]), ("jwt", [])]
)
def test_sessions_in_cookies_get_a_warning(
    checked: Checked, settings: Settings, provider: object, told: list[str]
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"

    classes = {"session": [SESSION], "jwt": [JWT]}.get(str(provider), [SESSION, JWT])
    assert ids(checked(provider, *classes)) == told
