"""The doors by which an operator, who is called ``desk``, acts upon a user: commands, and pages of the admin."""

import re
from typing import Protocol

from django.contrib.admin import AdminSite
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.test import Client
from django.urls import path
from pytest_django import Settings

from mfa.adapters.django.admin import register
from tests import urls
from tests.integration.django.commanding import Ran, run
from tests.projects.admin import settings as project

DESK, WHY = "desk", "ticket 4711"
ACCOUNTS = "/admin/multi_factor/accountrecord/"


class Door(Protocol):
    def unlock(self, user: User) -> object: ...

    def reset(self, user: User, device: int) -> object: ...

    def issue_pass(self, user: User) -> str:
        """Return the pass that is shown."""

    def lock_down(self, user: User) -> object: ...


def commanded(name: str, *arguments: str) -> Ran:
    ran = run(name, *arguments, "--by", DESK, "--reason", WHY)
    assert ran.status == 0, ran.err
    return ran


class Commands(Door):
    def unlock(self, user: User) -> object:
        return commanded("mfa_unlock", user.username)

    def reset(self, user: User, device: int) -> object:
        return commanded("mfa_reset", user.username, "--device", str(device), "--noinput")

    def issue_pass(self, user: User) -> str:
        return commanded("mfa_pass", user.username).out.strip()

    def lock_down(self, user: User) -> object:
        return commanded("mfa_lockdown", user.username)


class Pages(Door):
    def __init__(self, settings: Settings) -> None:
        for name in ("INSTALLED_APPS", "MIDDLEWARE", "TEMPLATES", "STATIC_URL"):
            setattr(settings, name, getattr(project, name))
        site = AdminSite()
        register(site)
        settings.ROOT_URLCONF = (*urls.urlpatterns, path("admin/", site.urls))
        self.client = Client()
        self.client.force_login(get_user_model().objects.create_superuser(DESK))

    def unlock(self, user: User) -> object:
        return self._sent("unlock", user)

    def reset(self, user: User, device: int) -> object:
        return self._sent("reset", user, device=str(device))

    def issue_pass(self, user: User) -> str:
        [shown] = re.findall(r'id="mfa-pass">([^<]+)<', self._sent("temporary_pass", user))
        return str(shown)

    def lock_down(self, user: User) -> object:
        return self._sent("lockdown", user)

    def _sent(self, action: str, user: User, **fields: str) -> str:
        body = {"action": action, "_selected_action": str(user.pk), "reason": WHY, **fields}
        answer = self.client.post(ACCOUNTS, body, follow=True)
        assert answer.status_code == 200
        return answer.content.decode()
