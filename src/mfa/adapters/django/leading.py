"""Where a browser is led that may not pass: to the login, or to the page that verifies, and from there back.

Programs are told in JSON as ever. A browser says of itself that it takes HTML; ``*/*`` and nothing at all is what
programs say.
"""

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

from mfa.adapters import accessor
from mfa.adapters.answers import Answer
from mfa.adapters.django import conf

NEXT = "next"
METHODS = "methods"
"""Which methods would do, with commas; a help for people, by which nobody decides."""

NOT_DONE = "not-done"
"""Says that a form was sent, and that nothing came of it."""

JSON = "application/json"


def takes_html(request: HttpRequest) -> bool:
    """Tell whether who asks is a browser that shows a page."""
    return preferred(request) == "text/html"


def preferred(request: HttpRequest) -> str:
    """Return which of the kinds that matter here a request names first; empty where it names neither."""
    named = [each.partition(";")[0].strip().lower() for each in request.headers.get("Accept", "").split(",")]
    return next((each for each in named if each in {"text/html", JSON}), "")


def same_site(request: HttpRequest, place: str | None) -> str:
    """Return a place that a browser may be sent to, on the site itself; empty for any other (CWE-601)."""
    if not place or not place.startswith(("/", "http")):
        return ""
    hosts, secure = {request.get_host()}, request.is_secure()
    return place if url_has_allowed_host_and_scheme(place, allowed_hosts=hosts, require_https=secure) else ""


def way_back(request: HttpRequest) -> str:
    """Return what a browser has to ask for again: the page itself, or for a form that was sent the one it stood on."""
    if request.method != "POST":
        return request.get_full_path()
    page = urlsplit(same_site(request, request.headers.get("Referer")))
    return f"{page.path}?{page.query}".removesuffix("?") or request.get_full_path()


def led(
    request: HttpRequest, answer: Answer, verify: str | None = None, back: str | None = None
) -> HttpResponseRedirect | None:
    """Return where a browser is sent in the place of a refusal; None where the refusal has to be said.

    ``verify`` is the page that verifies, where ``VERIFY_URL`` names none, and ``back`` where that leads then.
    """
    verify = accessor.use_cases().verify_url or verify
    if verify is None or request.method not in {"GET", "HEAD", "POST"} or not takes_html(request):
        return None
    page, asked = verify, question(request, answer, back)
    user = getattr(request, "user", None)
    if answer.code == "not_authenticated" and (user is None or not user.is_authenticated):
        page, asked = conf.login_url(), {NEXT: asked[NEXT]}
    elif answer.code not in {"verification_required", "registration_required"}:
        return None
    # A page that is not exempt would be led to itself, and again.
    return None if resolve_url(page) == request.path else sent(page, asked)


def question(request: HttpRequest, answer: Answer, back: str | None = None) -> dict[str, str]:
    """Return what the page that verifies is told: where to go back to, what would do, and what was not done."""
    asked = {NEXT: back or way_back(request)}
    match answer.body.get("requirement"):
        case {"methods": [*methods]}:
            asked[METHODS] = ",".join(methods)
        case {"phishing_resistant": True}:
            asked[METHODS] = ",".join(each.name for each in accessor.use_cases().methods if each.phishing_resistant)
    if request.method == "POST":
        asked[NOT_DONE] = "1"
    return asked


def address(page: str, asked: dict[str, str]) -> str:
    """Write the address of a page, by its path or its name, with what is asked of it."""
    query = urlencode({name: value for name, value in asked.items() if value}, safe="/")
    return f"{resolve_url(page)}?{query}" if query else resolve_url(page)


def sent(page: str, asked: dict[str, str]) -> HttpResponseRedirect:
    """Send a browser to a page; nobody keeps the way."""
    return HttpResponseRedirect(address(page, asked), headers={"Cache-Control": "no-store"})
