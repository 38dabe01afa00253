from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

ROOT_URLCONF = "tests.projects.closed.urls"

# It imports the views of the framework at the start, and so hides what happens where something else does so first.
INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "drf_spectacular"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "mfa.adapters.tokens.authtoken.VerifiedTokenAuthentication",
        "mfa.adapters.tokens.knox.VerifiedTokenAuthentication",
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["mfa.adapters.drf.permissions.IsVerified"],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {"AUTH_HEADER_PREFIX": "Knox"}
MFA = {
    "METHODS": ["totp", "webauthn"],
    "TOKEN_PROVIDER": ["authtoken", "knox", "jwt", "session"],
    "TOTP_ISSUER": "Closed",
    "WEBAUTHN_RP_ID": "localhost",
    "WEBAUTHN_ORIGINS": ["http://localhost:8000"],
    "PASSKEY_LOGIN": True,
}
