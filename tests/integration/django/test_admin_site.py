"""An admin behind the second factor: who is let in, and what others are told."""

import os
import subprocess
import sys
from datetime import timedelta
from importlib import import_module
from typing import Any

import attrs
import pytest
from django.contrib.auth.models import User
from django.core.checks import CheckMessage, run_checks
from django.urls import path
from pytest_django import Settings

from mfa.adapters.django.admin import VerifiedAdminSite
from mfa.adapters.tokens.session import SessionTokenProvider
from mfa.domain.errors import Unavailable
from mfa.domain.identifiers import UserId
from tests.docs.pages import blocks
from tests.integration.demo.running import ROOT
from tests.integration.django.office import ACCOUNTS, AUDIT, DEVICES, Office, Seat, text

pytestmark = pytest.mark.django_db

PAGES = [
    *(ACCOUNTS, DEVICES, AUDIT, "/admin/", "/admin/auth/", "/admin/auth/user/", "/admin/auth/user/add/"),
    *("/admin/password_change/", "/admin/jsi18n/", "/admin/autocomplete/", "/admin/nowhere/"),
]
URLS = "tests.projects.admin.urls"
GATE = "mfa.adapters.django.middleware.VerifiedMiddleware"


@pytest.fixture
def office(settings: Settings) -> Office:
    return Office(settings)


@pytest.fixture
def chief(office: Office) -> Seat:
    return Seat(office, office.superuser("chief")).enrol()


