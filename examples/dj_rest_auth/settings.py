"""A project with dj-rest-auth and DRF's own tokens; its own second factor (``dj_rest_auth.mfa``) is left out."""

SECRET_KEY = "of an example"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "examples.dj_rest_auth.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "rest_framework",
    "rest_framework.authtoken",
    "dj_rest_auth",
    "mfa",
]
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"]}
REST_AUTH = {"TOKEN_CREATOR": "mfa.adapters.tokens.authtoken.create_token", "SESSION_LOGIN": False}
MFA = {"TOKEN_PROVIDER": "authtoken", "METHODS": ["totp", "recovery"]}
