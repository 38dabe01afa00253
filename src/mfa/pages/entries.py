"""Devices as pages show them."""

from collections.abc import Iterator

import attrs
from django.utils.translation import gettext

from mfa.application.ports.webauthn import Provider
from mfa.application.transactions import ListedDevice
from mfa.pages.visits import SENT, Visit

PASSKEY = "passkey"
MAILED = "sent"
TYPED = "typed"

_ORDER = (PASSKEY, TYPED, MAILED)


@attrs.frozen(kw_only=True, repr=False)
class Entry:
    """A device, what people call its method, and the ``kind`` in which it is proved.

    Of several one is ``open``; ``sent`` says that a code is on its way to it, ``resend`` where to ask for another, and
    ``strong`` that whoever proves it can have the browser remembered.
    """

    listed: ListedDevice
    method: str
    kind: str
    backup: bool
    strong: bool
    open: bool = False
    sent: bool = False
    resend: str = ""

    @property
    def provider(self) -> Provider | None:
        """Return whose authenticator made a passkey, where that is known."""
        provider = self.listed.details.get("provider")
        return provider if isinstance(provider, Provider) else None

    @property
    def name(self) -> str:
        """Return what the person calls the device, or else whose it is or what it is."""
        return self.listed.device.name or (self.provider.name if self.provider else self.method)

    @property
    def index(self) -> str:
        """Return the index as forms write it, whatever a language does to numbers."""
        return str(self.listed.device.index)


def entry_of(visit: Visit, listed: ListedDevice) -> Entry:
    """Show a device."""
    methods, name = visit.use_cases.methods, listed.device.method
    kind = MAILED if methods.dispatchable(name) else TYPED
    if any(each.collective for each in methods if each.name == name):
        kind = PASSKEY
    backup = methods.backup(name) and not listed.device.temporary
    strong = not listed.device.temporary and visit.strong(listed.device)
    return Entry(listed=listed, method=gettext(methods.verbose_name(name)), kind=kind, backup=backup, strong=strong)


def ways(visit: Visit, index: str = "", wanted: str = "") -> list[Entry]:
    """Return what the person can verify by, the best first, of which one is open: that of the index, or the first.

    All passkeys are one, since one challenge is for all of them. What the methods that are ``wanted`` do not name is
    left out, unless that leaves nothing.
    """
    offered = {method.name for method in visit.use_cases.methods}
    found = [
        entry_of(visit, each)
        for each in visit.devices
        if each.device.active and not each.disabled and (each.device.method in offered or each.device.temporary)
    ]
    found = [each for each in found if each.listed.device.method in wanted.split(",")] or found
    more = visit.assessment.verifications_left > 0
    found = sorted(_without_siblings(found), key=lambda each: _rank(each, more=more))
    chosen = next((each for each in found if str(each.listed.device.index) == index), found[0] if found else None)
    return [placed(visit, each, is_open=each is chosen) for each in found]


def placed(visit: Visit, entry: Entry, *, is_open: bool = True) -> Entry:
    """Put a device on the page in its state: one code at most is on its way, and that to the device that is open."""
    sent = "1" if is_open and SENT in visit.request.GET else ""
    resend = visit.action("mfa_pages:dispatch", entry.listed.device.index, **{SENT: sent})
    return attrs.evolve(entry, open=is_open, sent=bool(sent), resend=resend)


def _rank(entry: Entry, *, more: bool) -> tuple[bool, bool, bool, int]:
    """Put what stands in for others last, and before that what is proved already, where that would not do again."""
    return entry.backup, entry.listed.device.temporary, more and entry.listed.confirmed, _ORDER.index(entry.kind)


def _without_siblings(entries: list[Entry]) -> Iterator[Entry]:
    seen = set()
    for each in entries:
        if each.kind != PASSKEY or each.listed.device.method not in seen:
            yield each
        seen.add(each.listed.device.method)
