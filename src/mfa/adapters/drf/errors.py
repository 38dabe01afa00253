"""What the core refuses, as HTTP says it: the only table of statuses and sentences."""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import attrs
from django.core.exceptions import SuspiciousOperation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ErrorDetail, ParseError, ValidationError
from rest_framework.response import Response

from mfa.adapters.accessor import Told
from mfa.application.standing import Standing
from mfa.domain.errors import (
    AlreadyRegistered,
    AlreadyVerified,
    BrokenSeal,
    Conflict,
    DeliveryFailed,
    DeviceNotFound,
    DeviceRequired,
    InvalidField,
    Malformed,
    MalformedValue,
    MethodNotFound,
    MfaError,
    NoChallenge,
    NotDispatchable,
    NotFound,
    NotUnique,
    Refused,
    RegistrationRequired,
    SealError,
    StaleAccount,
    StoreBusy,
    Throttled,
    TrustNotFound,
    Unavailable,
    UnknownKey,
    VerificationRequired,
)

_SECOND = timedelta(seconds=1)


@attrs.frozen
class Answer:
    """How one kind of refusal is told to a client."""

    status: HTTPStatus
    sentence: Promise


NOT_FOUND = Answer(HTTPStatus.NOT_FOUND, _("Not found."))

REFUSED = HTTPStatus.FORBIDDEN
"""The status of a token that is not verified enough, unless ``STEP_UP_STATUS`` has the 401 of RFC 9470 section 3."""

ANSWERS: Mapping[type[MfaError], Answer] = {
    NotFound: NOT_FOUND,
    DeviceNotFound: NOT_FOUND,
    MethodNotFound: NOT_FOUND,
    TrustNotFound: NOT_FOUND,
    NotDispatchable: Answer(HTTPStatus.NOT_FOUND, _("This device is sent nothing.")),
    NoChallenge: Answer(HTTPStatus.NOT_FOUND, _("Nothing was sent to this device yet; ask for that first.")),
    Conflict: Answer(HTTPStatus.CONFLICT, _("This is not possible as things are.")),
    AlreadyRegistered: Answer(HTTPStatus.CONFLICT, _("There are as many devices of this kind as are allowed.")),
    AlreadyVerified: Answer(HTTPStatus.CONFLICT, _("This device is verified already.")),
    DeviceRequired: Answer(HTTPStatus.CONFLICT, _("This needs another active device.")),
    Refused: Answer(REFUSED, _("You do not have permission to perform this action.")),
    VerificationRequired: Answer(REFUSED, _("Verify with one of your devices first.")),
    RegistrationRequired: Answer(REFUSED, _("Register a device first.")),
    Malformed: Answer(HTTPStatus.BAD_REQUEST, _("Invalid input.")),
    MalformedValue: Answer(HTTPStatus.BAD_REQUEST, _("This has the wrong type or is too long.")),
    InvalidField: Answer(HTTPStatus.BAD_REQUEST, _("Invalid input.")),
    Throttled: Answer(HTTPStatus.TOO_MANY_REQUESTS, _("Too many attempts; this one was not looked at.")),
    DeliveryFailed: Answer(HTTPStatus.SERVICE_UNAVAILABLE, _("Nothing could be sent; try again.")),
    Unavailable: Answer(HTTPStatus.SERVICE_UNAVAILABLE, _("Not possible just now; try again.")),
}
"""Whoever derives an error of a method's own from one of these is answered as for the nearest."""

FAULTS: frozenset[type[MfaError]] = frozenset(
    {MfaError, SealError, UnknownKey, BrokenSeal, StaleAccount, StoreBusy, NotUnique}
)
"""Never a client's doing: they propagate, for the operator to see."""

PROBLEMS: Mapping[str, Promise] = {
    "too_long": _("This is too long."),
    "unprintable": _("This may not hold line breaks or other control characters."),
    "required": _("This field is required."),
    "invalid_email": _("Enter a valid email address."),
    "invalid_phone_number": _("Enter a valid phone number."),
}
"""What is wrong with a field, by the word for it; other words are answered as ``InvalidField``."""

REJECTED = Answer(HTTPStatus.UNAUTHORIZED, _("This value is not valid."))

REJECTED_CODE = "invalid_value"

REJECTED_CHALLENGE = 'JSON realm="multi factor verification"'


