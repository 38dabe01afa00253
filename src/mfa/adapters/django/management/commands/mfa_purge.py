"""``manage.py mfa_purge``: drop what has expired."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from mfa.adapters.django.commands import OperatorCommand
from mfa.application.operations.upkeep import BATCH
from mfa.application.use_cases import UseCases

MOST_IN_A_BATCH = 10_000
"""Keys that every database takes in one statement."""


class Command(OperatorCommand):
    """Drops what is over, in batches, while the site is up; it may be stopped and run again."""

    help = (
        "Drop pending devices, challenges, remembered browsers, spent logins and passes that are over, and rows of "
        "the audit trail beyond AUDIT_RETENTION. It may run while serving, be stopped and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how much to drop at once."""
        super().add_arguments(parser)
        parser.add_argument(
            "--batch", metavar="N", type=int, default=BATCH, help=f"rows in one statement; by default {BATCH}"
        )

    def run(self, use_cases: UseCases, options: Mapping[str, Any]) -> None:
        """Purge, and tell how many of each kind went."""
        if not 1 <= options["batch"] <= MOST_IN_A_BATCH:
            raise CommandError(f"--batch cannot be used: write a number from 1 to {MOST_IN_A_BATCH}.")
        counts = use_cases.operations.purge(
            self.operator(options),
            batch=options["batch"],
            progress=lambda kind, count: self.tell(f"{kind}: {count} so far"),
        )
        self.say(options, counts, (f"{kind}: {count}" for kind, count in counts.items()))
