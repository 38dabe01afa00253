"""The database that accounts are in, and its errors in the words of the core."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import Error, InterfaceError, OperationalError, connections, router

from mfa.adapters.django.models import AccountRecord
from mfa.domain.errors import StoreBusy, Unavailable

_BUSY = frozenset(
    {
        *("40001", "40P01", "55P03"),  # PostgreSQL: serialization failure, deadlock, lock not available
        *(1020, 1205, 1213),  # MariaDB and MySQL: changed since it was read, lock wait time-out, deadlock
        *(5, 6),  # SQLite: busy, locked
    }
)
"""What databases call a transaction that gave way to another."""

logger = logging.getLogger("mfa")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def database() -> str:
    """Return the database that accounts are written to, and so read from: a replica may lag behind a removal."""
    return router.db_for_write(AccountRecord)


def translate_errors(ask: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Have what asks a database raise ``StoreBusy`` where that gave way to somebody, ``Unavailable`` where it failed.

    What drivers say may quote a row, so it is neither logged nor chained. A connection that failed is given up, so
    that the next request has another, even where no request of Django's sees to that.
    """

    @wraps(ask)
    def asked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return ask(*args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            busy, failed = not _BUSY.isdisjoint(_codes(error)), type(error).__name__
        if busy:
            raise StoreBusy
        logger.error("The database failed: %s", failed)
        connection = connections[database()]
        # It may be broken, or in a transaction that Django knows nothing of.
        if not connection.in_atomic_block:
            connection.close()
        raise Unavailable

    return asked


def _codes(error: Error) -> set[object]:
    """Return what the driver calls it: PostgreSQL's state, SQLite's number without its details, MariaDB's number."""
    cause = error.__cause__
    return {getattr(cause, "sqlstate", None), getattr(cause, "sqlite_errorcode", 0) & 0xFF, *error.args[:1]}
