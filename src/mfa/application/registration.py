"""Binding a new device to a user."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from types import MappingProxyType

import attrs

from mfa.application.transactions import Decision, ListedDevice, UseCase
from mfa.domain.accounts import Account
from mfa.domain.devices import Device, device_name
from mfa.domain.events import DeviceActivated, DeviceEvent, DeviceRegistered, RecoveryCodesReplaced
from mfa.domain.identifiers import Token
from mfa.domain.methods.base import Enrolment, Method, Registration
from mfa.domain.values import ValueObject


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Register(ValueObject):
    """The wish to register a device of a method, named or by its position; ``site`` names the place in apps.

    ``user_name`` is what the user is called, and ``account`` the user's; None where neither was read along with the
    token.
    """

    token: Token
    method: str
    user_name: str | None = None
    name: str = ""
    fields: Mapping[str, str] = attrs.field(default=MappingProxyType({}), repr=False)
    site: str = ""
    account: Account | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Registered(ValueObject):
    """The new device, and what is shown of it only now."""

    listed: ListedDevice
    shown: Mapping[str, object] = attrs.field(repr=False)

    @property
    def device(self) -> Device:
        """Return the device itself."""
        return self.listed.device


class RegisterDevice(UseCase):
    """Registers a device, which stays pending until its first verification.

    Raises ``MethodNotFound``, ``Refused``, ``AlreadyRegistered``, ``DeviceRequired``, ``InvalidField`` and
    ``Throttled``.
    """

    def __call__(self, command: Register) -> Registered:
        """Register a device."""
        rules = self.transactions.rules
        method = rules.methods.at(command.method)

        def decide(account: Account, now: datetime) -> Decision[Registered]:
            account.demand_registration(method, self.transactions.required(account), rules, now)
            profile = cache(partial(self.transactions.profile, account.user_id))
            enrolment = Enrolment(
                user_id=account.user_id,
                user_name=profile().name if command.user_name is None else command.user_name,
                user_email=lambda: profile().email,
                site=command.site,
                fields=command.fields,
                siblings=self.transactions.opened_siblings(account, method),
                now=now,
            )
            return self.enter(account, method, command, method.register(enrolment), now)

        registered = self.transactions.run(command.token.user_id, command.token.id, decide, known=command.account)
        return attrs.evolve(registered, shown=method.present(registered.shown))

    def enter(
        self, account: Account, method: Method, command: Register, registration: Registration, now: datetime
    ) -> Decision[Registered]:
        """Enter a new device, or new codes into the one backup device that there is.

        Whether that is allowed has been asked by then.
        """
        rules = self.transactions.rules
        old = next((device for device in account.active if method.backup and device.method == method.name), None)
        index = account.next_index if old is None else old.index
        device = Device(
            index=index,
            method=method.name,
            name=device_name(command.name),
            state=self.transactions.seal(registration.state, account, index),
            destination=registration.destination,
            # Later than the device whose place it takes, whatever the clock says (``Device.renews``).
            created_at=now if old is None else max(now, old.created_at + timedelta.resolution),
            activated_at=now if method.backup else None,
            registered_by=None if method.backup else command.token.id,
            expires_at=None if method.backup else now + rules.registration_lifetime,
        )
        after = account.registered(device, rules, now) if old is None else account.replaced(device)
        event: type[DeviceEvent] = DeviceRegistered
        if method.backup:
            event = DeviceActivated if old is None else RecoveryCodesReplaced
        if registration.sent is not None:
            sealed = self.transactions.seal(registration.sent, account, index, command.token.id)
            until = now + (registration.lifetime or rules.registration_lifetime)
            after = after.dispatched(device, method, sealed, now, until=until)
        answer = Registered(listed=self.transactions.listed(after, device, now), shown=registration.shown)
        return Decision(account=after, events=(event.of(account.user_id, device, now),), answer=answer)
