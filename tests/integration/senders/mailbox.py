"""The mailbox behind a real SMTP server."""

import asyncio
import email
from email.message import EmailMessage
from email.policy import default
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """Keeps what comes, or answers ``refusal`` in its place, or falls silent when it has a mail."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], EmailMessage]] = []
        self.refusal: str | None = None
        self.refused = 0
        self.silent = False

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refusal is not None:
            self.refused += 1
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        letter = email.message_from_bytes(cast("bytes", envelope.content), policy=default)
        self.letters.append((list(envelope.rcpt_tos), letter))
        if self.silent:
            await asyncio.sleep(60)
        return "250 OK"


def text(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    assert part is not None
    return cast("str", part.get_content())
