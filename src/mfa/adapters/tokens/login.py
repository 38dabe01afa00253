"""The logins that need no other package; ``mfa.adapters.tokens`` offers each beside the tokens that it makes."""

from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.authtoken.serializers import AuthTokenSerializer
from rest_framework.authtoken.views import ObtainAuthToken as StockObtainAuthToken
from rest_framework.request import Request
from rest_framework.response import Response

from mfa.adapters import logins
from mfa.adapters.tokens import authtoken, session
from mfa.adapters.views import MultiFactorView


def password_user(serializer: Any) -> Any:  # noqa: ANN401 - whatever model the project has
    """Return whom a name and a password belong to; raises what DRF answers to others, whatever else was sent."""
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data["user"]


class ObtainAuthToken(MultiFactorView, StockObtainAuthToken):
    """Log in by password, and by a second factor where one comes along; the user's token is replaced."""

    # All clients of a user share one token. The stock view gives it to whoever knows the password, verified as the
    # owner has left it: a stolen password would be enough to get past the second factor.

    mfa_login = ("username", "token")

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Check the password, then what comes along, and answer with a new token."""
        row = authtoken.new_row(password_user(self.get_serializer(data=request.data)))
        token = authtoken.known(row)
        logins.confirm(request.data, token, request)
        standing = logins.standing(token)
        return Response({"token": authtoken.replaced_by(row).key, "mfa": standing})


class SessionLoginView(MultiFactorView):
    """Log in by password, and by a second factor where one comes along; the token is a session."""

    # Each request has to bring the token against forgery, also one of nobody yet: who is logged in without knowing it
    # goes on in the account of the attacker (login CSRF).

    authentication_classes = ()
    permission_classes = ()
    mfa_login = ("username",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a login that another site may have begun; raises ``PermissionDenied``."""
        SessionAuthentication().enforce_csrf(request)
        super().initial(request, *args, **kwargs)

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Check the password, then what comes along, and begin a session."""
        user = password_user(AuthTokenSerializer(data=request.data, context={"request": request}))
        prepared = session.prepare(request, user, user.backend)
        logins.confirm(request.data, prepared.token, request)
        standing = logins.standing(prepared.token)
        prepared.issue()
        return Response({"mfa": standing})
