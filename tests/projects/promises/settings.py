"""A project that is served by several processes, on a database of its own, and that fails on demand."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE, UNSYNCED
from tests.settings import REST_FRAMEWORK as _REST_FRAMEWORK

ROOT_URLCONF = "tests.projects.promises.urls"
INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "rest_framework.authtoken"]
MIDDLEWARE = ["tests.projects.promises.faults.middleware", *MIDDLEWARE]
REST_FRAMEWORK = {
    **_REST_FRAMEWORK,
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
}
REST_KNOX = {"TOKEN_LIMIT_PER_USER": None}

ORIGIN = "https://example.com"

MFA = {
    "METHODS": ["totp", "hotp", "email", "sms", "recovery", "webauthn"],
    "WEBAUTHN_RP_ID": "example.com",
    "WEBAUTHN_ORIGINS": [ORIGIN],
    "TOKEN_PROVIDER": ["knox", "session"],
    "EMAIL_SENDER": "tests.projects.promises.outbox.FileSender",
    "SMS_SENDER": "tests.projects.promises.outbox.FileSender",
    "EMAIL_HOURLY_LIMIT": 1000,
    "SMS_HOURLY_LIMIT": 1000,
    "TRUST_LIFETIME": "30d",
    "ADAPTERS": {"clock": "tests.projects.promises.clock.ShiftedClock"},
}

_PATIENCE = os.environ.get("PROMISES_LOCK_TIMEOUT", "20")  # seconds
_database = DATABASES["default"]
_options = {
    "sqlite3": {"timeout": float(_PATIENCE), "init_command": UNSYNCED["sqlite"]},
    "postgresql": {"options": f"{UNSYNCED['postgresql']} -c lock_timeout={_PATIENCE}s"},
    "mysql": {"charset": "utf8mb4", "init_command": f"SET innodb_lock_wait_timeout = {_PATIENCE}"},
}
DATABASES = {
    "default": {
        **_database,
        "NAME": os.environ.get("PROMISES_DATABASE", _database["NAME"]),
        "OPTIONS": _options[_database["ENGINE"].rpartition(".")[2]],
        "ATOMIC_REQUESTS": os.environ.get("PROMISES_ATOMIC_REQUESTS") == "1",
        "CONN_MAX_AGE": 60,
    }
}
