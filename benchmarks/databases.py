"""Databases for a measurement, which are dropped when it is over."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from tests.services import POSTGRESQL
from tests.settings import database


@contextmanager
def on_postgresql(names: Sequence[str]) -> Iterator[None]:
    """Make databases of these names anew, and drop them in the end."""
    with psycopg.connect(
        host=POSTGRESQL.host, port=POSTGRESQL.port, user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        for name in names:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield
        finally:
            for name in names:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def one_of_its_own(kind: str) -> Iterator[dict[str, Any]]:
    """Lend a new database, as Django's settings describe it."""
    name = f"mfa_bench_{uuid4().hex}"
    if kind == "postgresql":
        with on_postgresql([name]):
            yield {**database(kind), "NAME": name}
    else:
        with tempfile.TemporaryDirectory(prefix="mfa-bench-") as folder:
            yield {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(folder) / "db.sqlite3")}
