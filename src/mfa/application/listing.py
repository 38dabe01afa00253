"""Devices as their user is shown them."""

from datetime import datetime

import attrs

from mfa.application.ports.system import Vault, seal_context
from mfa.domain.accounts import Account, Rules
from mfa.domain.devices import Device


@attrs.frozen(kw_only=True)
class ListedDevice:
    """A device as its user is shown it.

    ``confirmed`` tells whether the token that asks has confirmed it, ``disabled`` whether its values are looked at no
    more, and ``remaining`` how many values are left of a method whose values run out.
    """

    device: Device
    confirmed: bool
    disabled: bool = False
    remaining: int | None = None


def listed(account: Account, device: Device, rules: Rules, now: datetime, vault: Vault) -> ListedDevice:
    """Show a device of an account; only the seal of one whose values run out is opened."""
    context = seal_context(account.user_id, device.index)
    backups = (method for method in rules.methods if method.backup and method.name == device.method)
    return ListedDevice(
        device=device,
        confirmed=any(each.index == device.index for each in account.confirmations(rules, now)),
        disabled=rules.disabled(device),
        remaining=next((method.remaining(vault.open(device.state, context)) for method in backups), None),
    )
