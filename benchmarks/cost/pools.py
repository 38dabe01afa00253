"""Users who do one thing each, and then are what they were before, so that they can do it again."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from django.core import mail
from django.db.models import Model, QuerySet

from benchmarks.cost.asking import Ask


class Table(NamedTuple):
    """A table whose rows change, and the column that says whose they are."""

    model: type[Model]
    owner: str


class Pool:
    """Some users, whose rows are remembered as they are when the pool is made.

    So a step is spent, a failure counted and a mail sent under the settings that a project has by default, at the time
    that it really is, and still neither a replay nor a lock nor an interval between mails gets in the way of the next
    round. ``asks`` makes one request for each of them, which is good for some seconds: there may be a code in it.
    """

    def __init__(self, tables: Sequence[Table], users: Sequence[int], asks: Callable[[], list[Ask]]) -> None:
        self._tables = tables
        self._users = users
        self._asks = asks
        self._rows: list[list[dict[str, Any]]] = [list(self._of(table).values()) for table in tables]

    def prepared(self) -> list[Ask]:
        """Put everything back, and return the requests."""
        mail.outbox = []
        self._restore(zip(self._tables, self._rows, strict=True))
        return self._asks()

    def _restore(self, remembered: Iterable[tuple[Table, list[dict[str, Any]]]]) -> None:
        for table in reversed(self._tables):
            self._of(table).delete()
        for table, rows in remembered:
            self._manager(table).bulk_create([table.model(**row) for row in rows])

    def _of(self, table: Table) -> QuerySet[Model]:
        found: QuerySet[Model] = self._manager(table).filter(**{f"{table.owner}__in": self._users})
        return found

    def _manager(self, table: Table) -> Any:  # noqa: ANN401 - of any model
        return table.model._base_manager  # noqa: SLF001 - Django's name for it
