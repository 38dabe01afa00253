"""The settings of the project."""

from pathlib import Path

SECRET_KEY = "a key that stands in a repository, and so is good for nothing but this example"
ALLOWED_HOSTS = ["localhost", "testserver"]
ROOT_URLCONF = "team.urls"
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "rest_framework",
    "knox",
    "mfa",
    "team",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).resolve().parents[1] / "db.sqlite3"}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "team.Member"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "mfa.adapters.tokens.knox.VerifiedTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["mfa.adapters.drf.permissions.IsVerified"],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

MFA = {
    "METHODS": ["totp", "email", "webauthn", "recovery"],
    "TOKEN_PROVIDER": ["knox", "session"],
    "TOTP_ISSUER": "Expenses",
    "WEBAUTHN_RP_ID": "localhost",
    "WEBAUTHN_ORIGINS": ["http://localhost:8000"],
    "NOTIFY_URL": "http://localhost:8000",
    "REQUIREMENTS": {"payout": {"max_age": "5m"}, "large payout": {"max_age": "5m", "phishing_resistant": True}},
}
