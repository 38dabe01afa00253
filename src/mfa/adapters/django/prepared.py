"""Statements that are compiled once for each connection, and sent again with other values.

To build a query set and to compile it takes Django several times as long as the database takes to answer, so what every
request asks and writes is compiled once (decision 0018). It is Django's own SQL, for whichever database it is, with
Django's own conversions both ways.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BinaryField, CharField, Field, Model, QuerySet, Value
from django.db.models.constants import OnConflict
from django.db.models.manager import BaseManager
from django.db.models.sql import InsertQuery, UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

_STATEMENTS = "_mfa_statements"
"""Where a connection keeps them, so that they go with it."""

_CURSOR = "_mfa_cursor"
"""Where it keeps the cursor of ``one_cursor``."""


class Placeholder(Value):
    """Where a value goes in a statement that is compiled without it; the field says how the value is written."""

    def __init__(self, name: Hashable, field: "Field[Any, Any]") -> None:
        super().__init__(name, output_field=field)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:  # noqa: ANN401 - as in Django
        """Leave room for the value, which is never NULL."""
        return "%s", (self,)

    def as_mysql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:  # noqa: ANN401 - as in Django
        """Say of octets that they are no text, which MySQL and MariaDB would otherwise take them for."""
        return "_binary %s" if isinstance(self.output_field, BinaryField) else "%s", (self,)


class _Constant(Value):
    """A value that is a part of a statement, as its SQL."""

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:  # noqa: ANN401 - as in Django
        """Return the SQL itself."""
        return self.value, ()


class _Statement:
    def __init__(
        self, compiler: SQLCompiler, sql: str, parameters: Sequence[Any], converters: dict[int, Any] | None = None
    ) -> None:
        self.compiler = compiler
        self.parameters = parameters
        self.converters = converters
        # Of all values, on SQLite: where they have none, Django looks through the whole text whenever it is sent.
        named = compiler.connection.vendor == "sqlite"
        self._names = [f"p{number}" for number in range(len(parameters))] if named else []
        places = tuple(f"%({name})s" for name in self._names)
        self._sent = sql.replace("%%", "%%%%") % places if places else sql
        # Where values go, by the names of their placeholders, and the fields that write them for the database.
        self._places: Sequence[tuple[int, Hashable, Field[Any, Any]]] = [
            (place, each.value, getattr(each.output_field, "target_field", each.output_field))
            for place, each in enumerate(parameters)
            if isinstance(each, Placeholder)
        ]

    def bound(self, values: Mapping[Any, object]) -> list[Any] | dict[str, Any]:
        connection, bound = self.compiler.connection, list(self.parameters)
        for place, name, field in self._places:
            value = values[name]
            # A text is written as it is, which takes Django five calls to find out.
            text = type(value) is str and type(field) is CharField
            bound[place] = value if text else field.get_db_prep_value(value, connection)
        return dict(zip(self._names, bound, strict=True)) if self._names else bound

    def read(self, values: Mapping[Any, object]) -> Sequence[Sequence[Any]]:
        with self.compiler.connection.cursor() as cursor:
            cursor.execute(self._sent, self.bound(values))
            rows = cursor.fetchall()
        return list(self.compiler.apply_converters(rows, self.converters)) if self.converters else rows

    def write(self, values: Mapping[Any, object]) -> int:
        connection = self.compiler.connection
        shared = vars(connection).get(_CURSOR)
        with (
            transaction.mark_for_rollback_on_error(using=connection.alias),
            connection.cursor() if shared is None else nullcontext(shared) as cursor,
        ):
            cursor.execute(self._sent, self.bound(values))
            written: int = cursor.rowcount
            return written


def rows(
    alias: str, name: Hashable, build: Callable[[], QuerySet[Any, Any]], **values: object
) -> Sequence[Sequence[Any]]:
    """Return the rows of the query set that ``build`` makes, with placeholders for the values.

    ``name`` tells the query set from every other; one that is not the same each time has None, and is not kept. Tables
    have short names in it, since drivers and databases read the whole text whenever it is sent.
    """

    def compiled() -> _Statement:
        query: Any = build().query
        for each in (query, *query.combined_queries):
            each.change_aliases({table: f"t{number}" for number, table in enumerate(each.alias_map)})
        compiler = query.get_compiler(using=alias)
        sql, parameters = compiler.as_sql()
        return _Statement(compiler, sql, parameters, compiler.get_converters([each[0] for each in compiler.select]))

    return _statement(alias, name, compiled).read(values)


def one(alias: str, model: Any, key: object) -> Any | None:  # noqa: ANN401 - of any model
    """Return the row of a primary key, as Django follows a key to it, or None."""
    manager, names = model._base_manager, columns(model)  # noqa: SLF001 - Django's name for it

    def build() -> QuerySet[Any, Any]:
        found: QuerySet[Any, Any] = manager.using(alias).filter(pk=Placeholder("key", model._meta.pk))  # noqa: SLF001 - as above
        return found.values_list(*names)

    found = rows(alias, ("one", model) if same_rows(manager) else None, build, key=key)
    return model.from_db(alias, names, found[0]) if found else None


def update(alias: str, model: type[Model], fields: Mapping[str, object], **place: object) -> int:
    """Write fields of the rows in a place, as ``filter`` finds it but for NULL, and return how many there are."""
    shape, absent = _shape(fields), tuple(name for name in place if place[name] is None)

    def compiled() -> _Statement:
        found = {
            **{name: Placeholder(("in", name), _field(model, name)) for name in place if name not in absent},
            **{f"{name}__isnull": True for name in absent},
        }
        query: Any = model._default_manager.using(alias).filter(**found).query.chain(UpdateQuery)  # noqa: SLF001 - Django's name for it
        query.add_update_values(_written(model, shape, "set"))
        compiler = query.get_compiler(using=alias)
        return _Statement(compiler, *compiler.as_sql())

    values = {("set", name): value for name, value in fields.items()} | {("in", name): place[name] for name in place}
    return _statement(alias, ("update", model, shape, tuple(place), absent), compiled).write(values)


def insert(alias: str, model: type[Model], *rows: Mapping[str, object], on_conflict: OnConflict | None = None) -> int:
    """Write new rows with the same fields, and return how many there are.

    What the database makes by itself, such as a key, is not asked for, and a column that is NULL in all of them is not
    named. With ``OnConflict.IGNORE`` a row whose key is taken is left out.
    """
    shapes = tuple(map(_shape, rows))

    def compiled() -> _Statement:
        fields = [_field(model, name) for name in rows[0] if any(row[name] is not None for row in rows)]
        written = [_written(model, shape, number) for number, shape in enumerate(shapes)]
        made = [model(**{field.attname: each[field.name] for field in fields}) for each in written]
        query = InsertQuery(model, on_conflict=on_conflict)
        query.insert_values(fields, made, raw=True)
        compiler = query.get_compiler(using=alias)
        return _Statement(compiler, *compiler.as_sql()[0])

    values = {(number, name): value for number, row in enumerate(rows) for name, value in row.items()}
    return _statement(alias, ("insert", model, on_conflict, shapes), compiled).write(values)


@contextmanager
def one_cursor(alias: str) -> Iterator[None]:
    """Have all that is written in the block share a cursor: to make one takes a driver longer than to use it."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        vars(connection)[_CURSOR] = cursor
        try:
            yield
        finally:
            vars(connection).pop(_CURSOR, None)


