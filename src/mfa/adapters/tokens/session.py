"""Django's own sessions, as Django REST framework's ``SessionAuthentication`` takes them."""

import hashlib
import secrets
from collections.abc import Iterable
from typing import Any

from django.contrib import auth
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, login
from django.contrib.auth.signals import user_logged_in
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from mfa.application.ports.tokens import CookieIssuer, CredentialRenewer, IssuedToken, TokenIssuer, TokenProvider
from mfa.domain.identifiers import Token, TokenId, UserId

IDENTITY = "_mfa_identity"
"""Where a session keeps the random value by which it is known; its key changes too often for that."""

IDENTITY_BYTES = 32


class SessionTokenProvider(TokenProvider, TokenIssuer, CookieIssuer, CredentialRenewer):
    """Knows a session by a random value in it, for this one login of this user with this password."""

    def __init__(self, config: object) -> None:
        """Take the settings, of which none matters here."""

    @property
    def scheme(self) -> str:
        """Return a word for sessions, which have no scheme in any registry."""
        return "Session"

    @property
    def sets_cookie(self) -> bool:
        """Say so: a session is one."""
        return True

    def token_of(self, request: object) -> Token | None:
        """Return the session that authenticated the request.

        A request that something else has authenticated has a session often enough, but is not the session's.
        """
        if isinstance(request, Request) and not isinstance(request.successful_authenticator, SessionAuthentication):
            return None
        session, user = getattr(request, "session", None), getattr(request, "user", None)
        if session is None or user is None or not user.is_authenticated:
            return None
        # Frameworks that authenticate by the session alone say so by the user, or by nothing.
        if getattr(request, "auth", None) not in (None, user):
            return None
        if session.get(SESSION_KEY) != user._meta.pk.value_to_string(user):  # noqa: SLF001 - as Django writes it there
            return None
        return Token(id=_identity(session), user_id=UserId(str(user.pk)), scheme=self.scheme)

    def renew(self, request: object) -> None:
        """Give the session another key, so that whoever knew the old one does not share in the verification.

        The value in it stays, and with that the verification.
        """
        request.session.cycle_key()  # type: ignore[attr-defined] # it has one, since it was recognised

    def issue(self, user_id: UserId, request: object) -> IssuedToken | None:
        """Log a user in as Django does, by the first of its backends that lets the user in.

        Nothing is shown: the session's key travels in a cookie.
        """
        opened: Any = request._request if isinstance(request, Request) else request  # noqa: SLF001 - the session's own
        for backend, path in _backends():
            user = backend.get_user(user_id)
            if user is not None:
                login(opened, user, backend=path)
                # Over a login of the same user Django keeps the key, and this session is about to be verified.
                opened.session.cycle_key()
                token = Token(id=_identity(opened.session), user_id=UserId(str(user.pk)), scheme=self.scheme)
                return IssuedToken(token=token, shown={"token": None})
        return None


def _backends() -> Iterable[tuple[Any, str]]:
    """Return the backends with the paths by which the settings name them, which a session has to repeat."""
    found: Iterable[tuple[Any, str]] = auth._get_backends(return_tuples=True)  # type: ignore[attr-defined] # noqa: SLF001 - Django's own way
    return found


def _identity(session: Any) -> TokenId:  # noqa: ANN401 - of whatever engine the project has
    """Digest the session's value with its user and the hash of the password it was opened with.

    ``update_session_auth_hash`` keeps what is in a session, but not that hash: a changed password is unverified.
    """
    if IDENTITY not in session:
        session[IDENTITY] = secrets.token_urlsafe(IDENTITY_BYTES)
    known = "/".join((session[IDENTITY], session[SESSION_KEY], session.get(HASH_SESSION_KEY, "")))
    return TokenId(f"session:{hashlib.sha256(b'mfa/session/' + known.encode()).hexdigest()}")


def connect() -> None:
    """Have every login begin unverified."""
    user_logged_in.connect(_begin, dispatch_uid=IDENTITY)


def _begin(*, request: object, **_: object) -> None:
    """Give a session a new value at a login, over which Django keeps what a session of the same user holds.

    The value is there before the first requests come, which may be several at once, each with a value of its own.
    """
    session = getattr(request, "session", None)
    if session is not None and SESSION_KEY in session:
        session[IDENTITY] = secrets.token_urlsafe(IDENTITY_BYTES)
