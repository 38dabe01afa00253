"""Looking after devices: what there is, and what a person may add, rename and remove."""

import re
from collections.abc import Mapping
from urllib.parse import unquote

from django.http import HttpResponse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from mfa.adapters.answers import Answer
from mfa.application.devices import Remove, Rename
from mfa.application.registration import Register
from mfa.domain.errors import MethodNotFound
from mfa.domain.methods.base import Method
from mfa.pages.entries import entry_of
from mfa.pages.passkeys import signals
from mfa.pages.verifying import confirm_page, dispatched
from mfa.pages.visits import CONFIRM, SENT, Visit, page, tried

_SVG = "data:image/svg+xml"

_OWN = ("authenticator_url", "secret", "qr_code")
"""What is shown of a new device that the page knows; what a project's own method shows stands below its name."""


@page("GET")
def devices(visit: Visit) -> HttpResponse:
    """List the devices, and say what is still missing."""
    visit.demand_standing()
    entries = [entry_of(visit, each) for each in visit.devices]
    return visit.shown(
        "devices",
        entries=[each for each in entries if not each.backup],
        codes=next((each for each in entries if each.backup), None),
        offers_codes=_backup(visit) is not None,
        added="added" in visit.request.GET,
        signals=signals(visit),
    )


@page("GET")
def add(visit: Visit) -> HttpResponse:
    """Offer the methods; codes that stand in for a device only to whoever has one."""
    visit.demand_standing()
    offered = [each for each in visit.use_cases.methods if visit.assessment.enrolled or not each.backup]
    return visit.shown(
        "add", offered=[{"name": each.name, "verbose_name": gettext(each.verbose_name)} for each in offered]
    )


@page("GET", "POST")
def register(visit: Visit, method: str) -> HttpResponse:
    """Register a device, whose secret only this answer ever shows."""
    visit.demand_standing()
    chosen = visit.use_cases.methods.at(method)
    if chosen.backup:
        return visit.to("mfa_pages:recovery")
    if not visit.posted:
        return _register_page(visit, chosen)
    command = Register(
        token=visit.token,
        method=chosen.name,
        name=visit.field("name"),
        fields={each.name: visit.field(each.name) for each in chosen.fields},
        site=visit.host,
    )
    registered, error = tried(lambda: visit.use_cases.register_device(command))
    if registered is None:
        return _register_page(visit, chosen, error)
    index = registered.device.index
    if not chosen.dispatchable:
        others = [(name, value) for name, value in registered.shown.items() if name not in _OWN]
        return confirm_page(visit, registered.listed, shown=registered.shown, qr=_qr(registered.shown), others=others)
    if chosen.collective:
        return visit.to(CONFIRM, index)
    _, error = tried(lambda: dispatched(visit, index))
    return visit.to(CONFIRM, index, **{SENT: "1"}) if error is None else confirm_page(visit, registered.listed, error)


def _register_page(visit: Visit, method: Method, error: Answer | None = None) -> HttpResponse:
    return visit.shown(
        "register",
        error,
        method=method,
        verbose_name=gettext(method.verbose_name),
        name=visit.field("name"),
        fields=[
            {"field": each, "label": gettext(each.label), "value": visit.field(each.name)}
            for each in method.fields
            if not each.choices
        ],
    )


def _qr(shown: Mapping[str, object]) -> str:
    """Return a picture as markup: an image in a data URI is none where a site lets in nothing but its own.

    What is drawn otherwise than as SVG stays a URI.
    """
    uri = str(shown.get("qr_code", ""))
    if not uri.startswith(_SVG):
        return uri
    # By its size alone a picture does not shrink with the page.
    scaled = re.sub(
        r"""(width=['"](\d+)['"] height=['"](\d+)['"])""",
        r'\1 viewBox="0 0 \2 \3"',
        unquote(uri.partition(",")[2]),
        count=1,
    )
    return mark_safe(scaled)  # noqa: S308 - the site's own


@page("GET", "POST")
def rename(visit: Visit, index: int) -> HttpResponse:
    """Call a device something else."""
    visit.demand_standing()
    listed, error, name = visit.device(index), None, visit.device(index).device.name
    if visit.posted:
        name = visit.field("name")
        renamed, error = tried(lambda: visit.use_cases.rename_device(Rename(token=visit.token, index=index, name=name)))
        if renamed is not None:
            return visit.done()
    return visit.shown("rename", error, entry=entry_of(visit, listed), name=name)


@page("GET", "POST")
def remove(visit: Visit, index: int) -> HttpResponse:
    """Remove a device, when that was confirmed."""
    visit.demand_standing()
    listed, error = visit.device(index), None
    if visit.posted:
        _, error = tried(lambda: visit.use_cases.remove_device(Remove(token=visit.token, index=index)))
        if error is None:
            return visit.done()
    backup = visit.use_cases.methods.backup
    factors = [each for each in visit.devices if each.device.active and not backup(each.device.method)]
    return visit.shown("remove", error, entry=entry_of(visit, listed), last=factors == [listed])


@page("GET", "POST")
def recovery(visit: Visit) -> HttpResponse:
    """Make recovery codes, which only this answer ever shows.

    The form says which codes it would replace: one that is sent twice, as by loading the answer anew, replaces no codes
    that it did not know of.
    """
    visit.demand_standing()
    method = _backup(visit)
    if method is None:
        raise MethodNotFound("recovery")
    old = next((each for each in visit.devices if each.device.method == method.name), None)
    made = "none" if old is None else old.device.created_at.isoformat()
    known = visit.field("made") in {"", made}
    codes, error = None, None
    if visit.posted and known:
        command = Register(token=visit.token, method=method.name)
        registered, error = tried(lambda: visit.use_cases.register_device(command))
        codes = None if registered is None else registered.shown["codes"]
    return visit.shown("recovery", error, listed=old, made=made, codes=codes, repeated=not known)


def _backup(visit: Visit) -> Method | None:
    return next((each for each in visit.use_cases.methods if each.backup), None)
