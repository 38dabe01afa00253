"""Looking after the devices that a user has."""

from datetime import datetime

import attrs

from mfa.application.listing import ListedDevice, listed
from mfa.application.transactions import Decision, UseCase, forgotten
from mfa.domain import events
from mfa.domain.accounts import Account
from mfa.domain.devices import device_name
from mfa.domain.errors import DeviceRequired
from mfa.domain.identifiers import Token


class ListDevices(UseCase):
    """Lists the devices that a token may know of, in the order of their indexes."""

    def __call__(self, token: Token, *, account: Account | None = None) -> tuple[ListedDevice, ...]:
        """List the devices, by an account that was read along with the token or else by reading it."""
        account, now = account or self.transactions.account(token), self.transactions.clock.now()
        rules = self.transactions.rules
        return tuple(listed(account, device, rules, now, self.transactions.vault) for device in account.visible(now))


class RenameDevice(UseCase):
    """Renames a device; raises ``DeviceNotFound``, ``Refused``, ``InvalidField`` and ``Throttled``."""

    def __call__(self, token: Token, index: int, name: str) -> ListedDevice:
        """Rename a device."""

        def decide(account: Account, now: datetime) -> Decision[ListedDevice]:
            rules = self.transactions.rules
            device = account.device(index, now)
            account.demand_verified(self.transactions.required(account), rules, now)
            renamed = attrs.evolve(device, name=device_name(name))
            happened = events.DeviceRenamed(user_id=account.user_id, at=now, index=device.index, method=device.method)
            after = account.replaced(renamed)
            return Decision(
                account=after, events=(happened,), answer=listed(after, renamed, rules, now, self.transactions.vault)
            )

        return self.transactions.run(token.user_id, token.id, decide)


class RemoveDevice(UseCase):
    """Removes a device; raises ``DeviceNotFound``, ``Refused``, ``DeviceRequired`` and ``Throttled``."""

    def __call__(self, token: Token, index: int) -> None:
        """Remove a device."""

        def decide(account: Account, now: datetime) -> Decision[None]:
            rules = self.transactions.rules
            device = account.device(index, now)
            account.demand_removal(device, self.transactions.required(account), rules, now)
            after = account.removed(device, rules, now)
            if account.active and not after.active and self.transactions.keeps_device(account):
                raise DeviceRequired
            left = {device.index for device in after.devices}
            removed = [
                events.DeviceRemoved(user_id=account.user_id, at=now, index=gone.index, method=gone.method)
                for gone in account.devices
                if gone.index not in left
            ]
            return Decision(account=after, events=(*removed, *forgotten(account, after, now)), answer=None)

        self.transactions.run(token.user_id, token.id, decide)
