"""Measures on PostgreSQL, prints a table, and fails where something grows: ``make scale``."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django
import psycopg
from django.db import connections
from psycopg import sql

from benchmarks.scale import settings
from tests import services


def main() -> int:
    """Make the databases, and measure."""
    if reason := services.absence("postgresql"):
        print(f"failed: {reason}")
        return 1
    os.environ["DJANGO_SETTINGS_MODULE"] = settings.__name__
    with databases():
        django.setup()
        from benchmarks.scale import measuring  # noqa: PLC0415 - the models are there only now

        try:
            return measuring.measure()
        finally:
            connections.close_all()


@contextmanager
def databases() -> Iterator[None]:
    """Make a database for each size, and drop them all in the end."""
    names = [str(settings.DATABASES[str(size)]["NAME"]) for size in settings.SIZES]
    address = services.POSTGRESQL
    with psycopg.connect(
        host=address.host, port=address.port, user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        for name in names:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield
        finally:
            for name in names:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


if __name__ == "__main__":
    sys.exit(main())
