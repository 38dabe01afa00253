"""``manage.py mfa_rotate_keys``: seal everything under the first of ``ENCRYPTION_KEYS``."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mfa.adapters.django.commands import OperatorCommand, counted
from mfa.application.operations import SealedUnder
from mfa.application.use_cases import UseCases


class Command(OperatorCommand):
    """Seals under the first key whatever is sealed under another; afterwards nothing needs the others."""

    help = "Seal everything under the first of ENCRYPTION_KEYS. It may run while serving, be stopped and run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to seal at all."""
        super().add_arguments(parser)
        parser.add_argument(
            "--count", action="store_true", help="seal nothing, but count what is sealed under which key"
        )

    def run(self, use_cases: UseCases, options: Mapping[str, Any]) -> None:
        """Rotate, and tell how many accounts were sealed anew; ends with 1 where a key is missing."""
        if options["count"]:
            found = use_cases.operations.count_seals()
            self.say(options, {"keys": {each.key: each.values for each in found}}, _lines(found))
            return
        resealed = use_cases.rotate_keys(
            lambda looked_at: self.tell(f"{counted(looked_at, 'accounts')} looked at"), operator=self.operator(options)
        )
        self.say(options, {"accounts": resealed}, [f"{counted(resealed, 'accounts')} sealed anew."])
        for line in _lines(use_cases.operations.count_seals()):
            self.tell(line)


def _lines(found: Sequence[SealedUnder]) -> Iterator[str]:
    for each in found:
        yield f"key {each.key}, {'the first' if each.first else 'not the first'}: {counted(each.values, 'seals')}"
