"""``manage.py mfa_audit``: hand the audit trail out."""

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from mfa.adapters.django.commands import OperatorCommand, moment, no_user, user_by_name, written
from mfa.application.operations import TrailWanted
from mfa.application.ports.audit import AuditRow
from mfa.application.use_cases import UseCases
from mfa.config import duration
from mfa.domain.events import EVENT_NAMES
from mfa.domain.identifiers import UserId
from mfa.domain.methods.base import without_control


class Command(OperatorCommand):
    """Hands out rows, the oldest first, however many there are."""

    acts = False
    help = "Hand the audit trail out, the oldest row first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which rows."""
        super().add_arguments(parser)
        parser.add_argument("--user", metavar="USER", help="only what concerns this user, by the natural key")
        parser.add_argument("--id", metavar="PK", help="the same by the primary key, also of a user who is gone")
        parser.add_argument(
            "--since", metavar="T", help="only from then on: 2026-01-31, 2026-01-31T12:00Z, or how long ago, as 24h"
        )
        parser.add_argument(
            "--event", metavar="E", action="append", help="only events of this name; may be given several times"
        )

    def run(self, use_cases: UseCases, options: Mapping[str, Any]) -> None:
        """Write row after row, so that a million of them need no more memory than a few."""
        rows = use_cases.operations.read_trail(_wanted(options))
        if not options["json"]:
            self.say(options, None, map(line, rows))
            return
        self.stdout.write("[", ending="")
        for number, row in enumerate(rows):
            self.stdout.write(f"{',' if number else ''}\n{written(document(row))}", ending="")
        self.stdout.write("\n]")


def document(row: AuditRow) -> dict[str, object]:
    """Return a row as it stands in the table, without its number."""
    fields = attrs.asdict(row, filter=lambda field, _: field.name != "number")
    return {**fields, "at": moment(row.at)}


def line(row: AuditRow) -> str:
    """Return a row in one line for a person."""
    fields = document(row)
    told = [fields.pop("at"), fields.pop("event")]
    return " ".join(map(str, (*told, *(f"{name}={fact}" for name, fact in fields.items() if fact not in {None, ""}))))


def _wanted(options: Mapping[str, Any]) -> TrailWanted:
    if options["user"] is not None and options["id"] is not None:
        raise CommandError("Name the user by --user or by --id, and not by both.")
    user_id = None if options["id"] is None else _key(str(options["id"]))
    if options["user"] is not None:
        user_id = user_by_name(options["user"])
    # A script may give one name, where a shell gives a list of them.
    events = (options["event"],) if isinstance(options["event"], str) else tuple(options["event"] or ())
    for name in events:
        if name not in EVENT_NAMES:
            raise CommandError(f"There is no event {without_control(name)!r}; there are {', '.join(EVENT_NAMES)}.")
    return TrailWanted(user_id=user_id, since=_since(options["since"]), events=events)


def _key(text: str) -> UserId:
    """Read the key of a user who may be gone, in any form that his model reads it in.

    Raises ``CommandError`` for what no database keeps.
    """
    if without_control(text) != text:
        raise no_user(text)
    try:
        return UserId(str(get_user_model()._meta.pk.to_python(text)))  # noqa: SLF001 - Django's name for it
    except ValidationError:
        return UserId(text)


def _since(text: str | datetime | timedelta | None) -> datetime | timedelta | None:
    """Read a time, a day, or how long ago it was; raises ``CommandError``. A script may give either as it is."""
    if not isinstance(text, str):
        return text
    try:
        at = parse_datetime(text)
        if at is None:
            return duration(text)
        return (timezone.make_aware(at) if timezone.is_naive(at) else at).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandError(
            f"{without_control(text)!r} is no time: write 2026-01-31, 2026-01-31T12:00Z, or how long ago, as 24h."
        ) from None
