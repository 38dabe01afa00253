"""Devices as their user is shown them."""

from datetime import datetime

import attrs

from mfa.application.ports.system import Vault, seal_context
from mfa.domain.accounts import Account, Rules
from mfa.domain.devices import Device
from mfa.domain.errors import MethodNotFound


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
    return ListedDevice(
        device=device,
        confirmed=any(each.index == device.index for each in account.confirmations(rules, now)),
        disabled=rules.disabled(device),
        remaining=_remaining(account, device, rules, vault),
    )


def _remaining(account: Account, device: Device, rules: Rules, vault: Vault) -> int | None:
    try:
        method = rules.methods.named(device.method)
    except MethodNotFound:
        return None
    if not method.backup:
        return None
    return method.remaining(vault.open(device.state, seal_context(account.user_id, device.index)))
