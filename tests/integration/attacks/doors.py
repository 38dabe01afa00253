"""A site with every door that the package has, and people who know a user's password and try them all."""

from typing import Any, NamedTuple

import pyotp
import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from pytest_django import Settings

from mfa.adapters.django.decorators import verified
from mfa.domain.policies import Requirement
from tests.integration.drf.keys import SITE
from tests.integration.drf.people import METHODS, World
from tests.integration.tokens.login_forms import keep, log_in
from tests.integration.tokens.systems import PASSWORD, Client, Jwt, Knox, Session, System, deploy
from tests.projects import logins
from tests.projects.pages import settings as pages

RESET = PasswordResetConfirmView.as_view(
    post_reset_login=True, success_url="/", template_name="registration/password_reset_subject.txt"
)
"""Django's own, which logs in whoever has the mail; what it shows does not matter."""


@verified(Requirement(phishing_resistant=True))
def safe(request: HttpRequest) -> HttpResponse:
    return HttpResponse("what a passkey alone opens")


SYSTEMS: tuple[System, ...] = (Knox(), Jwt(), Session())


class Site:
    """Three token systems at once, the pages, and time that stands still."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("INSTALLED_APPS", "TEMPLATES", "STATIC_URL"):
            setattr(settings, name, getattr(pages, name))
        self.world = World(settings)
        self.given = {"METHODS": ["webauthn", *METHODS], **SITE, "PASSKEY_LOGIN": True, "TRUST_LIFETIME": "30d"}
        deploy(self.world, settings, monkeypatch, *SYSTEMS, **self.given)
        settings.MIDDLEWARE = pages.MIDDLEWARE
        settings.ROOT_URLCONF = (
            *logins.urlpatterns,
            path("security/", include("mfa.pages.urls")),
            path("safe/", safe),
            path("reset/<uidb64>/<token>/", RESET),
        )

    def configure(self, **mfa: object) -> None:
        names = [system.name for system in SYSTEMS]
        self.world.configure(**{"TOKEN_PROVIDER": names, **self.given, **mfa})

    def user(self, name: str) -> User:
        return get_user_model().objects.create_user(name, f"{name}@example.com", PASSWORD)

    def log_in(self, user: User, system: System = SYSTEMS[0]) -> Client:
        return system.log_in(self.world, user)


class Door(NamedTuple):
    """One way to have a value judged, by somebody who logs in for that by the password."""

    kind: str
    system: System

    def __str__(self) -> str:
        return f"{self.kind} of {self.system.name}"

    def opens(self, site: Site, user: User, index: int, value: str, **headers: str) -> bool:
        """Tell whether what is behind the gate is to be seen, with what the door gave."""
        if self.kind == "the login":
            client = disguised(Client(site.world), headers)
            answer = log_in(client, self.system, name=user.username, index=index, value=value)
            if answer.status_code != 200:
                return False
            keep(client, self.system, answer)
        else:
            client = disguised(site.log_in(user, self.system), headers)
            assert client.gate().status_code == 403, "a login by the password alone opens the gate"
            form: dict[str, Any] = {"value": value, "index": str(index)}
            if self.kind == "the route":
                client.post(f"{index}/", form)
            else:
                client.ask("post", "/security/verify/", data=form, format="multipart")
        return client.gate().status_code == 200


def disguised(client: Client, headers: dict[str, str]) -> Client:
    """Have whatever a client asks from now on come by these headers, and from the address that they tell."""
    told = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    client.client.defaults.update(told, REMOTE_ADDR=headers.get("X-Real-IP", "127.0.0.1"))
    return client


DOORS = (
    *(Door("the route", system) for system in SYSTEMS),
    *(Door("the login", system) for system in SYSTEMS),
    Door("the page", SYSTEMS[-1]),
)

KINDS = (DOORS[0], DOORS[3], DOORS[-1])
"""One of each kind."""


class Owner:
    """A user with a device of each kind whose values are typed and serve once."""

    def __init__(self, site: Site, name: str = "anna") -> None:
        self.site = site
        self.user = site.user(name)
        self.client = site.log_in(self.user)
        self.app = self.client.enrol_app()
        self.client.enrol_mail()
        counted = self.client.post("register/hotp/").json()
        self.counted: int = counted["index"]
        self.counter = pyotp.HOTP(counted["secret"])
        assert self.client.verify(self.counted, self.counter.at(0)).status_code == 200
        printed = self.client.post("register/recovery/").json()
        self.printed: int = printed["index"]
        self.codes: list[str] = printed["codes"]
        site.world.pass_time()
