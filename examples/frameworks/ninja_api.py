"""Django Ninja: an auth callable that lets verified sessions pass, and answers others as this package's routes do."""

from django.http import HttpRequest, JsonResponse
from ninja import NinjaAPI
from ninja.security import SessionAuth

from examples.frameworks.gate import refusal
from mfa.adapters.answers import answer_to
from mfa.domain.errors import MfaError

api = NinjaAPI()


class VerifiedSession(SessionAuth):
    """Passes sessions that are verified."""

    def authenticate(self, request: HttpRequest, key: str | None) -> object:
        """Return the user; Ninja answers 401 where there is none."""
        if not request.user.is_authenticated:
            return None
        refused = refusal(request)
        if refused is not None:
            raise refused
        return request.user


@api.exception_handler(MfaError)
def refuse(request: HttpRequest, error: MfaError) -> JsonResponse:  # noqa: ARG001 - as in Ninja
    """Answer with the status, the body and the headers that every refusal has."""
    answer = answer_to(error, "Session")
    return JsonResponse(dict(answer.body), status=answer.status, headers=dict(answer.headers))


@api.get("/payslips/", auth=VerifiedSession())
def payslips(request: HttpRequest) -> dict[str, str]:
    """Show what only somebody with a second factor sees."""
    return {"payslips_of": request.user.get_username()}
