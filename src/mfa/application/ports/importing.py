"""What moves in from other packages: where it is read, and whose it is."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Protocol

import attrs

from mfa.domain.identifiers import UserId
from mfa.domain.methods.adoption import ImportedAddress, ImportedCode, ImportedCodes, ImportedCredential, ImportedSeed
from mfa.domain.methods.recovery import ForeignHashes
from mfa.domain.values import Confidential, ValueObject

__all__ = [
    "Failed",
    "ForeignHashes",
    "FoundRow",
    "FoundUser",
    "ImportSource",
    "ImportedAddress",
    "ImportedCode",
    "ImportedCodes",
    "ImportedCredential",
    "ImportedSeed",
    "KnownUser",
    "LeftOut",
    "SourceMaker",
    "SourcePlace",
    "SourceUnreadable",
    "UserFinder",
]


class SourceUnreadable(Exception):
    """There is nothing to read from, such as a table that is missing; its text is a sentence for whoever imports."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class LeftOut(ValueObject):
    """A row that is not meant to come, such as a device that was never confirmed; ``reason`` is a stable word."""

    reason: str


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Failed(ValueObject):
    """A row that should come and cannot be read; ``reason`` is a stable word.

    Where a setting of the source is missing, or does not fit, that is ``setting:`` and its name.
    """

    reason: str


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class FoundRow(Confidential):
    """One row of a source: ``row`` is its table and key, ``method`` what its device is here, ``name`` as it stands.

    ``found`` is what it says, in the words of a method. Times are aware, and None where the source does not tell.
    """

    row: str
    method: str
    found: object
    name: str = attrs.field(default="", repr=False)
    created_at: datetime | None = None
    last_used_at: datetime | None = None


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class FoundUser(Confidential):
    """All rows of one user; ``user`` is what the source calls him, as text: the primary key, unless it says otherwise.

    The order of the rows is that in which devices get their indexes.
    """

    user: str
    rows: tuple[FoundRow, ...]


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class SourcePlace(Confidential):
    """Where a source reads: a database, by its alias, or a file, by its path."""

    database: str = "default"
    file: str | None = None


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class KnownUser(Confidential):
    """A user of this deployment, by the primary key and by the natural one."""

    id: UserId
    name: str = attrs.field(default="", repr=False)


class ImportSource(Protocol):
    """Reads what another package keeps of its users, and changes nothing there.

    A class that is named by dotted path is made once for each import, with the ``SourcePlace``.
    """

    name: str
    """What the report calls it."""

    by_name: bool = False
    """Whether it calls users by their natural keys, or by whichever of the two somebody wrote into a file."""

    @abstractmethod
    def users(self, only: KnownUser | None) -> Iterator[FoundUser]:
        """Go once through all users, or look at one only, in batches of bounded memory.

        A row that cannot be read is a row that ``Failed``, and stops nothing. Users who are gone come like any other:
        who is here is not for the source to know. Raises ``SourceUnreadable``.
        """


SourceMaker = Callable[[str, SourcePlace], ImportSource]
"""Makes a source by its short name, or by the dotted path of its class; raises ``SourceUnreadable``."""


class UserFinder(Protocol):
    """Finds users by what a source calls them, many at once."""

    @abstractmethod
    def by_keys(self, keys: Collection[str]) -> Mapping[str, KnownUser]:
        """Return who has these primary keys, in any form that a database writes them; raises ``Unavailable``."""

    @abstractmethod
    def by_names(self, names: Collection[str]) -> Mapping[str, KnownUser]:
        """Return who has these natural keys, to the letter; raises ``Unavailable``."""
