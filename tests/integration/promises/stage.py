"""Where the promises are tried: people with tokens, the time, codes that were sent, and the rows afterwards."""

import http.client
import itertools
import json
import os
import threading
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Protocol

import attrs
import pyotp
from django.db import connection
from django.test import Client

from mfa.adapters.system.clock import SystemClock
from tests.projects.promises import clock, outbox
from tests.projects.promises.faults import HEADER, LINGER, STRUCK

PERIOD = 30  # seconds
PATIENCE = 60  # seconds
CSRF = "x" * 32
LOST = 0
"""Stands for the status of an answer that never came."""

Wish = Callable[[Callable[..., "Answer"]], "Answer"]
"""A request that somebody else will send."""

_names = itertools.count()


@attrs.frozen
class Answer:
    status: int
    body: Any = None
    headers: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def struck(self) -> bool:
        """Whether the fault that was asked for has come to pass."""
        return self.status == LOST or self.headers.get(STRUCK.lower()) == "yes"

    def __str__(self) -> str:
        return "none" if self.status == LOST else str(self.status)


class Transport(Protocol):
    @abstractmethod
    def request(self, verb: str, path: str, body: str, headers: Mapping[str, str]) -> Answer: ...


class InProcess(Transport):
    """Requests within this process, on a connection that stays, as Django's does with ``CONN_MAX_AGE``.

    One that was cut while nobody used it is the project's to replace; one that failed the package is the package's.
    """

    def request(self, verb: str, path: str, body: str, headers: Mapping[str, str]) -> Answer:
        client = Client(raise_request_exception=False)
        content: Any = client.generic(verb, path, body, content_type="application/json", headers=dict(headers))
        if HEADER in headers and content.status_code != http.client.SERVICE_UNAVAILABLE:
            connection.close()
        return _answer(content.status_code, content.content, content.headers)


