"""Statements that are compiled once for each connection, and sent again with other values.

To build a query set and to compile it takes Django several times as long as the database takes to answer, so what every
request asks and writes is compiled once (decision 0018). It is Django's own SQL, for whichever database it is, with
Django's own conversions both ways.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache
from typing import Any

import attrs
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BinaryField, Field, Model, QuerySet, Value
from django.db.models.constants import OnConflict
from django.db.models.manager import BaseManager
from django.db.models.sql import InsertQuery, UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

_STATEMENTS = "_mfa_statements"
"""Where a connection keeps them, so that they go with it."""


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

    def bound(self, values: Mapping[Any, object], connection: BaseDatabaseWrapper) -> Any:  # noqa: ANN401 - as the driver has it
        """Return the value as the database is given it."""
        return self.output_field.get_db_prep_value(values[self.value], connection=connection)


@attrs.frozen(repr=False)
class _Statement:
    compiler: SQLCompiler
    sql: str
    parameters: Sequence[Any]
    converters: Any = attrs.field(factory=dict)

    def bound(self, values: Mapping[Any, object]) -> list[Any]:
        connection = self.compiler.connection
        return [each.bound(values, connection) if isinstance(each, Placeholder) else each for each in self.parameters]

    def read(self, values: Mapping[Any, object]) -> Sequence[Sequence[Any]]:
        with self.compiler.connection.cursor() as cursor:
            cursor.execute(self.sql, self.bound(values))
            rows = cursor.fetchall()
        return list(self.compiler.apply_converters(rows, self.converters)) if self.converters else rows

    def write(self, values: Mapping[Any, object]) -> int:
        connection = self.compiler.connection
        with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(self.sql, self.bound(values))
            written: int = cursor.rowcount
            return written


def rows(
    alias: str, name: Hashable, build: Callable[[], QuerySet[Any, Any]], **values: object
) -> Sequence[Sequence[Any]]:
    """Return the rows of the query set that ``build`` makes, with placeholders for the values.

    ``name`` tells the query set from every other; one that is not the same each time has None, and is not kept.
    """

    def compiled() -> _Statement:
        compiler = build().query.get_compiler(using=alias)
        sql, parameters = compiler.as_sql()
        return _Statement(compiler, sql, parameters, compiler.get_converters([each[0] for each in compiler.select]))

    return _statement(alias, name, compiled).read(values)


def one(alias: str, model: Any, key: object) -> Any | None:  # noqa: ANN401 - of any model
    """Return what the model's own manager finds by a primary key, or None."""
    manager, names = model._default_manager, columns(model)  # noqa: SLF001 - Django's name for it

    def build() -> QuerySet[Any, Any]:
        found: QuerySet[Any, Any] = manager.using(alias).filter(pk=Placeholder("key", model._meta.pk))  # noqa: SLF001 - as above
        return found.values_list(*names)

    found = rows(alias, ("one", model) if same_rows(manager) else None, build, key=key)
    return model.from_db(alias, names, found[0]) if found else None


def update(alias: str, model: type[Model], fields: Mapping[str, object], **place: object) -> int:
    """Write fields of the rows in a place, as ``filter`` finds it, and return how many there are."""

    def compiled() -> _Statement:
        found = {name: Placeholder(f"in {name}", _field(model, name)) for name in place}
        query: Any = model._default_manager.using(alias).filter(**found).query.chain(UpdateQuery)  # noqa: SLF001 - Django's name for it
        query.add_update_values(_placeholders(model, fields))
        compiler = query.get_compiler(using=alias)
        return _Statement(compiler, *compiler.as_sql())

    name = ("update", model, *_shape(fields), *place)
    return _statement(alias, name, compiled).write({**fields, **{f"in {each}": place[each] for each in place}})


def insert(alias: str, model: type[Model], *rows: Mapping[str, object], on_conflict: OnConflict | None = None) -> int:
    """Write new rows with the same fields, and return how many there are.

    What the database makes by itself, such as a key, is not asked for, and a column that is NULL in all of them is not
    named. With ``OnConflict.IGNORE`` a row whose key is taken is left out.
    """
    names = [name for name in rows[0] if any(row[name] is not None for row in rows)]

    def compiled() -> _Statement:
        query, fields = InsertQuery(model, on_conflict=on_conflict), [_field(model, name) for name in names]
        made = [
            model(
                **{_field(model, each).attname: _placeholder(model, each, row[each], (number, each)) for each in names}
            )
            for number, row in enumerate(rows)
        ]
        query.insert_values(fields, made, raw=True)
        compiler = query.get_compiler(using=alias)
        return _Statement(compiler, *compiler.as_sql()[0])

    shape = tuple((each, *[row[each] is None for row in rows]) for each in names)
    values = {(number, each): row[each] for number, row in enumerate(rows) for each in names}
    return _statement(alias, ("insert", model, on_conflict, shape), compiled).write(values)


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


def _placeholders(model: type[Model], fields: Mapping[str, object]) -> dict[str, Placeholder | None]:
    return {name: _placeholder(model, name, value, name) for name, value in fields.items()}


def _placeholder(model: type[Model], name: str, value: object, known_as: Hashable) -> Placeholder | None:
    return None if value is None else Placeholder(known_as, _field(model, name))


def _shape(fields: Mapping[str, object]) -> tuple[tuple[str, bool], ...]:
    """Tell statements apart: NULL is a part of a statement, and never a value of a placeholder."""
    return tuple((name, value is None) for name, value in fields.items())


def _field(model: type[Model], name: str) -> Any:  # noqa: ANN401 - a field of any kind
    return model._meta.get_field(name)  # noqa: SLF001 - Django's name for it
