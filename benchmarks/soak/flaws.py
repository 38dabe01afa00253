"""Adapters with a flaw, by which to see that the run finds one: ``make soak ARGS="--minutes 2 --flaw twice"``.

``twice`` accepts values twice and counts fewer failures than it answers; of ``forgets`` what was acknowledged is not in
the database; with ``leaks`` memory grows (from four minutes on, which is when memory is judged).
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import count

import attrs

from mfa.adapters.django.repositories import DjangoAccountRepository
from mfa.adapters.system.clock import SystemClock
from mfa.domain.accounts import Account
from mfa.domain.challenges import SpentLogin
from mfa.domain.errors import StaleAccount

_saves: Iterator[int] = count(1)
_leaked: list[bytes] = []


class Twice(DjangoAccountRepository):
    """Saves over what somebody else has saved meanwhile."""

    def save(self, before: Account, after: Account, *, spending: SpentLogin | None = None) -> Account:
        """Save, if need be from the version that is stored by now."""
        try:
            return super().save(before, after, spending=spending)
        except StaleAccount:
            stored = self.of(before.user_id, before.token_id)
            return super().save(attrs.evolve(before, version=stored.version), after, spending=spending)


class Forgetful(DjangoAccountRepository):
    """Saves 99 changes of 100."""

    def save(self, before: Account, after: Account, *, spending: SpentLogin | None = None) -> Account:
        """Save, or say so."""
        return after if next(_saves) % 100 == 0 else super().save(before, after, spending=spending)


class LeakingClock(SystemClock):
    """Keeps 4 kB of every reading."""

    def now(self) -> datetime:
        """Read, and leak."""
        _leaked.append(bytes(4096))
        return super().now()
