"""Cookies that no script reads: that of ``TRUST_COOKIE``, by which a browser is remembered, and those like it."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponseBase
from django.utils.encoding import escape_uri_path
from rest_framework.request import Request

from mfa.application.verification import MadeTrust


def kept(request: object, name: str | None) -> str | None:
    """Return what the browser of a request keeps; None for nothing, and where no cookie has a name."""
    return None if name is None else getattr(request, "COOKIES", {}).get(name) or None


def keep(response: HttpResponseBase, name: str, made: MadeTrust, *, path: str) -> None:
    """Have the browser keep what was made for it, for as long as it is remembered."""
    put(response, name, made.token, made.trust.expires_at - made.trust.created_at, path=path)


def forget(response: HttpResponseBase, name: str, *, path: str) -> None:
    """Have the browser forget what it keeps; ``path`` is the one that it was kept under."""
    put(response, name, "", timedelta(0), path=path)


def above(request: HttpRequest | Request, *, levels: int = 1) -> str:
    """Return the path so many levels above that of a request, as browsers write it: that of the mount point.

    Routes may be mounted under a namespace, a script or a variable of the project's, all of which the path shows.
    """
    parts = escape_uri_path(request.path).rstrip("/").split("/")
    return "/".join([*parts[:-levels], ""])


def put(response: HttpResponseBase, name: str, value: str, age: timedelta, *, path: str) -> None:
    """Have the browser keep a value where no script reads it, and send it to nobody over an open line."""
    # Lax (RFC 6265bis section 5.2): no other site has it sent along, but by a link. Deleted by the attributes it has:
    # a cookie that is secure is replaced by none that is not.
    response.set_cookie(name, value, max_age=age, path=path, secure=True, httponly=True, samesite="Lax")
