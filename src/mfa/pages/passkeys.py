"""Passkeys beyond their registration: offered after a login by a code, told to the browser, and shown by an icon."""

import json
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from django.http import HttpResponse
from django.urls import reverse
from django.utils.crypto import salted_hmac

from mfa.adapters import cookies
from mfa.adapters.django.leading import JSON, preferred
from mfa.adapters.serializers import SignalsSerializer, represented
from mfa.application.devices import Remove
from mfa.application.ports.webauthn import Provider
from mfa.application.registration import Register
from mfa.application.verification import Verified
from mfa.domain.errors import MfaError, NotFound, SealError
from mfa.domain.methods.base import Method
from mfa.domain.methods.security_keys import SecurityKeys
from mfa.pages.visits import CONFIRM, DEVICES, Visit, page, told

OFFER = "mfa_pages:passkey"

CAPABLE = "passkeys"
"""The field in which the script says that this browser can make one."""

COOKIE = "mfa_passkey"
"""Where a browser keeps to whom it was offered."""

_YEAR = timedelta(days=365)

_MEDIATION = "mediation"
"""What a passkey is registered with that is made without a dialog."""

_ICON_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A picture that somebody opens by itself runs nothing."""


@page("GET", "POST")
def passkey(visit: Visit) -> HttpResponse:
    """Offer a passkey, once to each person in a browser; a script is given what to make it by.

    A form that says *not now* drops what was begun.
    """
    visit.demand_standing()
    method = _passkeys(visit)
    if method is None:
        raise NotFound
    if visit.posted and preferred(visit.request) == JSON:
        return told(visit, lambda: _begun(visit, method))
    if visit.posted:
        for each in visit.devices:
            if each.device.method == method.name and not each.device.active:
                with suppress(MfaError):
                    visit.use_cases.remove_device(Remove(token=visit.token, index=each.device.index))
        return visit.done()
    quiet = any(each.name == _MEDIATION for each in method.fields)
    response = visit.shown("passkey", options=reverse(OFFER), quiet=quiet)
    cookies.put(response, COOKIE, _mark(visit), _YEAR, path=reverse(DEVICES))
    return response


def offered(visit: Visit, verified: Verified) -> HttpResponse | None:
    """Lead whoever has just logged in by a code to where a passkey is offered; None where that is nothing for him.

    The visit has met the account before that login: in the middle of a session nobody is held up.
    """
    method = _passkeys(visit)
    active = {each.device.method for each in visit.devices if each.device.active}
    # What the script has found is part of the machine, which is of no use where keys have to be carried about.
    wanted = method is not None and method.relying_party.attachment != "cross-platform"
    first = wanted and "webauthn" not in active and not visit.assessment.confirmations
    new = visit.request.COOKIES.get(COOKIE) != _mark(visit)
    capable = visit.field(CAPABLE) and not verified.device.temporary
    return visit.to(OFFER) if first and new and capable else None


def signals(visit: Visit) -> str:
    """Return what the script tells the password manager, as JSON; empty where there is nothing to tell.

    Nor is there where a passkey cannot be opened, since whatever is left out of the list is forgotten.
    """
    list_passkeys = visit.use_cases.list_passkeys
    if list_passkeys is None or (visit.assessment.enrolled and not visit.assessment.verified):
        return ""
    try:
        known = list_passkeys(visit.token, account=visit.account)
    except SealError:
        return ""
    return json.dumps({**represented(SignalsSerializer, known), "name": visit.request.user.get_username()})


@page("GET")
def icon(visit: Visit, index: int) -> HttpResponse:
    """Show the icon of a passkey's provider: as a data URI in a page, a strict policy would let nobody see it."""
    provider = visit.device(index).details.get("provider")
    if not isinstance(provider, Provider) or provider.icon is None:
        raise NotFound
    kind, _, data = provider.icon.removeprefix("data:").partition(";base64,")
    return HttpResponse(b64decode(data), content_type=kind, headers={"Content-Security-Policy": _ICON_POLICY})


def _passkeys(visit: Visit) -> SecurityKeys | None:
    return None if visit.use_cases.list_passkeys is None else visit.use_cases.list_passkeys.passkeys


def _begun(visit: Visit, method: Method) -> Mapping[str, object]:
    fields = {_MEDIATION: visit.request.GET.get(_MEDIATION, "")}
    registered = visit.use_cases.register_device(
        Register(token=visit.token, method=method.name, fields=fields, site=visit.host)
    )
    return {**registered.shown, "confirm": reverse(CONFIRM, args=[registered.device.index])}


def _mark(visit: Visit) -> str:
    """Return what is kept of a person, by which nobody else knows him."""
    return salted_hmac(__name__, visit.token.user_id, algorithm="sha256").hexdigest()[:16]
