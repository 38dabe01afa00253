"""Proving a device: to verify a session, or to make a new device active."""

import json
import re
from collections.abc import Mapping

import attrs
from django.http import HttpResponse
from django.utils.translation import gettext

from mfa.adapters.answers import Answer, rejection
from mfa.adapters.django.leading import JSON, METHODS, preferred
from mfa.application.dispatching import RequestChallenge
from mfa.application.transactions import ListedDevice
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.domain.errors import NotFound
from mfa.pages import browsers, passkeys
from mfa.pages.entries import PASSKEY, entry_of, placed, ways
from mfa.pages.visits import CONFIRM, SENT, VERIFY, Visit, page, told, tried

NOWHERE = -1
"""The index of no device."""

_YES = ("on", "true", "1")


@page("GET", "POST")
def verify(visit: Visit) -> HttpResponse:
    """Verify by a device, or by a browser that is remembered, and go where that is needed."""
    if not visit.posted:
        return _verify_page(visit, visit.request.GET.get("index", ""))
    if visit.field("remembered"):
        response = browsers.trusted(visit)
        if response is None:
            response = _verify_page(visit, "", rejection())
            browsers.forget(visit, response)
        return response
    index = visit.field("index")
    chosen = next((each for each in ways(visit, index) if each.open), None)
    if chosen is None:
        raise NotFound
    device = visit.device(int(index) if re.fullmatch("[0-9]{1,9}", index) else NOWHERE) if index else chosen.listed
    verified, error = proved(visit, device)
    if verified is None:
        return _verify_page(visit, str(device.device.index), error)
    response = visit.to(VERIFY) if verified.verifications_left else passkeys.offered(visit, verified) or visit.done()
    if verified.trust is not None:
        browsers.keep(visit, response, verified.trust)
    return response


@page("GET", "POST")
def confirm(visit: Visit, index: int) -> HttpResponse:
    """Have a new device proved, which makes it active."""
    listed = visit.device(index)
    if listed.device.active:
        return visit.done()
    if not visit.posted:
        return confirm_page(visit, listed)
    verified, error = proved(visit, listed)
    return confirm_page(visit, listed, error) if verified is None else visit.done(added="1")


@page("GET", "POST")
def dispatch(visit: Visit, index: int) -> HttpResponse:
    """Send a code to a device, and lead to where it is typed; a script is given the options for a passkey."""
    listed, error = visit.device(index), None
    if visit.posted and preferred(visit.request) == JSON:
        return told(visit, lambda: dispatched(visit, index))
    if visit.posted:
        _, error = tried(lambda: dispatched(visit, index))
    if error is not None:
        return _verify_page(visit, str(index), error) if listed.device.active else confirm_page(visit, listed, error)
    state = {**visit.state, SENT: "1" if visit.posted else ""}
    return visit.to(VERIFY, **state, index=str(index)) if listed.device.active else visit.to(CONFIRM, index, **state)


def dispatched(visit: Visit, index: int) -> Mapping[str, object]:
    """Dispatch a challenge, and return what a script is shown of it."""
    command = RequestChallenge(token=visit.token, index=index, again=True, site=visit.host)
    return visit.use_cases.dispatch_challenge(command) or {}


def proved(visit: Visit, listed: ListedDevice) -> tuple[Verified | None, Answer | None]:
    """Judge the value of a form, and give the session another key and another identity where it is right."""
    command = Verify(
        token=visit.token,
        index=listed.device.index,
        value=_value(visit, listed),
        trust=visit.field("trust").lower() in _YES,
        browser=visit.request.headers.get("User-Agent", ""),
        successor=visit.renewed,
    )
    answer, error = tried(lambda: visit.use_cases.verify_challenge(command))
    if isinstance(answer, NotVerified):
        return None, rejection()
    if answer is not None:
        visit.renew()
    return answer, error


def _value(visit: Visit, listed: ListedDevice) -> object:
    """Return the value of a form: what was typed, or a passkey's answer, which is JSON."""
    value = visit.field("value")
    if entry_of(visit, listed).kind != PASSKEY:
        return value
    try:
        return json.loads(value)
    except (RecursionError, ValueError):
        return value


def _verify_page(visit: Visit, index: str, error: Answer | None = None) -> HttpResponse:
    asked = visit.request.GET
    visit = attrs.evolve(visit)  # which reads the account anew, as a wrong value has left it
    found = ways(visit, index, asked.get(METHODS, ""))
    wanted = [each for each in visit.use_cases.methods if each.name in asked.get(METHODS, "").split(",")]
    unmet = {each.name for each in wanted}.isdisjoint(each.listed.device.method for each in found)
    return visit.shown(
        "verify",
        error,
        action=visit.action(VERIFY),
        ways=found,
        missing=", ".join(gettext(each.verbose_name) for each in wanted) if unmet else "",
        disabled=[entry_of(visit, each) for each in visit.devices if each.disabled],
        remembered=browsers.cookie_of(visit) in visit.request.COOKIES and not visit.assessment.verified,
        left=visit.assessment.verifications_left,
        confirmed=bool(visit.assessment.confirmations),
        alone=all(each.listed.confirmed for each in found),
    )


def confirm_page(visit: Visit, listed: ListedDevice, error: Answer | None = None, **secrets: object) -> HttpResponse:
    """Ask for the first value of a new device, with what only this answer ever shows."""
    entry = placed(visit, entry_of(visit, listed))
    return visit.shown("confirm", error, entry=entry, action=visit.action(CONFIRM, listed.device.index), **secrets)
