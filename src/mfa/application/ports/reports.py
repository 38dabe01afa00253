"""What is counted over all accounts."""

from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

import attrs

from mfa.domain.identifiers import UserId
from mfa.domain.values import ValueObject


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Report(ValueObject):
    """So many users, those with an active device of each method, those without any, and those with a disabled one.

    A user is one user however many devices of a method he has.
    """

    users: int
    methods: Mapping[str, int]
    none: int
    disabled: int


class AccountReports(Protocol):
    """Counts users by what they have; a temporary pass and a pending device are nothing that one has.

    Users who may not log in are left out.
    """

    @abstractmethod
    def groups(self) -> Sequence[str]:
        """Return the names of all groups, sorted; none where users have no groups."""

    @abstractmethod
    def count(self, group: str | None, max_failures: int, guessable: Collection[str]) -> Report:
        """Count the users of a group, or all.

        One is disabled who has an active device that can be guessed, by its method or of itself, with so many failures.
        """

    @abstractmethod
    def missing(self) -> Iterable[UserId]:
        """Go through the users who have no active device, in an order that stays, in batches of bounded memory."""
