"""What the senders that queue have in common: sealed messages, and workers that open and deliver them."""

import logging
from abc import abstractmethod
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import ClassVar, cast

import attrs
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation
from django.utils.module_loading import import_string

from mfa.adapters.accessor import use_cases
from mfa.application.ports.delivery import DeliveryTimedOut, Message, Sender
from mfa.domain import states
from mfa.domain.errors import DeliveryFailed, SealError

CONTEXT = b"mfa.adapters.senders.queue: parcel"
"""Binds a seal to the queue and to how a parcel is written: nothing that is sealed elsewhere opens here."""

EXPIRED, TIMED_OUT = "the code has expired", "timed out"
"""Why a parcel is not tried again."""

logger = logging.getLogger("mfa")


@attrs.frozen(kw_only=True)
class Parcel:
    """A message on its way through a queue: in which language it is delivered, and until when it is of any use.

    ``sender`` is what the ``QueuedSender`` is called that has handed it over, which knows who does the work.
    """

    message: Message
    sender: str
    language: str | None
    until: datetime

    def seal(self) -> str:
        """Write the parcel as text that tells nobody anything."""
        return urlsafe_b64encode(use_cases().vault.seal(states.encode(self), CONTEXT)).decode()

    @classmethod
    def open(cls, sealed: str) -> "Parcel":
        """Read what ``seal`` wrote; raises ``SealError``, and ``ValueError`` or ``TypeError`` for what is none."""
        return states.decode(cls, use_cases().vault.open(urlsafe_b64decode(sealed), CONTEXT))

    def alive(self, after: timedelta = timedelta()) -> bool:
        """Tell whether the code will still be good after a while."""
        return _now() + after < self.until


class QueuedSender(Sender):
    """Seals messages and hands them to a queue, from which a worker delivers them.

    A project names the sender that does the work: ``sender`` is its dotted path, and a worker makes it without
    arguments. What lies in the queue is sealed by the deployment's vault, for a broker keeps messages on disk and
    shows them to its operators.

    A parcel carries what the subclass is called, and a worker looks for that among the subclasses that are defined: not
    even with stolen keys does whoever fills the queue have anything else imported or called.
    """

    sender: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if cls.sender:
            _defined[_name(cls)] = cls

    def __init__(self) -> None:
        """Look the sender up, so that a wrong name is found here and not by a worker."""
        if not self.sender:
            raise ImproperlyConfigured(f"{type(self).__qualname__}.sender must be the dotted path of a sender.")
        import_string(self.sender)

    def send(self, message: Message) -> None:
        """Hand a message over; raises whatever the queue raises."""
        start = _now() if message.challenge is None else message.challenge.dispatched_at
        parcel = Parcel(
            message=message,
            sender=_name(type(self)),
            language=translation.get_language(),
            until=start + message.lifetime,
        )
        self.hand_over(parcel.seal())

    @abstractmethod
    def hand_over(self, sealed: str) -> None:
        """Put a sealed parcel into the queue."""


_defined: dict[str, type[QueuedSender]] = {}


def received(sealed: str) -> Parcel | None:
    """Open a parcel; returns None, having logged why, for one that is to be left alone.

    That is what other keys have sealed, or this deployment for another purpose or in the form of another release, and
    what was handed over by no sender that is defined here.
    """
    try:
        parcel = Parcel.open(sealed)
        if parcel.sender not in _defined:
            _ = use_cases().dispatch_challenge  # imports what the settings name
        _ = _defined[parcel.sender]
    except (SealError, ValueError, LookupError, TypeError, AttributeError) as refusal:
        # Only the kind: whatever lies in a queue is somebody else's words.
        logger.error("A parcel in the queue was refused: %s", type(refusal).__name__)  # noqa: TRY400
        return None
    return parcel


def deliver_sealed(sealed: str, again: Callable[[Parcel], None] = lambda _: None) -> None:
    """Deliver a sealed parcel in a worker; raises ``DeliveryFailed`` when its challenge was voided.

    ``again`` is asked before that where another try may help, and raises what has the queue make one. The user of a
    challenge that is void can ask for another code. A parcel that is not this deployment's own does nothing.
    """
    parcel = received(sealed)
    reason = None if parcel is None else _undelivered(parcel)
    if parcel is None or reason is None:
        return
    if reason not in {EXPIRED, TIMED_OUT}:
        again(parcel)
    if parcel.message.challenge is not None:
        use_cases().void_challenge(parcel.message.challenge)
    raise DeliveryFailed(reason)


def _undelivered(parcel: Parcel) -> str | None:
    """Deliver a parcel by its sender, or return why not, in words that quote neither code nor address.

    A code whose time is over is not delivered, and one that has waited is said to live as long as is left to it. A
    delivery that timed out is final: it may have gone through, and every further try would be a message that the
    hourly limit, which protects the owner of the address, does not count. The sender's exception is dropped, since
    queues keep and log exceptions, and it may hold the code or the address.
    """
    left = parcel.until - _now()
    if left <= timedelta():
        return EXPIRED
    try:
        with translation.override(parcel.language):
            _made(_defined[parcel.sender].sender).send(attrs.evolve(parcel.message, lifetime=left))
    except DeliveryTimedOut:
        return TIMED_OUT
    except Exception as failure:  # noqa: BLE001 - whatever a sender raises, the code did not get there
        return type(failure).__name__
    return None


def _name(queued: type[QueuedSender]) -> str:
    return f"{queued.__module__}.{queued.__qualname__}"


def _now() -> datetime:
    """Ask the clock by which the challenge itself is judged."""
    return use_cases().void_challenge.transactions.clock.now()


@cache
def _made(path: str) -> Sender:
    return cast("Sender", import_string(path)())
