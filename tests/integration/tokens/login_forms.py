"""Logins of this package as clients use them, and what they leave behind."""

from typing import Any

from django.contrib.sessions.models import Session as SessionRow
from knox.models import AuthToken as KnoxToken
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from mfa.adapters.django.models import ChallengeRecord
from tests.integration.drf.people import Answer
from tests.integration.tokens.systems import PASSWORD, Client, System

LOGINS = {"authtoken": "/authtoken/login/", "knox": "/knox/own/", "jwt": "/jwt/login/", "session": "/session/own/"}
"""Where each system logs in; with simplejwt's own view, since a project may have that."""

MADE = (AuthToken, KnoxToken, OutstandingToken, SessionRow)
"""Where what a login makes is stored."""


def log_in(client: Client, system: System, *, name: str = "anna", password: str = PASSWORD, **more: Any) -> Answer:
    """Log in with whatever else comes along."""
    body = {"username": name, "password": password, **more}
    if system.name == "session":
        client.client.get("/session/")
    client.client.credentials()
    return client.ask("post", LOGINS[system.name], data=body, format="json")


def keep(client: Client, system: System, answer: Answer) -> None:
    """Have a client keep what a login has shown it; a cookie is kept already."""
    if system.name != "session":
        system.keep(client, answer.json())


def left() -> list[Any]:
    """What there is of tokens, and what they have confirmed."""
    confirmed = ChallengeRecord.objects.exclude(confirmed_at=None).order_by("pk").values_list("token", flat=True)
    return [*([*model._default_manager.order_by("pk").values()] for model in MADE), [*confirmed]]
