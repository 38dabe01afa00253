"""The settings of the bank."""

import os
from pathlib import Path

PORT = os.environ.get("PORT", "8000")
ROOT = Path(__file__).resolve().parents[1]

SECRET_KEY = "a key that stands in a repository, and so is good for nothing but this example"
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "server.urls"
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "rest_framework",
    "mfa",
]
MIDDLEWARE = [
    "server.policy.strict",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ROOT / "db.sqlite3"}}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["mfa.adapters.drf.permissions.IsVerified"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

MFA = {
    "METHODS": ["totp", "webauthn", "recovery"],
    "TOKEN_PROVIDER": "session",
    "TOTP_ISSUER": "Example bank",
    "WEBAUTHN_RP_ID": "localhost",
    "WEBAUTHN_RP_NAME": "Example bank",
    # The second is where Vite shows the page while somebody writes it.
    "WEBAUTHN_ORIGINS": [f"http://localhost:{PORT}", "http://localhost:5173"],
    "REQUIREMENTS": {
        "transfer": {"max_age": "5m"},
        "large transfer": {"max_age": "5m", "phishing_resistant": True},
    },
}
