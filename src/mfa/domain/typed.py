"""Which device a typed value is for that names none, as at a login."""

from mfa.domain.accounts import Account
from mfa.domain.devices import Device
from mfa.domain.errors import InvalidField, MalformedValue
from mfa.domain.methods.base import normalised
from mfa.domain.rules import Rules

LEAST_LONG_CHARACTERS = 8
"""The shortest codes on paper that other packages make, which users bring along, have as many letters."""


def device_meant(account: Account, value: object, rules: Rules) -> Device:
    """Return the one device that makes values by itself, or else, where the value is a long code, the backup.

    Digits alone are what an app or a token shows; so is what is too short for a code on paper, for a slip at the app is
    to be counted there. A device that is disabled stands back for one that is not. A temporary pass is never meant.
    Raises ``MalformedValue`` for what is no text, and ``InvalidField`` where not one device can be meant.
    """
    text = normalised(value)
    if not isinstance(text, str):
        raise MalformedValue
    typed = {method.name: method for method in rules.methods if not method.dispatchable}
    known = [device for device in account.active if device.method in typed]
    meant = [device for device in known if not typed[device.method].backup]
    backups = [device for device in known if typed[device.method].backup]
    if backups and (not meant or not (text.isdecimal() or len(text) < LEAST_LONG_CHARACTERS)):
        meant = backups
    living = [device for device in meant if not rules.disabled(device)]
    if len(living or meant) != 1:
        raise InvalidField("index", "required")
    return (living or meant)[0]
