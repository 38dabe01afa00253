"""dj-rest-auth: an app whose last code was of the step to come, and recovery codes."""

import time

from tests.integration.moving.peers import project

project.start(
    "rest_framework",
    "rest_framework.authtoken",
    "dj_rest_auth",
    "dj_rest_auth.mfa",
    ROOT_URLCONF="dj_rest_auth.mfa.urls",
    REST_AUTH={"SESSION_LOGIN": False},
)

from dj_rest_auth.mfa.views import MFALoginView
from pyotp import TOTP
from rest_framework.test import APIClient, APIRequestFactory

anna = project.user("anna")
anna.set_password("a password")
anna.save()


def logs_in(code: str) -> int:
    """Log in with the password, and then with a code."""
    request = APIRequestFactory().post("/login/", {"username": "anna", "password": "a password"})
    waiting = MFALoginView.as_view()(request).data["ephemeral_token"]
    status: int = APIClient().post("/mfa/verify", {"ephemeral_token": waiting, "code": code}).status_code
    return status


client = APIClient(headers={"host": "localhost"})
client.force_authenticate(anna)
begun = client.get("/mfa/totp/activate").json()
app = TOTP(begun["secret"])
proof = {"activation_token": begun["activation_token"], "code": app.now()}
codes = client.post("/mfa/totp/activate", proof).json()["recovery_codes"]

step = project.step() + 1
assert logs_in(codes[3]) == 200
assert logs_in(app.at(step * 30)) == 200
assert logs_in(app.at(step * 30)) == 400

project.tell(
    {
        "time": time.time(),
        "totp": {"seed": begun["secret"], "step": step},
        "codes": {"used": codes[3], "left": [code for code in codes if code != codes[3]]},
    }
)
