"""How every use case changes an account: read, decide, commit, and again when another request was faster."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import attrs

from mfa.application.ports.notifying import Notifier
from mfa.application.ports.system import Clock, Vault, seal_context
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.application.ports.users import UserDirectory
from mfa.domain.accounts import Account
from mfa.domain.challenges import SpentLogin
from mfa.domain.devices import Device
from mfa.domain.errors import SealError, StaleAccount, StoreBusy, Throttled, Unavailable
from mfa.domain.events import BrowserForgotten, DeviceSynced, DeviceUnsynced, Event, VerificationReported
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.methods.base import Method
from mfa.domain.methods.out_of_band import OutOfBand
from mfa.domain.policies import Profile, Subject
from mfa.domain.proofs import Proofs
from mfa.domain.rules import Rules
from mfa.domain.values import ValueObject
from mfa.domain.verdicts import Accepted

MOST_ATTEMPTS = 8
"""As many requests for one user at once as are judged one after another; whoever is later is told to wait."""

MOST_ATTEMPTS_OF_OPERATORS = 100
"""Nobody keeps an operator, or upkeep, from an account by asking for things at it all the time."""

MOST_BUSY_ATTEMPTS = 3
"""Each may have waited for the store's own lock time-out, so they are fewer."""

CONTENTION_WAIT = timedelta(seconds=1)


