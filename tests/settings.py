"""Django as the tests see it; MFA_TEST_DATABASE chooses the database."""

import os
import tempfile
from pathlib import Path
from typing import Any

from tests import services

UNSYNCED = {"sqlite": "PRAGMA synchronous = OFF", "postgresql": "-c synchronous_commit=off"}
"""Nobody waits for the disk: processes are killed here, machines are not."""


def database(name: str) -> dict[str, Any]:
    """Under test each process has one of its own, for runs may overlap."""
    match name:
        case "sqlite":
            # A file, for threads and processes are to meet in it.
            file = Path(tempfile.gettempdir()) / f"drf-mfa-{os.getpid()}.sqlite3"
            return {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": ":memory:",
                "OPTIONS": {"timeout": 20, "init_command": UNSYNCED["sqlite"]},
                "TEST": {"NAME": str(file)},
            }
        case "postgresql":
            return {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "drf_mfa",
                "HOST": services.POSTGRESQL.host,
                "PORT": services.POSTGRESQL.port,
                "USER": "postgres",
                "OPTIONS": {"options": UNSYNCED["postgresql"]},
                "TEST": {"NAME": f"test_drf_mfa_{os.getpid()}"},
            }
        case "mariadb":
            return {
                "ENGINE": "django.db.backends.mysql",
                "NAME": "drf_mfa",
                "HOST": services.MARIADB.host,
                "PORT": services.MARIADB.port,
                "USER": "root",
                "PASSWORD": "",
                "OPTIONS": {"charset": "utf8mb4"},
                "TEST": {"NAME": f"test_drf_mfa_{os.getpid()}", "CHARSET": "utf8mb4"},
            }
        case unknown:
            raise ValueError(f"MFA_TEST_DATABASE is sqlite, postgresql or mariadb, not {unknown!r}")


SECRET_KEY = "a key for tests, and for nothing else"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
ROOT_URLCONF = "tests.urls"
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "rest_framework",
    "rest_framework.authtoken",
    "knox",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "mfa",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

DATABASES = {"default": database(os.environ.get("MFA_TEST_DATABASE", "sqlite"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Weak and quick: what is tested is never the hash of a password.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Django 6.1 asks for it, and Django 5.2 looks past it; under test both keep the mail in memory.
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}

SIMPLE_JWT = {
    "TOKEN_OBTAIN_SERIALIZER": "mfa.adapters.tokens.jwt.TokenObtainPairSerializer",
    "TOKEN_REFRESH_SERIALIZER": "mfa.adapters.tokens.jwt.TokenRefreshSerializer",
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
