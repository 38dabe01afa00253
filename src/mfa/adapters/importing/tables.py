"""Tables of another package, whether its app is installed or not: read by the key of their users, a batch at a time."""

import json
from base64 import b32decode
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import attrs
from django.apps.registry import Apps, apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import DataError, Error, connections
from django.db.models import (
    BigIntegerField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Field,
    Model,
    OuterRef,
    TextField,
)
from django.utils import timezone

from mfa.application.ports.importing import (
    Failed,
    FoundRow,
    FoundUser,
    ImportSource,
    KnownUser,
    LeftOut,
    SourcePlace,
    SourceUnreadable,
)
from mfa.domain.methods.adoption import NotAdopted

BATCH = 500
"""Users whose rows are read at once."""

_UNREADABLE = (AttributeError, ValueError, TypeError, OverflowError, ValidationError, DataError)
"""What a column makes of a value that it cannot hold; of a text that is no time SQLite's makes an attribute error, and
of a time that Python does not have PostgreSQL's driver one of data."""

_OWNER = ExpressionWrapper(F("user_id"), output_field=Field())
"""The key of a user as the driver has it, which need not be one that the column can hold."""

Read = Callable[[Any, Any], Iterable[FoundRow]]
"""Says what a row tells, with whatever was read beside its batch."""


class TableSource(ImportSource):
    """Reads tables of the database that the import names."""

    def __init__(self, place: SourcePlace) -> None:
        self._database = place.database

    def _tables(self, model: Any) -> "UserTables":  # noqa: ANN401 - as everywhere here
        """Return the table that has the rows of users; raises ``SourceUnreadable`` where it is missing."""
        demand(self._database, model)
        return UserTables(self._database, [model])


def table(name: str, /, **columns: "Field[Any, Any]") -> Any:  # noqa: ANN401 - a model that nobody but the source knows
    """Describe a table by the columns that are read, as a model that stands in no registry; ``id`` is its key.

    JSON is read as a ``TextField`` and by ``as_json``: what is none is then a row that fails.
    """
    meta = type("Meta", (), {"apps": Apps(), "app_label": "mfa_importing", "db_table": name, "managed": False})
    return type(name, (Model,), {"__module__": __name__, "Meta": meta, **columns})


def authenticators(name: str, /, **columns: "Field[Any, Any]") -> Any:  # noqa: ANN401 - as above
    """Describe a table of authenticators, as several packages have one: what each is says its type, and its data."""
    return table(
        name,
        user_id=user_key(),
        type=TextField(),
        data=TextField(),
        created_at=DateTimeField(),
        last_used_at=DateTimeField(),
        **columns,
    )


def user_key() -> "Field[Any, Any]":
    """Return a column that holds the primary key of a user, in whatever form the database has that."""
    key: Any = get_user_model()._meta.pk  # noqa: SLF001 - Django's name for it
    while key.remote_field:
        key = key.target_field  # of a user model that extends another one
    if key.get_internal_type().endswith("AutoField"):
        return BigIntegerField()
    _, _, arguments, options = key.deconstruct()
    column: Field[Any, Any] = type(key)(*arguments, **{**options, "primary_key": False})
    return column


def table_name(model: Any) -> str:  # noqa: ANN401 - a table that is described here, or a row of it
    """Return what the database calls a table."""
    return str(model._meta.db_table)  # noqa: SLF001 - Django's name for it


def row_name(model: Any, key: object, part: str = "") -> str:  # noqa: ANN401 - as above
    """Return what the report calls a row, or one of several parts that it has: ``otp_totp_totpdevice:1``."""
    return f"{table_name(model)}:{key}" + (f":{part}" if part else "")


def found_row(  # noqa: PLR0913 - all that a row says
    row: Any,  # noqa: ANN401 - a row of any table
    method: str,
    read: Callable[[], object],
    *,
    part: str = "",
    name: object = "",
    created_at: datetime | None = None,
    last_used_at: datetime | None = None,
) -> FoundRow:
    """Read a row; what ``read`` raises is why it does not come, and whatever it is, it stops no other."""
    found: object
    try:
        found = read()
    except NotAdopted as refusal:
        found = Failed(reason=refusal.reason) if refusal.failed else LeftOut(reason=refusal.reason)
    except Exception:  # noqa: BLE001 - what garbage makes of another package's code is no closed set of errors
        found = Failed(reason="unreadable")
    return FoundRow(
        row=row_name(row, row.pk, part),
        method=method,
        found=found,
        name=name if isinstance(name, str) else "",
        created_at=aware(created_at),
        last_used_at=aware(last_used_at),
    )


