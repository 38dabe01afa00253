"""Messages go to a server that speaks as Twilio documents its Messages resource."""

import json
import threading
import time
import traceback
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import attrs
import pytest
from django.core.exceptions import ImproperlyConfigured

from mfa.adapters.senders.twilio import NotSent, TwilioSender
from mfa.application.ports.delivery import DeliveryTimedOut, Message, Sender
from mfa.testing.contracts.delivery import SenderContract
from tests.services import Address

ACCOUNT = "ACdddddddddddddddddddddddddddddddd"
AUTH_TOKEN = "a token that nobody may see"
NUMBER = "+31612345678"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


@attrs.define
class Gateway:
    """What a test's Twilio answers and what it was sent; ``answer`` is written as it is, instead of an HTTP answer."""

    url: str = ""
    status: int = 201
    body: bytes = b'{"sid": "SM0123456789abcdef0123456789abcdef", "status": "queued", "error_code": null}'
    headers: dict[str, str] = attrs.field(factory=dict)
    answer: bytes | None = None
    released: threading.Event = attrs.field(factory=threading.Event)
    forms: list[dict[str, str]] = attrs.field(factory=list)

    def fails(self, status: int, code: int = 20003) -> None:
        """Answer an error as Twilio does, with words that quote the request."""
        self.status = status
        self.body = json.dumps(
            {"code": code, "message": f"{NUMBER} 042195 {AUTH_TOKEN}", "more_info": "…", "status": status}
        ).encode()


class Handler(BaseHTTPRequestHandler):
    gateway: Gateway

    def do_POST(self) -> None:
        gateway = self.gateway
        body = self.rfile.read(int(self.headers["Content-Length"]))
        user, _, password = b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
        assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
        if (self.path, user, password) != (PATH, ACCOUNT, AUTH_TOKEN):
            gateway.fails(401)
        gateway.forms.append(dict(parse_qsl(body.decode(), strict_parsing=True)))
        gateway.released.wait(30)
        if gateway.answer is not None:
            self.wfile.write(gateway.answer)
            return
        self.send_response(gateway.status)
        for name, value in gateway.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(gateway.body)))
        self.end_headers()
        self.wfile.write(gateway.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server calls it
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up, which is what is tested."""


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway that the environment leads to."""
    gateway = Gateway()
    gateway.released.set()
    server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"gateway": gateway}))
    gateway.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("TWILIO_BASE_URL", gateway.url)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield gateway
    gateway.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
    monkeypatch.setenv("TWILIO_FROM", "+15017122661")
    monkeypatch.delenv("TWILIO_MESSAGING_SERVICE_SID", raising=False)
    monkeypatch.delenv("TWILIO_BASE_URL", raising=False)


@pytest.fixture
def sms(message: Message) -> Message:
    return attrs.evolve(message, method="sms", destination=NUMBER)


class Impatient(TwilioSender):
    timeout = 2


class TestTwilioSender(SenderContract):
    @pytest.fixture
    def message(self, message: Message) -> Message:
        return attrs.evolve(message, method="sms", destination=NUMBER)

    @pytest.fixture
    def sender(self, gateway: Gateway) -> Sender:
        return TwilioSender()

    @pytest.fixture
    def arrived(self, gateway: Gateway) -> Callable[[], list[tuple[str, str]]]:
        return lambda: [(form["To"], form["Body"]) for form in gateway.forms]

    @pytest.fixture
    def broken(self, monkeypatch: pytest.MonkeyPatch, closed: Address) -> Sender:
        monkeypatch.setenv("TWILIO_BASE_URL", f"http://{closed}")
        return TwilioSender()


def told(failure: BaseException) -> str:
    return "".join(traceback.format_exception(failure))


def test_the_form_is_what_twilio_documents(gateway: Gateway, sms: Message) -> None:
    TwilioSender().send(sms)

    assert gateway.forms == [
        {
            "To": NUMBER,
            "From": "+15017122661",
            "Body": "042195 is your verification code. It is valid for 10 minutes.",
            "ValidityPeriod": "600",
        }
    ]


