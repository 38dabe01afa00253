"""What is kept of events: who did what, why, and from where; written with the change itself."""

import hashlib
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Literal, Protocol

import attrs

from mfa.domain import events
from mfa.domain.events import Event
from mfa.domain.identifiers import UserId
from mfa.domain.values import ValueObject

AuditLevel = Literal["changes", "all", "off"]
"""Which events are kept: all but accepted verifications and dispatches, all, or none."""

USER = "user"
"""Who acted, where it was the owner of the account; no operator may be called so."""

SYSTEM = "system"
"""Who acted, where it was nobody; no operator may be called so."""

_FREQUENT = (events.BrowserTrusted, events.ChallengeDispatched, events.VerificationAccepted)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Client(ValueObject):
    """Where a request came from: the peer's address, None where it is none, and what its browser says of itself."""

    address: str | None = attrs.field(default=None, repr=False)
    user_agent: str = attrs.field(default="", repr=False)


NOWHERE = Client()
"""Where nobody knows from."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Origin(ValueObject):
    """Who acts, and why: ``actor`` is ``user``, ``system`` or the name of an operator, ``why`` what that one says."""

    actor: str = USER
    why: str = attrs.field(default="", repr=False)
    client: Client = NOWHERE


_UNSAID = Origin()
_ORIGIN: ContextVar[Origin] = ContextVar("mfa_origin", default=_UNSAID)


def current_origin() -> Origin:
    """Return who acts in this context; the user, from nowhere, where nobody said."""
    return _ORIGIN.get()


@contextmanager
def acting(origin: Origin) -> Iterator[None]:
    """Have somebody act for as long as the block lasts, in this thread or task."""
    token = _ORIGIN.set(origin)
    try:
        yield
    finally:
        _ORIGIN.reset(token)


def browser_digest() -> str:
    """Return what the browser of the current origin is known by from one login to the next."""
    return hashlib.sha256(b"mfa/browser/" + current_origin().client.user_agent.encode()).hexdigest()[:16]


class ClientAddress(Protocol):
    """Says from where a request comes; ``MFA["ADAPTERS"]`` may name another."""

    @abstractmethod
    def client_of(self, request: object) -> Client:
        """Return where a request came from; no address where what is said to be one is none."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class AuditRow(ValueObject):
    """One event as it is kept; ``number`` orders the rows, and is None until the row is stored.

    ``reason`` is why a value was rejected, or what an event of the deployment counted.
    """

    event: str
    user_id: UserId | None
    device_index: int | None
    method: str
    at: datetime
    actor: str
    why: str = attrs.field(default="", repr=False)
    reason: str = ""
    address: str | None = attrs.field(default=None, repr=False)
    user_agent: str = attrs.field(default="", repr=False)
    number: int | None = None


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class AuditQuery(ValueObject):
    """Which rows are asked for, the newest first, or the ``oldest_first``: of one user, since a time, of some events.

    ``before`` and ``after`` are numbers of rows that are not among them.
    """

    user_id: UserId | None = None
    since: datetime | None = None
    events: tuple[str, ...] = ()
    before: int | None = None
    after: int | None = None
    oldest_first: bool = False
    limit: int = 100


class AuditTrail(Protocol):
    """Keeps rows that are never changed."""

    @abstractmethod
    def add(self, rows: Sequence[AuditRow]) -> None:
        """Store rows in one statement, in the transaction that is open."""

    @abstractmethod
    def read(self, query: AuditQuery) -> Sequence[AuditRow]:
        """Return the rows that are asked for; raises ``StoreBusy`` and ``Unavailable``."""


def rows_of(events: Sequence[Event], level: AuditLevel) -> list[AuditRow]:
    """Write down the events that are kept at a level, as the current origin's."""
    left_out = {"all": (), "changes": _FREQUENT, "off": (Event,)}[level]
    return [_row(event, current_origin()) for event in events if not isinstance(event, left_out)]


def _row(event: Event, origin: Origin) -> AuditRow:
    return AuditRow(
        event=event.name,
        user_id=getattr(event, "user_id", None),
        device_index=getattr(event, "index", None),
        method=getattr(event, "method", ""),
        at=event.at,
        actor=origin.actor,
        why=origin.why,
        reason=_reason(event),
        address=origin.client.address,
        user_agent=origin.client.user_agent,
    )


def _reason(event: Event) -> str:
    if isinstance(event, events.VerificationRejected | events.VerificationReported):
        return event.reason.value
    counts = getattr(event, "counts", None)
    if counts is not None:
        return ", ".join(f"{name}: {count}" for name, count in counts.items())
    if isinstance(event, events.TrustEvent):
        return event.trust
    return str(getattr(event, "accounts", ""))
