"""What is kept of events, in memory."""

from collections.abc import Sequence
from datetime import datetime
from threading import Lock

import attrs

from mfa.application.ports.audit import AuditQuery, AuditRow, AuditTrail


class MemoryAuditTrail(AuditTrail):
    """Keeps rows in a list."""

    def __init__(self) -> None:
        self.rows: list[AuditRow] = []
        self._lock = Lock()

    def add(self, rows: Sequence[AuditRow]) -> None:
        """Keep rows, numbered from one."""
        with self._lock:
            last = self.rows[-1].number or 0 if self.rows else 0
            self.rows += [attrs.evolve(row, number=last + place) for place, row in enumerate(rows, start=1)]

    def read(self, query: AuditQuery) -> Sequence[AuditRow]:
        """Return the rows that are asked for."""
        found = [row for row in self.rows if _asked_for(query, row)]
        return (found if query.oldest_first else found[::-1])[: query.limit]

    def drop(self, until: datetime, most: int) -> int:
        """Drop the oldest rows up to a time, so many at most, and return how many."""
        with self._lock:
            over = [row for row in self.rows if row.at <= until][:most]
            numbers = {row.number for row in over}
            self.rows = [row for row in self.rows if row.number not in numbers]
            return len(over)


def _asked_for(query: AuditQuery, row: AuditRow) -> bool:
    number = row.number or 0
    return (
        query.user_id in {None, row.user_id}
        and (query.since is None or row.at >= query.since)
        and (not query.events or row.event in query.events)
        and (query.before is None or number < query.before)
        and (query.after is None or number > query.after)
    )
