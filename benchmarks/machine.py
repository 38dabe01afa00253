"""Where something is measured."""

import os
import platform
import sqlite3
from collections.abc import Iterable, Iterator
from importlib import metadata

import psycopg

from tests.services import POSTGRESQL

CALM = 0.5
"""Processes that want to run, on average over a minute."""


def machine(*databases: str) -> str:
    """Describe the machine, the databases on it and the versions of what matters, as a sentence."""
    packages = [
        "Django",
        "djangorestframework",
        "pyotp",
        "gunicorn",
        *(["psycopg"] if "postgresql" in databases else []),
    ]
    return "; ".join([place(), *_described(databases), f"{versions(*packages)}."])


def place() -> str:
    """Describe the machine alone."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, {platform.system()} on {platform.machine()}"


def disturbance() -> str | None:
    """Return a warning where the machine is busy with something else, or None where it is calm."""
    load = os.getloadavg()[0]
    return f"the machine is busy, with a load of {load:.1f}: expect figures to move" if load > CALM else None


def _described(databases: Iterable[str]) -> Iterator[str]:
    if "sqlite" in databases:
        yield f"SQLite {sqlite3.sqlite_version}"
    if "postgresql" in databases:
        with psycopg.connect(
            host=POSTGRESQL.host, port=POSTGRESQL.port, user="postgres", dbname="postgres"
        ) as connection:
            found = connection.execute("SELECT current_setting('server_version'), current_setting('shared_buffers')")
            version, buffers = found.fetchone() or ("", "")
        yield f"PostgreSQL {version.split()[0]} with shared_buffers = {buffers}, on the same machine"


def versions(*packages: str) -> str:
    """Tell the versions of Python and of packages."""
    names = [f"Python {platform.python_version()}", *(f"{name} {metadata.version(name)}" for name in packages)]
    return ", ".join(names)
