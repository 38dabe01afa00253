"""Everything is behind the second factor by default; run by ``tests/integration/django/test_projects.py``."""

import base64
from collections.abc import Callable
from io import StringIO
from typing import Any

import pyotp
import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db

ANNA = {"username": "anna", "password": "a password"}
BASIC = "Basic " + base64.b64encode(b"anna:a password").decode()


def by_authtoken(client: APIClient) -> str:
    return f"Token {client.post('/authtoken/login/', ANNA).json()['token']}"


def by_knox(client: APIClient) -> str:
    return f"Knox {client.post('/knox/login/', headers={'Authorization': BASIC}).json()['token']}"


def by_jwt(client: APIClient) -> str:
    return f"Bearer {client.post('/jwt/login/', ANNA).json()['access']}"


def by_session(client: APIClient) -> str:
    assert client.post("/session/login/", ANNA, format="multipart").status_code == 302
    return ""


def test_checks_find_nothing() -> None:
    call_command("check", stdout=StringIO())


def test_a_public_view_is_open() -> None:
    client = APIClient()

    assert client.get("/prices/").status_code == 200
    assert client.get("/diary/").status_code == 401
    assert client.post("/multi-factor/passkey/options/").status_code == 200
    assert client.post("/multi-factor/passkey/", {"state": "", "value": {}}).status_code == 400
    assert client.get("/multi-factor/status/").status_code == 401


@pytest.mark.parametrize("log_in", [by_authtoken, by_knox, by_jwt, by_session])
def test_who_joins_gets_in(log_in: Callable[[APIClient], str]) -> None:
    client: Any = APIClient()
    assert client.post("/join/", ANNA, format="multipart").status_code == 201
    credentials = log_in(client)
    if credentials:
        client.credentials(HTTP_AUTHORIZATION=credentials)
    assert client.get("/diary/").json()["code"] == "registration_required"

    registered = client.post("/multi-factor/register/totp/").json()
    code = pyotp.TOTP(registered["secret"]).now()
    assert client.post(f"/multi-factor/{registered['index']}/", {"value": code}).status_code == 200

    assert client.get("/diary/").json() == {"diary_of": "anna"}
    assert client.get("/multi-factor/status/").json()["verified"] is True
    client.credentials()
    again = log_in(client)
    if again:
        client.credentials(HTTP_AUTHORIZATION=again)
    assert client.get("/diary/").json()["code"] == "verification_required"
    assert client.get("/multi-factor/status/").json()["verified"] is False
