from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from django.core.exceptions import DisallowedHost, TooManyFieldsSent
from django.utils import translation
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.exceptions import Throttled as TooManyRequests
from rest_framework.response import Response
from rest_framework.views import exception_handler

from mfa.adapters.answers import ANSWERS, PROBLEMS, answer_to, rejection, requirement_body
from mfa.adapters.exceptions import MfaException, exception_to
from mfa.adapters.views import with_code
from mfa.application.standing import Standing
from mfa.application.use_cases import UseCases
from mfa.domain import errors
from mfa.domain.errors import (
    AlreadyVerified,
    BrokenSeal,
    Conflict,
    DeviceNotFound,
    InvalidField,
    MalformedValue,
    MfaError,
    Refused,
    RegistrationRequired,
    StaleAccount,
    Throttled,
    Unavailable,
    VerificationRequired,
)
from mfa.domain.policies import Requirement

STEP_UP = 'Session error="insufficient_user_authentication", error_description="{}"'


FAULTS = {
    *(errors.MfaError, errors.SealError, errors.UnknownKey, errors.BrokenSeal, errors.StaleAccount, errors.StoreBusy),
    *(errors.NotUnique, errors.AlreadySpent, errors.NotAllowed, errors.RotationIncomplete),
}
"""Never a client's doing: they propagate, for the operator to see."""


def tree(kind: type[MfaError] = MfaError) -> Iterator[type[MfaError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from tree(below)


def raised(error: Exception, scheme: str = "Token", step_up_status: int = 403) -> Exception:
    """What is raised in the place of an error, to a request without a token."""
    deployment = SimpleNamespace(token_provider=SimpleNamespace(scheme=scheme), step_up_status=step_up_status)
    return exception_to(error, None, cast("UseCases", deployment))


def answered(error: Exception) -> Response:
    """The response that DRF's own handler makes of an error, in whatever view it is raised."""
    response = exception_handler(raised(error, "Session"), {})
    assert response is not None
    return response


def test_no_error_is_missing_and_none_is_both() -> None:
    assert set(tree()) == ANSWERS.keys() | FAULTS
    assert not ANSWERS.keys() & FAULTS


def test_sentences_are_translated_when_they_are_told() -> None:
    with translation.override("nl"):
        assert answered(DeviceNotFound(3)).data == {"detail": "Niet gevonden.", "code": "not_found"}
    assert answered(DeviceNotFound(3)).data == {"detail": "Not found.", "code": "not_found"}


@pytest.mark.parametrize("kind", [kind for kind in ANSWERS if not issubclass(kind, Refused | InvalidField | Throttled)])
def test_every_error_has_its_status_and_code(kind: type[MfaError]) -> None:
    status, sentence = ANSWERS[kind]
    response = answered(kind())

    assert response.status_code == status
    if kind is MalformedValue:
        assert response.data == {"value": [str(sentence)]}
    else:
        wait = {"retry_after": 1} if kind is Unavailable else {}
        assert response.data == {"detail": str(sentence), "code": kind.code, **wait}


@pytest.mark.parametrize("error", [MfaError(), BrokenSeal(), StaleAccount(), ValueError(), NotFound()])
def test_what_is_no_clients_doing_stays_as_it_is(error: Exception) -> None:
    assert raised(error) is error


def test_a_store_that_is_away_says_when_to_try_again() -> None:
    response = answered(Unavailable(timedelta(milliseconds=1500)))

    assert response.headers["Retry-After"] == "2"
    assert response.data["retry_after"] == 2


def test_an_error_of_a_method_is_answered_as_the_nearest() -> None:
    class Jammed(Conflict):
        code = "jammed"

    response = answered(Jammed())

    assert response.status_code == 409
    assert response.data["code"] == "jammed"


@pytest.mark.parametrize("error", [DisallowedHost("x"), TooManyFieldsSent("x")])
def test_what_is_suspicious_is_a_bad_request_that_says_no_more(error: Exception) -> None:
    answer = raised(error)

    assert isinstance(answer, ParseError)
    assert "x" not in str(answer).split()


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_field_is_told_what_is_wrong_with_it(problem: str) -> None:
    response = answered(InvalidField("address", problem))

    assert response.status_code == 400
    assert response.data == {"address": [str(PROBLEMS[problem])]}
    assert response.data["address"][0].code == problem


def test_a_problem_of_a_projects_own_may_have_a_sentence() -> None:
    response = answered(InvalidField("number", "purple", gettext_lazy("This number is purple.")))

    assert response.data == {"number": ["This number is purple."]}
    assert response.data["number"][0].code == "purple"


@pytest.mark.parametrize("field", ["code", "detail"])
def test_a_field_may_be_called_as_the_parts_of_an_error_are(field: str) -> None:
    assert answered(InvalidField(field, "required")).data == {field: ["This field is required."]}


def test_an_unknown_problem_has_a_neutral_sentence() -> None:
    assert answered(InvalidField("number", "purple")).data == {"number": ["Invalid input."]}


def test_a_malformed_value_is_a_field_error() -> None:
    answer = raised(MalformedValue())

    assert isinstance(answer, ValidationError)
    assert answer.detail == {"value": ["This has the wrong type or is too long."]}
    assert answer.get_codes() == {"value": ["malformed_value"]}


@pytest.mark.parametrize(
    ("wait", "header"),
    [
        (timedelta(seconds=30), "30"),
        (timedelta(seconds=29, microseconds=1), "30"),
        (timedelta(microseconds=1), "1"),
        (timedelta(days=2), "172800"),
    ],
)
def test_a_wait_is_told_in_whole_seconds_rounded_up(wait: timedelta, header: str) -> None:
    response = answered(Throttled(wait))

    assert response.status_code == 429
    assert response.headers["Retry-After"] == header
    assert response.data["retry_after"] == int(header)


@pytest.mark.parametrize(
    ("error", "header"),
    [
        (
            VerificationRequired(2, Requirement(verifications=2)),
            STEP_UP.format("A different authentication level is required"),
        ),
        (
            RegistrationRequired(2, Requirement(verifications=2)),
            STEP_UP.format("A different authentication level is required"),
        ),
        (Refused(2, Requirement(verifications=2)), STEP_UP.format("A different authentication level is required")),
        (
            VerificationRequired(2, Requirement(verifications=2, max_age=timedelta(minutes=5))),
            STEP_UP.format("More recent authentication is required") + ', max_age="300"',
        ),
        (
            VerificationRequired(2, Requirement(max_age=timedelta(seconds=1.5), phishing_resistant=True)),
            STEP_UP.format("More recent authentication is required") + ', max_age="1", acr_values="phr"',
        ),
        (
            VerificationRequired(2, Requirement(phishing_resistant=True)),
            STEP_UP.format("A different authentication level is required") + ', acr_values="phr"',
        ),
    ],
)
def test_a_refusal_tells_what_would_be_enough(error: Refused, header: str) -> None:
    response = answered(error)

    assert response.status_code == 403
    assert response.headers["WWW-Authenticate"] == header
    assert response.data == {
        "detail": str(ANSWERS[type(error)][1]),
        "code": error.code,
        "verifications-left": 2,
        "requirement": requirement_body(error.requirement),
    }
    assert isinstance(response.data["verifications-left"], int)


def test_handlers_of_a_project_find_the_code() -> None:
    answer = raised(VerificationRequired(1, Requirement(verifications=1)))

    assert isinstance(answer, MfaException)
    assert answer.get_codes() == "verification_required"
    assert answer.get_full_details() == {
        "message": "Verify with one of your devices first.",
        "code": "verification_required",
    }


@pytest.mark.parametrize("error", [VerificationRequired(1, Requirement(methods=["totp"])), Throttled(timedelta(1))])
def test_handlers_that_walk_through_a_detail_find_a_code_everywhere(error: MfaError) -> None:
    answer = raised(error)
    assert isinstance(answer, APIException)

    parts = [answer.detail]
    while parts:
        part: object = parts.pop()
        if isinstance(part, dict):
            parts += part.values()
        elif isinstance(part, list):
            parts += part
        elif part:
            assert getattr(part, "code", None) == error.code, part


@pytest.mark.parametrize(
    ("enrolled", "left", "kind", "told"),
    [
        (True, 2, VerificationRequired, 2),
        (False, 1, RegistrationRequired, 1),
        (True, 0, VerificationRequired, 1),
    ],
)
def test_a_standing_has_its_refusal(*, enrolled: bool, left: int, kind: type[Refused], told: int) -> None:
    standing = Standing(
        required=left,
        enrolled=enrolled,
        confirmations=(),
        assessed_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
    )

    refusal = standing.policy_refusal()

    assert (type(refusal), refusal.verifications_left) == (kind, told)


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (Throttled(timedelta(seconds=1.5)), 429, {"Retry-After": "2"}),
        (AlreadyVerified(), 409, {}),
        (InvalidField("address", "required"), 400, {}),
        (
            VerificationRequired(1, Requirement(verifications=1)),
            401,
            {
                "WWW-Authenticate": 'Session error="insufficient_user_authentication", '
                'error_description="A different authentication level is required"'
            },
        ),
    ],
)
def test_views_of_other_frameworks_say_the_same(error: MfaError, status: int, headers: dict[str, str]) -> None:
    plain, answer = answer_to(error, "Session", 401), answered(raised(error, "Session", 401))

    assert (plain.status, plain.headers) == (status, headers)
    assert answer.status_code == status
    assert plain.body == answer.data
    assert {name: answer.headers[name] for name in headers} == headers


