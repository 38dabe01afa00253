"""What a browser does with each of the frameworks: before its session is verified, and afterwards."""

import json
import time
from typing import Any

import pyotp
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from rest_framework.test import APIClient

from examples.frameworks.sockets import application

MINE = {"payslips_of": "carol"}


def walk(name: str, password: str) -> None:
    """Walk through the project as the user of that name, who has no device yet."""
    client, user = APIClient(), {"username": name, "password": password}
    assert client.get("/ninja/payslips/").json()["code"] == asked(client) == "not_authenticated"
    assert heard(client) == (4401, "not_authenticated")
    assert heard(client, "https://elsewhere.example") is None

    client.post("/login/", user, format="json")
    app = pyotp.TOTP(client.post("/multi-factor/register/totp/").json()["secret"])
    answer = client.get("/ninja/payslips/")
    assert (answer.status_code, answer.json()["code"]) == (403, "registration_required")
    assert answer["WWW-Authenticate"].startswith('Session error="insufficient_user_authentication"')
    assert asked(client) == "registration_required"
    assert heard(client) == (4403, "registration_required")

    assert client.post("/multi-factor/0/", {"value": app.now()}, format="json").status_code == 200
    assert client.get("/ninja/payslips/").json() == MINE
    assert asked(client) == name
    assert heard(client) == MINE

    other, code = APIClient(), app.at(time.time() + 30)
    other.post("/login/", user, format="json")
    assert other.get("/ninja/payslips/").json()["code"] == asked(other) == "verification_required"
    told = other.post("/login/token/", {**user, "value": code}, format="json").json()
    assert told["mfa"]["verified"]
    phone = APIClient()
    phone.credentials(HTTP_AUTHORIZATION=f"Token {told['token']}")
    assert phone.get("/ninja/payslips/").json() == MINE
    told = phone.post("/login/token/", user, format="json").json()
    phone.credentials(HTTP_AUTHORIZATION=f"Token {told['token']}")
    assert phone.get("/ninja/payslips/").json()["code"] == "verification_required"
    phone.credentials(HTTP_AUTHORIZATION="Token nobody's")
    assert phone.get("/ninja/payslips/").status_code == 401


def asked(client: APIClient) -> str:
    """Ask by GraphQL, and return what is answered, or the code of the refusal."""
    body = client.post("/graphql/", {"query": "{ payslips }"}, format="json").json()
    found: str = body["errors"][0]["extensions"]["code"] if "errors" in body else body["data"]["payslips"]
    return found


@async_to_sync
async def heard(client: APIClient, origin: str = "https://127.0.0.1") -> Any:  # noqa: ANN401 - JSON, or a code and a reason
    """Connect a socket, and return what comes first: a message, or the code and the reason with which it is closed.

    None where it is not opened at all.
    """
    cookies = "; ".join(f"{key}={each.value}" for key, each in client.cookies.items())
    scope = {
        "type": "websocket",
        "path": "/feed/",
        "headers": [(b"cookie", cookies.encode()), (b"origin", origin.encode())],
    }
    socket = ApplicationCommunicator(application, scope)
    await socket.send_input({"type": "websocket.connect"})
    if (await socket.receive_output())["type"] != "websocket.accept":
        return None
    event = await socket.receive_output()
    await socket.send_input({"type": "websocket.disconnect", "code": event.get("code", 1000)})
    await socket.wait()
    return json.loads(event["text"]) if "text" in event else (event["code"], event["reason"])
