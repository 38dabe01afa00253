"""Letting a user in again, and ending all that is open for somebody who is in by now."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import attrs

from mfa.application.operations.operator import Operator, demand_authority
from mfa.application.ports.audit import Origin, acting, current_origin
from mfa.application.ports.tokens import TokenEnder
from mfa.application.transactions import MOST_ATTEMPTS_OF_OPERATORS, Decision, UseCase, forgotten
from mfa.domain import events
from mfa.domain.accounts import Account
from mfa.domain.challenges import SpentLogin
from mfa.domain.devices import Device
from mfa.domain.errors import DeviceNotFound, InvalidField, MethodNotFound, NotAllowed
from mfa.domain.events import AccountEvent
from mfa.domain.identifiers import UserId
from mfa.domain.methods.base import Enrolment
from mfa.domain.methods.recovery import PASS
from mfa.domain.operations import locked_down, reset, unlocked, with_pass
from mfa.domain.values import ValueObject

LONGEST_PASS = timedelta(days=7)
MOST_USES = 100


class Unlock(UseCase):
    """Clears what was counted, so that nothing waits and nothing is disabled, and ends a lockdown.

    Raises ``NotAllowed``, ``Throttled`` and ``Unavailable``.
    """

    def __call__(self, user_id: UserId, operator: Operator) -> None:
        """Unlock a user's account."""
        demand_authority(self.transactions, operator, user_id)

        def decide(account: Account, now: datetime) -> Decision[None]:
            happened = events.OperatorUnlocked(user_id=user_id, at=now)
            return Decision(account=unlocked(account), events=(happened,), answer=None)

        with acting(operator.origin):
            self.transactions.run(user_id, None, decide, attempts=MOST_ATTEMPTS_OF_OPERATORS)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Reset(ValueObject):
    """The wish to be rid of devices: of one ``method``, of the one ``device``, or of all where neither is given."""

    user_id: UserId
    method: str | None = None
    device: int | None = None


def meant(command: Reset, devices: Iterable[Device]) -> Sequence[Device]:
    """Return the devices that are meant; raises ``DeviceNotFound`` and ``MethodNotFound`` where there is none such."""
    chosen = [each for each in devices if command.device in {None, each.index}]
    if command.device is not None and not chosen:
        raise DeviceNotFound(command.device)
    if command.method is not None:
        chosen = [each for each in chosen if each.method == command.method]
        if not chosen:
            raise MethodNotFound(command.method)
    return chosen


class ResetAccount(UseCase):
    """Removes devices without a verification, forgets browsers and has every token unverified.

    Raises ``MethodNotFound`` and ``DeviceNotFound`` where the user has none such, ``NotAllowed``, ``Throttled`` and
    ``Unavailable``.
    """

    def __call__(self, command: Reset, operator: Operator) -> tuple[int, ...]:
        """Reset, and return the indexes of the devices that went."""
        demand_authority(self.transactions, operator, command.user_id)
        with acting(operator.origin):
            return self.transactions.run(
                command.user_id, None, partial(self._decide, command), attempts=MOST_ATTEMPTS_OF_OPERATORS
            )

    def _decide(self, command: Reset, account: Account, now: datetime) -> Decision[tuple[int, ...]]:
        chosen = {each.index for each in meant(command, account.devices)}
        after = reset(account, chosen, self.transactions.rules, now)
        left = {each.index for each in after.devices}
        gone = [each for each in account.devices if each.index not in left]
        removed = [events.DeviceRemoved.of(account.user_id, each, now) for each in gone if each.active]
        happened = events.OperatorReset(user_id=account.user_id, at=now)
        return Decision(
            account=after,
            events=(happened, *removed, *forgotten(account, after, now)),
            answer=tuple(each.index for each in gone),
            addresses=self.transactions.addresses(account, gone),
        )


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class PassWanted(ValueObject):
    """The wish for a pass that is good for so long, and for so many verifications."""

    user_id: UserId
    lifetime: timedelta = timedelta(hours=1)
    uses: int = 1


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class IssuedPass(ValueObject):
    """A pass, which is shown once and kept nowhere; the user verifies it at that index."""

    value: str = attrs.field(repr=False)
    index: int
    expires_at: datetime
    uses: int


class IssuePass(UseCase):
    """Gives a user a pass, in the place of any other.

    Raises ``InvalidField`` for a lifetime or a number of uses that is too small or too large, ``NotAllowed``, also for
    a user who is gone or may not log in, ``Throttled`` and ``Unavailable``.
    """

    def __call__(self, command: PassWanted, operator: Operator) -> IssuedPass:
        """Make a pass."""
        if not timedelta(0) < command.lifetime <= LONGEST_PASS:
            raise InvalidField("lifetime", "out_of_range")
        if not 1 <= command.uses <= MOST_USES:
            raise InvalidField("uses", "out_of_range")
        if not demand_authority(self.transactions, operator, command.user_id).active:
            raise NotAllowed

        def decide(account: Account, now: datetime) -> Decision[IssuedPass]:
            method = self.transactions.rules.methods.named(PASS)
            made = method.register(Enrolment(user_name="", now=now))
            index, expires_at = account.next_index, now + command.lifetime
            device = Device(
                index=index,
                method=PASS,
                state=self.transactions.seal(made.state, account, index),
                created_at=now,
                activated_at=now,
                expires_at=expires_at,
                uses_left=command.uses,
            )
            happened = events.OperatorPassIssued.of(account.user_id, device, now)
            issued = IssuedPass(value=str(made.shown["pass"]), index=index, expires_at=expires_at, uses=command.uses)
            return Decision(account=with_pass(account, device), events=(happened,), answer=issued)

        with acting(operator.origin):
            return self.transactions.run(command.user_id, None, decide, attempts=MOST_ATTEMPTS_OF_OPERATORS)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class LockedDown(ValueObject):
    """What a lockdown ended: how many tokens of each provider, None for one that cannot end its own."""

    tokens: Mapping[str, int | None]


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class LockDown(UseCase):
    """Ends every token that can be ended, remembered browsers, pending devices, a pass and all that is out.

    Devices stay. It is over with the owner's next verification, or with ``Unlock``; until then nobody enrols by a
    password alone. All is in one transaction where tokens are kept beside accounts. Raises ``NotAllowed``,
    ``AlreadySpent`` for a link that has served, ``Throttled`` and ``Unavailable``.
    """

    ender: TokenEnder

    def __call__(self, user_id: UserId, operator: Operator) -> LockedDown:
        """Lock a user's account down, as an operator."""
        demand_authority(self.transactions, operator, user_id)
        return self._run(user_id, events.OperatorLockedDown, operator.origin, None)

    def by_user(self, user_id: UserId, link: SpentLogin) -> LockedDown:
        """Lock down as a mail's link asks, which serves once."""
        return self._run(user_id, events.UserLockedDown, current_origin(), link)

    def _run(
        self, user_id: UserId, event: type[AccountEvent], origin: Origin, spending: SpentLogin | None
    ) -> LockedDown:
        ended: dict[str, int | None] = {}

        def end() -> None:
            ended.update(self.ender.end_all(user_id))

        def decide(account: Account, now: datetime) -> Decision[None]:
            after = locked_down(account, self.transactions.rules, now)
            happened = (event(user_id=user_id, at=now), *forgotten(account, after, now))
            return Decision(account=after, events=happened, answer=None, spending=spending, beside=end)

        with acting(origin):
            self.transactions.run(user_id, None, decide, attempts=MOST_ATTEMPTS_OF_OPERATORS)
        return LockedDown(tokens=ended)
