"""What has expired, found by the index of its end."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Model, Q, QuerySet

from mfa.adapters.django.database import database, translate_errors
from mfa.adapters.django.models import AccountRecord, AuditRecord, ChallengeRecord, DeviceRecord, SpentLoginRecord
from mfa.application.ports.purging import ExpiredRows
from mfa.application.transactions import retried
from mfa.domain.identifiers import UserId

_KINDS: dict[str, tuple[type[Model], str]] = {
    "challenges": (ChallengeRecord, "expires_at"),
    "logins": (SpentLoginRecord, "expires_at"),
    "audit": (AuditRecord, "at"),
}


class DjangoExpiredRows(ExpiredRows):
    """Reads keys by an index, and deletes by keys, so that no statement looks at more than a batch."""

    kinds = tuple(_KINDS)

    def accounts(self, now: datetime, batch: int) -> Iterator[UserId]:
        """Go through the accounts with a pending device, a pass or a remembered browser that is over.

        One of which several things are over may come more than once.
        """
        for model, ends, key in ((DeviceRecord, "expires_at", "account_id"), (AccountRecord, "purge_at", "user_id")):
            over = model._default_manager.using(database()).filter(**{f"{ends}__lte": now})  # noqa: SLF001 - Django's name for it
            rest = over.order_by(ends, "pk").values_list(ends, "pk", key)
            while found := retried(partial(_read, rest[:batch])):
                yield from dict.fromkeys(UserId(str(row[2])) for row in found)
                end, last, _ = found[-1]
                later = Q(**{f"{ends}__gt": end}) | Q(**{ends: end, "pk__gt": last})
                rest = over.filter(later, **{f"{ends}__gte": end}).order_by(ends, "pk").values_list(ends, "pk", key)

    def drop(self, kind: str, until: datetime, batch: int) -> Iterator[int]:
        """Delete batch after batch, the oldest first, and tell how many went.

        Each is looked for from where the last one ended: as long as anybody reads as of a moment before the purge, such
        as a backup, PostgreSQL goes through all that was deleted since to find what was not.

        Keys are read before the transaction that deletes: SQLite lets no transaction write that has read before
        somebody else wrote. What was renewed meanwhile is left.
        """
        model, column = _KINDS[kind]
        over = model._default_manager.using(database()).filter(**{f"{column}__lte": until})  # noqa: SLF001 - Django's name for it
        rest = over
        while found := retried(partial(_read, rest.order_by(column).values_list("pk", column)[:batch])):
            yield retried(partial(_delete, over.filter(pk__in=[row[0] for row in found])))
            rest = over.filter(**{f"{column}__gte": found[-1][1]})


@translate_errors
def _read(rows: QuerySet[Any, Any]) -> list[Any]:
    return list(rows)


@translate_errors
def _delete(rows: QuerySet[Any, Any]) -> int:
    return rows.delete()[0]
