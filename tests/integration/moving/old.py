"""A database as another package has left it, with as much of its tables as a test has to do with."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper

from mfa.application.ports.importing import FoundRow, ImportSource, KnownUser, SourcePlace

ALIAS = "old"


@contextmanager
def opened(file: str = ":memory:") -> Iterator["OldDatabase"]:
    """Add an SQLite database under the alias ``old``, until the end."""
    known = {"default": {}, ALIAS: {"ENGINE": "django.db.backends.sqlite3", "NAME": file}}
    settings = connections.configure_settings(known)[ALIAS]
    connection = DatabaseWrapper(settings, ALIAS)
    # Django lets a test open what it has not announced only before that has its name.
    connection.ensure_connection()
    connections.settings[ALIAS], connections[ALIAS] = settings, connection
    try:
        yield OldDatabase()
    finally:
        connection.close()
        del connections[ALIAS], connections.settings[ALIAS]


@attrs.frozen
class OldDatabase:
    alias: str = ALIAS

    def keeps(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Make a table with the columns of its first row, and numbers for keys; columns take whatever comes."""
        columns = ", ".join(f'"{name}"' for name in rows[0])
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(f'CREATE TABLE "{table}" ("id" INTEGER PRIMARY KEY, {columns})')
        self.adds(table, *rows)

    def adds(self, table: str, *rows: Mapping[str, Any]) -> None:
        columns = ", ".join(f'"{name}"' for name in rows[0])
        places = ", ".join(["%s"] * len(rows[0]))
        with connections[ALIAS].cursor() as cursor:
            cursor.executemany(
                f'INSERT INTO "{table}" ({columns}) VALUES ({places})',  # noqa: S608 - names are the test's
                [list(row.values()) for row in rows],
            )

    def loses(self, table: str) -> None:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(f'DROP TABLE "{table}"')

    def found(
        self, source: Callable[[SourcePlace], ImportSource], only: KnownUser | None = None
    ) -> dict[str, FoundRow]:
        """Return what a source finds, by the names of the rows, which stand in the order of the users."""
        users = list(source(SourcePlace(database=ALIAS)).users(only))
        return {row.row: row for user in users for row in user.rows}
