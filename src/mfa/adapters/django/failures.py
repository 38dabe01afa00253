"""What the database could not do, in the words of the core."""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import Error, InterfaceError, OperationalError, connections

from mfa.adapters.django.repositories import database
from mfa.domain.errors import MfaError, StoreBusy, Unavailable

_BUSY = frozenset(
    {
        *("40001", "40P01", "55P03"),  # PostgreSQL: serialization failure, deadlock, lock not available
        *(1020, 1205, 1213),  # MariaDB and MySQL: changed since it was read, lock wait time-out, deadlock
        *(5, 6),  # SQLite: busy, locked
    }
)
"""What databases call a transaction that gave way to another."""

logger = logging.getLogger("mfa")

Answer = TypeVar("Answer")


def answered(ask: Callable[[], Answer]) -> Answer:
    """Ask the database; raises ``StoreBusy`` where it gave way to somebody else, ``Unavailable`` where it failed.

    What drivers say may quote a row, so it is neither logged nor chained. The connection is given up, so
    that the next request has another, even where no request of Django's sees to that.
    """
    failure: MfaError
    try:
        return ask()
    except (OperationalError, InterfaceError) as error:
        failure = Unavailable() if _BUSY.isdisjoint(_codes(error)) else StoreBusy()
        failed = type(error).__name__
    if isinstance(failure, Unavailable):
        logger.error("The database failed: %s", failed)
        _give_up_connection()
    raise failure


def _codes(error: Error) -> set[object]:
    """Return what the driver calls it: PostgreSQL's state, SQLite's number without its details, MariaDB's number."""
    cause = error.__cause__
    return {getattr(cause, "sqlstate", None), getattr(cause, "sqlite_errorcode", 0) & 0xFF, *error.args[:1]}


def _give_up_connection() -> None:
    """Close the connection, which may be broken, or in a transaction that Django knows nothing of."""
    connection = connections[database()]
    if not connection.in_atomic_block:
        connection.close()
