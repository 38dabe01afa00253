"""Django Ninja: auth callables that let verified sessions and tokens pass; others are answered as by this package."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from knox.auth import TokenAuthentication
from ninja import NinjaAPI
from ninja.security import HttpBearer, SessionAuth
from rest_framework.exceptions import AuthenticationFailed

from examples.frameworks.gate import Closed, demand

api = NinjaAPI()


class VerifiedToken(HttpBearer):
    """Passes tokens of knox that are verified."""

    openapi_scheme = "token"

    def authenticate(self, request: Any, token: str) -> object:  # noqa: ANN401 - of Django's, with more on it
        """Return the row of the token, for ``request.auth``."""
        try:
            request.user, request.auth = TokenAuthentication().authenticate_credentials(token.encode())
        except AuthenticationFailed:
            return None
        demand(request)
        return request.auth


class VerifiedSession(SessionAuth):
    """Passes sessions that are verified."""

    def authenticate(self, request: HttpRequest, key: str | None) -> object:
        """Return the user, for ``request.auth``."""
        demand(request)
        return request.user


@api.exception_handler(Closed)
def refuse(request: HttpRequest, closed: Closed) -> JsonResponse:  # noqa: ARG001 - as in Ninja
    """Answer with the status, the body and the headers that every refusal has."""
    answer = closed.answer
    return JsonResponse(dict(answer.body), status=answer.status, headers=dict(answer.headers))


@api.get("/payslips/", auth=[VerifiedToken(), VerifiedSession()])
def payslips(request: HttpRequest) -> dict[str, str]:
    """Show what only somebody with a second factor sees."""
    return {"payslips_of": request.user.get_username()}
