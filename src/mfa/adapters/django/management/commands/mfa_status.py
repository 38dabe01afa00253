"""``manage.py mfa_status``: how a user stands, for whoever is asked for help."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext

from mfa.adapters.django.commands import UserCommand, counted, moment, names_of
from mfa.adapters.django.management.commands.mfa_audit import document as audit_document
from mfa.adapters.django.management.commands.mfa_audit import line as audit_line
from mfa.application.operations import AccountStatus
from mfa.application.transactions import ListedDevice
from mfa.application.use_cases import UseCases
from mfa.domain.devices import Device
from mfa.domain.methods.base import Methods
from mfa.domain.trusts import Trust


class Command(UserCommand):
    """Shows devices, waits, remembered browsers and the last events, and never a secret."""

    acts = False
    help = "Tell how a user stands: devices, waits, remembered browsers and the last events."

    def run(self, use_cases: UseCases, options: Mapping[str, Any]) -> None:
        """Show a user's standing."""
        user_id = self.user(options)
        status, methods = use_cases.operations.show_status(user_id), use_cases.methods
        name = names_of([user_id]).get(user_id, user_id)
        document = {
            "user": name,
            "id": user_id,
            "devices": [_device(each, methods) for each in status.devices],
            "locked": status.waits_until is not None,
            "waits_until": moment(status.waits_until),
            "failures": status.failures,
            "disabled": [each.device.index for each in status.devices if each.disabled],
            "unreadable": list(status.unreadable),
            "locked_down": status.locked_down,
            "pass": next((_pass(each.device) for each in status.devices if each.device.temporary), None),
            "trusts": [_trust(each) for each in status.trusts],
            "events": [audit_document(row) for row in status.events],
        }
        self.say(options, document, _lines(document, status))


def _device(listed: ListedDevice, methods: Methods) -> dict[str, object]:
    """Return a device under the names that it has in the API, where no token asks."""
    device = listed.device
    return {
        "index": device.index,
        "method": device.method,
        "verbose_name": gettext(methods.verbose_name(device.method)),
        "name": device.name,
        "dispatchable": methods.dispatchable(device.method),
        "active": device.active,
        "confirmed": listed.confirmed,
        "disabled": listed.disabled,
        "destination": device.destination,
        "remaining": listed.remaining,
        "created_at": moment(device.created_at),
        "last_used_at": moment(device.last_used_at),
    }


def _pass(device: Device) -> dict[str, object]:
    return {"index": device.index, "expires_at": moment(device.expires_at), "uses_left": device.uses_left}


def _trust(trust: Trust) -> dict[str, object]:
    return {
        "id": trust.id,
        "device": trust.index,
        "description": trust.description,
        "created_at": moment(trust.created_at),
        "expires_at": moment(trust.expires_at),
        "last_used_at": moment(trust.last_used_at),
    }


def _lines(document: Mapping[str, Any], status: AccountStatus) -> Iterator[str]:
    yield f"{document['user']} (key {document['id']})"
    if status.locked_down:
        yield "locked down, until the owner verifies"
    if status.waits_until is not None:
        yield f"guessable devices wait until {document['waits_until']}, after {counted(status.failures, 'failures')}"
    yield f"devices: {len(status.devices)}"
    for each in document["devices"]:
        unreadable = ["its seal does not open"] if each["index"] in status.unreadable else []
        yield "  " + "  ".join((*_words(each), *unreadable))
    if document["pass"] is not None:
        yield "temporary pass: index {index}, until {expires_at}, uses left: {uses_left}".format(**document["pass"])
    yield f"remembered browsers: {len(status.trusts)}"
    for each in document["trusts"]:
        yield f"  {each['id']}  {each['description']}  until {each['expires_at']}"
    yield "last events:"
    yield from (f"  {audit_line(row)}" for row in status.events)


def _words(device: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(device["index"]), device["method"])
    if device["name"]:
        yield device["name"]
    if device["destination"] is not None:
        yield device["destination"]
    if not device["active"]:
        yield "pending"
    if device["disabled"]:
        yield "disabled"
    if device["remaining"] is not None:
        yield f"{device['remaining']} left"
    yield "never used" if device["last_used_at"] is None else f"last used {device['last_used_at']}"
