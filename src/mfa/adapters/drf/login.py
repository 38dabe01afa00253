"""For a project's own login, by whatever it lets somebody in: a password, another site, a link in a mail."""

from typing import Any

from django.contrib.auth import logout
from django.db.models import Model
from rest_framework.request import Request

from mfa.adapters import accessor, logins


def standing_of(request: Request, user: object, token: object) -> dict[str, Any]:
    """Return how the token of a login stands, as ``status/`` tells it, and the ``devices`` that it may verify.

    ``token`` is the row of a token, an ``AccessToken`` of simplejwt, or None for the session that has been logged in
    on the request. Raises ``ImproperlyConfigured`` for what is no token of the provider.
    """
    return logins.standing(logins.token_of(request, user, token))


def prove(request: Request, user: object, token: object) -> None:
    """Confirm to the token of a login what the body of the request brings along; nothing happens where that is nothing.

    ``token`` is what this login has made, as for ``standing_of``; a row need not be stored yet. Raises what DRF
    answers, 401 ``invalid_value`` to a wrong value; whatever is raised, the token is ended then, or the session logged
    out. A session that is verified has another key from then on; an access token says of it what it said before, and
    the next one more.
    """
    known, renewer = logins.token_of(request, user, token), accessor.use_cases().credential_renewer
    successor = None if renewer is None else renewer.successor(logins.carrier(request, user, token))
    try:
        brought = logins.confirm(request.data, known, request, successor=None if successor is None else successor.token)
    except Exception:
        _end(request, token)
        raise
    if brought and successor is not None:
        successor.issue()


def _end(request: Request, token: object) -> None:
    """End the token of a login that is refused, where it is one that can be used already."""
    if token is None:
        logout(request._request)  # noqa: SLF001 - DRF's own
    elif isinstance(token, Model) and not token._state.adding:  # noqa: SLF001 - Django's name for it
        token.delete()
