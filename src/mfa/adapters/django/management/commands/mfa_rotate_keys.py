"""``manage.py mfa_rotate_keys``: seal everything under the first of ``ENCRYPTION_KEYS``."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mfa.adapters import accessor
from mfa.domain.errors import MfaError


class Command(BaseCommand):
    """Seals under the first key whatever is sealed under another; afterwards nothing needs the others."""

    help = "Seal everything under the first of ENCRYPTION_KEYS. It may run while serving, be stopped and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how the count is to be written."""
        parser.add_argument("--json", action="store_true", help="write one JSON document to the standard output")

    def handle(self, *_: Any, **options: Any) -> None:
        """Rotate, and tell how many accounts were sealed anew; ends with 1 where a key is missing."""
        try:
            resealed = accessor.use_cases().rotate_keys(self._tell)
        except MfaError as error:
            raise CommandError(str(error) or f"Nothing more could be sealed: {error.code}.") from None
        self.stdout.write(
            json.dumps({"accounts": resealed}) if options["json"] else f"{resealed} accounts sealed anew."
        )

    def _tell(self, looked_at: int) -> None:
        self.stderr.write(f"{looked_at} accounts looked at")
