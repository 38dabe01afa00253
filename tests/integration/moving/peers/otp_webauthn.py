"""django-otp-webauthn: a key that was used, one of a site that has been given up, and one that was switched off."""

import time
from typing import Any

from mfa.testing.authenticator import ES256, SoftwareAuthenticator
from tests.integration.moving import keys
from tests.integration.moving.peers import project

project.start(
    "django.contrib.sessions",
    "rest_framework",
    "django_otp",
    "django_otp_webauthn",
    ROOT_URLCONF="django_otp_webauthn.urls",
    ALLOWED_HOSTS=["localhost", "testserver"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django_otp.middleware.OTPMiddleware",
    ],
    OTP_WEBAUTHN_RP_ID="example.org",
    OTP_WEBAUTHN_RP_NAME="Example",
    OTP_WEBAUTHN_ALLOWED_ORIGINS=["https://example.org", "https://example.net"],
)

from django.contrib.auth.models import User
from django.test import Client
from django.test.utils import override_settings
from django_otp_webauthn.models import WebAuthnCredential


def visitor(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def asked(client: Client, ceremony: str, value: object = None) -> Any:
    path = f"/{ceremony}/{'begin' if value is None else 'complete'}/"
    answer = client.post(path, value, content_type="application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def registered(client: Client, authenticator: SoftwareAuthenticator) -> WebAuthnCredential:
    answer = asked(client, "registration", authenticator.create(asked(client, "registration")))
    return WebAuthnCredential.objects.get(pk=answer["id"])


anna = visitor(project.user("anna"))
passkey = SoftwareAuthenticator(algorithm=ES256, backup_eligible=True, backed_up=True)
credential = registered(anna, passkey)
credential.name = "Blue key"
credential.save()
asked(anna, "authentication", passkey.get(asked(anna, "authentication")))

lost = registered(anna, SoftwareAuthenticator())
lost.confirmed = False
lost.save()
with override_settings(OTP_WEBAUTHN_RP_ID="example.net"):
    registered(anna, SoftwareAuthenticator(origin="https://example.net"))

project.tell({"time": time.time(), "passkey": keys.written(passkey)})
