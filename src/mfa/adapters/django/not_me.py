"""The page behind *this was not me*: it asks once, and then ends all that is open for a user.

It stands alone: no login, no session, no script, no other page of the site. Whoever has the link may do this one thing,
so the link is the credential, as it is in a mail that resets a password. Nothing on the page says whose account it is.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from django.core.signing import BadSignature
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from mfa.adapters import links, requests
from mfa.adapters.accessor import use_cases
from mfa.adapters.django.database import database, translate_errors
from mfa.adapters.django.models import SpentLoginRecord
from mfa.adapters.links import Link, LinkExpired
from mfa.adapters.templates import rendered
from mfa.application.transactions import retried
from mfa.domain.challenges import SpentLogin
from mfa.domain.errors import AlreadySpent, Throttled, Unavailable
from mfa.domain.policies import Profile

_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
"""Nobody keeps the page, frames it, or hears of its address, in which the token is."""

_METHODS = ("GET", "HEAD", "POST")


_Outcome = tuple[str, HTTPStatus]
"""What has become of a request: the name of the page that says so, and the status."""

_OVER: _Outcome = ("over", HTTPStatus.GONE)


def _judged(request: HttpRequest, token: str) -> _Outcome:
    """Ask on GET, which changes nothing however often a mail scanner does so, and lock down on POST.

    What the site has not signed is 404, what is too old, has served or is of a user who is gone 410. While the store
    fails, or too many ask at once, it is 503, and the link goes on serving.
    """
    try:
        link = links.read(token, use_cases().operations.lock_down.transactions.clock.now())
    except BadSignature:
        return "unknown", HTTPStatus.NOT_FOUND
    except LinkExpired:
        return _OVER
    try:
        if request.method == "POST":
            return _lock_down(request, link)
        return _OVER if retried(lambda: _is_spent(link.spending)) else ("ask", HTTPStatus.OK)
    except (Throttled, Unavailable):
        return "later", HTTPStatus.SERVICE_UNAVAILABLE


def _lock_down(request: HttpRequest, link: Link) -> _Outcome:
    lock_down = use_cases().operations.lock_down
    if lock_down.transactions.profile(link.user_id) == Profile():
        return _OVER
    try:
        with requests.acting_for(request):
            lock_down.by_user(link.user_id, link.spending)
    except AlreadySpent:
        return _OVER
    return "done", HTTPStatus.OK


@translate_errors
def _is_spent(spending: SpentLogin) -> bool:
    return SpentLoginRecord.objects.using(database()).filter(digest=spending.digest).exists()


def _alone(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Have a view answer whoever comes, whatever stands before the site's own views.

    It is exempt from the check for forged requests on purpose. That check keeps another site from using what a browser
    has by itself, a cookie; here a browser has nothing, and a site that knew the token could do without the browser.
    The check would need a cookie from the GET, and fail with the ``Origin: null`` that comes of sending no referrer.
    """
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    view = csrf_exempt(view)
    view.mfa_exempt = True  # type: ignore[attr-defined] # which the middleware looks at
    view.login_required = False  # type: ignore[attr-defined] # which Django's LoginRequiredMiddleware looks at
    return view


def not_me_view(base: str) -> Callable[..., HttpResponseBase]:
    """Make the view of a link, whose pages extend that template."""

    def this_was_not_me(request: HttpRequest, token: str, **_: object) -> HttpResponseBase:
        if request.method not in _METHODS:
            return HttpResponseNotAllowed(_METHODS, headers=_HEADERS)
        name, status = _judged(request, token)
        # Without the request: a context processor of the project might ask for a session, or show who is logged in.
        page = rendered(f"mfa/not_me/{name}.html", {"issuer": use_cases().issuer, "base": base})
        return HttpResponse(page, status=status, headers=_HEADERS)

    return _alone(this_was_not_me)


this_was_not_me = not_me_view("mfa/not_me/base.html")
