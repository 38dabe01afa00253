"""The settings of a served project; what differs from server to server comes from the environment."""

import json
import os
from typing import Any

import django

from tests.settings import *  # noqa: F403 - the same settings but for a few
from tests.settings import DATABASES, REST_FRAMEWORK

SMTP = "django.core.mail.backends.smtp.EmailBackend"
PROVIDERS = {
    "authtoken": "rest_framework.authentication.TokenAuthentication",
    "knox": "knox.auth.TokenAuthentication",
}
TOKEN_PROVIDER = os.environ["E2E_TOKEN_PROVIDER"]

ROOT_URLCONF = "tests.projects.e2e.urls"
ALLOWED_HOSTS = ["127.0.0.1"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

# Its tables are made as the models are, which a site waits for least; that migrations make the same is tried elsewhere.
_test = {**DATABASES["default"].get("TEST", {}), "NAME": os.environ["E2E_DATABASE"], "MIGRATE": False}
DATABASES["default"]["TEST"] = _test

REST_FRAMEWORK = {
    **REST_FRAMEWORK,
    "DEFAULT_AUTHENTICATION_CLASSES": [PROVIDERS[TOKEN_PROVIDER]],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

MFA: dict[str, Any] = {
    "METHODS": ["totp", "hotp", "email", "sms", "recovery"],
    "TOKEN_PROVIDER": TOKEN_PROVIDER,
    "SMS_SENDER": "tests.projects.e2e.senders.GatewaySender",
    **json.loads(os.environ["E2E_MFA"]),
}

DEFAULT_FROM_EMAIL = "site@example.com"
_host, _port, _patience = "127.0.0.1", int(os.environ["E2E_MAIL_PORT"]), 5
if django.VERSION >= (6, 1):
    _options: Any = {"host": _host, "port": _port, "timeout": _patience}
    MAILERS = {"default": {"BACKEND": SMTP, "OPTIONS": _options}}
else:
    EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = SMTP, _host, _port, _patience

# All that is said, for the tests read it: the package's events, and every traceback.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"all": {"class": "logging.StreamHandler"}},
    "loggers": {name: {"handlers": ["all"], "level": "INFO"} for name in ("django", "mfa")},
}