def dated_row(row: Any, method: str, read: Callable[[], object], *, name: object = "") -> FoundRow:  # noqa: ANN401 - a row of any table
    """Read a row as ``found_row`` does, with its times where the table has the columns for them."""
    created_at, last_used_at = getattr(row, "created_at", None), getattr(row, "last_used_at", None)
    return found_row(row, method, read, name=name, created_at=created_at, last_used_at=last_used_at)


def as_json(value: object) -> Any:  # noqa: ANN401 - whatever JSON has
    """Read a column of JSON, as text or as what the driver has made of it; raises ``NotAdopted``."""
    if not isinstance(value, str | bytes):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise NotAdopted("unreadable") from None


def as_text(value: object) -> str:
    """Read a member of JSON that has to be a text; raises ``NotAdopted``."""
    if not isinstance(value, str):
        raise NotAdopted("unreadable")
    return value


def hints(value: object) -> tuple[object, ...]:
    """Read a list of JSON, as text or read already, that is worth having; whatever is none has nothing in it."""
    with suppress(NotAdopted):
        found = as_json(value)
        if isinstance(found, list):
            return tuple(found)
    return ()


def sheets(rows: Iterable[Any]) -> Mapping[Any, str]:
    """Name the sheets of a package that looks at a user's first row of codes alone, by the keys of these rows.

    New codes are a new row there, and still the same sheet: those on it before are void.
    """
    first: dict[Any, Any] = {}
    for row in rows:
        if row.type == "recovery_codes":
            first.setdefault(row.user_id, row)
    return {row.pk: table_name(row) for row in first.values()}


def base32(text: str) -> bytes:
    """Read a seed in base32 (RFC 4648 section 6), in either case and padded or not; raises ``ValueError``."""
    bare = text.rstrip("=")
    return b32decode(bare + "=" * (-len(bare) % 8), casefold=True)


def aware(at: object) -> datetime | None:
    """Return a time as the core has times; None for what is none."""
    if not isinstance(at, datetime):
        return None
    return timezone.make_aware(at) if timezone.is_naive(at) else at


def columns(database: str, *names: str) -> Mapping[str, frozenset[str]]:
    """Return the columns of those of the tables that there are.

    Raises ``SourceUnreadable`` for a database that does not answer.
    """
    if database not in connections:
        raise SourceUnreadable(f"DATABASES has no {database!r}.")
    connection = connections[database]
    with _readable(database), connection.cursor() as cursor:
        there = {*names}.intersection(connection.introspection.table_names(cursor))
        described = {name: connection.introspection.get_table_description(cursor, name) for name in there}
    return {name: frozenset(column.name for column in table) for name, table in described.items()}


def model_table(database: str, named: object, *, column: str, default: str) -> str:
    """Return the table of a model that a project names, installed or not.

    That is the ``default`` where the model only extends the other package's own, whose table has the ``column``, and
    where the setting names none at all.
    """
    label = str(named)
    try:
        name = table_name(apps.get_model(label))
    except (LookupError, ValueError):
        name = label.lower().replace(".", "_")
    return name if column in columns(database, name).get(name, ()) else default


def existing(database: str, *models: Any) -> list[Any]:
    """Return those of the tables that there are; raises ``SourceUnreadable``, also where a column is missing."""
    there = columns(database, *map(table_name, models))
    found = [model for model in models if table_name(model) in there]
    for model in found:
        name = table_name(model)
        for field in model._meta.concrete_fields:  # noqa: SLF001 - Django's name for it
            if field.column not in there[name]:
                raise SourceUnreadable(
                    f"The table {name!r} has no column {field.column!r}: it belongs to another version."
                )
    return found


def demand(database: str, *models: Any) -> None:
    """Raise ``SourceUnreadable`` that names the first of the tables that is missing."""
    there = existing(database, *models)
    for model in models:
        if model not in there:
            raise SourceUnreadable(
                f"The database {database!r} has no table {table_name(model)!r}, so there is nothing to import."
            )


