"""Requests as they go from one process to another."""

import json
from typing import NamedTuple


class Ask(NamedTuple):
    """A request of somebody with a token, and the status that the answer has to have."""

    method: str
    path: str
    key: str
    status: int
    body: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of the request."""
        shared = {"Authorization": f"Token {self.key}", "Accept": "application/json"}
        return {**shared, "Content-Type": "application/json"} if self.body else shared


class WrongAnswer(Exception):
    """What was to be measured did not happen."""

    def __init__(self, ask: Ask, status: int, content: bytes) -> None:
        super().__init__(f"{ask.method} {ask.path}: {status} instead of {ask.status}: {content.decode()[:500]}")


def json_of(**fields: str) -> str:
    """Return a body."""
    return json.dumps(fields)