@cache
def columns(model: Any) -> tuple[str, ...]:  # noqa: ANN401 - any model
    """Return the names of a model's own columns."""
    return tuple(field.attname for field in model._meta.concrete_fields)  # noqa: SLF001 - Django's name for it


def same_rows(manager: Any) -> bool:  # noqa: ANN401 - of whichever model
    """Tell whether a manager shows the same rows always, as one does not that asks for the time or a tenant."""
    return type(manager).get_queryset is BaseManager.get_queryset and manager._queryset_class is QuerySet  # noqa: SLF001 - Django's name for it


def forget() -> None:
    """Have everything compiled anew, as for settings of Django's that a test has overridden."""
    for connection in connections.all(initialized_only=True):
        vars(connection).pop(_STATEMENTS, None)


def _statement(alias: str, name: Hashable, compiled: Callable[[], _Statement]) -> _Statement:
    if name is None:
        return compiled()
    known: dict[Hashable, _Statement] = vars(connections[alias]).setdefault(_STATEMENTS, {})
    statement = known.get(name)
    if statement is None:
        statement = known[name] = compiled()
    return statement


_CONSTANTS: Mapping[type, str] = {
    type(None): "NULL",
    int: "0",
    str: "''",
    list: "'[]'",
    dict: "'{}'",
}
"""How nothing is written in SQL, of each kind; all but NULL might as well be values of placeholders."""

_Shape = tuple[tuple[str, str | None], ...]


def _shape(fields: Mapping[str, object]) -> _Shape:
    """Tell statements apart: what is empty is a part of the statement, since a driver takes longer for a value."""
    return tuple((name, None if value else _CONSTANTS.get(type(value))) for name, value in fields.items())


def _written(model: type[Model], shape: _Shape, of: Hashable) -> dict[str, Value]:
    """Return what stands for each field in a statement."""
    return {
        name: Placeholder((of, name), _field(model, name)) if constant is None else _Constant(constant)
        for name, constant in shape
    }


def _field(model: type[Model], name: str) -> Any:  # noqa: ANN401 - a field of any kind
    return model._meta.get_field(name)  # noqa: SLF001 - Django's name for it
