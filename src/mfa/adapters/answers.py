"""What the core refuses, as HTTP says it: the one table of statuses, codes, sentences and headers.

Views of Django and of Django REST framework answer from here alike.
"""

from collections.abc import Mapping
from datetime import UTC, timedelta
from http import HTTPStatus

import attrs
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mfa.application.standing import Standing
from mfa.domain import errors
from mfa.domain.policies import Requirement
from mfa.domain.values import ValueObject

_SECOND = timedelta(seconds=1)

_NOT_FOUND = (HTTPStatus.NOT_FOUND, _("Not found."))

ANSWERS: Mapping[type[errors.MfaError], tuple[HTTPStatus, Promise]] = {
    errors.NotFound: _NOT_FOUND,
    errors.DeviceNotFound: _NOT_FOUND,
    errors.MethodNotFound: _NOT_FOUND,
    errors.TrustNotFound: _NOT_FOUND,
    errors.NotDispatchable: (HTTPStatus.NOT_FOUND, _("This device is sent nothing.")),
    errors.NoChallenge: (HTTPStatus.NOT_FOUND, _("Nothing was sent to this device yet; ask for that first.")),
    errors.Conflict: (HTTPStatus.CONFLICT, _("This is not possible as things are.")),
    errors.AlreadyRegistered: (HTTPStatus.CONFLICT, _("There are as many devices of this kind as are allowed.")),
    errors.AlreadyVerified: (HTTPStatus.CONFLICT, _("This device is verified already.")),
    errors.DeviceIsDisabled: (
        HTTPStatus.CONFLICT,
        _("There were too many wrong values; verify with another device, remove this one and register anew."),
    ),
    errors.DeviceRequired: (HTTPStatus.CONFLICT, _("This needs another active device.")),
    errors.Refused: (HTTPStatus.FORBIDDEN, _("You do not have permission to perform this action.")),
    errors.VerificationRequired: (HTTPStatus.FORBIDDEN, _("Verify with one of your devices first.")),
    errors.RegistrationRequired: (HTTPStatus.FORBIDDEN, _("Register a device first.")),
    errors.Malformed: (HTTPStatus.BAD_REQUEST, _("Invalid input.")),
    errors.MalformedValue: (HTTPStatus.BAD_REQUEST, _("This has the wrong type or is too long.")),
    errors.InvalidField: (HTTPStatus.BAD_REQUEST, _("Invalid input.")),
    errors.Throttled: (HTTPStatus.TOO_MANY_REQUESTS, _("Too many attempts; this one was not looked at.")),
    errors.ResendTooSoon: (
        HTTPStatus.TOO_MANY_REQUESTS,
        _("A code was sent already; wait before you ask for another."),
    ),
    errors.DeliveryFailed: (HTTPStatus.SERVICE_UNAVAILABLE, _("Nothing could be sent; try again.")),
    errors.Unavailable: (HTTPStatus.SERVICE_UNAVAILABLE, _("Not possible just now; try again.")),
}
"""Whoever derives an error of a method's own from one of these is answered as for the nearest.

What is derived from none is never a client's doing: it propagates, for the operator to see.

``STEP_UP_STATUS`` may put the 401 of RFC 9470 section 3 in the place of the 403 of a refusal.
"""

PROBLEMS: Mapping[str, Promise] = {
    "too_long": _("This is too long."),
    "unprintable": _("This may not hold line breaks or other control characters."),
    "required": _("This field is required."),
    "invalid_email": _("Enter a valid email address."),
    "invalid_phone_number": _("Enter a valid phone number."),
    "malformed_member": _("This is missing or malformed."),
    "unknown_requirement": _("There is no requirement of that name."),
    "not_along": _("This login takes no second factor along; log in without it, and verify then."),
}
"""What is wrong with a field, by the word for it; other words are answered as the error says itself, or neutrally."""

REJECTED = (HTTPStatus.UNAUTHORIZED, _("This value is not valid."))
REJECTED_CODE = "invalid_value"
REJECTED_CHALLENGE = 'JSON realm="multi factor verification"'

TOKEN_REQUIRED = _("Only a token can be verified; these credentials are none.")
TOKEN_REQUIRED_CODE = "token_required"  # noqa: S105 - a word of the API

FOR_TESTS = "In a test: force_authenticate(user) gives no token; take mfa.testing.verified_client(user) instead."
"""What a test run reads behind that, which is no language of any user's."""

