"""The login of knox; ``mfa.adapters.tokens.knox`` offers it beside the tokens that it makes."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from knox.views import LoginView as StockKnoxLoginView
from rest_framework.authentication import BasicAuthentication
from rest_framework.authtoken.serializers import AuthTokenSerializer
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from mfa.adapters import logins
from mfa.adapters.tokens import knox
from mfa.adapters.tokens.login import password_user
from mfa.adapters.tokens.rows import insert
from mfa.adapters.views import MultiFactorView


class PasswordAuthentication(BasicAuthentication):
    """HTTP Basic, by which a name that not every database can be asked for is nobody's, as it is in a body."""

    def authenticate_credentials(self, userid: str, password: str, request: Any = None) -> Any:  # noqa: ANN401 - as in DRF
        """Look for a user as the framework does, but for no name with a null character, at which PostgreSQL fails."""
        if "\0" in userid:
            raise AuthenticationFailed(_("Invalid username/password."))
        return super().authenticate_credentials(userid, password, request)


class KnoxLoginView(MultiFactorView, StockKnoxLoginView):  # type: ignore[misc] # knox carries no types
    """Log in by password, in the body or by HTTP Basic, and by a second factor where one comes along."""

    # What knox lets a subclass decide it may decide here, too.

    authentication_classes = (PasswordAuthentication,)
    permission_classes = ()
    mfa_login = ("username", "expiry", "token")

    def post(self, request: Request, format: str | None = None) -> Response:  # noqa: A002 - as in knox
        """Check the password, then what comes along, and answer with one more token."""
        user: Any = request.user  # None, where UNAUTHENTICATED_USER says so
        if user is None or not user.is_authenticated:
            serializer = AuthTokenSerializer(data=request.data, context=self.get_context())
            request.user = password_user(serializer)
        return super().post(request, format)  # type: ignore[no-any-return] # as above

    def create_token(self) -> tuple[Any, str]:
        """Make a token, but store it only when what comes along is confirmed to it."""
        user, ttl, prefix = self.request.user, self.get_token_ttl(), self.get_token_prefix()
        key, made = knox.new_row(user, ttl=ttl, prefix=prefix)
        logins.confirm(self.request.data, knox.known(made), self.request)
        self.standing = logins.standing(knox.known(made))
        insert(made)
        return made, key

    def get_post_response_data(self, request: Request, token: str, instance: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
        """Answer as knox does, and tell how the token stands."""
        return {**super().get_post_response_data(request, token, instance), "mfa": self.standing}
