"""What operators change in an account, without the user's verification, and what moves in from another package."""

from collections.abc import Collection
from datetime import datetime

import attrs

from mfa.domain.accounts import Account
from mfa.domain.devices import Device
from mfa.domain.rules import Rules
from mfa.domain.throttling import Failures
from mfa.domain.values import ValueObject

MEMORY_INDEX = -1
"""The place of the seal of what is remembered, where no device is."""


def unlocked(account: Account) -> Account:
    """Clear what was counted at all devices, living and gone, and end a lockdown."""
    devices = tuple(attrs.evolve(device, failures=Failures()) for device in account.devices)
    return attrs.evolve(account, devices=devices, gone=(), locked_down=False)


def with_pass(account: Account, device: Device) -> Account:
    """Give a user a temporary pass, in the place of any other."""
    kept = (each for each in account.devices if not each.temporary)
    return attrs.evolve(account, next_index=device.index + 1, devices=(*kept, device))


def reset(account: Account, indexes: Collection[int], rules: Rules, now: datetime) -> Account:
    """Take devices away, the backups with the last that they stand in for, browsers, and all that tokens confirmed."""
    after = account.without(indexes, rules, now)
    if after.active and all(rules.methods.backup(each.method) for each in after.active):
        after = after.without([each.index for each in after.active], rules, now)
    return attrs.evolve(after, trusts=(), challenges=(), generation=account.generation + 1)


def locked_down(account: Account, rules: Rules, now: datetime) -> Account:
    """End what is open: browsers, pending devices, a pass, and all that tokens confirmed or asked for; devices stay.

    Failures stay counted. The time is kept, for tokens that cannot be ended: one made before is not verified any more.
    """
    over = [each.index for each in account.devices if not each.active or each.temporary]
    return attrs.evolve(
        account.without(over, rules, now),
        trusts=(),
        challenges=(),
        generation=account.generation + 1,
        locked_down=True,
        locked_down_at=now,
    )


def purged(account: Account, rules: Rules, now: datetime) -> Account:
    """Drop pending devices, passes and remembered browsers that are over; what was guessed at them stays counted."""
    over = [each.index for each in account.devices if each.expires_at is not None and each.expires_at <= now]
    trusts = tuple(each for each in account.trusts if now < each.expires_at)
    after = account.without(over, rules, now) if over else account
    return attrs.evolve(after, trusts=trusts)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Moved(ValueObject):
    """One device that has moved in, known again by its method and identity; it is gone when no device is of that time.

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


def moved_in(account: Account, device: Device, rules: Rules, now: datetime) -> Account:
    """Add a device that was proved elsewhere, which ends what every activation ends: what is pending, and a pass.

    Nobody here has proved anything, so failures that make their user wait go on doing so, and a lockdown lasts.
    """
    over = [each.index for each in account.devices if not each.active or each.temporary]
    kept = account.without(over, rules, now)
    return attrs.evolve(kept, next_index=device.index + 1, devices=(*kept.devices, device))
