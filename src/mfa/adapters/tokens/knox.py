"""The tokens of django-rest-knox: many per user, stored as digests, with an end."""

from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import router
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from knox.crypto import create_token_string, hash_token
from knox.models import AbstractAuthToken, get_token_model
from knox.settings import CONSTANTS, knox_settings
from rest_framework.exceptions import AuthenticationFailed

from mfa.adapters import accessor, requests
from mfa.adapters.tokens.rows import dated, end_rows, identities, identity, insert, owns, users
from mfa.application.ports.tokens import PreparedToken, TokenEnder, TokenIssuer, TokenProvider
from mfa.domain.identifiers import Token, UserId


class VerifiedTokenAuthentication(TokenAuthentication):  # type: ignore[misc] # knox carries no types
    """Knox's own authentication, which reads the account in the same statement, so that the gate asks nothing more."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        """Find the token by its digest; everything else about it is left to knox."""
        join = accessor.use_cases().account_join
        if join is None:
            return super().authenticate_credentials(token)  # type: ignore[no-any-return] # knox carries no types
        text = token.decode("utf-8", "replace")
        digest, model = hash_token(text), get_token_model()
        found = {"digest": digest, "token_key": _beginning(text)}
        try:
            auth_token, account = join.read_joined(model, found, between=identities("knox", digest), known_as=known)
        except model.DoesNotExist:
            raise AuthenticationFailed(_("Invalid token.")) from None
        if self._cleanup_token(auth_token):
            raise AuthenticationFailed(_("Invalid token."))
        if knox_settings.AUTO_REFRESH and auth_token.expiry:
            self.renew_token(auth_token)
        if account is not None:
            requests.leave_account(auth_token, account)
        return self.validate_user(auth_token)  # type: ignore[no-any-return] # knox carries no types


class KnoxTokenProvider(TokenProvider, TokenIssuer, TokenEnder):
    """Knows a token by the digest that knox itself stores, and by when its row was made."""

    def __init__(self, config: object) -> None:
        """Take the settings, of which none matters here."""

    @property
    def scheme(self) -> str:
        """Return the prefix that knox is configured with."""
        return str(knox_settings.AUTH_HEADER_PREFIX)

    def token_of(self, request: object) -> Token | None:
        """Return the token that knox's ``TokenAuthentication`` left on the request, for its owner."""
        auth = getattr(request, "auth", None)
        return known(auth) if isinstance(auth, AbstractAuthToken) and owns(request, auth) else None

    def prepare(self, user_id: UserId, request: object) -> PreparedToken | None:
        """Prepare one more token, with the end and up to the number that knox is configured with."""
        user: Any = users().filter(pk=user_id).first()
        most, model = knox_settings.TOKEN_LIMIT_PER_USER, get_token_model()
        stored = model.objects.using(router.db_for_write(model))
        live = stored.filter(Q(expiry__isnull=True) | Q(expiry__gt=Now()), user=user)
        if user is None or (most is not None and live.count() >= most):
            return None
        key, made = new_row(user, ttl=knox_settings.TOKEN_TTL, prefix=knox_settings.TOKEN_PREFIX)

        def issue() -> Mapping[str, object]:
            insert(made)
            user_logged_in.send(sender=type(user), request=request, user=user)
            return {"token": key} | ({} if made.expiry is None else {"expires_at": made.expiry})

        return PreparedToken(token=known(made), issue=issue)

    def end_all(self, user_id: UserId) -> Mapping[str, int | None]:
        """Delete the user's tokens."""
        return {"knox": end_rows(get_token_model(), user_id)}


def new_row(user: Any, *, ttl: timedelta | None, prefix: str) -> tuple[str, Any]:  # noqa: ANN401 - as knox has them
    """Make a key, and the row of a token of that key, which is stored nowhere."""
    key = f"{prefix}{create_token_string()}"
    made = dated(get_token_model()(digest=hash_token(key), token_key=_beginning(key), user=user))
    made.expiry = None if ttl is None else made.created + ttl
    return key, made


def _beginning(key: str) -> str:
    """Return what knox keeps of a key as it is, to find it by."""
    return key[: CONSTANTS.TOKEN_KEY_LENGTH]


def known(auth_token: AbstractAuthToken) -> Token:
    """Return what the core knows of a token, whether it is stored or not."""
    ends = auth_token.expiry if not knox_settings.AUTO_REFRESH else None
    return Token(
        id=identity("knox", auth_token.digest, auth_token.created),
        user_id=UserId(str(auth_token.user_id)),
        scheme=str(knox_settings.AUTH_HEADER_PREFIX),
        expires_at=timezone.make_aware(ends) if ends is not None and timezone.is_naive(ends) else ends,
    )


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as Python has it
    """Return the login view, which can only be imported when the framework has read its authentication classes."""
    if name == "LoginView":
        return import_module("mfa.adapters.tokens.knox_login").KnoxLoginView
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
