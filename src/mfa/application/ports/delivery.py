"""How a code reaches a person."""

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

import attrs

from mfa.domain.identifiers import Token, UserId
from mfa.domain.methods.out_of_band import Addressing
from mfa.domain.values import ValueObject

__all__ = ["Addressing", "DeliveryTimedOut", "Message", "Notice", "NoticeSender", "Sender", "SentChallenge"]


class DeliveryTimedOut(Exception):
    """A sender waited in vain for an answer; the code may have been sent all the same."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class SentChallenge(ValueObject):
    """Which challenge a message belongs to, so that a late failure can void it."""

    token: Token
    index: int
    dispatched_at: datetime


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Message(ValueObject):
    """A code for one person; ``challenge`` is for senders that learn of a failure after ``send`` has returned.

    ``device_name`` is what its owner calls the device, once the address is proved, and empty before. ``site`` is the
    host that was asked for the code; empty where nobody asked over HTTP.
    """

    method: str
    destination: str = attrs.field(repr=False)
    code: str = attrs.field(repr=False)
    lifetime: timedelta
    user_id: UserId
    device_name: str
    site: str = ""
    challenge: SentChallenge | None = None


@runtime_checkable
class Sender(Protocol):
    """Delivers codes by one channel; a method of a third party may be its own sender.

    A class that is named by dotted path in ``EMAIL_SENDER`` or ``SMS_SENDER`` is made once, without arguments.
    """

    @abstractmethod
    def send(self, message: Message) -> None:
        """Deliver, or hand over for delivery; any exception means that the code did not get there.

        A sender gives up within a time of its own and then raises ``DeliveryTimedOut``.
        """


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Notice(ValueObject):
    """A mail that tells a person what has happened to the account, worded already: as text, and the same as HTML."""

    destination: str = attrs.field(repr=False)
    subject: str = attrs.field(repr=False)
    text: str = attrs.field(repr=False)
    html: str = attrs.field(repr=False)


@runtime_checkable
class NoticeSender(Protocol):
    """Delivers notices; a sender in ``EMAIL_SENDER`` that can do so is one, else Django's mail delivers them."""

    @abstractmethod
    def send_notice(self, notice: Notice) -> None:
        """Deliver, or hand over for delivery; raises as ``Sender.send`` does."""
