"""An answer as Django REST framework raises it, for its own adapter and for the gate before its views."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections
from rest_framework.exceptions import APIException, ErrorDetail

from mfa.adapters.answers import Answer


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


@contextmanager
def transactions_left_alone() -> Iterator[None]:
    """Keep DRF from marking transactions to be rolled back where none of them is the request's own.

    It takes whichever is open for that of ``ATOMIC_REQUESTS``, even the one in which a project's test case runs.
    """
    marks = [(each, each.needs_rollback) for each in connections.all(initialized_only=True) if each.in_atomic_block]
    yield
    for connection, mark in marks:
        connection.set_rollback(mark)
