"""The browsers that are remembered, and the cookie by which this one is."""

from contextlib import suppress

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse

from mfa.adapters import cookies
from mfa.adapters.django.browsers import browser_name
from mfa.application.trusts import NotTrusted, Revoke, ShowTrust
from mfa.application.verification import MadeTrust
from mfa.domain.errors import NotFound
from mfa.pages.visits import DEVICES, VERIFY, Visit, page

COOKIE = "mfa_trust"
"""Where a browser that is remembered keeps its token, unless ``TRUST_COOKIE`` names another."""

API = "multi-factor-overview"
"""The route at the mount point of the API, which has a cookie of its own by that setting."""


@page("GET", "POST")
def browsers(visit: Visit) -> HttpResponse:
    """List the browsers that are remembered, and forget one."""
    if not visit.use_cases.remembers_browsers:
        raise NotFound
    listed = visit.use_cases.list_trusts(visit.token)
    if not visit.posted:
        shown = [{"listed": each, "name": browser_name(each.trust.description)} for each in listed]
        return visit.shown("browsers", browsers=shown)
    chosen, kept = visit.field("id"), cookies.kept(visit.request, cookie_of(visit)) or ""
    visit.use_cases.revoke_trust(Revoke(token=visit.token, trust=chosen))
    response = visit.to("mfa_pages:browsers")
    if any(each.trust.id == chosen and each.trust.made_of(kept) for each in listed):
        forget(visit, response)
    return response


def trusted(visit: Visit) -> HttpResponse | None:
    """Count this browser as remembered, and send it on; None where it is not."""
    kept = cookies.kept(visit.request, cookie_of(visit)) or ""
    command = ShowTrust(token=visit.token, kept=kept, successor=visit.renewed)
    answer = visit.use_cases.trust_browser(command)
    if isinstance(answer, NotTrusted):
        return None
    visit.renew()
    return visit.to(VERIFY) if answer.verifications_left else visit.done()


def keep(visit: Visit, response: HttpResponse, made: MadeTrust) -> None:
    """Give the browser what it is remembered by."""
    cookies.keep(response, cookie_of(visit), made, path=_path(visit))


def forget(visit: Visit, response: HttpResponse) -> None:
    """Take from the browser what it was remembered by."""
    cookies.forget(response, cookie_of(visit), path=_path(visit))


def cookie_of(visit: Visit) -> str:
    """Return the name of the cookie."""
    return visit.use_cases.trust_cookie or COOKIE


def _path(visit: Visit) -> str:
    """Return what the cookie is sent to: the pages alone, or the API with them where they are mounted below it.

    There the API's own cookie is sent to the pages in any case, and a second of its name would stand in its way.
    """
    pages = reverse(DEVICES)
    if visit.use_cases.trust_cookie is not None:
        with suppress(NoReverseMatch):
            api = reverse(API)
            return api if pages.startswith(api) else pages
    return pages
