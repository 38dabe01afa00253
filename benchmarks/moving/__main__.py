"""Measures on PostgreSQL, prints tables, and fails where a target is missed: ``make moving``."""

import argparse
import os
import sys

import django

from benchmarks.databases import on_postgresql
from benchmarks.moving import settings
from tests import services


def main() -> int:
    """Make the database, and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.moving", description=__doc__)
    parser.add_argument("--users", type=int, default=100_000, help="each with an app and a sheet of ten codes")
    options = parser.parse_args()
    if reason := services.absence("postgresql"):
        print(f"failed: {reason}")
        return 1
    os.environ["DJANGO_SETTINGS_MODULE"] = settings.__name__
    with on_postgresql([settings.NAME]):
        django.setup()
        from benchmarks.moving import measuring  # noqa: PLC0415 - the models are there only now

        return measuring.measure(options.users)


if __name__ == "__main__":
    sys.exit(main())