class MfaException(APIException):
    """A refusal of the core as DRF raises it: any project's exception handler shows the body and the headers."""

    def __init__(
        self,
        answer: Answer,
        code: str,
        *,
        verifications_left: int | None = None,
        auth_header: str | None = None,
        wait: int | None = None,
    ) -> None:
        super().__init__(str(answer.sentence), code)
        self.status_code = answer.status
        self.auth_header = auth_header
        self.wait = wait
        self._sentence = ErrorDetail(str(answer.sentence), code)
        # DRF would turn the number into text, were it handed over to be made a detail.
        body: dict[str, Any] = {"detail": self._sentence, "code": code}
        if verifications_left is not None:
            body["verifications-left"] = verifications_left
        self.body = body
        self.detail = body

    def get_codes(self) -> str | None:
        """Return the one code."""
        return self._sentence.code

    def get_full_details(self) -> Any:  # noqa: ANN401 - the type is private to the stubs
        """Return the sentence and the code, as for DRF's own exceptions."""
        return {"message": self._sentence, "code": self._sentence.code}


def api_exception(error: Exception, scheme: str, refused: int = REFUSED) -> Exception:
    """Return what DRF can answer in the place of an error of the core, and everything else as it is.

    ``scheme`` is the authentication scheme that a refusal names, ``refused`` its status. What Django calls a suspicious
    operation, such as a body of a thousand fields or a host that is not allowed, becomes a 400 in the form that every
    error has here.
    """
    if isinstance(error, SuspiciousOperation):
        return ParseError()
    if isinstance(error, MfaError) and (answer := _answer(error)) is not None:
        return _refusal(error, answer, scheme, refused)
    return error


def _answer(error: MfaError) -> Answer | None:
    return next((ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS), None)


def _refusal(error: MfaError, answer: Answer, scheme: str, refused: int) -> APIException:
    match error:
        case InvalidField():
            sentence = PROBLEMS.get(error.problem, answer.sentence)
            return ValidationError({error.field: [ErrorDetail(str(sentence), error.problem)]})
        case MalformedValue():
            return ValidationError({"value": [ErrorDetail(str(answer.sentence), error.code)]})
        case Refused():
            return MfaException(
                Answer(HTTPStatus(refused), answer.sentence),
                error.code,
                verifications_left=error.verifications_left,
                auth_header=step_up_challenge(error, scheme),
            )
        case Throttled(retry_after=timedelta() as wait) | Unavailable(retry_after=wait):
            return MfaException(answer, error.code, wait=whole_seconds(wait))
    return MfaException(answer, error.code)


def step_up_challenge(error: Refused, scheme: str) -> str:
    """Write the header of RFC 9470 section 3, which tells a client what would be enough.

    The description is in English and ASCII, as RFC 6750 section 3 has it; the sentence for people is in the body.
    """
    parameters = {
        "error": "insufficient_user_authentication",
        "error_description": "A different authentication level is required",
    }
    if error.max_age is not None:
        parameters["error_description"] = "More recent authentication is required"
        parameters["max_age"] = str(error.max_age // _SECOND)
    if error.phishing_resistant:
        parameters["acr_values"] = "phr"
    written = ", ".join(f'{name}="{value}"' for name, value in parameters.items())
    return f"{scheme} {written}"


def refusal_of(standing: Standing) -> Refused:
    """Return the refusal that a standing deserves: at least one verification is always left."""
    left = max(standing.verifications_left, 1)
    return VerificationRequired(left) if standing.enrolled else RegistrationRequired(left)


def told(error: MfaError, scheme: str, refused: int) -> Told:
    """Return the very answer that DRF would give, for a view that is not DRF's; what is no answer is raised."""
    exception = api_exception(error, scheme, refused)
    if not isinstance(exception, MfaException):
        raise exception
    headers = {}
    if exception.auth_header is not None:
        headers["WWW-Authenticate"] = exception.auth_header
    if exception.wait is not None:
        headers["Retry-After"] = str(exception.wait)
    return Told(status=exception.status_code, body=dict(exception.body), headers=headers)


def rejection() -> Response:
    """Return the answer to a wrong value, which is the same for every reason.

    It is returned and never raised: DRF rolls a request's transaction back when a view raises, and with it would go
    the failure that was counted.
    """
    body = {"detail": str(REJECTED.sentence), "code": REJECTED_CODE}
    return Response(body, status=REJECTED.status, headers={"WWW-Authenticate": REJECTED_CHALLENGE})


def with_code(response: Response) -> Response:
    """Put the code beside the sentence of DRF's own errors; field errors stay as DRF writes them."""
    body = response.data
    code = getattr(body.get("detail"), "code", None) if isinstance(body, dict) else None
    if code is not None:
        body.setdefault("code", code)
    return response


def whole_seconds(wait: timedelta) -> int:
    """Return a wait in seconds, rounded up, so that whoever obeys it is never too early."""
    return -(-wait // _SECOND)
