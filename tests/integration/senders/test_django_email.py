"""Mails go through a real SMTP server."""

import smtplib
import time
from collections.abc import Callable

import attrs
import pytest

from mfa.adapters.senders.django_email import DjangoEmailSender
from mfa.application.ports.delivery import DeliveryTimedOut, Message, Sender
from mfa.testing.contracts.delivery import SenderContract
from tests.integration.senders.mailbox import Mailbox, text
from tests.services import Address

MailServer = Callable[..., None]


class TestDjangoEmailSender(SenderContract):
    @pytest.fixture
    def sender(self) -> Sender:
        return DjangoEmailSender()

    @pytest.fixture
    def arrived(self, mailbox: Mailbox) -> Callable[[], list[tuple[str, str]]]:
        return lambda: [(to, text(letter, "plain")) for tos, letter in mailbox.letters for to in tos]

    @pytest.fixture
    def broken(self, mail_server: MailServer, closed: Address) -> Sender:
        mail_server(closed)
        return DjangoEmailSender()


def test_both_parts_hold_code_and_lifetime(mailbox: Mailbox, message: Message) -> None:
    DjangoEmailSender(issuer="Bäckerei & Söhne").send(message)

    [(to, letter)] = mailbox.letters
    assert to == ["anna@example.com"]
    assert letter["To"] == "anna@example.com"
    assert letter["Subject"] == "Your verification code for Bäckerei & Söhne"
    for kind in ("plain", "html"):
        assert "042195" in text(letter, kind)
        assert "10 minutes" in text(letter, kind)
        assert "work mail" in text(letter, kind)
    assert "Bäckerei & Söhne" in text(letter, "plain")
    assert "Bäckerei &amp; Söhne" in text(letter, "html")


def test_an_address_of_another_script_arrives(mailbox: Mailbox, message: Message) -> None:
    DjangoEmailSender().send(attrs.evolve(message, destination="anna@bücher.example"))

    [(to, _)] = mailbox.letters
    assert to == ["anna@xn--bcher-kva.example"]


def test_a_name_writes_no_headers(mailbox: Mailbox, message: Message) -> None:
    DjangoEmailSender(issuer="Bank\r\nBcc: bert@example.com").send(message)

    [(to, letter)] = mailbox.letters
    assert to == ["anna@example.com"]
    assert letter["Bcc"] is None


def test_a_refused_address_is_told(mailbox: Mailbox, message: Message) -> None:
    mailbox.refusal = "550 no such user"

    with pytest.raises(smtplib.SMTPRecipientsRefused):
        DjangoEmailSender().send(message)

    assert mailbox.letters == []


def test_a_server_that_never_answers_is_given_up(mail_server: MailServer, silent: Address, message: Message) -> None:
    mail_server(silent)
    start = time.monotonic()

    with pytest.raises(DeliveryTimedOut):
        DjangoEmailSender(timeout=0.2).send(message)

    assert time.monotonic() - start < 30


def test_a_configured_time_out_holds(mail_server: MailServer, silent: Address, message: Message) -> None:
    mail_server(silent, timeout=0.2)
    start = time.monotonic()

    with pytest.raises(DeliveryTimedOut):
        DjangoEmailSender(timeout=60).send(message)

    assert time.monotonic() - start < 30


def test_a_server_that_falls_silent_over_a_mail_may_have_sent_it(mailbox: Mailbox, message: Message) -> None:
    mailbox.silent = True

    with pytest.raises(DeliveryTimedOut):
        DjangoEmailSender(timeout=2).send(message)

    assert len(mailbox.letters) == 1


def test_a_server_that_is_not_there_is_told(mail_server: MailServer, closed: Address, message: Message) -> None:
    mail_server(closed)

    with pytest.raises(ConnectionRefusedError):
        DjangoEmailSender().send(message)
