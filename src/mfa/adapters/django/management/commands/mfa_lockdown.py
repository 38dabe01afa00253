"""``manage.py mfa_lockdown``: end all that is open for a user when somebody else is in."""

from collections.abc import Mapping
from typing import Any

from mfa.adapters.django.commands import UsersCommand
from mfa.application.operations import Operator
from mfa.application.use_cases import UseCases
from mfa.domain.identifiers import UserId


class Command(UsersCommand):
    """Ends tokens, remembered browsers and whatever waits to be answered; devices stay."""

    help = (
        "End every token of a user that can be ended, remembered browsers, pending devices, a pass and all that was "
        "dispatched. Devices stay. It is over when the owner verifies, or with mfa_unlock."
    )

    def act(self, use_cases: UseCases, user_id: UserId, operator: Operator) -> Mapping[str, object]:
        """Lock one account down."""
        return {"tokens": dict(use_cases.operations.lock_down(user_id, operator).tokens)}

    def line(self, done: Mapping[str, Any]) -> str:
        """Tell of each kind of token how many ended, and of those that nobody can end."""
        ended = (
            f"{name}: cannot be ended, but are verified no more" if count is None else f"{name}: {count} ended"
            for name, count in done["tokens"].items()
        )
        return f"{done['user']} is locked down. Tokens of {'; of '.join(ended)}."
