"""Django REST framework's own tokens."""

import hashlib
from importlib import import_module
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, connections, router, transaction
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.exceptions import AuthenticationFailed, Throttled

from mfa.adapters import accessor, requests
from mfa.adapters.tokens.rows import identities, identity
from mfa.application.ports.tokens import IssuedToken, TokenIssuer, TokenProvider
from mfa.domain.identifiers import Token, UserId
from mfa.domain.secrets import equal

LOGIN_ATTEMPTS = 5
"""Tokens made by somebody else at the same moment that are replaced before a login is told to come again."""


class VerifiedTokenAuthentication(TokenAuthentication):
    """The framework's own authentication, which reads the account in the same statement: the gate asks nothing more."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        """Find the token with its user, as the framework does, and with the account as that token meets it."""
        model, join = self.get_model(), accessor.use_cases().account_join
        if join is None or not issubclass(model, AuthToken):
            return super().authenticate_credentials(key)
        known = identities("authtoken", _digest(key))
        try:
            token, account = join.along(model, {"key": key}, between=known, known_as=_token)
        except model.DoesNotExist:
            raise AuthenticationFailed(_("Invalid token.")) from None
        if not token.user.is_active:
            raise AuthenticationFailed(_("User inactive or deleted."))
        # A database may take two texts for one; then the account was looked for under another name than it has.
        if account is not None and equal(token.key.encode(), key.encode()):
            requests.leave_account(token, account)
        return token.user, token


class AuthtokenTokenProvider(TokenProvider, TokenIssuer):
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
        return _token(auth)

    def issue(self, user_id: UserId, request: object) -> IssuedToken | None:
        """Replace the user's token, as a login by password does: there is only one."""
        user = get_user_model()._default_manager.filter(pk=user_id).first()  # noqa: SLF001 - Django's name for it
        if user is None:
            return None
        made = replaced(user)
        return IssuedToken(token=_token(made), shown={"token": made.key})


def _token(auth: AuthToken) -> Token:
    return Token(id=identity("authtoken", _digest(auth.key), auth.created), user_id=UserId(str(auth.user_id)))


def _digest(key: str) -> str:
    return hashlib.sha256(b"mfa/authtoken/" + key.encode()).hexdigest()


def replaced(user: Any) -> AuthToken:  # noqa: ANN401 - whatever model the project has
    """Replace a user's token by a new one; raises ``Throttled`` where somebody else always makes one, too."""
    database = router.db_for_write(AuthToken)
    for _attempt in range(LOGIN_ATTEMPTS):
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


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as Python has it
    """Return the login view, which can only be imported when the framework has read its authentication classes.

    One of them may be the class above: the framework reads them while it makes the very view that this one is made
    from.
    """
    if name == "ObtainAuthToken":
        return import_module("mfa.adapters.tokens.login").ObtainAuthToken
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
