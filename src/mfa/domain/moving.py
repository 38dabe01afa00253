"""What moves into an account from another package: devices that were proved there, and what is remembered of them."""

from datetime import datetime

import attrs

from mfa.domain.accounts import Account
from mfa.domain.devices import Device
from mfa.domain.rules import Rules
from mfa.domain.states import decode, encode
from mfa.domain.values import ValueObject

MEMORY_INDEX = -1
"""The place of the seal of what is remembered, where no device is."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Moved(ValueObject):
    """One device that has come, known again by its method and identity; it is gone when no device is of that time.

    That is what tells recovery codes that have come from those that their user has made since, under the same index.
    """

    method: str
    identity: bytes = attrs.field(repr=False)
    index: int
    created_at: datetime

    def device(self, account: Account) -> Device | None:
        """Return the device, if the account still has it."""
        place = (self.index, self.created_at)
        return next((each for each in account.active if (each.index, each.created_at) == place), None)


def read_moved(memory: bytes) -> tuple[Moved, ...]:
    """Read what is remembered."""
    return decode(tuple[Moved, ...], memory)


def write_moved(moved: tuple[Moved, ...]) -> bytes:
    """Write what is remembered."""
    return encode(moved)


def moved_in(account: Account, device: Device, rules: Rules, now: datetime) -> Account:
    """Add a device that was proved elsewhere, which ends what every activation ends: what is pending, and a pass.

    Nobody here has proved anything, so failures that make their user wait go on doing so, and a lockdown lasts.
    """
    over = [each.index for each in account.devices if not each.active or each.temporary]
    kept = account.without(over, rules, now)
    return attrs.evolve(kept, next_index=device.index + 1, devices=(*kept.devices, device))
