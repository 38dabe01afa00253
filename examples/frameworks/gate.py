"""The gate for whatever is no view of Django REST framework: one function for all of them."""

from typing import Any

from django.apps import apps

from mfa.adapters.answers import Answer, answer_to, unauthenticated
from mfa.domain.errors import MfaError
from mfa.domain.policies import Requirement


class Closed(Exception):
    """A request that may not pass, and what the routes of this package would answer to it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.code)
        self.answer = answer


def demand(request: object, requirement: Requirement | None = None) -> None:
    """Demand a second factor of whoever is logged in on a request; raises ``Closed``."""
    app: Any = apps.get_app_config("multi_factor")
    provider = app.use_cases.token_provider
    token = provider.token_of(request)
    if token is None:
        raise Closed(unauthenticated(provider.scheme))
    try:
        refused = app.use_cases.assess_token(token).refusal(requirement)
    except MfaError as error:  # such as that the database is busy
        refused = error
    if refused is not None:
        raise Closed(answer_to(refused, token.scheme or provider.scheme, app.use_cases.step_up_status))
