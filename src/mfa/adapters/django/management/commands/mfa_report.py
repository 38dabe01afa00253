"""``manage.py mfa_report``: how many users have which methods, have none, or are disabled."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.core.management.base import CommandError

from mfa.adapters.django.commands import OperatorCommand, names_of
from mfa.application.operations import Report
from mfa.application.use_cases import UseCases
from mfa.domain.methods.base import without_control

BATCH = 500
"""Users whose names are read at once."""


class Command(OperatorCommand):
    """Counts users who may log in; one is one user however many devices of a method he has."""

    acts = False
    help = "Tell how many users have which methods, have none, and have a disabled device."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to tell."""
        super().add_arguments(parser)
        parser.add_argument("--by-group", action="store_true", help="tell the same of each group")
        parser.add_argument("--missing", action="store_true", help="list the users without a device instead")

    def run(self, use_cases: UseCases, options: Mapping[str, Any]) -> None:
        """Report."""
        if options["by_group"] and options["missing"]:
            raise CommandError("Ask for --by-group or for --missing, and not for both.")
        if options["missing"]:
            self._list(options, _missing(use_cases))
            return
        document: dict[str, object] = dict(_numbers(use_cases.operations.report_users()))
        if options["by_group"]:
            groups = use_cases.operations.report_users.by_group()
            # A group that is called like one of the numbers is told beside it.
            numbers = {*document}
            document |= {f"group {name}" if name in numbers else name: _numbers(each) for name, each in groups.items()}
        self.say(options, document, _lines(document))

    def _list(self, options: Mapping[str, Any], names: Iterator[str]) -> None:
        """Write name after name, so that a million of them need no more memory than a few; as JSON, all at once."""
        if options["json"]:
            self.say(options, {"missing": list(names)}, ())
        for name in names:
            self.stdout.write(without_control(name))


def _missing(use_cases: UseCases) -> Iterator[str]:
    users = iter(use_cases.operations.report_missing())
    while batch := list(islice(users, BATCH)):
        names = names_of(batch)
        yield from (names[user_id] for user_id in batch if user_id in names)


def _numbers(report: Report) -> dict[str, int]:
    return {**report.methods, "none": report.none, "disabled": report.disabled}


def _lines(document: Mapping[str, object], indent: str = "") -> Iterator[str]:
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield f"{indent}{name}:"
            yield from _lines(value, f"{indent}  ")
        else:
            yield f"{indent}{name}: {value}"
