"""``manage.py mfa_metadata``: bring what is known of models of authenticators up to date."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from mfa.adapters.django.commands import OperatorCommand
from mfa.application.ports.metadata import Edition, MetadataRefused, MetadataUnavailable
from mfa.application.use_cases import UseCases


class Command(OperatorCommand):
    """Gets the BLOB of the FIDO Metadata Service, checks it, and keeps it in ``WEBAUTHN_METADATA_FILE``."""

    acts = False
    help = "Get what the FIDO Metadata Service tells of authenticators, check its signature, and keep it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take from where to get it."""
        super().add_arguments(parser)
        parser.add_argument("--file", metavar="PATH", help="read it from a file, and not from the service")
        parser.add_argument("--show", action="store_true", help="get nothing, but tell what is in use")

    def run(self, use_cases: UseCases, options: Mapping[str, Any]) -> None:
        """Refresh, and tell what is in use."""
        operations, new = use_cases.operations, False
        try:
            if options["show"]:
                edition = operations.show_metadata()
            else:
                refreshed = operations.refresh_metadata(None if options["file"] is None else _content(options["file"]))
                edition, new = refreshed.edition, refreshed.new
        except (MetadataRefused, MetadataUnavailable) as error:
            raise CommandError(str(error)) from None
        document = {**_told(edition), "new": new}
        self.say(options, document, _lines(document))


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None


def _told(edition: Edition) -> dict[str, object]:
    day = edition.next_update
    return {
        "source": edition.source,
        "signed": edition.signed,
        "number": edition.number,
        "next_update": None if day is None else day.isoformat(),
        "models": edition.models,
        "unreadable": edition.unreadable,
    }


def _lines(document: Mapping[str, object]) -> Iterator[str]:
    words = {True: "yes", False: "no", None: "none"}
    for name, value in document.items():
        shown = words[value] if value is None or isinstance(value, bool) else value
        yield f"{name.replace('_', ' ')}: {shown}"
