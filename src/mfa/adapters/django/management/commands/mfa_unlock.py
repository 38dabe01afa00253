"""``manage.py mfa_unlock``: let a user in again whose devices wait, are disabled, or are locked down."""

from collections.abc import Mapping
from typing import Any

from mfa.adapters.django.commands import UsersCommand
from mfa.application.operations import Operator
from mfa.application.use_cases import UseCases
from mfa.domain.identifiers import UserId


class Command(UsersCommand):
    """Clears failures and ends a lockdown."""

    help = "Clear what was counted, so that nothing waits and nothing is disabled, and end a lockdown."

    def act(self, use_cases: UseCases, user_id: UserId, operator: Operator) -> Mapping[str, object]:
        """Unlock one account."""
        use_cases.operations.unlock(user_id, operator)
        return {}

    def line(self, done: Mapping[str, Any]) -> str:
        """Tell whose account it was."""
        return f"{done['user']} is unlocked."