def test_a_messaging_service_sends_in_the_place_of_a_number(
    gateway: Gateway, sms: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_MESSAGING_SERVICE_SID", "MG0123456789abcdef0123456789abcdef")
    monkeypatch.delenv("TWILIO_FROM")

    TwilioSender().send(sms)

    assert gateway.forms[0]["MessagingServiceSid"] == "MG0123456789abcdef0123456789abcdef"
    assert "From" not in gateway.forms[0]


def test_a_subclass_says_what_the_environment_does_not(
    gateway: Gateway, sms: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("ACCOUNT_SID", "AUTH_TOKEN", "FROM", "BASE_URL"):
        monkeypatch.delenv(f"TWILIO_{variable}")

    class Ours(TwilioSender):
        account_sid = ACCOUNT
        auth_token = AUTH_TOKEN
        from_number = "Bank"
        base_url = f"{gateway.url}/"
        issuer = "Bäckerei & Söhne"

    Ours().send(sms)

    assert gateway.forms[0]["From"] == "Bank"
    assert gateway.forms[0]["Body"].startswith("042195 is your verification code for Bäckerei & Söhne.")


@pytest.mark.parametrize(
    ("lifetime", "validity"),
    [
        (timedelta(milliseconds=1), "1"),
        (timedelta(seconds=90), "90"),
        (timedelta(hours=10), "36000"),
        (timedelta(days=2), "36000"),
    ],
)
def test_a_message_waits_at_twilio_no_longer_than_its_code_lives(
    lifetime: timedelta, validity: str, gateway: Gateway, sms: Message
) -> None:
    TwilioSender().send(attrs.evolve(sms, lifetime=lifetime))

    assert gateway.forms[0]["ValidityPeriod"] == validity


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_an_error_is_told_by_its_numbers_alone(status: int, gateway: Gateway, sms: Message) -> None:
    gateway.fails(status, code=21211)

    with pytest.raises(NotSent, match=f"{status}, error 21211") as failure:
        TwilioSender().send(sms)

    assert not any(secret in told(failure.value) for secret in (NUMBER, sms.code, AUTH_TOKEN))


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"code": "+31612345678"}', b"[" * 60000, b"\xff"])
def test_an_error_in_other_words_is_told_all_the_same(body: bytes, gateway: Gateway, sms: Message) -> None:
    gateway.status, gateway.body = 502, body

    with pytest.raises(NotSent, match="502, error unknown"):
        TwilioSender().send(sms)


def test_a_redirect_is_not_followed(gateway: Gateway, sms: Message) -> None:
    gateway.fails(307)
    gateway.headers["Location"] = f"{gateway.url}/elsewhere"

    with pytest.raises(NotSent, match="307"):
        TwilioSender().send(sms)

    assert len(gateway.forms) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"{}",
        b'{"sid": 1}',
        b'{"sid": "SM0", "status": "failed"}',
        b'{"sid": "SM0", "status": "undelivered"}',
    ],
)
@pytest.mark.parametrize("status", [200, 201])
def test_a_success_that_names_no_message_is_none(status: int, body: bytes, gateway: Gateway, sms: Message) -> None:
    gateway.status, gateway.body = status, body

    with pytest.raises(NotSent, match="no message"):
        TwilioSender().send(sms)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense 042195\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 201 Created\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
    ],
)
def test_an_answer_that_is_no_http_is_told(answer: bytes, gateway: Gateway, sms: Message) -> None:
    gateway.answer = answer

    with pytest.raises(NotSent) as failure:
        TwilioSender().send(sms)

    assert not any(secret in told(failure.value) for secret in (NUMBER, sms.code, AUTH_TOKEN))


def test_a_gateway_that_never_answers_is_given_up(gateway: Gateway, sms: Message) -> None:
    gateway.released.clear()
    start = time.monotonic()

    with pytest.raises(DeliveryTimedOut):
        Impatient().send(sms)

    assert time.monotonic() - start < 30
    assert len(gateway.forms) == 1


def test_a_host_that_never_answers_is_given_up(silent: Address, sms: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_BASE_URL", f"https://{silent}")

    with pytest.raises(DeliveryTimedOut):
        Impatient().send(sms)


def test_a_gateway_that_is_not_there_is_told(closed: Address, sms: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_BASE_URL", f"http://{closed}")

    with pytest.raises(NotSent, match="ConnectionRefusedError"):
        TwilioSender().send(sms)


def test_https_is_the_default_and_plain_http_is_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert TwilioSender()._secure
    assert TwilioSender()._host == "api.twilio.com"
    for url in ("http://api.twilio.com", "ftp://127.0.0.1", "api.twilio.com", "https://"):
        monkeypatch.setenv("TWILIO_BASE_URL", url)
        with pytest.raises(ImproperlyConfigured, match="TWILIO_BASE_URL"):
            TwilioSender()


def test_https_is_spoken(gateway: Gateway, sms: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_BASE_URL", gateway.url.replace("http:", "https:"))

    with pytest.raises(NotSent, match="SSLError"):
        TwilioSender().send(sms)

    assert gateway.forms == []


@pytest.mark.parametrize("variable", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"])
def test_what_is_missing_is_named(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(variable)

    with pytest.raises(ImproperlyConfigured, match=variable):
        TwilioSender()


def test_a_sender_shows_its_credentials_to_nobody() -> None:
    assert AUTH_TOKEN not in repr(TwilioSender())
