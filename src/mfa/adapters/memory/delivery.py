"""Codes that go no further than a list, and addresses that are only looked at."""

import re

from mfa.application.ports.delivery import Addressing, Message, Sender
from mfa.domain.errors import InvalidField
from mfa.domain.methods.out_of_band import Address

_PUNCTUATION = str.maketrans("", "", " -()")


class OutboxSender(Sender):
    """Keeps messages in ``messages``, or fails with ``failure`` for as long as it is set."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.failure: Exception | None = None

    def send(self, message: Message) -> None:
        """Keep a message; raises ``failure`` where it is set, and keeps nothing then."""
        if self.failure is not None:
            raise self.failure
        self.messages.append(message)


class MemoryAddressing(Addressing):
    """Takes anything with an at sign for a mail address, and eight to fifteen digits for a number in E.164."""

    def read(self, text: str, field: str) -> Address:
        """Check, normalise and mask an address; raises ``InvalidField``, ``required`` or ``invalid``."""
        text = text.strip()
        if not text:
            raise InvalidField(field, "required")
        if re.fullmatch(r"[^@\s]+@[^@\s]+", text):
            local, _, domain = text.partition("@")
            domain = domain.lower()
            return Address(full=f"{local}@{domain}", masked=f"{local[0]}***@{domain}")
        number = text.translate(_PUNCTUATION).removeprefix("+").removeprefix("00")
        if re.fullmatch("[0-9]{8,15}", number):
            return Address(full=f"+{number}", masked=f"+{number[:2]} ** ****{number[-2:]}")
        raise InvalidField(field, "invalid")
