"""Channels: a socket that opens to verified sessions."""

from types import SimpleNamespace

from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import JsonWebsocketConsumer
from channels.routing import URLRouter
from django.urls import path

from examples.frameworks.gate import refusal

VERIFICATION_REQUIRED = 4403
"""A code of the project's own, from the range that RFC 6455 section 7.4.2 leaves to applications."""


class Feed(JsonWebsocketConsumer):
    """Opens to somebody with a second factor, who is judged once, when he connects."""

    def connect(self) -> None:
        """Let in whose session is verified, and close the socket of others with a code that tells why."""
        self.accept()
        user = self.scope["user"]
        request = SimpleNamespace(user=user, session=self.scope["session"])
        if not user.is_authenticated or refusal(request) is not None:
            self.close(VERIFICATION_REQUIRED)
            return
        self.send_json({"payslips_of": user.get_username()})


application = AuthMiddlewareStack(URLRouter([path("feed/", Feed.as_asgi())]))