Answer = TypeVar("Answer")


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Decision(Generic[Answer]):
    """The next state of an account, what led there, and what to answer once it is stored.

    ``spending`` is what serves once, and so must not have served before. ``beside`` is done in the same transaction,
    and ``addresses`` are those of devices that go, by index, so that their owner can be told; where not ``told``,
    the user is told nothing.
    """

    account: Account
    events: tuple[Event, ...]
    answer: Answer
    spending: SpentLogin | None = None
    beside: Callable[[], None] | None = None
    addresses: Mapping[int, str] = MappingProxyType({})
    told: bool = True


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ListedDevice(ValueObject):
    """A device as its user is shown it.

    ``confirmed`` tells whether the token that asks has confirmed it, ``disabled`` whether its values are looked at no
    more, and ``remaining`` how many values are left of a method whose values run out. ``details`` are what its method
    shows beside what all devices have.
    """

    device: Device
    confirmed: bool
    disabled: bool = False
    remaining: int | None = None
    details: Mapping[str, object] = attrs.field(default=MappingProxyType({}), repr=False)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Transactions:
    """Runs decisions about accounts as optimistic transactions: read, decide, compare and set, else again."""

    unit_of_work: UnitOfWork
    clock: Clock
    users: UserDirectory
    vault: Vault
    rules: Rules
    notifier: Notifier | None = None

    def account(self, token: Token) -> Account:
        """Read the account that a token belongs to; raises ``Unavailable``."""
        return retried(lambda: self.unit_of_work.account(token.user_id, token.id))

    def proofs(self, token: Token) -> Proofs[Any]:
        """Read of an account what a gate asks; raises ``Unavailable``."""
        trusts = self.rules.trust_lifetime is not None
        return retried(lambda: self.unit_of_work.proofs(token.user_id, token.id, trusts=trusts))

    def profile(self, user_id: UserId) -> Profile:
        """Look a user up; raises ``Unavailable``."""
        return retried(lambda: self.users.profile(user_id))

    def required(self, account: Account) -> int:
        """Ask the policy how many verifications are demanded; the profile is looked up only if the policy asks."""
        return self.rules.policy.required(self.subject(account))

    def subject(self, account: Proofs[Any]) -> Subject:
        """Return whom policies judge; what they do not ask for is not looked up, and nothing twice."""
        return Subject(
            user_id=account.user_id,
            active_devices=len(account.active),
            profile=lambda: self.profile(account.user_id),
            groups=lambda: retried(lambda: self.users.groups(account.user_id)),
        )

    def keeps_device(self, account: Account) -> bool:
        """Ask the policy whether the last active device has to stay; one that does not say so lets it go."""
        keeps = getattr(self.rules.policy, "keeps_device", None)
        return keeps is not None and bool(keeps(self.subject(account)))

    def run(
        self,
        user_id: UserId,
        token_id: TokenId | None,
        decide: Callable[[Account, datetime], Decision[Answer]],
        *,
        known: Account | None = None,
        attempts: int = MOST_ATTEMPTS,
    ) -> Answer:
        """Commit a decision before its answer is given, and decide anew when the account has changed meanwhile.

        An answer is thus only given for a counted attempt, right or wrong, which is what bounds parallel guesses. The
        first attempt may judge an account that is ``known``, such as one that was read along with the token: the
        compare-and-set tells where it is stale.
        Raises ``Throttled`` when too many requests for one user come at once, ``Unavailable`` when the store is busy.
        """
        if known is not None and (known.user_id, known.token_id) != (user_id, token_id):
            known = None
        busy = 0
        for _ in range(attempts):
            try:
                before = known or retried(lambda: self.unit_of_work.account(user_id, token_id))
                known = None
                decision = decide(before, self.clock.now())
                self.unit_of_work.commit(
                    before, decision.account, decision.events, spending=decision.spending, beside=decision.beside
                )
            except StoreBusy:
                busy += 1
                if busy == MOST_BUSY_ATTEMPTS:
                    raise Unavailable from None
            except StaleAccount:
                continue
            else:
                if self.notifier is not None and decision.events and decision.told:
                    self.notifier.notify(decision.events, decision.addresses)
                return decision.answer
        raise Throttled(CONTENTION_WAIT)

    def seal(self, plain: bytes, account: Account, index: int, token_id: TokenId | None = None) -> bytes:
        """Seal the state of a device, or with a token that of the challenge between the two."""
        return self.vault.seal(plain, seal_context(account.user_id, index, token_id))

    def open(self, sealed: bytes, account: Account, index: int, token_id: TokenId | None = None) -> bytes:
        """Open what ``seal`` has sealed for the same place; raises ``UnknownKey`` and ``BrokenSeal``."""
        return self.vault.open(sealed, seal_context(account.user_id, index, token_id))

    def listed(self, account: Account, device: Device, now: datetime) -> ListedDevice:
        """Show a device of an account; only the seals of methods that have more to show are opened."""
        method = next((each for each in self.rules.methods if each.name == device.method), None)
        listed = ListedDevice(
            device=device,
            confirmed=any(each.index == device.index for each in account.confirmations(self.rules, now)),
            disabled=self.rules.disabled(device),
        )
        if method is not None and method.backup:
            return attrs.evolve(listed, remaining=method.remaining(self.open(device.state, account, device.index)))
        if method is not None and method.detailed:
            return attrs.evolve(listed, details=method.details(self.opened(device, account)))
        return listed

    def opened(self, device: Device, account: Account) -> bytes | None:
        """Open the state of a device; None where the key is missing, for people see all the same what they have."""
        with suppress(SealError):
            return self.open(device.state, account, device.index)
        return None

    def addresses(self, account: Account, gone: Iterable[Device]) -> Mapping[int, str]:
        """Return the mail addresses, by index, of devices that go; what nobody has proved is none.

        An address under a key that is missing is left out: it keeps no device from being removed.
        """
        mailed = {
            each.name for each in self.rules.methods if isinstance(each, OutOfBand) and each.field.kind == "email"
        }
        states = {each.index: self.opened(each, account) for each in gone if each.active and each.method in mailed}
        return {index: state.decode() for index, state in states.items() if state is not None}

    def opened_siblings(self, account: Account, method: Method) -> Mapping[int, bytes]:
        """Open the states of the active devices that share a challenge, of which only collective methods have any."""
        siblings = account.siblings(method)
        return {device.index: self.open(device.state, account, device.index) for device in siblings}

    def succeeded(self, account: Account, successor: Token | None) -> Account:
        """Give all that the token at hand has confirmed to its successor, if any, and seal anew what is out."""
        if successor is None:
            return account
        resealed = {
            each.index: self.seal(
                self.open(each.sent, account, each.index, each.token_id), account, each.index, successor.id
            )
            for each in account.challenges
            if each.sent is not None
        }
        return account.succeeded(successor.id, resealed)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class UseCase:
    """What is done with accounts, as a callable object."""

    transactions: Transactions


def forgotten(before: Account, after: Account, now: datetime) -> list[Event]:
    """Tell of the browsers that a change has had forgotten; what was worth nothing before is gone without a word."""
    kept = {trust.id for trust in after.trusts}
    return [
        BrowserForgotten(user_id=before.user_id, at=now, trust=trust.id)
        for trust in before.remembered(now)
        if trust.id not in kept
    ]


def noticed(user_id: UserId, device: Device, verdict: Accepted, now: datetime) -> list[Event]:
    """Tell what was let pass of a right value, and whether the device's key is backed up now otherwise than before."""
    told: list[Event] = [
        VerificationReported.of(user_id, device, now, reason=each.reason, step=each.step) for each in verdict.odd
    ]
    if verdict.synced is not None:
        told.append((DeviceSynced if verdict.synced else DeviceUnsynced).of(user_id, device, now))
    return told


def retried(read: Callable[[], Answer]) -> Answer:
    """Read, and again when the store is busy, but not for ever; raises ``Unavailable``."""
    for _ in range(MOST_BUSY_ATTEMPTS):
        try:
            return read()
        except StoreBusy:
            continue
    raise Unavailable
