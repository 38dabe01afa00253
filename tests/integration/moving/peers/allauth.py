"""django-allauth: an app, recovery codes and a passkey, and somebody's key of a site that has been given up."""

import json
import time

from mfa.testing.authenticator import SoftwareAuthenticator
from tests.integration.moving import keys
from tests.integration.moving.peers import project

project.start(
    "django.contrib.sessions",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    ROOT_URLCONF="allauth.urls",
    ALLOWED_HOSTS=["example.org", "example.net"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
    ACCOUNT_EMAIL_VERIFICATION="none",
    LOGIN_REDIRECT_URL="/email/",
    MFA_ADAPTER="tests.integration.moving.peers.allauth_adapter.Adapter",
    MFA_SUPPORTED_TYPES=["totp", "recovery_codes", "webauthn"],
    MFA_ALLOW_UNVERIFIED_EMAIL=True,
    MFA_REAUTHENTICATION_REQUIRED=False,
    MFA_TOTP_TOLERANCE=1,
)

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.test import Client
from django.test.utils import setup_test_environment

setup_test_environment()


def visitor(user: User, host: str = "example.org") -> Client:
    """Return a browser in which the password was right, and nothing else yet."""
    client = Client(headers={"host": host})
    user.set_password("a password")
    user.save()
    answer = client.post("/login/", {"login": user.username, "password": "a password"}, secure=True)
    assert answer.status_code == 302, answer.context["form"].errors
    return client


def posted(client: Client, page: str, **fields: str) -> None:
    """Send a form of second factors, which has to be taken."""
    answer = client.post(f"/2fa/{page}/", fields, secure=True)
    assert answer.status_code == 302, answer.context["form"].errors


def with_passkey(client: Client, host: str) -> SoftwareAuthenticator:
    authenticator = SoftwareAuthenticator(origin=f"https://{host}")
    page = client.get("/2fa/webauthn/add/", secure=True)
    options = page.context["js_data"]["creation_options"]["publicKey"]
    posted(client, "webauthn/add", name="Blue key", credential=json.dumps(authenticator.create(options)))
    return authenticator


anna, bert = project.user("anna"), project.user("bert")
at_home = visitor(anna)
at_home.get("/2fa/totp/activate/", secure=True)
seed = at_home.session["mfa.totp.secret"]
posted(at_home, "totp/activate", code=format_hotp_value(hotp_value(seed, project.step())))
passkey = with_passkey(at_home, "example.org")
codes = Authenticator.objects.get(user=anna, type="recovery_codes").wrap().generate_codes()
posted(visitor(anna), "authenticate", code=codes[3])
posted(visitor(anna), "authenticate", code=format_hotp_value(hotp_value(seed, project.step())))
again = visitor(anna)
options = again.get("/2fa/authenticate/", secure=True).context["js_data"]["request_options"]["publicKey"]
posted(again, "authenticate", credential=json.dumps(passkey.get(options)))
with_passkey(visitor(bert, "example.net"), "example.net")

project.tell(
    {
        "time": time.time(),
        "totp": seed,
        "codes": {"used": codes[3], "left": [code for code in codes if code != codes[3]]},
        "passkey": keys.written(passkey),
    }
)
