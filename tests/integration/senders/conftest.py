"""Servers on this machine that answer as mail servers and gateways do, or fail to."""

import socket
from collections.abc import Callable, Iterator

import django
import pytest
from aiosmtpd.controller import Controller
from pytest_django import Settings

from mfa.application.ports.delivery import Message
from mfa.testing.contracts.delivery import MESSAGE
from tests.integration.senders.mailbox import Mailbox
from tests.services import Address, free_port

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def message() -> Message:
    return MESSAGE


@pytest.fixture
def closed() -> Address:
    """Where nobody listens."""
    return Address("127.0.0.1", free_port())


@pytest.fixture
def silent() -> Iterator[Address]:
    """Where somebody listens, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Address(*server.getsockname())


@pytest.fixture
def mail_server(settings: Settings) -> Callable[..., None]:
    """Configures where Django sends mail, as its version wants it."""

    def configure(address: Address, timeout: float | None = None) -> None:
        if django.VERSION >= (6, 1):
            options = {"host": address.host, "port": address.port, "timeout": timeout}
            settings.MAILERS = {"default": {"BACKEND": SMTP, "OPTIONS": options}}
        else:
            settings.EMAIL_BACKEND = SMTP
            settings.EMAIL_HOST, settings.EMAIL_PORT = address
            settings.EMAIL_TIMEOUT = timeout

    return configure


@pytest.fixture
def mailbox_address() -> Address:
    """Where the mailbox's server listens."""
    return Address("127.0.0.1", free_port())


@pytest.fixture
def mailbox(mailbox_address: Address, mail_server: Callable[..., None]) -> Iterator[Mailbox]:
    """The mailbox of an SMTP server that Django is configured for."""
    mailbox = Mailbox()
    controller = Controller(
        mailbox, hostname=mailbox_address.host, port=mailbox_address.port, server_hostname="localhost"
    )
    controller.start()
    mail_server(mailbox_address)
    yield mailbox
    controller.stop()