@attrs.frozen(repr=False)
class UserTables:
    """Tables with a column ``user_id`` (``user_key``), from which all rows of a user come together."""

    database: str
    models: Sequence[Any]

    def users(
        self, only: KnownUser | None, read: Read, *, beside: Callable[[Sequence[Any]], Any] = lambda _: None
    ) -> Iterator[FoundUser]:
        """Go through the users: a user's rows by the tables in their order, and there by their keys.

        ``beside`` is asked once for each batch of rows for what else ``read`` needs of them, such as children. Raises
        ``SourceUnreadable``.
        """
        batches = self._batches(only)
        while True:
            with _readable(self.database):
                batch = next(batches, None)
                if batch is None:
                    return
                context = beside([row for rows in batch.values() for row in rows if not isinstance(row, FoundRow)])
            for user, rows in batch.items():
                found = ([row] if isinstance(row, FoundRow) else read(row, context) for row in rows)
                yield FoundUser(user=user, rows=tuple(each for some in found for each in some))

    def children(self, model: Any, parent: str, rows: Iterable[Any]) -> Mapping[Any, Sequence[Any]]:  # noqa: ANN401
        """Return the rows of a table without ``user_id``, by the key of the row that the column ``parent`` names."""
        found: defaultdict[Any, list[Any]] = defaultdict(list)
        keys = [row.pk for row in rows]
        for child in self._of(model).filter(**{f"{parent}__in": keys}).order_by("pk"):
            found[getattr(child, parent)].append(child)
        return found

    def _batches(self, only: KnownUser | None) -> Iterator[Mapping[str, Sequence[Any]]]:
        """Read by the users of the first table, then by those of the second who are not in the first, and so on.

        No table is gone through twice, and no cursor is open while accounts are written.
        """
        if only is not None:
            yield self._rows([only.id])
            return
        for position, model in enumerate(self.models):
            fresh = self._of(model)
            for earlier in self.models[:position]:
                fresh = fresh.filter(~Exists(self._of(earlier).filter(user_id=OuterRef("user_id"))))
            keys = fresh.annotate(owner=_OWNER).order_by("owner").values_list("owner", flat=True).distinct()
            batch = list(keys[:BATCH])
            while batch:
                yield self._rows(batch)
                batch = list(keys.filter(owner__gt=batch[-1])[:BATCH])

    def _rows(self, owners: Collection[Any]) -> Mapping[str, Sequence[Any]]:
        """Read the rows of users; those of a key that is none are nobody's, and are not looked at."""
        keys = {owner: _key(owner) for owner in owners}
        in_order = ((str(owner if key is None else key), list[Any]()) for owner, key in keys.items())
        rows: defaultdict[str, list[Any]] = defaultdict(list, in_order)
        users = [key for key in keys.values() if key is not None]
        nobodys = [owner for owner, key in keys.items() if key is None]
        for model in self.models:
            found = self._of(model).filter(user_id__in=users).order_by("pk")
            try:
                read = [(row.user_id, row) for row in found]
            except _UNREADABLE:
                read = list(_one_by_one(found))
            for user, row in read:
                rows[str(user)].append(row)
            odd = self._of(model).annotate(owner=_OWNER).filter(owner__in=nobodys).order_by("pk")
            for key, owner in odd.values_list("pk", "owner"):
                rows[str(owner)].append(_unreadable(model, key))
        return rows

    def _of(self, model: Any) -> Any:  # noqa: ANN401 - as everywhere here
        return model._default_manager.using(self.database)  # noqa: SLF001 - Django's name for it


def _key(owner: object) -> Any:  # noqa: ANN401 - whatever keys the project's users have
    """Read what a driver has as the key of a user; None for what is none, or not in the one form that numbers have."""
    column = user_key()
    try:
        key = column.to_python(str(owner))
        column.run_validators(key)
    except ValidationError:
        return None
    return None if isinstance(key, int) and str(key) != str(owner) else key


@contextmanager
def _readable(database: str) -> Iterator[None]:
    """Say in a sentence that a database does not answer, or that a table has not the columns that it should have."""
    try:
        yield
    except Error as error:
        # What drivers say may quote a row.
        raise SourceUnreadable(f"The database {database!r} cannot be read: {type(error).__name__}.") from None


def _one_by_one(rows: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - as everywhere here
    """Read rows of which at least one cannot be read, which is then a row that failed."""
    for key, user in rows.values_list("pk", "user_id"):
        try:
            yield user, rows.get(pk=key)
        except _UNREADABLE:
            yield user, _unreadable(rows.model, key)


def _unreadable(model: Any, key: object) -> FoundRow:  # noqa: ANN401 - as everywhere here
    return FoundRow(row=row_name(model, key), method="", found=Failed(reason="unreadable"))
