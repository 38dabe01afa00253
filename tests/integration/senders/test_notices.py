"""Notices through a real mail server, at once and by a real worker, and when the server fails."""

import re
import time
from collections.abc import Callable

import pytest
from celery import Celery
from django.contrib.auth import get_user_model
from pytest_django import Settings

from mfa.adapters.accessor import use_cases
from mfa.adapters.django.models import DeviceRecord
from mfa.application.operations import Operator, PassWanted, Reset
from mfa.domain.identifiers import UserId
from tests.integration.senders.mailbox import Mailbox, text
from tests.integration.senders.project import QUEUED_EMAIL
from tests.integration.senders.test_celery import ADDRESS, Project, app, configure, project  # noqa: F401 - fixtures
from tests.services import Address

pytestmark = pytest.mark.django_db(transaction=True)

DESK = Operator(name="Dora")
SITE = "https://site.example"


@pytest.fixture
def user_id(settings: Settings) -> UserId:
    settings.MFA = {"NOTIFY_URL": SITE, "TOTP_ISSUER": "Bäckerei"}
    return UserId(str(get_user_model().objects.create_user("anna", ADDRESS).pk))


def give_pass(user_id: UserId) -> None:
    use_cases().operations.issue_pass(PassWanted(user_id=user_id), DESK)


def test_a_notice_arrives_as_text_and_html_with_its_link_whole(mailbox: Mailbox, user_id: UserId) -> None:
    give_pass(user_id)

    [(to, letter)] = mailbox.letters
    assert to == [ADDRESS]
    assert letter["Subject"] == "A temporary pass for your account at Bäckerei"
    assert letter["Auto-Submitted"] == "auto-generated"
    [plain] = re.findall(rf"{SITE}/multi-factor/this-was-not-me/\S+/", text(letter, "plain"))
    [linked] = re.findall(r'href="([^"]+)"', text(letter, "html"))
    assert plain == linked


@pytest.mark.parametrize("trouble", ["nobody listens", "the address is refused", "silence", "silence over the mail"])
def test_a_server_that_fails_is_in_nobodys_way(  # noqa: PLR0917 - all that a mail server may do
    trouble: str,
    user_id: UserId,
    mailbox: Mailbox,
    mail_server: Callable[..., None],
    closed: Address,
    silent: Address,
    mailbox_address: Address,
    caplog: pytest.LogCaptureFixture,
) -> None:
    mail_server({"nobody listens": closed, "silence": silent}.get(trouble, mailbox_address), timeout=0.2)
    mailbox.refusal = "550 no such user" if trouble == "the address is refused" else None
    mailbox.silent = trouble == "silence over the mail"
    start = time.monotonic()

    give_pass(user_id)

    assert time.monotonic() - start < 30
    assert DeviceRecord.objects.filter(method="pass").exists()
    [said] = [each.getMessage() for each in caplog.records if each.levelname == "ERROR" and each.name == "mfa"]
    assert said.startswith("A notice was not delivered: ")
    assert ADDRESS not in caplog.text


def test_a_queued_notice_travels_sealed_and_arrives_when_the_server_is_back(
    project: Project,  # noqa: F811 - a fixture
    configure: Callable[..., None],  # noqa: F811 - a fixture
    mailbox: Mailbox,
) -> None:
    configure(NOTIFY=True, NOTIFY_URL=SITE)
    mailbox.refusal = "451 not now"
    give_pass(project.token.user_id)
    [lying] = project.waiting()
    assert ADDRESS.encode() not in lying

    with project.worker():
        project.eventually(lambda: mailbox.refused)
        mailbox.refusal = None
        project.eventually(lambda: mailbox.letters)
        project.eventually(lambda: "succeeded" in project.said())

    [(to, letter)] = mailbox.letters
    assert to == [ADDRESS]
    assert f"{SITE}/multi-factor/this-was-not-me/" in text(letter, "plain")
    assert ADDRESS not in project.said()


def test_a_broker_that_is_away_is_in_nobodys_way(
    app: Celery,  # noqa: F811 - a fixture
    user_id: UserId,
    settings: Settings,
    closed: Address,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.MFA = {"EMAIL_SENDER": QUEUED_EMAIL}
    broker, app.conf.broker_url = app.conf.broker_url, f"redis://{closed.host}:{closed.port}/0"
    app.conf.task_publish_retry = False
    try:
        use_cases().operations.reset_account(Reset(user_id=user_id), DESK)
    finally:
        app.conf.broker_url = broker

    assert any(each.getMessage().startswith("A notice was not delivered: ") for each in caplog.records)