def test_a_fault_is_no_answer_there_either() -> None:
    with pytest.raises(BrokenSeal):
        answer_to(BrokenSeal(), "Session")


def test_a_wrong_value_has_one_answer() -> None:
    response = answered(MfaException(rejection()))

    assert response.status_code == 401
    assert response.data == {"detail": "This value is not valid.", "code": "invalid_value"}
    assert response.headers["WWW-Authenticate"] == 'JSON realm="multi factor verification"'


@pytest.mark.parametrize(
    ("error", "body"),
    [
        (NotFound(), {"detail": "Not found.", "code": "not_found"}),
        (AlreadyVerified(), {"detail": "This device is verified already.", "code": "already_verified"}),
        (
            TooManyRequests(3),
            {
                "detail": "Request was throttled. Expected available in 3 seconds.",
                "code": "throttled",
                "retry_after": 3,
            },
        ),
        (APIException({"detail": "x", "code": "own"}), {"detail": "x", "code": "own"}),
        (ValidationError({"detail": ["x"]}), {"detail": ["x"]}),
        (ValidationError(["x"]), ["x"]),
    ],
)
def test_a_code_stands_beside_a_sentence(error: Exception, body: object) -> None:
    assert with_code(answered(error)).data == body


def test_a_project_may_answer_in_its_own_form() -> None:
    assert with_code(Response({"error": "x"})).data == {"error": "x"}
    assert with_code(Response(None)).data is None
