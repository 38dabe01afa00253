"""The tokens of django-rest-knox: many per user, stored as digests, with an end."""

from knox.models import AbstractAuthToken
from knox.settings import knox_settings

from mfa.application.ports.tokens import TokenProvider
from mfa.domain.identifiers import Token, TokenId, UserId


class KnoxTokenProvider(TokenProvider):
    """Knows a token by the digest that knox itself stores."""

    def __init__(self, config: object) -> None:
        """Take the settings, of which none matters here."""

    @property
    def scheme(self) -> str:
        """Return the prefix that knox is configured with."""
        return str(knox_settings.AUTH_HEADER_PREFIX)

    def token_of(self, request: object) -> Token | None:
        """Return the token that knox's ``TokenAuthentication`` left on the request."""
        auth = getattr(request, "auth", None)
        if not isinstance(auth, AbstractAuthToken):
            return None
        return Token(id=TokenId(f"knox:{auth.digest}"), user_id=UserId(str(auth.user_id)))
