"""Codes travel through a real broker to a worker process of their own."""

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import attrs
import pytest
import redis
from celery import Celery
from django.contrib.auth import get_user_model
from django.db import connection
from pytest_django import Settings

from mfa.adapters.accessor import use_cases
from mfa.adapters.django.repositories import DjangoAccountRepository
from mfa.adapters.senders.queue import Parcel
from mfa.application.dispatching import RequestChallenge
from mfa.application.registration import Register
from mfa.application.verification import Verified, Verify
from mfa.domain.errors import Throttled
from mfa.domain.identifiers import Token, TokenId, UserId
from tests.integration.senders.mailbox import Mailbox, text
from tests.integration.senders.project import QUEUED_EMAIL
from tests.services import Address

ROOT = Path(__file__).resolve().parents[3]
ADDRESS = "anna@example.com"
PATIENCE = 60  # seconds

pytestmark = pytest.mark.django_db(transaction=True)


@attrs.frozen(kw_only=True)
class Project:
    """A deployment that mails through a queue of its own, and a pending device of Anna's."""

    broker: str
    queue: str
    mail_port: int
    log: Path
    token: Token
    index: int

    def dispatch(self) -> None:
        use_cases().dispatch_challenge(RequestChallenge(token=self.token, index=self.index))

    def verify(self, value: str) -> bool:
        verify = Verify(token=self.token, index=self.index, value=value)
        return isinstance(use_cases().verify_challenge(verify), Verified)

    def void(self) -> bool:
        """Whether no code is out."""
        challenge = DjangoAccountRepository().of(self.token.user_id, self.token.id).challenge(self.index)
        return challenge is not None and challenge.sent is None

    def waiting(self) -> list[bytes]:
        """What lies in the broker, for whoever operates it to see."""
        with redis.Redis.from_url(self.broker) as client:
            lying: Any = client.lrange(self.queue, 0, -1)
            return list(lying)

    def said(self) -> str:
        """What the worker has said so far, debugging and all."""
        return self.log.read_text()

    def eventually(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, self.said()
            time.sleep(0.05)

    @contextmanager
    def worker(self) -> Iterator[None]:
        """A worker process over the same broker and database."""
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.integration.senders.worker_settings",
            "WORKER_BROKER": self.broker,
            "WORKER_DATABASE": str(connection.settings_dict["NAME"]),
            "WORKER_MAIL_PORT": str(self.mail_port),
            "WORKER_QUEUE": self.queue,
        }
        arguments = [
            "--app",
            "tests.integration.senders.project:app",
            "worker",
            "--pool",
            "solo",
            "--without-mingle",
            "--without-gossip",
            "--without-heartbeat",
            "--loglevel",
            "DEBUG",
        ]
        with (
            self.log.open("wb") as output,
            subprocess.Popen(  # noqa: S603 - our own
                [sys.executable, "-m", "celery", *arguments],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            try:
                yield
            finally:
                process.terminate()


@pytest.fixture
def app(redis_url: str) -> Iterator[Celery]:
    """The project's Celery in this process, with a queue for this test only."""
    app = Celery("project", broker=redis_url, set_as_current=True)
    app.conf.task_default_queue = f"mfa-tests-{uuid4().hex}"
    yield app
    with app.connection_for_write() as broker:
        broker.default_channel.queue_delete(app.conf.task_default_queue)
    app.close()


@pytest.fixture
def configure(settings: Settings) -> Callable[..., None]:
    """Has mail sent through the queue; ten digits turn up nowhere by chance."""

    def configure(**more: object) -> None:
        settings.MFA = {"EMAIL_SENDER": QUEUED_EMAIL, "EMAIL_CODE_DIGITS": 10, "NOTIFY": False, **more}

    return configure


@pytest.fixture
def project(app: Celery, configure: Callable[..., None], mailbox_address: Address, tmp_path: Path) -> Project:
    configure()
    user = get_user_model().objects.create_user("anna", ADDRESS)
    token = Token(id=TokenId("digest of Anna's token"), user_id=UserId(str(user.pk)))
    return Project(
        broker=app.conf.broker_url,
        queue=app.conf.task_default_queue,
        mail_port=mailbox_address.port,
        log=tmp_path / "worker.log",
        token=token,
        index=use_cases().register_device(Register(token=token, method="email")).device.index,
    )


def body(lying: bytes) -> bytes:
    return base64.b64decode(json.loads(lying)["body"])


def opened(lying: bytes) -> Parcel:
    [sealed], *_ = json.loads(body(lying))
    return Parcel.open(sealed)


def test_a_code_travels_sealed_and_arrives(project: Project, mailbox: Mailbox) -> None:
    project.dispatch()
    [lying] = project.waiting()
    assert mailbox.letters == []

    with project.worker():
        project.eventually(lambda: mailbox.letters)
        project.eventually(lambda: "succeeded" in project.said())

    [(to, letter)] = mailbox.letters
    assert to == [ADDRESS]
    code = re.search("[0-9]{10}", text(letter, "plain"))
    assert code is not None
    for secret in (code[0], ADDRESS, project.token.id):
        assert secret.encode() not in lying + body(lying)
        assert secret not in project.said()
    assert project.verify(code[0])
    assert project.waiting() == []


def test_what_cannot_be_delivered_is_tried_a_few_times_and_then_void(project: Project, mailbox: Mailbox) -> None:
    mailbox.refusal = "451 not now"
    project.dispatch()
    code = opened(project.waiting()[0]).message.code
    with pytest.raises(Throttled):
        project.dispatch()

    with project.worker():
        project.eventually(project.void)
        project.eventually(lambda: "DeliveryFailed" in project.said())

    assert mailbox.refused == 4
    assert "SMTPRecipientsRefused" in project.said()
    for secret in (code, ADDRESS, project.token.id):
        assert secret not in project.said()
    project.dispatch()


def test_a_mail_server_that_refuses_at_first_gets_the_code_later(project: Project, mailbox: Mailbox) -> None:
    mailbox.refusal = "451 not now"
    project.dispatch()

    with project.worker():
        project.eventually(lambda: mailbox.refused)
        mailbox.refusal = None
        project.eventually(lambda: mailbox.letters)
        project.eventually(lambda: "succeeded" in project.said())

    assert not project.void()


def test_a_code_that_expired_in_the_queue_is_not_delivered(
    project: Project, configure: Callable[..., None], mailbox: Mailbox
) -> None:
    configure(EMAIL_CODE_LIFETIME="1s")
    project.dispatch()
    time.sleep(1)

    with project.worker():
        project.eventually(project.void)

    assert mailbox.letters == []
    assert mailbox.refused == 0
