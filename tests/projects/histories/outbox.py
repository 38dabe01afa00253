"""Codes in a file, under the name that a request has given itself: so it is known which request had which code sent."""

from collections.abc import Callable
from contextvars import ContextVar

import attrs
from django.http import HttpRequest, HttpResponseBase

from mfa.application.ports.delivery import Message
from tests.projects.promises.outbox import FileSender

HEADER = "X-Request"
FAILS = "fails"
"""How the name of a request ends whose code is sent, and that is told otherwise."""

_request: ContextVar[str] = ContextVar("_request", default="")


class NamedSender(FileSender):
    def send(self, message: Message) -> None:
        name = _request.get()
        super().send(attrs.evolve(message, destination=name))
        if name.endswith(FAILS):
            raise OSError


def middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    def handle(request: HttpRequest) -> HttpResponseBase:
        _request.set(request.headers.get(HEADER, ""))
        return get_response(request)

    return handle
