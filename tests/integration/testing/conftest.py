"""The kit as a project meets it: each provider, with the authentication class that belongs to it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from pytest_django import Settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.settings import api_settings
from rest_framework.views import APIView

Configure = Callable[..., None]

METHODS = ["totp", "email", "recovery", "hotp", "sms", "webauthn"]
SITE = {"WEBAUTHN_RP_ID": "example.com", "WEBAUTHN_ORIGINS": ["https://example.com"]}
OUTBOX = "mfa.adapters.memory.delivery.OutboxSender"

AUTHENTICATION = {
    "authtoken": "rest_framework.authentication.TokenAuthentication",
    "knox": "knox.auth.TokenAuthentication",
    "jwt": "rest_framework_simplejwt.authentication.JWTAuthentication",
    "session": "rest_framework.authentication.SessionAuthentication",
}


@pytest.fixture
def configure(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Configure:
    def change(provider: str = "authtoken", authentication: str | None = None, **mfa: object) -> None:
        named: Any = provider.split(",")
        settings.MFA = {
            "METHODS": METHODS,
            "SMS_SENDER": OUTBOX,
            "TOKEN_PROVIDER": named if len(named) > 1 else provider,
            **SITE,
            **mfa,
        }
        classes = [authentication or AUTHENTICATION[each] for each in named]
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_AUTHENTICATION_CLASSES": classes}
        recognised: list[type[BaseAuthentication]] = api_settings.DEFAULT_AUTHENTICATION_CLASSES  # type: ignore[assignment] # classes by now
        monkeypatch.setattr(APIView, "authentication_classes", recognised)

    change()
    return change


@pytest.fixture
def ann(db: None) -> User:
    return get_user_model().objects.create_user("ann", "ann@example.com", "a password")
