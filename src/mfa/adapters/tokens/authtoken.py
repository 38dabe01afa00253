"""Django REST framework's own tokens."""

import hashlib
from datetime import UTC
from typing import Any

from django.db import IntegrityError, connections, router, transaction
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.authtoken.views import ObtainAuthToken as StockObtainAuthToken
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from mfa.application.ports.tokens import TokenProvider
from mfa.domain.identifiers import Token, TokenId, UserId

LOGIN_ATTEMPTS = 5
"""Tokens made by somebody else at the same moment that are replaced before a login is told to come again."""


class AuthtokenTokenProvider(TokenProvider):
    """Knows a token by its key and by when its row was made, so that a key made anew starts unverified."""

    def __init__(self, config: object) -> None:
        """Take the settings, of which none matters here."""

    @property
    def scheme(self) -> str:
        """Return the keyword of Django REST framework's ``TokenAuthentication``."""
        return "Token"

    def token_of(self, request: object) -> Token | None:
        """Return the token that ``TokenAuthentication`` left on the request."""
        auth = getattr(request, "auth", None)
        if not isinstance(auth, AuthToken):
            return None
        return Token(id=_identity(auth), user_id=UserId(str(auth.user_id)))


def _identity(token: AuthToken) -> TokenId:
    """Join a digest of the key with the time of creation.

    The key's part stands first and by itself, so that a database that knows only the key can find all that begins
    with it.
    """
    digest = hashlib.sha256(b"mfa/authtoken/" + token.key.encode()).hexdigest()
    created = token.created if token.created.tzinfo is None else token.created.astimezone(UTC)
    return TokenId(f"authtoken:{digest}.{created:%Y%m%d%H%M%S%f}")


class ObtainAuthToken(StockObtainAuthToken):
    """Logs in by password, and replaces the user's token instead of handing the old one out again.

    All clients of a user share one token. The stock view gives it to whoever knows the password, verified as the
    owner has left it: a stolen password would be enough to get past the second factor.
    """

    @classmethod
    def as_view(cls, *args: Any, **initkwargs: Any) -> Any:  # noqa: ANN401 - as in DRF
        """Make a view outside of ``ATOMIC_REQUESTS``: a transaction that has read already may have to give way."""
        view = super().as_view(*args, **initkwargs)
        return transaction.non_atomic_requests(using=router.db_for_write(AuthToken))(view)

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Check the password and answer with a new token."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response({"token": _replaced(serializer.validated_data["user"]).key})


def _replaced(user: Any) -> AuthToken:  # noqa: ANN401 - whatever model the project has
    database = router.db_for_write(AuthToken)
    for _ in range(LOGIN_ATTEMPTS):
        try:
            with transaction.atomic(using=database):
                _line_up(user, database)
                AuthToken.objects.using(database).filter(user=user).delete()
                return AuthToken.objects.using(database).create(user=user)
        except IntegrityError:
            # The project makes tokens elsewhere, too, and was faster; that one is to be replaced as well.
            continue
    raise Throttled(wait=1)


def _line_up(user: Any, database: str) -> None:  # noqa: ANN401 - whatever model the project has
    """Have logins of one user wait for one another, by the user's row.

    Otherwise a database that locks entries of its indexes finds deadlocks among them. One that locks nothing but the
    whole file, at the first statement that writes, needs no more than that.
    """
    if connections[database].features.has_select_for_update:
        list(type(user)._base_manager.using(database).select_for_update().filter(pk=user.pk).values_list("pk"))  # noqa: SLF001 - Django's name for it
