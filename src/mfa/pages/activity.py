"""What has happened to the account, for its owner."""

from collections.abc import Mapping

from django.core.signing import BadSignature
from django.http import HttpResponse
from django.utils.translation import gettext

from mfa.adapters.activity import CURSOR, cursor_to, place_of, shown
from mfa.adapters.django.browsers import browser_name
from mfa.application.ports.audit import AuditRow
from mfa.domain.devices import Device
from mfa.domain.errors import NotFound
from mfa.domain.methods.base import Methods
from mfa.pages.visits import Visit, page


@page("GET")
def activity(visit: Visit) -> HttpResponse:
    """List what happened, newest first, in pages; a cursor that nobody was given leads nowhere."""
    try:
        place = place_of(visit.token, visit.request.GET.get(CURSOR))
    except BadSignature:
        raise NotFound from None
    found = visit.use_cases.list_activity(visit.token, **place, account=visit.account)
    methods = visit.use_cases.methods
    rows = [{**shown(each, found.devices), "called": _name(each, found.devices, methods)} for each in found.rows]
    return visit.shown(
        "activity",
        events=[{**each, "browser": browser_name(str(each["browser"]))} for each in rows],
        older=found.following and cursor_to(visit.token, "before", found.following),
        newer=found.preceding and cursor_to(visit.token, "after", found.preceding),
    )


def _name(row: AuditRow, devices: Mapping[int, Device], methods: Methods) -> str:
    """Return what the device of a row is called, or else what it is or was."""
    device = None if row.device_index is None else devices.get(row.device_index)
    named = "" if device is None else device.name
    return named or (row.method and gettext(methods.verbose_name(row.method)))
