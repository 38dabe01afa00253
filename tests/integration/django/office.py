"""A support desk: the project's admins, operators with what each may do, and users who need them."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings
from pytest_django import Settings

from mfa.adapters.django.models import AccountRecord, AuditRecord, DeviceRecord
from mfa.adapters.tokens.session import IDENTITY, _token
from mfa.domain.identifiers import Token, UserId
from tests.integration.django.world import App, World
from tests.projects.admin import settings as project

ACCOUNTS = "/admin/multi_factor/accountrecord/"
DEVICES = "/admin/multi_factor/devicerecord/"
AUDIT = "/admin/multi_factor/auditrecord/"
REASON = "lost the phone, recognised by her passport"
PROJECT = {
    name: getattr(project, name)
    for name in ("INSTALLED_APPS", "MIDDLEWARE", "TEMPLATES", "STATIC_URL", "ROOT_URLCONF", "REST_FRAMEWORK")
}


@pytest.fixture(scope="module")
def in_the_project(django_db_setup: None) -> Iterator[None]:
    """Have the project's settings in force for all tests of a file, which then compile its templates once.

    After the database is there: made under these settings it would have the tables of the admin for all that follow.
    """
    with override_settings(**PROJECT):
        yield


class Office:
    def __init__(self, settings: Settings, **mfa: object) -> None:
        for name, value in PROJECT.items():
            if getattr(settings, name, None) != value:
                setattr(settings, name, value)
        self.world = World(settings, **{**project.MFA, **mfa})

    @staticmethod
    def id_of(user: User) -> UserId:
        return UserId(str(user.pk))

    def user(self, name: str, *permissions: str, **fields: Any) -> User:
        user = get_user_model().objects.create_user(name, f"{name}@example.com", f"password of {name}", **fields)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return user

    def superuser(self, name: str) -> User:
        return self.user(name, is_staff=True, is_superuser=True)

    def operator(self, name: str, *permissions: str) -> User:
        return self.user(name, *permissions, is_staff=True)


class Seat:
    """Somebody at a browser, logged in by a password."""

    def __init__(self, office: Office, user: User, *, csrf: bool = False) -> None:
        self.office = office
        self.user = user
        self.client = Client(enforce_csrf_checks=csrf)
        self.client.force_login(user)
        self.app: App | None = None

    @property
    def token(self) -> Token:
        return _token(self.user, self.client.session[IDENTITY])

    def enrol(self) -> "Seat":
        """Register an app by this session, which verifies it."""
        self.app = self.office.world.enrolled(self.token)
        return self

    @property
    def now(self) -> datetime:
        return self.office.world.clock.now()

    def verify(self) -> "Seat":
        """Verify this session by the app, as it is by now."""
        assert self.app is not None
        self.office.world.verify(self.token, self.app.index, self.app.code)
        return self

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - what the client of tests makes of it
        return self.client.get(path, query)

    def post(self, action: str, users: Iterable[User], path: str = ACCOUNTS, **fields: str) -> Any:  # noqa: ANN401 - as above
        keys = [str(user.pk) for user in users]
        return self.client.post(path, {"action": action, "_selected_action": keys, **fields})


def rows() -> list[object]:
    """All that there is to change, but the standing of tokens."""
    return [list(model.objects.order_by("pk").values()) for model in (AccountRecord, DeviceRecord, AuditRecord)]


def text(response: Any) -> str:  # noqa: ANN401 - as above
    """What a person reads of a page."""
    found = re.sub(r"<(style|script|option|title).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found)).split())
