"""What an app gets from a login by allauth: beside the session token, by which allauth knows it, one of knox."""

from allauth.headless.tokens.strategies.sessions import SessionTokenStrategy
from django.http import HttpRequest
from knox.models import AuthToken


class KnoxTokenStrategy(SessionTokenStrategy):
    """Has allauth answer with ``access_token``, by which the project's own API knows the app."""

    def create_access_token(self, request: HttpRequest) -> str:
        """Make one more token, which is not verified yet."""
        token: str = AuthToken.objects.create(request.user)[1]
        return token
