"""What the core refuses, as Django REST framework raises and answers it; what it says stands in ``answers``."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import SuspiciousOperation
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.response import Response

from mfa.adapters import answers
from mfa.adapters.answers import answer_to
from mfa.adapters.exceptions import MfaException
from mfa.domain.errors import MfaError


def api_exception(error: Exception, scheme: str, step_up_status: int = HTTPStatus.FORBIDDEN) -> Exception:
    """Return what DRF can answer in the place of an error of the core, and everything else as it is.

    ``scheme`` is the authentication scheme that a refusal names, ``step_up_status`` its status. What Django calls a
    suspicious operation, such as a body of a thousand fields or a host that is not allowed, becomes a 400 in the form
    that every error has here.
    """
    if isinstance(error, SuspiciousOperation):
        return ParseError()
    if not isinstance(error, MfaError):
        return error
    try:
        answer = answer_to(error, scheme, step_up_status)
    except MfaError as fault:
        return fault
    if "code" in answer.body:
        return MfaException(answer)
    about: dict[str, Any] = {**answer.body}  # a sentence for a field, as DRF says it
    return ValidationError(about, answer.code)


def rejection() -> Response:
    """Return the answer to a wrong value.

    It is returned and never raised: DRF rolls a request's transaction back when a view raises, and with it would go
    the failure that was counted.
    """
    answer = answers.rejection()
    return Response(dict(answer.body), status=answer.status, headers=dict(answer.headers))


def with_code(response: Response) -> Response:
    """Put beside the sentence of DRF's own errors the code and the wait; field errors stay as DRF writes them."""
    body = response.data
    code = getattr(body.get("detail"), "code", None) if isinstance(body, dict) else None
    if code is not None:
        body.setdefault("code", code)
        if "Retry-After" in response:
            body.setdefault("retry_after", int(response["Retry-After"]))
    return response
