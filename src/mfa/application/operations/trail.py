"""Handing the audit trail out."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import attrs

from mfa.application.ports.audit import AuditQuery, AuditRow, AuditTrail
from mfa.application.transactions import UseCase, retried
from mfa.domain.errors import InvalidField
from mfa.domain.events import EVENT_NAMES
from mfa.domain.identifiers import UserId
from mfa.domain.values import ValueObject

BATCH = 500
"""Rows that are read at once."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class TrailWanted(ValueObject):
    """The wish for the rows of one user, or of all; since a time, or for so long; of these events, or of all."""

    user_id: UserId | None = None
    since: datetime | timedelta | None = None
    events: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ReadTrail(UseCase):
    """Hands rows out, the oldest first, a batch at a time.

    Raises ``InvalidField`` for an event that there is not, or a time out of range; ``Unavailable``.
    """

    audit: AuditTrail

    def __call__(self, wanted: TrailWanted) -> Iterator[AuditRow]:
        """Go through the rows that are there; those that are written meanwhile may come as well."""
        if not {*wanted.events} <= {*EVENT_NAMES}:
            raise InvalidField("event", "unknown")
        since = self._since(wanted)
        query = AuditQuery(user_id=wanted.user_id, since=since, events=wanted.events, oldest_first=True, limit=BATCH)
        return self._rows(query)

    def _since(self, wanted: TrailWanted) -> datetime | None:
        if not isinstance(wanted.since, timedelta):
            return wanted.since
        try:
            return self.transactions.clock.now() - wanted.since
        except OverflowError:
            raise InvalidField("since", "out_of_range") from None

    def _rows(self, query: AuditQuery) -> Iterator[AuditRow]:
        while batch := retried(partial(self.audit.read, query)):
            yield from batch
            query = attrs.evolve(query, after=batch[-1].number)
