"""What every view of this package does alike: reads whatever is sent, commits what it counts, and is kept nowhere."""

from collections.abc import Callable
from typing import Any

from django.db import DataError, connections, transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import classonlymethod
from rest_framework.exceptions import AuthenticationFailed, NotAcceptable
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mfa.adapters import accessor, requests
from mfa.adapters.exceptions import exception_to, transactions_left_alone
from mfa.adapters.parsers import CHARSET, FormParser, JSONParser, MultiPartParser
from mfa.application.use_cases import UseCases
from mfa.domain.errors import Refused


class MultiFactorView(APIView):
    """What the views of this package share, the routes as well as the logins.

    ``use_cases`` returns the use cases, and is asked at each request, so that a later override is seen. A function
    that a subclass sets has to be a ``staticmethod``.
    """

    use_cases: Callable[[], UseCases] = staticmethod(accessor.use_cases)
    parser_classes: Any = (JSONParser, FormParser, MultiPartParser)
    mfa_exempt = True
    """The middleware lets pass whoever is about to verify, or has no token yet."""
    mfa_login: tuple[str, ...] = ()
    """Of a login, for its description: the field with the user's name, and the fields that a token is answered in."""

    @classonlymethod
    def as_view(cls, *args: Any, **initkwargs: Any) -> Any:  # noqa: ANN401, N805 - as in DRF
        """Make a view outside of ``ATOMIC_REQUESTS``, in which a counted failure would be rolled back."""
        view = super().as_view(*args, **initkwargs)
        for alias in connections:
            view = transaction.non_atomic_requests(using=alias)(view)
        return view

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer a request, and have all that it changes told as its user's, from where it came."""
        with requests.acting_for(request, self.use_cases()):
            return super().dispatch(request, *args, **kwargs)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """Read the request as UTF-8: a charset that a client claims may be one that decodes no text at all."""
        if request.encoding is not None and not hasattr(request, "_post"):
            request.encoding = CHARSET
        return super().initialize_request(request, *args, **kwargs)

    def perform_authentication(self, request: Request) -> None:
        """Authenticate; what a class of another package cannot even look for is answered as wrong.

        Knox decodes what is no text, and PostgreSQL is asked for a key with a NUL, as a cookie may have it, escaped.
        """
        try:
            super().perform_authentication(request)
        except (UnicodeError, DataError):
            request._not_authenticated()  # type: ignore[attr-defined]  # noqa: SLF001 - as DRF does after a refusal
            raise AuthenticationFailed from None  # the other one holds what was sent

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:  # noqa: FBT001, FBT002 - as in DRF
        """Choose a renderer; an ``Accept`` header that cannot even be read is answered as one that nothing fits."""
        try:
            return super().perform_content_negotiation(request, force)
        except (LookupError, ValueError) as error:
            raise NotAcceptable from error

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what the core refuses by the exception handler of the project, and put a code into every error."""
        use_cases = self.use_cases()
        token = use_cases.token_provider.token_of(self.request) if isinstance(exc, Refused) else None
        with transactions_left_alone():
            return with_code(super().handle_exception(exception_to(exc, token, use_cases)))

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Keep secrets and standings out of every cache."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


def with_code(response: Response) -> Response:
    """Put beside the sentence of DRF's own errors the code and the wait; field errors stay as DRF writes them."""
    body: Any = getattr(response, "data", None)  # a project's handler may answer by Django alone
    code = getattr(body.get("detail"), "code", None) if isinstance(body, dict) else None
    if code is not None:
        body.setdefault("code", code)
        wait = response.get("Retry-After", "")
        if wait.isdecimal():  # and no date of a project's handler
            body.setdefault("retry_after", int(wait))
    return response
