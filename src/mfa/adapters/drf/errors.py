"""What the core refuses, as Django REST framework raises and answers it; what it says stands in ``answers``."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import SuspiciousOperation
from rest_framework.exceptions import APIException, ErrorDetail, ParseError, ValidationError
from rest_framework.response import Response

from mfa.adapters import answers
from mfa.adapters.answers import Answer, answer_to
from mfa.domain.errors import MfaError


class MfaException(APIException):
    """A refusal of the core as DRF raises it: any project's exception handler shows the body and the headers."""

    def __init__(self, answer: Answer) -> None:
        self._sentence = ErrorDetail(str(answer.body["detail"]), answer.code)
        super().__init__(self._sentence, answer.code)
        self.status_code = answer.status
        self.auth_header = answer.headers.get("WWW-Authenticate")
        wait = answer.headers.get("Retry-After")
        self.wait = None if wait is None else int(wait)
        # DRF would turn numbers into text, were they handed over to be made a detail.
        detail: dict[str, Any] = {**answer.body, "detail": self._sentence}
        self.detail = detail

    def get_codes(self) -> str | None:
        """Return the one code."""
        return self._sentence.code

    def get_full_details(self) -> Any:  # noqa: ANN401 - the type is private to the stubs
        """Return the sentence and the code, as for DRF's own exceptions."""
        return {"message": self._sentence, "code": self._sentence.code}


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