class TestWhoIsLetIn:
    def test_whoever_is_verified(self, chief: Seat) -> None:
        assert chief.get(ACCOUNTS).status_code == 200
        assert chief.get("/admin/login/")["Location"] == "/admin/"

    def test_until_the_verification_is_over(self, office: Office, chief: Seat) -> None:
        office.world.clock.advance(timedelta(days=30))

        assert chief.get(ACCOUNTS).status_code == 403

    def test_nobody_by_another_session(self, office: Office, chief: Seat) -> None:
        thief = Seat(office, chief.user)

        for page in PAGES:
            answer = thief.get(page)

            assert answer.status_code == 403, page
            assert "Verify with your second factor" in text(answer)
            assert "Users" not in text(answer)
            assert "no-store" in answer["Cache-Control"]

    def test_nobody_by_a_post_either(self, office: Office, chief: Seat) -> None:
        thief = Seat(office, chief.user)

        answer = thief.client.post("/admin/auth/user/add/", {"username": "eve"})

        assert answer.status_code == 403
        assert not User.objects.filter(username="eve").exists()

    def test_nobody_without_a_device(self, office: Office) -> None:
        answer = Seat(office, office.superuser("chief")).get(ACCOUNTS)

        assert answer.status_code == 403
        assert "Set up a second factor" in text(answer)
        assert f'href="{ACCOUNTS}"' in answer.content.decode()

    def test_nobody_who_may_not_enter_an_admin(self, office: Office) -> None:
        bert = Seat(office, office.user("bert")).enrol()

        assert bert.get(ACCOUNTS)["Location"] == f"/admin/login/?next={ACCOUNTS}"

    def test_nobody_by_the_verification_of_somebody_else(self, chief: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
        somebody = attrs.evolve(chief.token, user_id=UserId("987654"))
        monkeypatch.setattr(SessionTokenProvider, "token_of", lambda *_: somebody)

        assert chief.get(ACCOUNTS).status_code == 403

    def test_nobody_while_the_database_does_not_say(self, chief: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise Unavailable

        monkeypatch.setattr("mfa.application.standing.AssessToken.account", fail)

        answer = chief.get(ACCOUNTS)

        assert answer.status_code == 503
        assert "Not possible just now" in text(answer)

    def test_nobody_where_sessions_cannot_be_verified(self, settings: Settings) -> None:
        office = Office(settings, TOKEN_PROVIDER="authtoken")

        answer = Seat(office, office.superuser("chief")).get(ACCOUNTS)

        assert answer.status_code == 403
        assert "cannot be verified" in text(answer)

    def test_a_site_may_leave_it_to_the_policy(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        office = Office(settings, REGISTRATION_DEADLINE="14d")
        chief = Seat(office, office.superuser("chief"))
        assert chief.get(ACCOUNTS).status_code == 403
        monkeypatch.setattr(import_module(URLS).verified, "mfa_requirement", None)
        office.world.clock.time = chief.user.date_joined

        assert chief.get(ACCOUNTS).status_code == 200


class TestLogin:
    def test_nobody_is_sent_round_in_a_circle(self, office: Office, chief: Seat) -> None:
        chief.client.logout()
        assert "Log in" in chief.client.get(ACCOUNTS, follow=True).content.decode()

        answer = chief.client.post(
            f"/admin/login/?next={ACCOUNTS}",
            {"username": "chief", "password": "password of chief", "next": ACCOUNTS},
            follow=True,
        )

        assert answer.redirect_chain == [(ACCOUNTS, 302)]
        assert answer.status_code == 403
        assert chief.get("/admin/login/").status_code == 200
        chief.office.world.clock.advance(timedelta(seconds=30))
        chief.verify()
        assert chief.get(ACCOUNTS).status_code == 200

    def test_whoever_is_not_verified_logs_out(self, office: Office, chief: Seat) -> None:
        thief = Seat(office, chief.user)
        assert 'action="/admin/logout/"' in thief.get(ACCOUNTS).content.decode()

        assert thief.client.post("/admin/logout/").status_code == 200

        assert thief.get(ACCOUNTS).status_code == 302

    def test_whoever_is_verified_logs_out(self, chief: Seat) -> None:
        assert chief.client.post("/admin/logout/").status_code == 200
        assert chief.get(ACCOUNTS).status_code == 302

    def test_nobody_is_logged_out_from_elsewhere(self, office: Office, chief: Seat) -> None:
        thief = Seat(office, chief.user, csrf=True)

        assert thief.client.post("/admin/logout/").status_code == 403
        assert thief.client.get("/admin/logout/").status_code == 405
        assert thief.get(ACCOUNTS).status_code == 403

    def test_both_are_open_behind_the_middleware(self, settings: Settings, office: Office, chief: Seat) -> None:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, GATE]
        thief = Seat(office, chief.user)

        assert thief.get("/admin/login/").status_code == 200
        assert thief.client.post("/admin/logout/").status_code == 200
        assert thief.get(ACCOUNTS).status_code == 401
        assert thief.get("/plain/login/").status_code == 401


class TestChecks:
    def checked(self, settings: Settings, monkeypatch: pytest.MonkeyPatch, *names: str) -> list[CheckMessage]:
        """What is said of a project that has these admins, and the routes of this package."""
        urls: Any = import_module(URLS)  # once the admin is there
        patterns = [path(f"{name}/", getattr(urls, name).urls) for name in names]
        monkeypatch.setattr(urls, "urlpatterns", [*patterns, urls.urlpatterns[-1]])
        settings.ROOT_URLCONF = URLS  # forgets what was resolved before
        return run_checks(tags=["mfa"])

    def test_an_admin_behind_the_second_factor_gets_no_warning(
        self, settings: Settings, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.checked(settings, monkeypatch, "verified") == []

    def test_one_that_opens_to_a_password_alone_does(
        self, settings: Settings, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [warning] = self.checked(settings, monkeypatch, "plain", "verified")

        assert warning.id == "multi_factor.W009"
        assert "'plain'" in warning.msg
        assert "mfa.adapters.django.admin_config.AdminConfig" in str(warning.hint)

    @pytest.mark.parametrize(
        ("provider", "warned"),
        [("authtoken", True), (["knox", "authtoken"], True), (["session", "knox"], False)],
    )
    def test_one_that_opens_to_nobody_does(
        self,
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
        provider: object,
        warned: bool,  # noqa: FBT001
    ) -> None:
        Office(settings, TOKEN_PROVIDER=provider)

        found = [each for each in self.checked(settings, monkeypatch, "verified") if each.id == "multi_factor.W015"]

        assert bool(found) == warned
        assert all('"session"' in str(each.hint) for each in found)


@pytest.mark.parametrize(
    ("settings_module", "site"),
    [
        ("tests.projects.admin.settings", "mfa.adapters.django.admin_site.VerifiedAdminSite"),
        ("tests.projects.admin.own_settings", "tests.projects.admin.site.OfficeSite"),
    ],
)
def test_a_project_starts_with_it(settings_module: str, site: str) -> None:
    """However the site and the pages import one another; its own admin of users leads to them as the page shows it."""
    [_, shown] = blocks(ROOT / "docs" / "admin.md", "python")
    script = (
        "import django, sys; django.setup()\n"
        "from django.contrib import admin\n"
        "from django.apps import apps\n"
        "kind = type(admin.site._wrapped)\n"
        "print(f'{kind.__module__}.{kind.__qualname__}')\n"
        "models = apps.get_app_config('multi_factor').get_models()\n"
        "print(sorted(model.__name__ for model in models if admin.site.is_registered(model)))\n"
        "exec(sys.argv[1])\n"
        "print([each.__name__ for each in type(admin.site.get_model_admin(get_user_model())).__mro__[:3]])\n"
    )
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", script, shown.text],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": settings_module},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.splitlines() == [
        site,
        "['AccountRecord', 'AuditRecord', 'DeviceRecord']",
        "['PeopleAdmin', 'MultiFactorUserMixin', 'UserAdmin']",
    ], done.stderr


def test_a_site_is_made_as_any_other(office: Office) -> None:
    assert VerifiedAdminSite(name="office").name == "office"
