"""What the senders that queue have in common: sealed messages and notices, and workers that open and deliver them."""

import logging
from abc import abstractmethod
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from functools import cache
from typing import ClassVar, Self, cast

import attrs
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation
from django.utils.module_loading import import_string

from mfa.adapters.accessor import use_cases
from mfa.adapters.senders.django_email import DjangoEmailSender
from mfa.application.ports.delivery import DeliveryTimedOut, Message, Notice, NoticeSender, Sender
from mfa.domain import states
from mfa.domain.errors import DeliveryFailed, SealError
from mfa.domain.values import ValueObject

NOTICE_LIFETIME = timedelta(days=1)
"""So long it is worth telling a person what has happened."""

FIRST_WAIT = timedelta(seconds=2)
"""Before the first retry; every further wait is twice as long."""

logger = logging.getLogger("mfa")


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class _Sealed(ValueObject):
    """What travels through a queue, and until when it is of any use.

    ``sender``, which each has, is what the ``QueuedSender`` is called that has handed it over and knows who does the
    work.
    """

    context: ClassVar[bytes]
    """Binds a seal to the queue and to how a parcel is written: nothing that is sealed elsewhere opens here."""
    most_retries: ClassVar[int]

    until: datetime

    def seal(self) -> str:
        """Write the parcel as text that tells nobody anything."""
        return urlsafe_b64encode(use_cases().vault.seal(states.encode(self), self.context)).decode()

    @classmethod
    def open(cls, sealed: str) -> Self:
        """Read what ``seal`` wrote; raises ``SealError``, and ``ValueError`` or ``TypeError`` for what is none."""
        return states.decode(cls, use_cases().vault.open(urlsafe_b64decode(sealed), cls.context))

    def wait(self, tries: int) -> timedelta | None:
        """Tell how long to wait after so many tries that were tried again; None where no other is worth it."""
        wait = FIRST_WAIT * 2**tries
        return wait if tries < self.most_retries and now() + wait < self.until else None


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Parcel(_Sealed):
    """A code on its way through a queue, and in which language it is delivered."""

    context = b"mfa.adapters.senders.queue: parcel"
    most_retries = 3
    """A person waits 14 seconds at most for a new try."""

    message: Message
    sender: str
    language: str | None


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class NoticeParcel(_Sealed):
    """A notice on its way through a queue, and how often it was tried already where a queue does not count itself."""

    context = b"mfa.adapters.senders.queue: notice"
    most_retries = 8
    """Nobody waits for a notice: the mail server has eight minutes to come back."""

    notice: Notice
    sender: str = attrs.field(repr=False)
    tries: int = 0


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Failure(ValueObject):
    """Why a parcel was not delivered, in words that quote neither code nor address."""

    reason: str
    final: bool = True


class QueuedSender(Sender, NoticeSender):
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
            defined[_name(cls)] = cls

    def __init__(self) -> None:
        """Look the sender up, so that a wrong name is found here and not by a worker."""
        if not self.sender:
            raise ImproperlyConfigured(f"{type(self).__qualname__}.sender must be the dotted path of a sender.")
        import_string(self.sender)

    def send(self, message: Message) -> None:
        """Hand a message over; raises whatever the queue raises."""
        start = now() if message.challenge is None else message.challenge.dispatched_at
        parcel = Parcel(
            message=message,
            sender=_name(type(self)),
            language=translation.get_language(),
            until=start + message.lifetime,
        )
        self.hand_over(parcel.seal())

    def send_notice(self, notice: Notice) -> None:
        """Hand a notice over; raises whatever the queue raises."""
        parcel = NoticeParcel(notice=notice, sender=_name(type(self)), until=now() + NOTICE_LIFETIME)
        self.hand_over(parcel.seal())

    @abstractmethod
    def hand_over(self, sealed: str) -> None:
        """Put a sealed parcel into the queue."""


defined: dict[str, type[QueuedSender]] = {}
"""What hands parcels over, by what each is called."""


def received(sealed: str) -> Parcel | NoticeParcel | None:
    """Open a parcel; returns None, having logged why, for one that is to be left alone.

    That is what other keys have sealed, or this deployment for another purpose or in the form of another release, and
    what was handed over by no sender that is defined here.
    """
    try:
        parcel = _opened(sealed)
        if parcel.sender not in defined:
            _ = use_cases().dispatch_challenge  # imports what the settings name
        _ = defined[parcel.sender]
    except (SealError, ValueError, LookupError, TypeError, AttributeError) as refusal:
        # Only the kind: whatever lies in a queue is somebody else's words.
        logger.error("A parcel in the queue was refused: %s", type(refusal).__name__)  # noqa: TRY400
        return None
    return parcel


def _opened(sealed: str) -> Parcel | NoticeParcel:
    try:
        return Parcel.open(sealed)
    except SealError:
        return NoticeParcel.open(sealed)


def deliver(parcel: Parcel | NoticeParcel) -> Failure | None:
    """Deliver a parcel by its sender, and tell what went wrong.

    A code whose time is over is not delivered, and one that has waited is said to live as long as is left to it. A
    delivery that timed out is final: it may have gone through, and every further try would be a message that the
    hourly limit, which protects the owner of the address, does not count. The sender's exception is dropped, since
    queues keep and log exceptions, and it may hold the code or the address. A notice is rather delivered twice than
    never.
    """
    left = parcel.until - now()
    if left <= timedelta():
        return Failure(reason="the code has expired" if isinstance(parcel, Parcel) else "too late")
    try:
        _hand_on(parcel, _made(defined[parcel.sender].sender), left)
    except DeliveryTimedOut:
        return Failure(reason="timed out", final=isinstance(parcel, Parcel))
    except Exception as failure:  # noqa: BLE001 - whatever a sender raises, it did not get there
        return Failure(reason=type(failure).__name__, final=False)
    return None


def _hand_on(parcel: Parcel | NoticeParcel, sender: Sender, left: timedelta) -> None:
    """Have the work done by a sender, or where that knows codes alone a notice by Django's mail."""
    if isinstance(parcel, Parcel):
        with translation.override(parcel.language):
            sender.send(attrs.evolve(parcel.message, lifetime=left))
    else:
        (sender if isinstance(sender, NoticeSender) else DjangoEmailSender()).send_notice(parcel.notice)


def give_up(parcel: Parcel | NoticeParcel, failure: Failure) -> None:
    """Void the challenge, so that the user can ask for another code, and raise ``DeliveryFailed`` for operators.

    A notice that is given up is logged.
    """
    if isinstance(parcel, NoticeParcel):
        logger.error("A notice was not delivered: %s", failure.reason)
    elif parcel.message.challenge is not None:
        use_cases().void_challenge(parcel.message.challenge)
    raise DeliveryFailed(failure.reason)


def _name(queued: type[QueuedSender]) -> str:
    return f"{queued.__module__}.{queued.__qualname__}"


def now() -> datetime:
    """Ask the clock by which the challenge itself is judged."""
    return use_cases().void_challenge.transactions.clock.now()


@cache
def _made(path: str) -> Sender:
    return cast("Sender", import_string(path)())