GRACE_HEADER = "MFA-Registration-Deadline"
"""Where an answer says until when its user may go without a device."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Answer(ValueObject):
    """An answer of HTTP, as a view of any framework can give it."""

    status: int
    code: str
    body: Mapping[str, object]
    headers: Mapping[str, str]


def answer_to(error: errors.MfaError, scheme: str, step_up_status: int = HTTPStatus.FORBIDDEN) -> Answer:
    """Answer what the core refuses; raises the error itself where it is a fault and no answer.

    ``scheme`` is the authentication scheme that a refusal names, ``step_up_status`` its status.
    """
    found = next((ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS), None)
    if found is None:
        raise error
    status, sentence = found
    match error:
        case errors.InvalidField(field=field, problem=problem, sentence=own):
            return _answer_about(field, status, problem, own or PROBLEMS.get(problem, sentence))
        case errors.MalformedValue(member=str() as member):
            return _answer_about(f"value.{member}", status, error.code, PROBLEMS["malformed_member"])
        case errors.MalformedValue():
            return _answer_about("value", status, error.code, sentence)
        case errors.Refused(verifications_left=left, requirement=requirement):
            headers = {"WWW-Authenticate": step_up_challenge(error, scheme)}
            more = {"verifications-left": left, "requirement": requirement_body(requirement)}
            return _answer(step_up_status, error.code, sentence, more, headers)
        case errors.Throttled(retry_after=wait) | errors.Unavailable(retry_after=wait):
            # A browser shows no header across origins unless the site exposes it, hence the body.
            seconds = whole_seconds(wait)
            return _answer(status, error.code, sentence, {"retry_after": seconds}, {"Retry-After": str(seconds)})
    return _answer(status, error.code, sentence)


def rejection() -> Answer:
    """Return the answer to a wrong value, which is the same for every reason."""
    status, sentence = REJECTED
    return _answer(status, REJECTED_CODE, sentence, headers={"WWW-Authenticate": REJECTED_CHALLENGE})


def unauthenticated(scheme: str) -> Answer:
    """Return the answer to a request without credentials, with a challenge as RFC 9110 section 11.6.1 has it."""
    sentence = _("Authentication credentials were not provided.")
    return _answer(HTTPStatus.UNAUTHORIZED, "not_authenticated", sentence, headers={"WWW-Authenticate": scheme})


def token_required(*, forced: bool = False) -> Answer:
    """Return the answer to credentials that are no token of the provider, or to a test that has ``forced`` a user."""
    answer = _answer(HTTPStatus.FORBIDDEN, TOKEN_REQUIRED_CODE, TOKEN_REQUIRED)
    return attrs.evolve(answer, body={**answer.body, "detail": f"{TOKEN_REQUIRED} {FOR_TESTS}"}) if forced else answer


def _answer(
    status: int,
    code: str,
    sentence: Promise,
    more: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    body = {"detail": str(sentence), "code": code, **(more or {})}
    return Answer(status=status, code=code, body=body, headers=headers or {})


def _answer_about(field: str, status: int, code: str, sentence: object) -> Answer:
    """Say what is wrong where it is wrong: a path with dots is nested as errors of nested serializers are."""
    *outside, innermost = field.split(".")
    body: Mapping[str, object] = {innermost: [str(sentence)]}
    for name in reversed(outside):
        body = {name: body}
    return Answer(status=status, code=code, body=body, headers={})


def requirement_body(requirement: Requirement) -> dict[str, object]:
    """Write what is demanded as a client reads it: its age in seconds, its methods in their order."""
    return {
        "verifications": requirement.verifications,
        "methods": None if requirement.methods is None else sorted(requirement.methods),
        "max_age": None if requirement.max_age is None else whole_seconds(requirement.max_age),
        "phishing_resistant": requirement.phishing_resistant,
    }


def step_up_challenge(error: errors.Refused, scheme: str) -> str:
    """Write the header of RFC 9470 section 3, which tells a client what would be enough.

    The description is in English and ASCII, as RFC 6750 section 3 has it; the sentence for people is in the body.
    """
    parameters = {
        "error": "insufficient_user_authentication",
        "error_description": "A different authentication level is required",
    }
    if error.requirement.max_age is not None:
        parameters["error_description"] = "More recent authentication is required"
        parameters["max_age"] = str(error.requirement.max_age // _SECOND)
    if error.requirement.phishing_resistant:
        parameters["acr_values"] = "phr"
    written = ", ".join(f'{name}="{value}"' for name, value in parameters.items())
    return f"{scheme} {written}"


def grace_header(standing: Standing) -> dict[str, str]:
    """Return the header that tells until when a user may go without a device, in UTC (RFC 3339); none of others."""
    until = standing.grace_until
    return {} if until is None else {GRACE_HEADER: f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}


def whole_seconds(wait: timedelta) -> int:
    """Return a wait in seconds, rounded up, so that whoever obeys it is never too early."""
    return -(-wait // _SECOND)
