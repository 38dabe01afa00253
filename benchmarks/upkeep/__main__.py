"""Measures on PostgreSQL, prints tables, and fails where a target is missed: ``make upkeep``."""

import argparse
import os
import sys

import django

from benchmarks.databases import on_postgresql
from benchmarks.upkeep import settings
from tests import services


def main() -> int:
    """Make the database, and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.upkeep", description=__doc__)
    parser.add_argument("--devices", type=int, default=1_000_000, help="half as many users, twice as many challenges")
    options = parser.parse_args()
    if reason := services.absence("postgresql"):
        print(f"failed: {reason}")
        return 1
    os.environ["DJANGO_SETTINGS_MODULE"] = settings.__name__
    with on_postgresql([settings.NAME]):
        django.setup()
        from benchmarks.upkeep import measuring  # noqa: PLC0415 - the models are there only now

        return measuring.measure(options.devices)


if __name__ == "__main__":
    sys.exit(main())
