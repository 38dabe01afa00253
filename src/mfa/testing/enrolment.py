"""Devices of users, active at once, and the values that their owners would type."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, overload

import attrs
from django.db.models import Model

from mfa.application.registration import Register, Registered
from mfa.application.transactions import Decision
from mfa.domain.accounts import Account
from mfa.domain.devices import Device, device_name
from mfa.domain.errors import AlreadyRegistered, MethodNotFound
from mfa.domain.events import DeviceActivated
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.methods.base import Attempt, Enrolment, Method, Registration
from mfa.domain.methods.one_time_password import OneTimePassword, State
from mfa.domain.methods.security_keys import SecurityKeys
from mfa.domain.states import decode
from mfa.domain.verdicts import Accepted
from mfa.testing import messages
from mfa.testing.authenticator import SoftwareAuthenticator
from mfa.testing.deployment import app_config, transactions, use_cases

NOBODYS = TokenId("mfa.testing")
"""The token by which a device is proved; nothing is left of it when that is done."""

ADDRESSES: Mapping[str, str] = {"email": "user@example.com", "phone": "+12025550123"}
"""What is registered where nobody says what: an address of RFC 2606, and a number that is kept for fiction."""


@attrs.frozen(kw_only=True)
class Enrolled:
    """An active device, and what its owner has of it.

    ``device`` is as it was when it was enrolled; ``shown`` is what only a registration ever shows: a secret, codes.
    """

    user_id: UserId
    device: Device
    shown: Mapping[str, Any] = attrs.field(repr=False)
    authenticator: SoftwareAuthenticator | None = attrs.field(default=None, repr=False)

    @property
    def index(self) -> int:
        """Return where the device stands in the routes."""
        return self.device.index

    @overload
    def code(self) -> str:  # what a person types
        ...

    @overload
    def code(self, options: Mapping[str, Any]) -> dict[str, Any]:  # what a browser makes of options
        ...

    def code(self, options: Mapping[str, Any] | None = None) -> str | dict[str, Any]:
        """Return the next value that is right: a text, or for ``webauthn`` what a browser makes of the options.

        To ask for it spends nothing, so it stays the same until it was verified. What is sent is dispatched first, by
        any client, and then it is the code that was sent last. Raises ``LookupError`` where no value is right: nothing
        was sent, or all that would be right now are spent. Raises ``TypeError`` for ``webauthn`` without options, and
        for a method of a project's own, which alone knows what to make of ``shown``.
        """
        if self.authenticator is not None:
            if options is None:
                raise TypeError('The code() of "webauthn" takes the options that its dispatch/ has answered')
            return self.authenticator.get(options)
        method = use_cases().methods.named(self.device.method)
        return messages.last_code(self.user_id, self.index) if method.dispatchable else self._next(method)

    def _next(self, method: Method) -> str:
        at_hand = transactions()
        account, now = at_hand.unit_of_work.account(self.user_id), at_hand.clock.now()
        device = account.device(self.index, now)
        state = at_hand.open(device.state, account, device.index)
        for value in self._values(method, state, now):
            if isinstance(method.verify(Attempt(state=state, value=value, now=now)), Accepted):
                return value
        raise LookupError("All values that would be right now are spent: advance the clock, or enrol another device")

    def _values(self, method: Method, state: bytes, now: datetime) -> Iterator[str]:
        """Yield what may be right, beginning with what an app would show now, which is good for longest."""
        codes = self.shown.get("codes")
        if isinstance(method, OneTimePassword):
            known = decode(State, state)
            period, digits = known.parameters.period, known.parameters.digits
            first = known.next_counter if period is None else int(now.timestamp()) // period
            counters = range(first, first + known.parameters.tolerance + 1)
            yield from method.passwords.at(known.seed, counters, digits=digits, algorithm=known.parameters.algorithm)
        elif isinstance(codes, list):
            yield from codes
        else:
            raise TypeError(f"Only {type(method).__name__} knows its values: make one of Enrolled.shown")


def enrol(user: Model, method: str = "totp", **fields: str) -> Enrolled:
    """Enrol a device of a user, which is active at once.

    ``fields`` are those of a registration: ``name``, ``address`` of ``email``, by default the user's own, and
    ``number`` of ``sms``. It verifies no token, spends no value of the device and has nobody wait; signals and the
    audit trail tell of it, and no mail. Recovery codes stand in for another device, so a user who has none is enrolled
    for the first of the other methods, too.

    Raises ``LookupError`` for a method that is not in ``MFA["METHODS"]``, ``ValueError`` for a user who is not saved,
    ``AlreadyRegistered`` and ``InvalidField`` as a registration does.
    """
    if user._state.adding:  # noqa: SLF001 - Django's name for it
        raise ValueError("The user has to be saved before a device can be his")
    return enrol_user(UserId(str(user.pk)), method, fields)


def enrol_user(user_id: UserId, method: str, fields: Mapping[str, str] = MappingProxyType({})) -> Enrolled:
    """Enrol a device of whoever has that key."""
    methods = use_cases().methods
    try:
        wanted = methods.at(method)
    except MethodNotFound:
        known = ", ".join(each.name for each in methods)
        raise LookupError(f'MFA["METHODS"] has no {method!r}; it has {known}') from None
    active = transactions().unit_of_work.account(user_id).active
    if wanted.backup and all(methods.backup(each.method) for each in active):
        enrol_user(user_id, next(each.name for each in methods if not each.backup))
    messages.watch()
    enrolled = _enrolled(wanted, user_id, fields)
    messages.forget(user_id, enrolled.index)
    return enrolled


def first_origin() -> str:
    """Return where the site answers to browsers, by its settings."""
    origins: tuple[str, ...] = app_config().container.config().webauthn_origins
    return origins[0] if origins else "https://example.org"


def _enrolled(method: Method, user_id: UserId, fields: Mapping[str, str]) -> Enrolled:
    at_hand, authenticator = transactions(), None
    if isinstance(method, SecurityKeys):
        # Whoever vouches for authenticators does not vouch for software.
        method = attrs.evolve(method, relying_party=attrs.evolve(method.relying_party, attestation="none"))
        authenticator = SoftwareAuthenticator(origin=first_origin)
    profile = at_hand.users.profile(user_id)
    usual = {**ADDRESSES, "email": profile.email or ADDRESSES["email"]}
    given = {each.name: usual.get(each.kind, "") for each in method.fields} | dict(fields)

    def decide(account: Account, now: datetime) -> Decision[Enrolled]:
        enrolment = Enrolment(
            user_name=profile.name,
            user_email=profile.email,
            fields=given,
            siblings=at_hand.opened_siblings(account, method),
            now=now,
        )
        made = method.register(enrolment)
        proved = Accepted(state=made.state) if authenticator is None else _created(method, made, authenticator, now)
        proved = attrs.evolve(proved, description=device_name(given.get("name", "")) or proved.description)
        entered = _entered(account, method, attrs.evolve(made, state=proved.state, sent=None), proved, now)
        [device] = [each for each in entered.account.devices if each.index == entered.answer.device.index]
        shown = made.shown if authenticator is None else {}
        answer = Enrolled(user_id=user_id, device=device, shown=shown, authenticator=authenticator)
        return Decision(account=entered.account, events=entered.events, answer=answer, told=False)

    return at_hand.run(user_id, None, decide)


def _created(method: Method, made: Registration, authenticator: SoftwareAuthenticator, now: datetime) -> Accepted:
    """Make a credential, and have it judged as any is."""
    options: Any = made.shown["options"]
    verdict = method.verify(Attempt(state=made.state, sent=made.sent, value=authenticator.create(options), now=now))
    if not isinstance(verdict, Accepted):
        raise LookupError(  # noqa: TRY004 - a verdict, not a type of anybody's
            f"The settings take no key of {first_origin()}: {verdict.reason.value}, at step {verdict.step}"
        )
    return verdict


def _entered(
    account: Account, method: Method, made: Registration, proved: Accepted, now: datetime
) -> Decision[Registered]:
    """Enter a device as a registration and the right value for it do, but leave no token behind that is verified."""
    same = [device for device in account.active if device.method == method.name]
    if not method.backup and len(same) >= transactions().rules.most_devices(method.name):
        raise AlreadyRegistered
    command = Register(token=Token(id=NOBODYS, user_id=account.user_id), method=method.name)
    registered = use_cases().register_device.enter(attrs.evolve(account, token_id=NOBODYS), method, command, made, now)
    device, events = attrs.evolve(registered.answer.device, name=proved.description), registered.events
    after = registered.account.replaced(device)
    if not device.active:
        after = after.accepted(device, state=device.state, unique=proved.unique, now=now, until=None)
        events = (*events, DeviceActivated.of(account.user_id, device, now))
    after = attrs.evolve(after, token_id=account.token_id, challenges=account.challenges)
    return attrs.evolve(registered, account=after, events=events)
