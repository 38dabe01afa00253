"""Measures on PostgreSQL, prints a table, and fails where something grows: ``make scale``."""

import os
import sys

import django
from django.db import connections

from benchmarks.databases import on_postgresql
from benchmarks.scale import settings
from tests import services


def main() -> int:
    """Make the databases, and measure."""
    if reason := services.absence("postgresql"):
        print(f"failed: {reason}")
        return 1
    os.environ["DJANGO_SETTINGS_MODULE"] = settings.__name__
    with on_postgresql([str(settings.DATABASES[str(size)]["NAME"]) for size in settings.SIZES]):
        django.setup()
        from benchmarks.scale import measuring  # noqa: PLC0415 - the models are there only now

        try:
            return measuring.measure()
        finally:
            connections.close_all()


if __name__ == "__main__":
    sys.exit(main())
