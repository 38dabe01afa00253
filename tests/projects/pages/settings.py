"""A site of Django's own views, with the package's pages under a policy that lets in nothing but the site's own."""

from typing import Any

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as STOCK_APPS

STATIC_URL = "/static/"
ROOT_URLCONF = "tests.projects.pages.urls"
LOGIN_URL = "/login/"
INSTALLED_APPS = [
    "mfa.adapters.django.admin_config.AdminConfig",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *STOCK_APPS,
    "mfa.pages",
]
MIDDLEWARE = [
    "tests.projects.pages.policy.ContentSecurityPolicy",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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
MFA = {
    "METHODS": ["webauthn", "totp", "email", "recovery"],
    "TOKEN_PROVIDER": "session",
    "TOTP_ISSUER": "Example",
    "TRUST_LIFETIME": "30d",
    "VERIFY_URL": "mfa_pages:verify",
    "WEBAUTHN_RP_ID": "localhost",
    "WEBAUTHN_ORIGINS": ["http://localhost"],
}
