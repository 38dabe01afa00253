"""``manage.py mfa_reset``: take devices away from a user who has lost them."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext

from mfa.adapters.django.commands import UserCommand, names_of
from mfa.application.operations import Reset
from mfa.application.operations.access import meant
from mfa.application.use_cases import UseCases
from mfa.domain.devices import Device
from mfa.domain.errors import NotFound
from mfa.domain.methods.base import without_control


class Command(UserCommand):
    """Removes devices without a verification, after a confirmation."""

    help = (
        "Remove a user's devices, all of them with the recovery codes, or those of one method, or one. Remembered "
        "browsers are forgotten, and no token is verified any more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which devices, and whether to ask first."""
        super().add_arguments(parser)
        parser.add_argument("--method", metavar="M", help="only the devices of this method")
        parser.add_argument("--device", metavar="I", type=int, help="only the device with this index")
        parser.add_argument(
            *("--noinput", "--no-input"), action="store_false", dest="interactive", help="do not ask for a confirmation"
        )

    def run(self, use_cases: UseCases, options: Mapping[str, Any]) -> None:
        """Confirm, and reset."""
        if options["method"] is not None and options["device"] is not None:
            raise CommandError("Name devices by --method or by --device, and not by both.")
        user_id, operator = self.user(options), self.operator(options)
        name = names_of([user_id]).get(user_id, user_id)
        command = Reset(user_id=user_id, method=options["method"], device=options["device"])
        try:
            if options["interactive"]:
                devices = [each.device for each in use_cases.operations.show_status(user_id).devices]
                self._confirm(name, meant(command, devices))
            removed = use_cases.operations.reset_account(command, operator)
        except NotFound:
            raise CommandError(f"{without_control(name)} has no such device.") from None
        document = {"user": name, "id": user_id, "removed": list(removed)}
        self.say(options, document, [f"Removed from {name}: {_told(removed)}. No token is verified any more."])

    def _confirm(self, name: str, devices: Sequence[Device]) -> None:
        """Ask on the standard error, as the standard output is for the answer."""
        for line in _question(name, devices):
            self.tell(line)
        try:
            answer = input()
        except (EOFError, RuntimeError):  # a process may have no standard input
            answer = ""
        if answer.strip().lower() not in {"y", "yes"}:
            raise CommandError(gettext("Nothing was removed."))


def _told(removed: Sequence[int]) -> str:
    if not removed:
        return "no device"
    return f"device{'s' if len(removed) > 1 else ''} {', '.join(map(str, removed))}"


def _question(name: str, devices: Sequence[Device]) -> Iterator[str]:
    yield gettext("This removes from %(user)s:") % {"user": name}
    yield from (f"  {each.index}  {each.method}  {each.name}" for each in devices)
    yield gettext("Recovery codes go with the last device that they stand in for.")
    forgotten = gettext("Remembered browsers are forgotten, and every token has to be verified anew.")
    yield f"{forgotten} {gettext('Type %(yes)s to go on:') % {'yes': 'yes'}}"
