"""A real mail server, which can be out of order, and what it has taken."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import attrs
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.integration.senders.mailbox import Mailbox, text

__all__ = ["Letter", "PostOffice", "text"]


@attrs.frozen
class Letter:
    """A mail as it went over the wire, and as a program reads it."""

    to: list[str]
    raw: bytes
    message: EmailMessage

    @property
    def code(self) -> str:
        [code] = re.findall(r"^ {4}([0-9]{6})\r?$", text(self.message, "plain"), re.MULTILINE)
        assert isinstance(code, str)
        return code


class _Mailbox(Mailbox):
    def __init__(self) -> None:
        super().__init__()
        self.raw: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as aiosmtpd calls it
        assert isinstance(envelope.original_content, bytes)
        self.raw.append(envelope.original_content)
        return await super().handle_DATA(server, session, envelope)


class PostOffice:
    def __init__(self, port: int) -> None:
        self.port = port
        self._mailbox = _Mailbox()
        self._controller = self._opened()

    def _opened(self) -> Controller:
        controller = Controller(self._mailbox, hostname="127.0.0.1", port=self.port, server_hostname="localhost")
        controller.start()
        return controller

    def letters(self, to: str = "") -> list[Letter]:
        """What has come for an address, or all that has come."""
        taken = zip(self._mailbox.letters, self._mailbox.raw, strict=True)
        return [Letter(tos, raw, letter) for (tos, letter), raw in taken if not to or to in tos]

    def code(self, to: str) -> str:
        """The code of the last mail to an address."""
        return self.letters(to)[-1].code

    @contextmanager
    def out_of_order(self) -> Iterator[None]:
        """Have nobody listen for a while."""
        self._controller.stop()
        try:
            yield
        finally:
            self._controller = self._opened()

    @contextmanager
    def refusing(self, answer: str) -> Iterator[None]:
        """Take nothing for a while, and say so."""
        self._mailbox.refusal = answer
        try:
            yield
        finally:
            self._mailbox.refusal = None

    def close(self) -> None:
        self._controller.stop()
