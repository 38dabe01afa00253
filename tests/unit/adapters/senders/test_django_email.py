import smtplib
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import attrs
import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend

from mfa.adapters.senders.django_email import DjangoEmailSender, NotAccepted
from mfa.application.ports.delivery import DeliveryTimedOut, Message, Sender
from mfa.testing.contracts.delivery import SenderContract

Answer = Exception | int | None


class Backend(BaseEmailBackend):
    """A mail system of a test's own."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def send_messages(self, email_messages: Sequence[mail.EmailMessage]) -> int:
        if isinstance(self.answer, Exception):
            raise self.answer
        return cast("int", self.answer)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], Backend]:
    """Puts a mail system of a test's own in the place of the project's, as Django 6.1 names it."""

    def put(answer: Answer) -> Backend:
        backend = Backend(answer)
        monkeypatch.setattr(mail, "mailers", SimpleNamespace(default=backend), raising=False)
        return backend

    return put


class TestDjangoEmailSender(SenderContract):
    @pytest.fixture
    def sender(self) -> Sender:
        return DjangoEmailSender()

    @pytest.fixture
    def arrived(self, mailoutbox: list[mail.EmailMessage]) -> Callable[[], list[tuple[str, str]]]:
        return lambda: [(to, str(letter.body)) for letter in mailoutbox for to in letter.to]

    @pytest.fixture
    def broken(self, answering: Callable[[Answer], Backend]) -> Sender:
        answering(ConnectionRefusedError())
        return DjangoEmailSender()


def test_a_mail_has_two_parts_and_says_that_a_program_wrote_it(
    message: Message, mailoutbox: list[mail.EmailMessage]
) -> None:
    DjangoEmailSender(issuer="Example Bank").send(message)

    [letter] = mailoutbox
    written = letter.message()
    assert written["To"] == "anna@example.com"
    assert written["Subject"] == "Your verification code for Example Bank"
    assert written["Auto-Submitted"] == "auto-generated"
    assert written.get_content_type() == "multipart/alternative"
    parts = [part for part in written.walk() if not part.is_multipart()]
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert all("042195" in str(part.get_payload()) for part in parts)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1d", "\x85", "\u2028", "\u2029"])
def test_the_subject_stays_on_one_line(line_break: str, message: Message, mailoutbox: list[mail.EmailMessage]) -> None:
    DjangoEmailSender(issuer=f"Bank{line_break}Bcc: bert@example.com").send(message)

    [letter] = mailoutbox
    assert letter.subject == "Your verification code for Bank Bcc: bert@example.com"
    assert letter.message()["Bcc"] is None


def test_a_name_is_not_escaped_in_text(message: Message, mailoutbox: list[mail.EmailMessage]) -> None:
    DjangoEmailSender().send(attrs.evolve(message, device_name="Tom & Jerry's"))

    assert "Tom & Jerry's" in mailoutbox[0].body


@pytest.mark.parametrize("accepted", [1, None])
def test_a_mail_system_need_not_count(
    accepted: int | None, message: Message, answering: Callable[[Answer], Backend]
) -> None:
    answering(accepted)

    DjangoEmailSender().send(message)


def test_a_mail_system_that_took_nothing_has_failed(message: Message, answering: Callable[[Answer], Backend]) -> None:
    answering(0)

    with pytest.raises(NotAccepted):
        DjangoEmailSender().send(message)


def test_what_else_a_mail_system_raises_is_told(message: Message, answering: Callable[[Answer], Backend]) -> None:
    answering(smtplib.SMTPRecipientsRefused({}))

    with pytest.raises(smtplib.SMTPRecipientsRefused):
        DjangoEmailSender().send(message)


def test_a_time_out_is_told_as_one(message: Message, answering: Callable[[Answer], Backend]) -> None:
    answering(TimeoutError("timed out"))

    with pytest.raises(DeliveryTimedOut):
        DjangoEmailSender().send(message)


@pytest.mark.parametrize(("configured", "used"), [(None, 10), (3, 3), (0.5, 0.5)])
def test_a_configured_time_out_holds_and_else_the_senders_own(
    configured: float | None, used: float, message: Message, answering: Callable[[Answer], Backend]
) -> None:
    backend: Any = answering(1)
    backend.timeout = configured

    DjangoEmailSender().send(message)

    assert backend.timeout == used
