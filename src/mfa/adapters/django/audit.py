"""The audit trail as rows of a table, which nothing changes."""

from collections.abc import Sequence

import attrs

from mfa.adapters.django import prepared
from mfa.adapters.django.database import database, translate_errors
from mfa.adapters.django.models import AuditRecord
from mfa.application.ports.audit import AuditQuery, AuditRow, AuditTrail

_FIELDS = tuple(field.name for field in attrs.fields(AuditRow) if field.name != "number")


class DjangoAuditTrail(AuditTrail):
    """Keeps rows beside the accounts."""

    def add(self, rows: Sequence[AuditRow]) -> None:
        """Insert the rows in one statement."""
        if rows:
            prepared.insert(database(), AuditRecord, *({name: getattr(row, name) for name in _FIELDS} for row in rows))

    @translate_errors
    def read(self, query: AuditQuery) -> Sequence[AuditRow]:
        """Read the rows in one statement, by the index of users or of times."""
        conditions = {
            "user_id": query.user_id,
            "at__gte": query.since,
            "event__in": query.events or None,
            "pk__lt": query.before,
            "pk__gt": query.after,
        }
        chosen = {name: value for name, value in conditions.items() if value is not None}
        found = AuditRecord.objects.using(database()).filter(**chosen).order_by("pk" if query.oldest_first else "-pk")
        rows = found.values_list("pk", *_FIELDS)[: query.limit]
        return [AuditRow(**dict(zip(("number", *_FIELDS), row, strict=True))) for row in rows]
