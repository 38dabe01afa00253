"""Channels: a socket that opens to verified sessions."""

from types import SimpleNamespace

from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import JsonWebsocketConsumer
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from examples.frameworks.gate import Closed, demand

OWN_CODES = 4000
"""Where the codes begin that RFC 6455 section 7.4.2 leaves to applications; added to a status of HTTP."""


class Feed(JsonWebsocketConsumer):
    """Opens to somebody with a second factor, who is judged once, when he connects."""

    def connect(self) -> None:
        """Let in whose session is verified, and close the socket of others, telling why."""
        self.accept()
        user = self.scope["user"]
        try:
            demand(SimpleNamespace(user=user, session=self.scope["session"]))
        except Closed as closed:
            self.close(OWN_CODES + closed.answer.status, closed.answer.code)
            return
        self.send_json({"payslips_of": user.get_username()})


application = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter([path("feed/", Feed.as_asgi())])))
