"""What a client does: log in, register an app, and from then on log in with its code."""

import time

import pyotp
from rest_framework.test import APIClient


def walk(name: str, password: str) -> None:
    """Walk through the project as the user of that name, who has no device yet."""
    client, user = APIClient(), {"username": name, "password": password}
    answer = client.post("/auth/token/login/", user, format="json").json()
    assert answer["mfa"]["devices"] == []
    client.credentials(HTTP_AUTHORIZATION=f"Token {answer['auth_token']}")
    assert client.get("/payslips/").json()["code"] == "registration_required"

    registered = client.post("/multi-factor/register/totp/").json()
    app = pyotp.TOTP(registered["secret"])
    assert client.post("/multi-factor/0/", {"value": app.now()}, format="json").status_code == 200
    assert client.get("/payslips/").status_code == 200

    # The next login, elsewhere: a wrong code leaves the token of the first one as it is.
    other = APIClient()
    assert other.post("/auth/token/login/", {**user, "value": "000000"}, format="json").status_code == 401
    assert client.get("/payslips/").status_code == 200
    code = app.at(time.time() + 30)  # the one before has been used
    answer = other.post("/auth/token/login/", {**user, "value": code}, format="json").json()
    assert answer["mfa"]["verified"]
    other.credentials(HTTP_AUTHORIZATION=f"Token {answer['auth_token']}")
    assert other.get("/payslips/").status_code == 200
    # And without a code the next token is not verified, whatever the one before was.
    answer = APIClient().post("/auth/token/login/", user, format="json").json()
    assert (answer["mfa"]["verified"], answer["mfa"]["verifications-left"]) == (False, 1)
