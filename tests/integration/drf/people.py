"""A deployment whose time stands still and whose codes go no further than a list, and people who use it."""

import json
from collections.abc import Mapping
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any, Protocol

import pyotp
from django.apps import apps
from django.contrib.auth import get_user_model
from pytest_django import Settings
from rest_framework.test import APIClient

from mfa.adapters.accessor import APP_LABEL
from mfa.adapters.memory.delivery import OutboxSender
from mfa.adapters.memory.system import FrozenClock
from mfa.adapters.system.clock import SystemClock
from tests.otp import PlainQrCodes

MOUNT = "/multi-factor/"
STEP = timedelta(seconds=30)
OUTBOX = "mfa.adapters.memory.delivery.OutboxSender"
METHODS = ["totp", "email", "recovery", "hotp", "sms"]


class Answer(Protocol):
    """What the test client returns."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    cookies: SimpleCookie
    data: Any

    def json(self) -> Any:  # noqa: ANN401 - JSON may be anything
        ...


class World:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = FrozenClock()
        self.outbox = OutboxSender()
        self.configure()

    def configure(self, **mfa: object) -> None:
        self.settings.MFA = {"METHODS": METHODS, "EMAIL_SENDER": OUTBOX, "SMS_SENDER": OUTBOX, **mfa}
        self.container.clock.override(self.clock)
        self.container.email_sender.override(self.outbox)
        self.container.sms_sender.override(self.outbox)
        self.container.qr_codes.override(PlainQrCodes())

    @property
    def container(self) -> Any:  # noqa: ANN401 - as the app config has it
        config: Any = apps.get_app_config(APP_LABEL)
        return config.container

    def pass_time(self, by: timedelta = STEP) -> None:
        self.clock.advance(by)

    @property
    def code(self) -> str:
        return self.outbox.messages[-1].code


def written(data: object) -> dict[str, Any]:
    """Write JSON in ASCII, where a lone surrogate can stand."""
    return {} if data is None else {"data": json.dumps(data), "content_type": "application/json"}


class Browser:
    """One token of one person."""

    def __init__(self, world: World, key: str) -> None:
        self.world = world
        self.client: Any = APIClient()
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {key}")

    def ask(self, method: str, path: str, **extra: Any) -> Answer:
        # A setting that was changed since builds the deployment anew, whose time is that of the machine.
        assert not isinstance(self.world.container.clock(), SystemClock), "change the settings before the world is made"
        answer: Answer = getattr(self.client, method)(path, **extra)
        return answer

    def get(self, path: str = "", **extra: Any) -> Answer:
        return self.ask("get", MOUNT + path, **extra)

    def post(self, path: str, data: object = None, **extra: Any) -> Answer:
        return self.ask("post", MOUNT + path, **written(data), **extra)

    def patch(self, path: str, data: object = None, **extra: Any) -> Answer:
        return self.ask("patch", MOUNT + path, **written(data), **extra)

    def delete(self, path: str, **extra: Any) -> Answer:
        return self.ask("delete", MOUNT + path, **extra)

    def options(self, path: str, **extra: Any) -> Answer:
        return self.ask("options", MOUNT + path, **extra)

    def gate(self) -> Answer:
        return self.ask("get", "/protected/")

    def verify(self, index: int, value: object) -> Answer:
        return self.post(f"{index}/", {"value": value})

    def fail(self, index: int, times: int) -> None:
        for _ in range(times):
            assert self.verify(index, "0").status_code == 401

    def register_app(self, name: str = "") -> "App":
        answer = self.post("register/totp/", {"name": name})
        assert answer.status_code == 201, answer.data
        return App(self.world, answer.data["index"], answer.data["secret"])

    def enrol_app(self, name: str = "") -> "App":
        app = self.register_app(name)
        self.prove(app)
        return app

    def prove(self, app: "App") -> None:
        """Verify with the next value of an app."""
        self.world.pass_time()
        answer = self.verify(app.index, app.code)
        assert answer.status_code == 200, answer.data

    def register_mail(self, address: str = "ann@example.com") -> int:
        answer = self.post("register/email/", {"address": address})
        assert answer.status_code == 201, answer.data
        index: int = answer.data["index"]
        return index

    def enrol_mail(self) -> int:
        index = self.register_mail()
        assert self.post(f"{index}/dispatch/").status_code == 204
        assert self.verify(index, self.world.code).status_code == 200
        return index


class App:
    """An authenticator app."""

    def __init__(self, world: World, index: int, secret: str) -> None:
        self.world = world
        self.index = index
        self.secret = secret

    @property
    def code(self) -> str:
        return pyotp.TOTP(self.secret).at(self.world.clock.time)


class Person(Browser):
    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self.user = get_user_model().objects.create_user(name, email=f"{name}@example.com", password="a password")
        super().__init__(world, self.key())

    def key(self) -> str:
        """Log in, which replaces the token."""
        answer = APIClient().post("/login/", {"username": self.name, "password": "a password"})
        key: str = answer.data["token"]
        return key

    def again(self) -> Browser:
        """Log in elsewhere."""
        return Browser(self.world, self.key())
