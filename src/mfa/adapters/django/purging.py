"""What has expired, found by the index of its end."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from django.db.models import Model, QuerySet

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
    """Reads keys by an index, and deletes by keys, so that no statement looks at more than a batch.

    That is so whatever a database expects of a table, such as PostgreSQL where nobody has told it of new rows since a
    restore. It has to hold for each condition by itself: what is over is no part of any, for where a database takes
    that for a few rows it reads all of them, to sort them or to see which of them have the keys.
    """

    kinds = tuple(_KINDS)

    def accounts(self, now: datetime, batch: int) -> Iterator[UserId]:
        """Go through the accounts with a pending device, a pass or a remembered browser that is over.

        One of which several things are over may come more than once.
        """
        for model, ends, key in ((DeviceRecord, "expires_at", "account_id"), (AccountRecord, "purge_at", "user_id")):
            for found in _over(model, ends, key, now, batch):
                yield from dict.fromkeys(UserId(str(each.key)) for each in found)

    def drop(self, kind: str, until: datetime, batch: int) -> Iterator[int]:
        """Delete batch after batch, the oldest first, and tell how many went.

        Keys are read before the transaction that deletes: SQLite lets no transaction write that has read before
        somebody else wrote. What was renewed meanwhile is left.
        """
        model, ends = _KINDS[kind]
        for found in _over(model, ends, "pk", until, batch):
            keys = [each.pk for each in found]
            between = {f"{ends}__range": (found[0].ends, found[-1].ends)}
            deleted, _ = retried(translate_errors(_rows(model).filter(pk__in=keys, **between).delete))
            yield deleted


class _Row(NamedTuple):
    ends: datetime
    pk: object
    key: object


def _over(model: type[Model], ends: str, key: str, until: datetime, batch: int) -> Iterator[list[_Row]]:
    """Read what ended by then, a batch at a time, the oldest first; no row twice.

    Each batch is looked for from where the last one ended: as long as anybody reads as of a moment before the purge,
    such as a backup, PostgreSQL goes through all that was deleted since to find what was not.
    """
    rest, met = _rows(model).filter(**{f"{ends}__isnull": False}), set[object]()
    while True:
        # Whoever is called to drop may leave a row: it is read again, and stands in nobody's way.
        first = rest.order_by(ends).values_list(ends, "pk", key)[: batch + len(met)]
        read = [_Row(*row) for row in retried(translate_errors(partial(list[Any], first)))]
        found = [row for row in read if row.pk not in met and row.ends <= until][:batch]
        if not found:
            return
        yield found
        last, done = found[-1].ends, met.union(row.pk for row in found)
        met = {row.pk for row in read if row.ends == last and row.pk in done}
        rest = _rows(model).filter(**{f"{ends}__gte": last})


def _rows(model: type[Model]) -> QuerySet[Any, Any]:
    return model._default_manager.using(database())  # noqa: SLF001 - Django's name for it
