"""A requirement is checked when it is made, as at the top of a project's views; its own methods are found by then."""

import pytest
from django.apps import apps
from django.test import override_settings
from pytest_django import Settings

from mfa.adapters import accessor
from mfa.domain.methods.names import BUILT_IN, METHOD_NAMES
from mfa.domain.policies import Requirement

ACME = "tests.projects.acme"


@pytest.fixture(autouse=True)
def _as_after_the_start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MFA = {"METHODS": ["totp", f"{ACME}.ExampleMethod"]}
    monkeypatch.setattr(METHOD_NAMES, "_known", {*BUILT_IN})


def test_methods_of_a_project_are_made_to_learn_their_names() -> None:
    assert Requirement(methods=["example", "webauthn"]).methods == frozenset({"example", "webauthn"})
    with pytest.raises(ValueError, match=r"'exmaple'.+ totp, webauthn"):
        Requirement(methods=["exmaple"])


@pytest.mark.parametrize("wrong", [{"METHODS": "totp"}, {"METHODS": [f"{ACME}.Broken"]}])
def test_where_they_cannot_be_made_that_is_left_to_the_system_checks(
    settings: Settings, wrong: dict[str, object]
) -> None:
    settings.MFA = wrong

    assert Requirement(methods=["exmaple"]).methods == frozenset({"exmaple"})


def test_so_it_is_while_django_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apps, "ready", False)

    assert Requirement(methods=["exmaple"]).methods == frozenset({"exmaple"})


def test_apps_that_were_overridden_meanwhile_are_not_asked(settings: Settings) -> None:
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "django.contrib.messages"]):
        assert accessor.use_cases().methods.all
    settings.MFA = {"METHODS": "totp"}

    assert Requirement(methods=["exmaple"]).methods == frozenset({"exmaple"})


def test_apps_that_are_overridden_follow_the_settings(settings: Settings) -> None:
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "django.contrib.messages"]):
        assert len(accessor.use_cases().methods.all) > 1
        settings.MFA = {"METHODS": ["totp"]}

        assert [method.name for method in accessor.use_cases().methods.all] == ["totp"]
