"""What has expired, where it is stored."""

from abc import abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from mfa.domain.identifiers import UserId


class ExpiredRows(Protocol):
    """Finds what has expired by an index, and drops what is no account's."""

    @property
    @abstractmethod
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of rows that may be dropped by themselves; those of the trail are called ``audit``."""

    @abstractmethod
    def accounts(self, now: datetime, batch: int) -> Iterable[UserId]:
        """Go through the accounts in which something has expired, so many read at once."""

    @abstractmethod
    def drop(self, kind: str, until: datetime, batch: int) -> Iterable[int]:
        """Drop what ended by then, so many rows at most in a transaction of their own, and tell of each how many.

        What is not asked for is not dropped. Raises ``Unavailable``.
        """
