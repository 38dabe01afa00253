"""Looking after the devices that a user has."""

from datetime import datetime

import attrs

from mfa.application.transactions import Decision, ListedDevice, UseCase, forgotten
from mfa.domain import events
from mfa.domain.accounts import Account
from mfa.domain.devices import device_name
from mfa.domain.errors import DeviceRequired
from mfa.domain.identifiers import Token
from mfa.domain.methods.security_keys import KnownPasskeys, SecurityKeys
from mfa.domain.values import ValueObject


class ListDevices(UseCase):
    """Lists the devices that a token may know of, in the order of their indexes."""

    def __call__(self, token: Token, *, account: Account | None = None) -> tuple[ListedDevice, ...]:
        """List the devices, by an account that was read along with the token or else by reading it."""
        account, now = account or self.transactions.account(token), self.transactions.clock.now()
        return tuple(self.transactions.listed(account, device, now) for device in account.visible(now))


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ListPasskeys(UseCase):
    """Lists a user's passkeys as authenticators know them, so that the user's own browser can tell a password manager.

    Raises ``Refused`` and ``Unavailable``.
    """

    passkeys: SecurityKeys

    def __call__(self, token: Token, *, account: Account | None = None) -> KnownPasskeys:
        """List them, by an account that was read along with the token or else by reading it."""
        account, rules = account or self.transactions.account(token), self.transactions.rules
        account.demand_standing(self.transactions.required(account), rules, self.transactions.clock.now())
        return self.passkeys.known(account.user_id, self.transactions.opened_siblings(account, self.passkeys))


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Rename(ValueObject):
    """The wish to call a device something else."""

    token: Token
    index: int
    name: str


class RenameDevice(UseCase):
    """Renames a device; raises ``DeviceNotFound``, ``Refused``, ``InvalidField`` and ``Throttled``."""

    def __call__(self, command: Rename) -> ListedDevice:
        """Rename a device."""

        def decide(account: Account, now: datetime) -> Decision[ListedDevice]:
            rules = self.transactions.rules
            device = account.device(command.index, now)
            account.demand_verified(self.transactions.required(account), rules, now)
            renamed = attrs.evolve(device, name=device_name(command.name))
            happened = events.DeviceRenamed.of(account.user_id, device, now)
            after = account.replaced(renamed)
            return Decision(account=after, events=(happened,), answer=self.transactions.listed(after, renamed, now))

        return self.transactions.run(command.token.user_id, command.token.id, decide)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Remove(ValueObject):
    """The wish to be rid of a device."""

    token: Token
    index: int


class RemoveDevice(UseCase):
    """Removes a device; raises ``DeviceNotFound``, ``Refused``, ``DeviceRequired`` and ``Throttled``."""

    def __call__(self, command: Remove) -> None:
        """Remove a device."""

        def decide(account: Account, now: datetime) -> Decision[None]:
            rules = self.transactions.rules
            device = account.device(command.index, now)
            account.demand_removal(device, self.transactions.required(account), rules, now)
            after = account.removed(device, rules, now)
            if account.active and not after.active and self.transactions.keeps_device(account):
                raise DeviceRequired
            left = {device.index for device in after.devices}
            gone = [each for each in account.devices if each.index not in left]
            removed = [events.DeviceRemoved.of(account.user_id, each, now) for each in gone]
            return Decision(
                account=after,
                events=(*removed, *forgotten(account, after, now)),
                answer=None,
                addresses=self.transactions.addresses(account, gone),
                # What was only begun has never let anybody in, and whoever knows the password could have it mailed of.
                told=device.active,
            )

        self.transactions.run(command.token.user_id, command.token.id, decide)
