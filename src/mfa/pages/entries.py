"""Devices as pages show them."""

from collections.abc import Iterator

import attrs
from django.utils.translation import gettext

from mfa.application.transactions import ListedDevice
from mfa.pages.visits import SENT, Visit

PASSKEY = "passkey"
MAILED = "sent"
TYPED = "typed"

_ORDER = (PASSKEY, TYPED, MAILED)


@attrs.frozen(kw_only=True, repr=False)
class Entry:
    """A device, what people call its method, and the ``kind`` in which it is proved.

    Of several one is ``open``; ``sent`` says that a code is on its way to it.
    """

    listed: ListedDevice
    method: str
    kind: str
    backup: bool
    open: bool = False
    sent: bool = False

    @property
    def name(self) -> str:
        """Return what the person calls the device, or else what it is."""
        return self.listed.device.name or self.method


def entry_of(visit: Visit, listed: ListedDevice) -> Entry:
    """Show a device."""
    methods, name = visit.use_cases.methods, listed.device.method
    kind = MAILED if methods.dispatchable(name) else TYPED
    if any(each.collective for each in methods if each.name == name):
        kind = PASSKEY
    backup = methods.backup(name) and not listed.device.temporary
    return Entry(listed=listed, method=gettext(methods.verbose_name(name)), kind=kind, backup=backup)


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
    sent = SENT in visit.request.GET
    return [attrs.evolve(each, open=each is chosen, sent=sent and each is chosen) for each in found]


def _rank(entry: Entry, *, more: bool) -> tuple[bool, bool, bool, int]:
    """Put what stands in for others last, and before that what is proved already, where that would not do again."""
    return entry.backup, entry.listed.device.temporary, more and entry.listed.confirmed, _ORDER.index(entry.kind)


def _without_siblings(entries: list[Entry]) -> Iterator[Entry]:
    seen = set()
    for each in entries:
        if each.kind != PASSKEY or each.listed.device.method not in seen:
            yield each
        seen.add(each.listed.device.method)