@attrs.frozen
class OverNetwork(Transport):
    """Requests to a server, each on a connection of its own."""

    port: int

    def request(self, verb: str, path: str, body: str, headers: Mapping[str, str]) -> Answer:
        return self.prepared()(verb, path, body, headers)

    def prepared(self) -> Callable[..., Answer]:
        """Connect, so that nothing is left to do but to send."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        line.connect()

        def send(verb: str, path: str, body: str, headers: Mapping[str, str]) -> Answer:
            try:
                line.request(verb, path, body, {"Content-Type": "application/json", **headers})
                answer = line.getresponse()
                return _answer(answer.status, answer.read(), dict(answer.getheaders()))
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                return Answer(LOST)
            finally:
                line.close()

        return send


def _answer(status: int, content: bytes, headers: Mapping[str, str]) -> Answer:
    is_json = "json" in headers.get("Content-Type", "")
    lower = {name.lower(): value for name, value in headers.items()}
    return Answer(status, json.loads(content) if is_json else content.decode(errors="replace"), lower)


@attrs.frozen
class Browser:
    """One token of a person."""

    transport: Transport
    key: str = attrs.field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.key}"}

    def ask(self, verb: str, path: str, data: object = None, *, fault: str = "") -> Answer:
        return self.wish(verb, path, data, fault=fault)(self.transport.request)

    def wish(self, verb: str, path: str, data: object = None, *, fault: str = "") -> Wish:
        """What ``ask`` does, for a line that is open already."""
        headers = self.headers | ({HEADER: fault} if fault else {})
        body = "" if data is None else json.dumps(data)
        return lambda request: request(verb, path, body, headers)

    def post(self, path: str, data: object = None, *, fault: str = "") -> Answer:
        return self.ask("POST", f"/multi-factor/{path}", data, fault=fault)

    def verify(self, index: int, value: str, *, fault: str = "") -> Answer:
        return self.post(f"{index}/", {"value": value}, fault=fault)

    def dispatch(self, index: int, *, fault: str = "") -> Answer:
        return self.post(f"{index}/dispatch/", {"reverify": True}, fault=fault)

    def remove(self, index: int, *, fault: str = "") -> Answer:
        return self.ask("DELETE", f"/multi-factor/{index}/", fault=fault)

    def show(self, kept: str, *, fault: str = "") -> Answer:
        """Show what a remembered browser keeps."""
        return self.post("trust/", {"token": kept}, fault=fault)

    def forget(self, name: str, *, fault: str = "") -> Answer:
        return self.ask("DELETE", f"/multi-factor/trust/{name}/", fault=fault)

    def trusts(self) -> list[str]:
        """The names of the browsers that are remembered."""
        answer = self.ask("GET", "/multi-factor/trust/")
        assert answer.status == http.client.OK, answer
        return [each["id"] for each in answer.body]

    def passes(self) -> bool:
        return self.ask("GET", "/gate/").status == http.client.OK


class SessionBrowser(Browser):
    """One session of a person; the key may have been found out by somebody else."""

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"sessionid={self.key}; csrftoken={CSRF}", "X-CSRFToken": CSRF}

    def renewed(self, answer: Answer) -> "SessionBrowser":
        """Return the session under the key that an answer gives it."""
        cookie = SimpleCookie(answer.headers.get("set-cookie", ""))
        return SessionBrowser(self.transport, cookie["sessionid"].value) if "sessionid" in cookie else self


@attrs.frozen
class Device:
    """A device of a person, with what its owner has of it."""

    index: int
    method: str
    shown: Mapping[str, Any] = attrs.field(repr=False)
    destination: str = ""
    used: list[int] = attrs.field(factory=list, repr=False)

    def value(self) -> str:
        """A value that is right now and was never used: the app's next one, the latest code, another of the list."""
        match self.method:
            case "totp":
                step = max(int(now().timestamp()) // PERIOD, *self.used, 0)
                self.used.append(step + 1)
                return pyotp.TOTP(self.shown["secret"]).at(step * PERIOD)
            case "hotp":
                self.used.append(len(self.used))
                return pyotp.HOTP(self.shown["secret"]).at(self.used[-1])
            case "recovery":
                self.used.append(len(self.used))
                return str(self.shown["codes"][self.used[-1]])
            case _:
                return outbox.codes(self.destination)[-1]

    def wrong(self) -> str:
        """A value that is wrong, whatever the time is."""
        return "0" * 5 if self.method in {"totp", "hotp"} else "x"


def now() -> datetime:
    """What time it is for the project."""
    return SystemClock().now() + timedelta(seconds=clock.shift())


@attrs.frozen
class Person:
    stage: "Stage"
    id: int
    name: str
    browsers: Sequence[Browser]

    @property
    def browser(self) -> Browser:
        return self.browsers[0]

    def logged_in(self) -> SessionBrowser:
        """Log in by a session, which is not verified yet."""
        answer = self.stage.transport.request("POST", f"/session/{self.id}/", "", {})
        assert answer.status == http.client.OK, answer
        return SessionBrowser(self.stage.transport, answer.body["key"])

    def register(self, method: str, browser: Browser | None = None) -> Device:
        number = next(_names)
        destination, fields = "", {}
        if method == "email":
            destination = f"{self.name}-{number}@example.com"
            fields = {"address": destination}
        if method == "sms":
            destination = f"+3161{number:07}"
            fields = {"number": destination}
        answer = (browser or self.browser).post(f"register/{method}/", fields)
        assert answer.status == http.client.CREATED, answer
        return Device(answer.body["index"], method, answer.body, destination)

    def enrol(self, method: str) -> Device:
        """Register a device and prove it, with an app before it where there has to be one."""
        if method == "recovery":
            self.enrol("totp")
            return self.register(method)
        device = self.register(method)
        if device.destination:
            self.send(device)
        answer = self.browser.verify(device.index, device.value())
        assert answer.status == http.client.OK, answer
        if device.destination:
            self.stage.move_on(PERIOD + 1)
        return device

    def send(self, device: Device, browser: Browser | None = None) -> str:
        answer = (browser or self.browser).dispatch(device.index)
        assert answer.status == http.client.NO_CONTENT, answer
        return outbox.codes(device.destination)[-1]

    def remembered(self, device: Device) -> str:
        """What a browser keeps that the first one has had remembered by a device."""
        value = device.value()
        self.stage.move_on(PERIOD)
        answer = self.browser.post(f"{device.index}/", {"value": value, "trust": True})
        assert answer.status == http.client.OK, answer
        return str(answer.body["trust"]["token"])

    def ready(self, method: str) -> tuple[Device, str]:
        """An active device, and a value that is right for it and for the first browser."""
        device = self.enrol(method)
        return device, self.send(device) if device.destination else device.value()

    def state(self) -> dict[str, Any]:
        answer = self.stage.transport.request("GET", f"/state/{self.id}/", "", {})
        assert answer.status == http.client.OK, answer
        return dict(answer.body)

    def failures(self) -> int:
        state = self.state()
        counted: int = sum(device["failures"] for device in state["devices"]) + sum(state["gone"])
        return counted


@attrs.frozen
class Stage:
    transport: Transport
    folder: Path

    def person(self, tokens: int = 1) -> Person:
        name = f"p{os.getpid()}x{next(_names)}"
        body = json.dumps({"name": name, "tokens": tokens})
        answer = self.transport.request("POST", "/people/", body, {})
        assert answer.status == http.client.OK, answer
        keys = answer.body["keys"]
        return Person(self, answer.body["id"], name, [Browser(self.transport, key) for key in keys])

    def move_on(self, seconds: int) -> None:
        clock.move_on(seconds)


def at_once(wishes: Sequence[Wish], port: int) -> list[Answer]:
    """Have all requests sent at the same moment, on lines that are open already."""
    barrier = threading.Barrier(len(wishes))
    network = OverNetwork(port)

    def one(wish: Wish) -> Answer:
        send = network.prepared()
        barrier.wait(PATIENCE)
        return wish(send)

    with ThreadPoolExecutor(len(wishes)) as threads:
        return list(threads.map(one, wishes))


def verifications(browsers: Sequence[Browser], index: int, values: Sequence[str]) -> list[Wish]:
    """Wishes to verify, each of which lingers between reading and writing so that the others come in between."""
    return [
        browser.wish("POST", f"/multi-factor/{index}/", {"value": value}, fault=LINGER)
        for browser, value in zip(browsers, values, strict=True)
    ]


def tally(answers: Sequence[Answer]) -> Counter[str]:
    return Counter(map(str, answers))
