"""The one kind of column that Django does not bring, and how it is read."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, Func
from django.db.models.sql.compiler import SQLCompiler


class MomentField(DateTimeField):  # type: ignore[type-arg] # at run time it takes no parameters
    """A moment, aware and in UTC for whoever writes and reads it, whatever ``USE_TZ`` says.

    With ``USE_TZ = False`` Django refuses aware times, and gives local ones back. A database that knows moments is
    then handed one all the same, and answers in the time zone of its connection; any other is handed UTC.
    """

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - as in Django
        """Write a moment as the database can store it."""
        local = connection.timezone is None and not connection.features.supports_timezones
        if local and isinstance(value, datetime):
            value = value.astimezone(UTC).replace(tzinfo=None)
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(
        self, value: datetime | str | None, expression: object, connection: BaseDatabaseWrapper
    ) -> datetime | None:
        """Read a moment; on the night when the clocks go back, ``fold`` says which of two equal hours it was in."""
        if value is None:
            return None
        value = value if isinstance(value, datetime) else _read_text(value)
        if value.tzinfo is None:
            known = connection.features.supports_timezones
            value = value.replace(tzinfo=ZoneInfo(connection.timezone_name) if known else UTC)
        return value.astimezone(UTC)


class MomentText(Func):
    """Reads a moment as PostgreSQL writes it, with its offset (ISO 8601); from any other database as it is.

    psycopg reads one in Python, by a regular expression, which takes ten times as long as ``fromisoformat``.
    """

    template = "%(expressions)s"
    output_field = MomentField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:  # noqa: ANN401 - as in Django
        """Ask for the text."""
        return self.as_sql(compiler, connection, template="(%(expressions)s)::text")


def _read_text(text: str) -> datetime:
    """Read what PostgreSQL was asked to write."""
    return datetime.fromisoformat(text)
