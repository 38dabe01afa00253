"""A project with two admins: one behind the second factor, and one that opens to a password alone."""

from typing import Any

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as STOCK_APPS

STATIC_URL = "/static/"
ROOT_URLCONF = "tests.projects.admin.urls"
INSTALLED_APPS = [
    "mfa.adapters.django.admin_config.AdminConfig",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *STOCK_APPS,
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
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
    },
]
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"]}
MFA = {"TOKEN_PROVIDER": "session", "TOTP_ISSUER": "Example"}
