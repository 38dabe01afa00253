"""``manage.py mfa_import``: move in from another package."""

from abc import ABC, abstractmethod
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.management.base import CommandError

from mfa.adapters.django.commands import OperatorCommand, counted, sentence, user_by_name, written
from mfa.application.operations import Import, ImportedRow, ImportedUser, Operator
from mfa.application.ports.importing import KnownUser, SourcePlace, SourceUnreadable
from mfa.application.use_cases import UseCases
from mfa.config import IMPORT_SOURCES
from mfa.domain.errors import MfaError
from mfa.domain.methods.base import without_control

OUTCOMES = ("imported", "present", "left_out", "failed")

PROGRESS = 1000
"""Users between two words of progress."""

_SETTING = "setting:"

_AGAIN = "What was told is done; run it again for the rest."


class Command(OperatorCommand):
    """Moves users in while the site is up; it may be stopped and run again, and tells what became of each row."""

    help = (
        "Move the devices in that users have in another package, without one of them enrolling anew. It may run "
        "while serving, be stopped and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take from where, whom, and whether at all."""
        sources = ", ".join(IMPORT_SOURCES)
        parser.add_argument("source", metavar="SOURCE", help=f"{sources}, or the dotted path of a project's own")
        parser.add_argument("file", nargs="?", metavar="FILE", help="the file to read, for csv")
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="tell what would become of each row, and do nothing")
        parser.add_argument("--user", metavar="USER", help="only this user, by the natural key")
        parser.add_argument("--database", metavar="ALIAS", default="default", help="where the tables of SOURCE are")
        parser.add_argument("--quiet", action="store_true", help="mail nobody")

    def run(self, use_cases: UseCases, options: Mapping[str, Any]) -> None:
        """Import, and end with 1 where a row has failed."""
        name = options["user"]
        command = Import(
            source=options["source"],
            place=SourcePlace(database=options["database"], file=options["file"]),
            only=None if name is None else KnownUser(id=user_by_name(name), name=name),
            dry_run=options["dry_run"],
            told=not options["quiet"],
        )
        if command.place.file is not None and command.source in IMPORT_SOURCES.keys() - {"csv"}:
            raise CommandError(f"{command.source} reads no file. Of one user alone: --user USER.")
        operator = self.operator(options)
        report = _JsonReport(self, command) if options["json"] else _TextReport(self, command)
        try:
            for told in use_cases.operations.import_devices(command, operator):
                report.take(told)
                if not report.totals["users"] % PROGRESS and told.user is not None:
                    self.tell(f"users so far: {report.totals['users']}")
        except SourceUnreadable as error:
            if not any(report.totals.values()):
                raise CommandError(str(error)) from None
            report.close()
            raise CommandError(f"{error} {_AGAIN}") from None
        except MfaError as error:
            report.close()
            raise CommandError(f"{sentence(error)} {_AGAIN}") from None
        report.close()
        self.tell(f"users: {report.totals['users']}")
        if report.totals["failed"]:
            raise CommandError(_failure(report))

    def operator(self, options: Mapping[str, Any]) -> Operator:
        """Return who acts; where nothing says why, the audit trail has at least what was run."""
        why = options["reason"] or f"mfa_import {options['source']}"
        return super().operator({**options, "reason": why})


class _Report(ABC):
    """Tells of users as they come, so that a hundred thousand need no more memory than one."""

    def __init__(self, command: Command, wanted: Import) -> None:
        self._command = command
        self._wanted = wanted
        self.totals: Counter[str] = Counter(dict.fromkeys(("users", *OUTCOMES), 0))
        self.settings: set[str] = set()

    def take(self, told: ImportedUser) -> None:
        """Count, and tell."""
        self.totals.update(each.outcome for each in told.rows)
        self.totals["users"] += told.user is not None
        self.settings.update(each.reason for each in told.rows if each.reason.startswith(_SETTING))
        self.tell_of(told)

    @abstractmethod
    def tell_of(self, told: ImportedUser) -> None:
        """Tell of one user."""

    @abstractmethod
    def close(self) -> None:
        """Tell of the rest."""

    def write(self, text: str, ending: str | None = None) -> None:
        self._command.stdout.write(text, ending=ending)


class _TextReport(_Report):
    def tell_of(self, told: ImportedUser) -> None:
        self.write(without_control("nobody who is here" if told.user is None else told.user.name or told.user.id))
        for each in told.rows:
            self.write(without_control("  " + "  ".join(_words(each))))

    def close(self) -> None:
        totals = ", ".join(f"{name.replace('_', ' ')}: {self.totals[name]}" for name in OUTCOMES)
        self.write(f"nothing was done; a run would tell {totals}" if self._wanted.dry_run else totals)


class _JsonReport(_Report):
    """Writes the one document piece by piece; only rows of nobody are kept until the end."""

    def __init__(self, command: Command, wanted: Import) -> None:
        super().__init__(command, wanted)
        self._orphans: list[dict[str, object]] = []
        self._begun = False

    def tell_of(self, told: ImportedUser) -> None:
        if told.user is None:
            self._orphans += [{"row": each.row, "outcome": each.outcome, "reason": each.reason} for each in told.rows]
            return
        self._begin(", ")
        devices = [_document(each) for each in told.rows]
        self.write(written({"user": told.user.name or told.user.id, "devices": devices}), ending="")

    def close(self) -> None:
        self._begin("")
        rest = written({"orphans": self._orphans, "totals": dict(self.totals)})
        self.write("], " + rest.removeprefix("{"))

    def _begin(self, between: str) -> None:
        if self._begun:
            self.write(between, ending="")
            return
        self._begun = True
        head = written({"source": self._wanted.source, "dry_run": self._wanted.dry_run, "users": []})
        self.write(head.removesuffix("]}"), ending="")


def _document(row: ImportedRow) -> dict[str, object]:
    return {
        "row": row.row,
        "method": row.method,
        "name": row.name,
        "outcome": row.outcome,
        "reason": row.reason or None,
        "index": row.index,
    }


def _words(row: ImportedRow) -> Iterable[str]:
    yield row.outcome.replace("_", " ")
    yield from filter(None, (row.method, row.row, row.name))
    if row.index is not None:
        yield f"index {row.index}"
    if row.reason:
        yield f"({row.reason})"


def _failure(report: _Report) -> str:
    settings = ", ".join(sorted(each.removeprefix(_SETTING) for each in report.settings))
    hint = f" Look at {settings} of the settings." if settings else ""
    return f"{counted(report.totals['failed'], 'rows')} failed; the report says why.{hint}"
