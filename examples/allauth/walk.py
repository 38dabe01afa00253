"""What clients do: a browser with its session, then an app with its token; each is verified for itself."""

import time
from typing import Any

import pyotp
from rest_framework.test import APIClient


def walk(name: str, password: str) -> None:
    """Walk through the project as the user of that name, who has no device yet."""
    user = {"username": name, "password": password}
    browser = Browser()
    assert browser.post("/_allauth/browser/v1/auth/login", user)["meta"]["is_authenticated"]
    assert browser.client.get("/payslips/").json()["code"] == "registration_required"

    app = pyotp.TOTP(browser.post("/multi-factor/register/totp/")["secret"])
    assert browser.post("/multi-factor/0/", {"value": app.now()})["verifications-left"] == 0
    assert browser.client.get("/payslips/").status_code == 200
    # It is still the session that allauth knows, under another key.
    assert browser.client.get("/_allauth/browser/v1/auth/session").json()["meta"]["is_authenticated"]

    phone = APIClient()
    told = phone.post("/_allauth/app/v1/auth/login", user, format="json").json()["meta"]
    phone.credentials(HTTP_AUTHORIZATION=f"Token {told['access_token']}")
    assert phone.get("/payslips/").json()["code"] == "verification_required"
    code = app.at(time.time() + 30)  # the one before has been used
    assert phone.post("/multi-factor/0/", {"value": code}, format="json").status_code == 200
    assert phone.get("/payslips/").status_code == 200
    # What allauth itself knows the app by opens allauth's routes, and nothing behind the gate.
    stranger = APIClient(headers={"X-Session-Token": told["session_token"]})
    assert stranger.get("/payslips/").status_code == 401


class Browser:
    """A client that keeps cookies, and shows the token against forgery."""

    def __init__(self) -> None:
        self.client = APIClient(enforce_csrf_checks=True)
        self.client.get("/_allauth/browser/v1/config")

    def post(self, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON may be anything
        """Post JSON, and return what is answered."""
        forgery = self.client.cookies["csrftoken"].value
        return self.client.post(path, body, format="json", headers={"X-CSRFToken": forgery}).json()
