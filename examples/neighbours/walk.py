"""What happens where these packages meet, one after another."""

import time
from typing import Any

import pyotp
from axes.utils import reset
from django.contrib.auth import get_user_model
from rest_framework.test import APIClient


def walk(name: str, password: str) -> None:
    """Walk through the project as the user of that name, who has no device yet."""
    axes(name, password)
    hijack(name)
    cors()
    social()


def axes(name: str, password: str) -> None:
    """Wrong passwords are counted by axes, and wrong codes by this package."""
    user = {"username": name, "password": password}
    app = enrolled(logged_in(user))

    stranger = APIClient(REMOTE_ADDR="192.0.2.1")
    for _ in range(3):
        assert post(stranger, "/login/", {**user, "password": "a guess"}).status_code == 400
    # Locked out by axes: the right password is answered as a wrong one, and the code that comes along is not used up.
    code = app.at(time.time() + 30)
    assert post(stranger, "/login/", {**user, "value": code}).status_code == 400
    reset(username=name)
    assert post(stranger, "/login/", {**user, "value": code}).json()["mfa"]["verified"]

    # Whoever knows the password is no stranger to axes, and guesses at codes all the same to no avail.
    for _ in range(5):
        assert post(stranger, "/login/", {**user, "value": "000000"}).status_code == 401
    assert post(stranger, "/login/", {**user, "value": "000000"}).json()["code"] == "throttled"
    assert post(stranger, "/login/", user).json()["mfa"]["locked"]


def hijack(name: str) -> None:
    """An operator in a user's place is not verified as that user, nor as himself when he is back."""
    get_user_model().objects.create_superuser("olga", "olga@example.com", "password of olga")
    olga = logged_in({"username": "olga", "password": "password of olga"})
    place = {"user_pk": get_user_model().objects.get(username=name).pk}
    assert olga.post("/hijack/acquire/", place).json()["code"] == "registration_required"
    enrolled(olga)
    assert olga.get("/payslips/").json() == {"payslips_of": "olga"}

    assert olga.post("/hijack/acquire/", place).status_code == 302
    assert olga.get("/payslips/").json()["code"] == "verification_required"
    assert olga.get("/multi-factor/status/").json()["enrolled"]  # that is the user
    assert olga.delete("/multi-factor/0/").status_code == 403

    assert olga.post("/hijack/release/").status_code == 302
    assert olga.get("/payslips/").json()["code"] == "verification_required"


def cors() -> None:
    """A browser on another origin sees the headers of refusals."""
    answer = APIClient().get("/payslips/", headers={"Origin": "https://app.example.com"})
    exposed = {each.strip() for each in answer["Access-Control-Expose-Headers"].split(",")}
    assert exposed == {"MFA-Registration-Deadline", "Retry-After", "WWW-Authenticate"}
    assert answer["Access-Control-Allow-Credentials"] == "true"


def social() -> None:
    """Another site says who it is, and the second factor is asked for all the same."""
    dora = APIClient()
    # What the other site would send the browser back to; here it is believed without another site.
    dora.post("/social/complete/username/", {"username": "dora"})
    assert dora.get("/payslips/").json()["code"] == "registration_required"
    enrolled(dora)
    assert dora.get("/payslips/").json() == {"payslips_of": "dora"}
    elsewhere = APIClient()
    elsewhere.post("/social/complete/username/", {"username": "dora"})
    assert elsewhere.get("/payslips/").json()["code"] == "verification_required"


def logged_in(user: dict[str, str]) -> APIClient:
    """Return a browser that is logged in."""
    client = APIClient()
    assert post(client, "/login/", user).status_code == 200
    return client


def enrolled(client: APIClient) -> pyotp.TOTP:
    """Register an app, and verify its first code."""
    device = post(client, "/multi-factor/register/totp/").json()
    app = pyotp.TOTP(device["secret"])
    assert post(client, f"/multi-factor/{device['index']}/", {"value": app.now()}).status_code == 200
    return app


def post(client: APIClient, path: str, body: object = None) -> Any:  # noqa: ANN401 - what Django's client returns
    """Post JSON."""
    return client.post(path, body, format="json")
