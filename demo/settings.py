"""The settings of the demo: embedded, on this machine only, and with a phone that is none."""

import os
from pathlib import Path
from typing import Any

import django

from demo.walk import HOST, PAGE_HOST

PORT = os.environ.get("PORT") or "8000"

# For a demonstration on this machine, and for nothing else.
SECRET_KEY = "a key that everybody knows"
DEBUG = False
ALLOWED_HOSTS = [HOST, PAGE_HOST]
ROOT_URLCONF = "demo.urls"
TIME_ZONE = "UTC"
USE_TZ = True

INSTALLED_APPS = [
    "demo",  # whose base template goes before that of the pages
    "mfa.adapters.django.admin_config.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "mfa",
    "mfa.pages",
]
MIDDLEWARE = [
    "demo.middleware.browsers",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
STATIC_URL = "/static/"
LOGIN_URL = LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "home"
SESSION_COOKIE_NAME = f"demo-{PORT}"  # a browser has one jar for all ports of a host

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        # A port is one demo's, so its database is, too.
        "NAME": os.environ.get("DEMO_DATABASE") or str(Path(__file__).with_name(f"db-{PORT}.sqlite3")),
        "OPTIONS": {"timeout": 20},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_RATES": {"mfa_passkey": "60/min"},
}

PAGES = f"http://{PAGE_HOST}:{PORT}"
MFA = {
    "METHODS": ["totp", "hotp", "email", "sms", "recovery", "webauthn"],
    "TOKEN_PROVIDER": ["session", "authtoken"],  # the pages, and the API
    "VERIFY_URL": "mfa_pages:verify",
    "REQUIREMENTS": {"transfer": {"max_age": "1m"}},
    "SMS_SENDER": "demo.phone.TextMessages",
    "NOTIFY_URL": PAGES,
    "TOTP_ISSUER": "drf-mfa demo",
    "HOTP_ISSUER": "drf-mfa demo",
    "WEBAUTHN_RP_ID": PAGE_HOST,
    "WEBAUTHN_RP_NAME": "drf-mfa demo",
    "WEBAUTHN_ORIGINS": [PAGES],
    "PASSKEY_LOGIN": True,
    "TRUST_LIFETIME": "30d",
}

# Mail goes to the phone. Django 6.1 has another setting for that, and warns of the old one.
DEFAULT_FROM_EMAIL = "demo@example.com"
_PHONE = "demo.phone.Mailbox"
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": _PHONE}}
else:
    EMAIL_BACKEND = _PHONE

# Events, and what goes wrong.
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
