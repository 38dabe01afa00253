"""Django REST framework's own tokens, of which a user has one, and its replacement at every login."""

import hashlib
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.db import IntegrityError, connections, router, transaction
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.exceptions import AuthenticationFailed, Throttled

from mfa.adapters import accessor, requests
from mfa.adapters.logins import confirm
from mfa.adapters.tokens.rows import dated, end_rows, identities, identity, insert, owns, users
from mfa.application.ports.tokens import PreparedToken, TokenEnder, TokenIssuer, TokenProvider
from mfa.domain.identifiers import Token, UserId
from mfa.domain.secrets import equal

_MADE = "_mfa_token"

MOST_ATTEMPTS = 5
"""Tokens made by somebody else at the same moment that are replaced before a login is told to come again."""


class VerifiedTokenAuthentication(TokenAuthentication):
    """The framework's own authentication, which reads the account in the same statement: the gate asks nothing more."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        """Find the token with its user, as the framework does, and with the account as that token meets it."""
        model, join = self.get_model(), accessor.use_cases().account_join
        if join is None or not issubclass(model, AuthToken):
            return super().authenticate_credentials(key)
        between = identities("authtoken", _digest(key))
        try:
            token, account = join.read_joined(model, {"key": key}, between=between, known_as=known)
        except model.DoesNotExist:
            raise AuthenticationFailed(_("Invalid token.")) from None
        if not token.user.is_active:
            raise AuthenticationFailed(_("User inactive or deleted."))
        # A database may take two texts for one; then the account was looked for under another name than it has.
        if account is not None and equal(token.key.encode(), key.encode()):
            requests.leave_account(token, account)
        return token.user, token


class AuthtokenTokenProvider(TokenProvider, TokenIssuer, TokenEnder):
    """Knows a token by its key and by when its row was made, so that a key made anew starts unverified."""

    scheme = "Token"

    def __init__(self, config: object) -> None:
        """Take the settings, of which none matters here."""

    def token_of(self, request: object) -> Token | None:
        """Return the token that ``TokenAuthentication`` left on the request, for its owner."""
        auth = getattr(request, "auth", None)
        return known(auth) if isinstance(auth, AuthToken) and owns(request, auth) else None

    def prepare(self, user_id: UserId, request: object) -> PreparedToken | None:
        """Prepare what will replace the user's token, as at a login by password: there is only one."""
        user = users().filter(pk=user_id).first()
        if user is None:
            return None
        row = new_row(user)
        return PreparedToken(token=known(row), issue=lambda: {"token": replaced_by(row).key})

    def end_all(self, user_id: UserId) -> Mapping[str, int | None]:
        """Delete the user's token."""
        return {"authtoken": end_rows(AuthToken, user_id)}


def known(auth: AuthToken) -> Token:
    """Return what the core knows of a token, whether it is stored or not.

    Every permission and view of a request asks, so it is made once for a row that stays as it is.
    """
    row = key, created, user_id = (auth.key, auth.created, auth.user_id)
    made = vars(auth).get(_MADE)
    if made is None or made[0] != row:
        token = Token(id=identity("authtoken", _digest(key), created), user_id=UserId(str(user_id)))
        made = vars(auth)[_MADE] = (row, token)
    found: Token = made[1]
    return found


def _digest(key: str) -> str:
    return hashlib.sha256(b"mfa/authtoken/" + key.encode()).hexdigest()


def create_token(token_model: type[AuthToken], user: Any, serializer: Any) -> AuthToken:  # noqa: ANN401 - as in dj-rest-auth
    """Replace the user's token, as the ``TOKEN_CREATOR`` of dj-rest-auth, and confirm to it what the login brought.

    ``serializer`` is what has read the login's body, or ``None`` where there was none. Raises what DRF answers: a
    second factor that is refused leaves the old token as it is.
    """
    row = new_row(user, token_model)
    context: Mapping[str, object] = getattr(serializer, "context", {})
    confirm(getattr(serializer, "initial_data", None), known(row), context.get("request"))
    return replaced_by(row)


def new_row(user: Any, model: type[AuthToken] = AuthToken) -> AuthToken:  # noqa: ANN401 - whatever model the project has
    """Make a token with a key and a moment of its own, which is stored nowhere."""
    row: AuthToken = dated(model(key=model.generate_key(), user=user))
    return row


def replaced_by(row: AuthToken) -> AuthToken:
    """Store a token in the place of its user's; raises ``Throttled`` where somebody else always makes one, too."""
    model = type(row)
    database = router.db_for_write(model)
    for _attempt in range(MOST_ATTEMPTS):
        try:
            with transaction.atomic(using=database):
                lock = _lock if connections[database].features.has_select_for_update else _leave_unlocked
                lock(row.user, database)
                model._default_manager.using(database).filter(user=row.user).delete()  # noqa: SLF001 - Django's name for it
                insert(row)
                return row
        except IntegrityError:
            # The project makes tokens elsewhere, too, and was faster; that one is to be replaced as well.
            continue
    raise Throttled(wait=1)


def _lock(user: Any, database: str) -> None:  # noqa: ANN401 - as above
    """Have logins of one user wait for one another, by the user's row.

    Otherwise a database that locks entries of its indexes finds deadlocks among them.
    """
    list(type(user)._base_manager.using(database).select_for_update().filter(pk=user.pk).values_list("pk"))  # noqa: SLF001 - Django's name for it


def _leave_unlocked(user: Any, database: str) -> None:  # noqa: ANN401 - as above
    """Lock nothing: SQLite locks the whole file at the first statement that writes, and needs no more than that."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as Python has it
    """Return the login view, which can only be imported when the framework has read its authentication classes.

    One of them may be the class above: the framework reads them while it makes the very view that this one is made
    from.
    """
    if name == "ObtainAuthToken":
        return import_module("mfa.adapters.tokens.login").ObtainAuthToken
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
