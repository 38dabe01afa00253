"""The gate for whatever is no view of Django REST framework: one function for all of them."""

from typing import Any

from django.apps import apps

from mfa.domain.errors import Refused
from mfa.domain.policies import Requirement


def refusal(request: object, requirement: Requirement | None = None) -> Refused | None:
    """Return why a request may not pass, or None where it may; it has a user who is logged in, and his session."""
    app: Any = apps.get_app_config("multi_factor")
    token = app.use_cases.token_provider.token_of(request)
    refused: Refused | None = app.use_cases.assess_token(token).refusal(requirement)
    return refused
