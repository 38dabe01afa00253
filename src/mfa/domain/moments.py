"""How long ago a stored time was, by a clock that may have been wrong in between."""

from datetime import datetime, timedelta

SKEW = timedelta(minutes=1)
"""How far the clocks of the machines behind one store may lie apart; a time further ahead was no clock's to give."""

_NO_TIME = timedelta(0)


def elapsed(at: datetime, now: datetime) -> timedelta | None:
    """Return how long ago a stored time was: never less than zero, and None for one from further ahead than ``SKEW``.

    A clock that was once a year ahead leaves times behind that would make somebody wait a year, or keep a code fresh
    for one. So a time up to a minute ahead is read as now, and None holds nobody up and opens nothing: what hangs on
    such a time has expired.
    """
    age = now - at
    return max(age, _NO_TIME) if age >= -SKEW else None


def expired(expires_at: datetime, *, lifetime: timedelta, now: datetime) -> bool:
    """Tell whether what lives so long has ended, or ends later than it could, which was a clock that was wrong."""
    age = elapsed(expires_at - lifetime, now)
    return age is None or age >= lifetime
