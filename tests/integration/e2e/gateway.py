"""A gateway for text messages, which speaks as Twilio documents its Messages resource."""

import json
import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import attrs

ACCOUNT = "ACdddddddddddddddddddddddddddddddd"
AUTH_TOKEN = uuid4().hex
FROM = "+15017122661"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
CREDENTIALS = f"Basic {b64encode(f'{ACCOUNT}:{AUTH_TOKEN}'.encode()).decode()}"


@attrs.define
class Trouble:
    """What a gateway does in the place of its work: it answers something, or (``status`` 0) hangs up."""

    status: int = 0
    body: bytes = b""
    headers: dict[str, str] = attrs.field(factory=dict)
    silent: bool = False

    @classmethod
    def error(cls, status: int, code: int) -> "Trouble":
        """An error, with words that quote the request, as Twilio's do."""
        body = {"code": code, "message": f"+31612345678 {AUTH_TOKEN}", "more_info": "…", "status": status}
        return cls(status, json.dumps(body).encode())


class Gateway:
    def __init__(self) -> None:
        gateway = self

        class Handler(_Handler):
            served = gateway

        self.messages: list[list[tuple[str, str]]] = []
        self.trouble: Trouble | None = None
        self.released = threading.Event()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.environment = {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_FROM": FROM,
            "TWILIO_MESSAGING_SERVICE_SID": "",
            "TWILIO_BASE_URL": f"http://127.0.0.1:{self._server.server_port}",
        }

    def received(self, number: str) -> list[dict[str, str]]:
        """What was sent to a number."""
        return [dict(fields) for fields in self.messages if ("To", number) in fields]

    def code(self, number: str) -> str:
        """The code of the last message to a number."""
        [code] = re.findall(r"\b[0-9]{6}\b", self.received(number)[-1]["Body"])
        assert isinstance(code, str)
        return code

    @contextmanager
    def in_trouble(self, trouble: Trouble) -> Iterator[None]:
        self.trouble = trouble
        self.released.clear()
        try:
            yield
        finally:
            self.trouble = None
            self.released.set()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up, as one does that waits in vain."""


class _Handler(BaseHTTPRequestHandler):
    served: Gateway

    def do_POST(self) -> None:
        form = parse_qsl(
            self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True, strict_parsing=True
        )
        trouble = self.served.trouble
        if (self.path, self.headers["Authorization"]) != (PATH, CREDENTIALS):
            trouble = Trouble.error(401, 20003)
        elif {name for name, _ in form} != {"To", "From", "Body", "ValidityPeriod"}:
            trouble = Trouble.error(400, 21600)
        if trouble is None:
            self.served.messages.append(form)
            self.answer(201, b'{"sid": "SM0123456789abcdef0123456789abcdef", "status": "queued", "error_code": null}')
        elif trouble.silent:
            self.served.released.wait(30)
        elif trouble.status:
            self.answer(trouble.status, trouble.body, **trouble.headers)

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server calls it
        pass
