"""The settings of the demo: embedded, on this machine only, and with codes on the screen."""

import os
from pathlib import Path
from typing import Any

import django

from demo.walk import HOST, PAGE_HOST

# For a demonstration on this machine, and for nothing else.
SECRET_KEY = "a key that everybody knows"
DEBUG = False
ALLOWED_HOSTS = [HOST, PAGE_HOST]
ROOT_URLCONF = "demo.urls"
TIME_ZONE = "UTC"
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework",
    "rest_framework.authtoken",
    "mfa",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        # A port is one demo's, so its database is, too.
        "NAME": os.environ.get("DEMO_DATABASE")
        or str(Path(__file__).with_name(f"db-{os.environ.get('PORT') or '8000'}.sqlite3")),
        "OPTIONS": {"timeout": 20},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_RATES": {"mfa_passkey": "60/min"},
}

MFA = {
    "METHODS": ["totp", "hotp", "email", "sms", "recovery", "webauthn"],
    "SMS_SENDER": "mfa.adapters.senders.console.ConsoleSender",
    "TOTP_ISSUER": "drf-mfa demo",
    "HOTP_ISSUER": "drf-mfa demo",
    "WEBAUTHN_RP_ID": PAGE_HOST,
    "WEBAUTHN_RP_NAME": "drf-mfa demo",
    "WEBAUTHN_ORIGINS": [f"http://{PAGE_HOST}:{os.environ.get('PORT') or '8000'}"],
    "PASSKEY_LOGIN": True,
    "TRUST_LIFETIME": "30d",
}

# Mail goes to the screen. Django 6.1 has another setting for that, and warns of the old one.
DEFAULT_FROM_EMAIL = "demo@example.com"
_SCREEN = "django.core.mail.backends.console.EmailBackend"
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": _SCREEN}}
else:
    EMAIL_BACKEND = _SCREEN

# Events, and what goes wrong; the requests are told by the server.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"event": {"format": "mfa: %(message)s"}},
    "handlers": {
        "event": {"class": "logging.StreamHandler", "formatter": "event"},
        "error": {"class": "logging.StreamHandler", "level": "ERROR"},
    },
    "loggers": {
        "mfa": {"handlers": ["event"], "level": "INFO"},
        "django": {"handlers": ["error"]},
    },
}
