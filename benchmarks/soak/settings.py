"""A project with everything on: PostgreSQL behind PgBouncer, mails by Celery through Redis, tokens of knox."""

import os
from typing import Any, cast

import django

from tests.settings import *  # noqa: F403 - the same settings but for a few
from tests.settings import INSTALLED_APPS as _APPS
from tests.settings import MAILERS
from tests.settings import REST_FRAMEWORK as _REST_FRAMEWORK

ORIGIN = "https://example.com"
FLAWS = {
    "": {},
    "twice": {"accounts": "benchmarks.soak.flaws.Twice"},
    "forgets": {"accounts": "benchmarks.soak.flaws.Forgetful"},
    "leaks": {"clock": "benchmarks.soak.flaws.LeakingClock"},
}
DIGITS = 8
"""Of a mailed code: so many that no two are the same by chance."""

INSTALLED_APPS = [app for app in _APPS if app != "rest_framework.authtoken"]
ROOT_URLCONF = "benchmarks.soak.urls"
REST_FRAMEWORK = {
    **_REST_FRAMEWORK,
    "DEFAULT_AUTHENTICATION_CLASSES": ["mfa.adapters.tokens.knox.VerifiedTokenAuthentication"],
    "EXCEPTION_HANDLER": "benchmarks.soak.urls.exception_handler",
}
REST_KNOX = {"TOKEN_LIMIT_PER_USER": None}

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "soak",
        "USER": "postgres",
        "HOST": "127.0.0.1",
        "PORT": os.environ["SOAK_DATABASE"],
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "CONN_MAX_AGE": 60,
    }
}

MFA = {
    "METHODS": ["totp", "hotp", "email", "recovery", "webauthn"],
    "TOKEN_PROVIDER": "knox",
    "EMAIL_SENDER": "benchmarks.soak.tasks.QueuedEmail",
    "EMAIL_CODE_DIGITS": DIGITS,
    "EMAIL_RESEND_INTERVAL": "1s",
    "EMAIL_HOURLY_LIMIT": 1000,
    "WEBAUTHN_RP_ID": "example.com",
    "WEBAUTHN_ORIGINS": [ORIGIN],
    "TRUST_LIFETIME": "30d",
    "AUDIT": "all",
    "NOTIFY_URL": ORIGIN,
    "ADAPTERS": FLAWS[os.environ.get("SOAK_FLAW", "")],
}

BACKEND = "django.core.mail.backends.smtp.EmailBackend"
HOST, MAIL_PORT = "127.0.0.1", int(os.environ["SOAK_MAIL"])
if django.VERSION >= (6, 1):
    server = {"host": HOST, "port": MAIL_PORT, "timeout": 5}
    cast("dict[str, Any]", MAILERS)["default"] = {"BACKEND": BACKEND, "OPTIONS": server}
else:
    EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = BACKEND, HOST, MAIL_PORT, 5
