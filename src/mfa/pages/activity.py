"""What has happened to the account, for its owner."""

from django.core.signing import BadSignature
from django.http import HttpResponse

from mfa.adapters.activity import CURSOR, cursor_to, place_of, shown
from mfa.adapters.django.browsers import browser_name
from mfa.domain.errors import NotFound
from mfa.pages.visits import Visit, page


@page("GET")
def activity(visit: Visit) -> HttpResponse:
    """List what happened, newest first, in pages; a cursor that nobody was given leads nowhere."""
    try:
        place = place_of(visit.token, visit.request.GET.get(CURSOR))
    except BadSignature:
        raise NotFound from None
    found = visit.use_cases.list_activity(visit.token, **place, account=visit.account)
    rows = [shown(each, found.devices) for each in found.rows]
    return visit.shown(
        "activity",
        events=[{**each, "browser": browser_name(str(each["browser"]))} for each in rows],
        older=found.following and cursor_to(visit.token, "before", found.following),
        newer=found.preceding and cursor_to(visit.token, "after", found.preceding),
    )
