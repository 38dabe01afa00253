"""Django's own sessions, as Django REST framework's ``SessionAuthentication`` takes them."""

import hashlib
import secrets
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.contrib import auth
from django.contrib.auth import SESSION_KEY, login
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore as StoredSession
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import router, transaction
from django.http import HttpResponse
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from mfa.application.ports.tokens import (
    CookieIssuer,
    CredentialRenewer,
    PreparedToken,
    TokenEnder,
    TokenIssuer,
    TokenProvider,
)
from mfa.domain.identifiers import Token, TokenId, UserId

IDENTITY = "_mfa_identity"
"""Where a session keeps the random value by which it is known; its key changes too often for that."""

IDENTITY_BYTES = 32

SCHEME = "Session"
"""A word for sessions, which have no scheme in any registry."""

CHUNK = 1000
"""Sessions that are read at once."""


class SessionTokenProvider(TokenProvider, TokenIssuer, TokenEnder, CookieIssuer, CredentialRenewer):
    """Knows a session by a random value in it, for this one login of this user with this password."""

    scheme = SCHEME
    sets_cookie = True

    def __init__(self, config: object) -> None:
        """Take the settings, of which none matters here."""

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
        if session.get(SESSION_KEY) != _key_of(user):
            return None
        if IDENTITY not in session:
            session[IDENTITY] = _new_identity()
        return _token(user, session[IDENTITY])

    def successor(self, request: object) -> PreparedToken:
        """Prepare another value and another key for the session, of which whoever knows this key will know neither."""
        session, identity = request.session, _new_identity()  # type: ignore[attr-defined] # it has one and was recognised

        def renew() -> Mapping[str, object]:
            # The key first: the value must never be stored under the old one.
            session.cycle_key()
            session[IDENTITY] = identity
            return {}

        return PreparedToken(token=_token(request.user, identity), issue=renew)  # type: ignore[attr-defined] # as above

    def prepare(self, user_id: UserId, request: object) -> PreparedToken | None:
        """Prepare a login as Django's own, by the first of its backends that lets the user in.

        Nothing is shown: the session's key travels in a cookie.
        """
        # With the paths by which the settings name them, which a session has to repeat.
        backends: Any = auth._get_backends(return_tuples=True)  # type: ignore[attr-defined] # noqa: SLF001 - Django's own way
        found = ((backend.get_user(user_id), path) for backend, path in backends)
        user, path = next((known for known in found if known[0] is not None), (None, ""))
        return None if user is None else prepare(request, user, path)

    def end_all(self, user_id: UserId) -> Mapping[str, int | None]:
        """Delete the user's sessions, where the database keeps them; others have lost what they had confirmed."""
        return {"session": end_sessions(user_id)}


def prepare(request: object, user: Any, backend: str) -> PreparedToken:  # noqa: ANN401 - whatever model the project has
    """Prepare a session of a user, whom that backend of Django's has let in."""
    opened: Any = request._request if isinstance(request, Request) else request  # noqa: SLF001 - the session's own
    identity = _new_identity()

    def log_in() -> Mapping[str, object]:
        before = opened.session.session_key
        login(opened, user, backend=backend)
        if opened.session.session_key == before:
            # Over a login of the same user Django keeps the key, and this session is verified already.
            opened.session.cycle_key()
        opened.session[IDENTITY] = identity
        return {"token": None}

    return PreparedToken(token=_token(user, identity), issue=log_in)


def _new_identity() -> str:
    return secrets.token_urlsafe(IDENTITY_BYTES)


def _token(user: Any, identity: str) -> Token:  # noqa: ANN401 - whatever model the project has
    """Digest the session's value with its user and the password as it is stored, a slow hash.

    ``update_session_auth_hash`` keeps what is in a session, so a change of password has to make it another token. The
    hash that Django keeps there does not tell that: it is another one under another ``SECRET_KEY`` as well.
    """
    known = "/".join((identity, _key_of(user), getattr(user, "password", "")))
    digest = hashlib.sha256(b"mfa/session/" + known.encode()).hexdigest()
    return Token(id=TokenId(f"session:{digest}"), user_id=UserId(str(user.pk)), scheme=SCHEME)


def _key_of(user: Any) -> str:  # noqa: ANN401 - as above
    """Return the primary key as Django writes it into a session."""
    return str(user._meta.pk.value_to_string(user))  # noqa: SLF001 - Django's name for it


def end_sessions(user_id: UserId) -> int | None:
    """Delete the sessions of a user, and return how many; None where the engine keeps none in a table.

    All that there are have to be read for that, as no column says whose they are: a chunk at a time by their keys, so
    that no more than a chunk is in memory.
    """
    store: Any = SessionMiddleware(lambda _: HttpResponse()).SessionStore  # what ``SESSION_ENGINE`` names
    if not issubclass(store, StoredSession):
        return None
    model, decode = store.get_model_class(), store().decode
    database = router.db_for_write(model)
    rows = model._base_manager.using(database)  # noqa: SLF001 - Django's name for it
    ended: list[str] = []
    last = ""
    while chunk := [*rows.filter(pk__gt=last).order_by("pk").values_list("pk", "session_data")[:CHUNK]]:
        last = chunk[-1][0]
        if keys := [key for key, data in chunk if str(decode(data).get(SESSION_KEY, "")) == user_id]:
            rows.filter(pk__in=keys).delete()
            ended += keys

    def forget() -> None:
        for key in ended:
            store().delete(key)

    if ended and store.delete is not StoredSession.delete:
        # Wherever else it is kept, such as in a cache, it is looked for first; and a request that comes before the rows
        # are gone for everybody would put it there once more.
        transaction.on_commit(forget, using=database, robust=True)
    return len(ended)


def connect() -> None:
    """Have every login begin unverified."""
    user_logged_in.connect(_begin, dispatch_uid=IDENTITY)


def _begin(*, request: object, **_: object) -> None:
    """Give a session a new value at a login, over which Django keeps what a session of the same user holds.

    The value is there before the first requests come, which may be several at once, each with a value of its own.
    """
    session = getattr(request, "session", None)
    if session is not None and SESSION_KEY in session:
        session[IDENTITY] = _new_identity()


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as Python has it
    """Return the login view, for which the framework's views have to be there: not while Django starts."""
    if name == "LoginView":
        return import_module("mfa.adapters.tokens.login").SessionLoginView
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
