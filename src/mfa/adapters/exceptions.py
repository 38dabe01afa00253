"""An answer as Django REST framework raises it, for its own adapter and for the gate before its views."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import connections
from rest_framework.exceptions import (
    APIException,
    ErrorDetail,
    NotAuthenticated,
    ParseError,
    PermissionDenied,
    ValidationError,
)
from rest_framework.request import ForcedAuthentication, Request

from mfa.adapters.answers import Answer, answer_to, token_required, unauthenticated
from mfa.application.use_cases import UseCases
from mfa.domain.errors import MfaError
from mfa.domain.identifiers import Token


class CodedNumber(int):
    """A number with the code that every part of an exception's detail has, for handlers that walk through them all."""

    code: str


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
        self.detail = _coded(answer.body, answer.code)

    def get_codes(self) -> str | None:
        """Return the one code."""
        return self._sentence.code

    def get_full_details(self) -> Any:  # noqa: ANN401 - the type is private to the stubs
        """Return the sentence and the code, as for DRF's own exceptions."""
        return {"message": self._sentence, "code": self._sentence.code}


class MissingCredentials(MfaException, NotAuthenticated):
    """A request without credentials, as DRF refuses it, but with the code beside the sentence."""

    def __init__(self) -> None:
        super().__init__(unauthenticated(""))


class TokenRequired(MfaException, PermissionDenied):
    """A request whose credentials are no token of the provider."""

    def __init__(self, request: Request) -> None:
        super().__init__(token_required(forced=is_forced(request)))


def is_forced(request: Request) -> bool:
    """Tell whether a client for tests, and nothing else can, has put a user on a request past all authentication."""
    return isinstance(request.successful_authenticator, ForcedAuthentication)


def _coded(part: Any, code: str) -> Any:  # noqa: ANN401 - whatever JSON may be
    """Give every text and number of a body the code."""
    if isinstance(part, dict):
        return {name: _coded(value, code) for name, value in part.items()}
    if isinstance(part, list):
        return [_coded(value, code) for value in part]
    if isinstance(part, str):
        return ErrorDetail(part, code)
    if isinstance(part, int) and not isinstance(part, bool):
        number = CodedNumber(part)
        number.code = code
        return number
    return part


def exception_to(error: Exception, token: Token | None, use_cases: UseCases) -> Exception:
    """Return what DRF can answer to a token in the place of an error of the core, and everything else as it is.

    The settings of the deployment give the status of a refusal, and the scheme that it names without a token. What
    Django calls a suspicious operation, such as a body of a thousand fields or a host that is not allowed, becomes a
    400 in the form that every error has here.
    """
    if isinstance(error, SuspiciousOperation):
        return ParseError()
    if not isinstance(error, MfaError):
        return error
    scheme = (token.scheme if token is not None else "") or use_cases.token_provider.scheme
    try:
        answer = answer_to(error, scheme, use_cases.step_up_status)
    except MfaError as fault:
        return fault
    if isinstance(answer.body.get("code"), str):
        return MfaException(answer)
    about: dict[str, Any] = {**answer.body}  # a sentence for a field, as DRF says it
    return ValidationError(about, answer.code)


@contextmanager
def transactions_left_alone() -> Iterator[None]:
    """Keep DRF from marking transactions to be rolled back where none of them is the request's own.

    It takes whichever is open for that of ``ATOMIC_REQUESTS``, even the one in which a project's test case runs.
    """
    marks = [(each, each.needs_rollback) for each in connections.all(initialized_only=True) if each.in_atomic_block]
    yield
    for connection, mark in marks:
        connection.set_rollback(mark)
