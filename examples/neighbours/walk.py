"""What happens where these packages meet, one after another."""

import time
from typing import Any

import pyotp
from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.test import override_settings
from drf_spectacular.drainage import GENERATOR_STATS
from rest_framework.test import APIClient


def walk(name: str, password: str) -> None:
    """Walk through the project as the user of that name, who has no device yet."""
    axes(name, password)
    hijack(name)
    cors()
    social()
    app_by_social_login()
    spectacular()


def axes(name: str, password: str) -> None:
    """Wrong passwords are counted by axes, and wrong codes by this package."""
    user = {"username": name, "password": password}
    app = enrolled(logged_in(user))

    stranger = APIClient(REMOTE_ADDR="192.0.2.1")
    for _ in range(3):
        assert post(stranger, "/login/", {**user, "password": "a guess"}).status_code == 400
    # Locked out by axes: the right password is answered as a wrong one, and the code that comes along is not used up.
    code = app.at(time.time() + 30)
    assert stranger.post("/login/", {**user, "value": code}).status_code == 400
    reset(username=name)
    # So it is not for axes to keep either, which keeps what forms have sent with a wrong password.
    typed = {"username": name, "password": "a guess", "value": code, "trust_token": "of a browser"}
    assert APIClient(REMOTE_ADDR="192.0.2.2").post("/login/", typed).status_code == 400
    kept = AccessAttempt.objects.get(ip_address="192.0.2.2").post_data
    assert "value=***" in kept
    assert code not in kept
    assert "of a browser" not in kept
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

    beginner = get_user_model().objects.create_user("bob")
    assert olga.post("/hijack/acquire/", {"user_pk": beginner.pk}).status_code == 403
    assert olga.post("/hijack/acquire/", place).status_code == 302
    assert olga.get("/payslips/").json()["code"] == "verification_required"
    assert olga.get("/multi-factor/status/").json()["enrolled"]  # that is the user
    assert olga.delete("/multi-factor/0/").status_code == 403

    assert olga.post("/hijack/release/").status_code == 302
    assert olga.get("/payslips/").json()["code"] == "verification_required"


def cors() -> None:
    """A browser on another origin sees the headers of refusals, whoever refuses."""
    origin = {"Origin": "https://app.example.com"}
    gate = "mfa.adapters.django.middleware.VerifiedMiddleware"
    with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, gate]):
        answer = APIClient().get("/payslips/", headers=origin)
        before = APIClient().options("/payslips/", headers={**origin, "Access-Control-Request-Method": "GET"})
    exposed = {each.strip() for each in answer["Access-Control-Expose-Headers"].split(",")}
    assert (answer.status_code, before.status_code) == (401, 200)
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


def app_by_social_login() -> None:
    """An app exchanges a token of another site for one of this, and may bring its code along."""
    phone, theirs = APIClient(), {"access_token": signing.dumps("erin", salt="elsewhere")}
    assert post(phone, "/social/token/", {"access_token": "made up"}).status_code == 403
    told = post(phone, "/social/token/", theirs).json()
    assert (told["mfa"]["verified"], told["mfa"]["enrolled"]) == (False, False)
    phone.credentials(HTTP_AUTHORIZATION=f"Token {told['token']}")
    app = enrolled(phone)

    code = app.at(time.time() + 30)
    assert post(APIClient(), "/social/token/", theirs).json()["mfa"]["devices"][0]["method"] == "totp"
    assert post(APIClient(), "/social/token/", {**theirs, "value": "000000"}).json()["code"] == "invalid_value"
    told = post(APIClient(), "/social/token/", {**theirs, "value": code}).json()
    assert told["mfa"]["verified"]
    answer = APIClient().get("/payslips/", headers={"Authorization": f"Token {told['token']}"})
    assert answer.json() == {"payslips_of": "erin"}


def spectacular() -> None:
    """The project's own description has the routes, and what the gate refuses at the project's own views."""
    described = APIClient().get("/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}).json()
    assert not GENERATOR_STATS  # what it warns of
    paths, kinds = described["paths"], described["components"]["schemas"]
    assert {"get", "post", "patch", "delete"} <= paths["/multi-factor/{index}/"].keys()
    assert "options" in paths["/multi-factor/register/{index}/"]
    assert "mfa" in kinds["MultiFactorLoggedInByPassword"]["properties"]
    assert paths["/payslips/"]["get"]["responses"].keys() == {"200", "403"}


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
