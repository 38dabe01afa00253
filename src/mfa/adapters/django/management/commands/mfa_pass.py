"""``manage.py mfa_pass``: a temporary pass for a user who has lost every device."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from mfa.adapters.django.commands import UserCommand, lifetime, moment, names_of
from mfa.application.operations import PassWanted
from mfa.application.use_cases import UseCases


class Command(UserCommand):
    """Prints a pass, once; it is kept nowhere."""

    help = (
        "Give a user a temporary pass, in the place of any other: a value to verify with, to enrol anew. It is shown "
        "once. Hand it over by a way that the user alone can read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how long it is good for, and how often."""
        super().add_arguments(parser)
        parser.add_argument("--lifetime", default="1h", help="how long it is good for, such as 30m; by default 1h")
        parser.add_argument("--uses", type=int, default=1, help="for how many verifications; by default 1")

    def run(self, use_cases: UseCases, options: Mapping[str, Any]) -> None:
        """Make a pass, and write it alone to the standard output."""
        user_id, operator = self.user(options), self.operator(options)
        wanted = PassWanted(user_id=user_id, lifetime=lifetime(options["lifetime"]), uses=options["uses"])
        issued = use_cases.operations.issue_pass(wanted, operator)
        name, expires_at = names_of([user_id]).get(user_id, user_id), moment(issued.expires_at)
        document = {
            "user": name,
            "id": user_id,
            "index": issued.index,
            "pass": issued.value,
            "expires_at": expires_at,
            "uses": issued.uses,
        }
        self.say(options, document, [issued.value])
        self.tell(f"{name} verifies it at index {issued.index} until {expires_at}, uses: {issued.uses}.")
