"""The aggregate: one user's devices and failures, with every rule that must hold for all of them at once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

import attrs

from mfa.domain.challenges import Challenge
from mfa.domain.devices import Device
from mfa.domain.errors import (
    AlreadyRegistered,
    AlreadyVerified,
    DeviceNotFound,
    DeviceRequired,
    NoChallenge,
    Refused,
    RegistrationRequired,
    Throttled,
    TrustNotFound,
    VerificationRequired,
)
from mfa.domain.identifiers import TokenId, UserId
from mfa.domain.methods.base import TRUST, Method, Methods
from mfa.domain.policies import Deadline, VerificationPolicy
from mfa.domain.throttling import Failures, Sends, ThrottlePolicy
from mfa.domain.trusts import MOST_TRUSTS, Trust

MOST_PENDING = 20
"""Pending devices of one user: every login makes a token that may leave some, and all are read with the account."""

MOST_SPENT = 50
"""Login challenges that refusals may have used up at once, all of which are read with the account.

Beyond that only what was right is remembered, which nobody but the owner of a credential can bring about.
"""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Rules:
    """What is the same for every account: the configured methods, policies and limits."""

    methods: Methods
    policy: VerificationPolicy
    throttle: ThrottlePolicy
    max_failures: int
    max_devices_per_method: int
    registration_lifetime: timedelta
    change_max_age: timedelta
    verification_lifetime: timedelta | None
    registration_deadline: Deadline | None = None
    trust_lifetime: timedelta | None = None


@attrs.frozen(kw_only=True)
class Confirmation:
    """What the token at hand has confirmed, when, and whether in a way that cannot be phished.

    A remembered browser is one of method ``trust``, with the index of the device beside which it does not count.
    """

    index: int
    method: str
    at: datetime
    phishing_resistant: bool = False

    @property
    def trusted(self) -> bool:
        """Tell whether a remembered browser stands in for a proof."""
        return self.method == TRUST


@attrs.frozen(kw_only=True)
class Lock:
    """A state in which values of guessable devices are not looked at; without ``until``, waiting does not end it."""

    until: datetime | None

    def retry_after(self, now: datetime) -> timedelta | None:
        """Return how long is left to wait."""
        return None if self.until is None else self.until - now


@attrs.frozen(kw_only=True)
class Account:
    """One user's second factors, as one token meets them.

    ``challenges`` are those of the token at hand; other tokens' stay out of sight and out of reach. ``carried`` are
    the failures of pending devices that are gone, by method: they go on counting, and the next device of the method
    inherits them, or else registering anew would buy new guesses. ``spent`` are the digests of login challenges that
    were answered, with the time from which they are worth nothing anyway. ``trusts`` are the remembered browsers,
    the oldest first. ``version`` is what was read from the store; the store takes a change only as long as it has not
    moved on. ``login`` is no part of the account, but was read beside it: a digest of the user's password as it is
    stored.
    """

    user_id: UserId
    token_id: TokenId | None = attrs.field(default=None, repr=False)
    version: int = 0
    next_index: int = 0
    devices: tuple[Device, ...] = ()
    challenges: tuple[Challenge, ...] = ()
    carried: Mapping[str, Failures] = MappingProxyType({})
    sends: Mapping[str, Sends] = MappingProxyType({})
    spent: Mapping[str, datetime] = MappingProxyType({})
    trusts: tuple[Trust, ...] = ()
    login: str = attrs.field(default="", repr=False, eq=False)

    # What is so

    @property
    def active(self) -> tuple[Device, ...]:
        """Return the devices that were proved."""
        return tuple(device for device in self.devices if device.active)

    def visible(self, now: datetime) -> tuple[Device, ...]:
        """Return the devices that the token at hand may know of."""
        return tuple(device for device in self.devices if device.visible(self.token_id, now))

    def device(self, index: int, now: datetime) -> Device:
        """Return one device that the token may know of; raises ``DeviceNotFound``."""
        for device in self.visible(now):
            if device.index == index:
                return device
        raise DeviceNotFound(index)

    def challenge(self, index: int) -> Challenge | None:
        """Return the token's challenge of a device, if there ever was one."""
        for challenge in self.challenges:
            if challenge.index == index:
                return challenge
        return None

    def siblings(self, method: Method) -> tuple[Device, ...]:
        """Return the active devices among which a challenge of a collective method is common; none of any other."""
        return tuple(device for device in self.active if method.collective and device.method == method.name)

    def outstanding(self, device: Device, method: Method) -> Challenge | None:
        """Return the challenge that a value for the device answers: its own, or the latest that is common to all."""
        common = {sibling.index for sibling in self.siblings(method)}
        if device.index not in common:
            return self.challenge(device.index)
        challenges = [each for each in self.challenges if each.index in common and each.dispatched_at is not None]
        return max(challenges, key=lambda each: each.dispatched_at or device.created_at, default=None)

    def holder_of(self, unique: str) -> Device | None:
        """Return the active device of that unique name."""
        return next((device for device in self.active if device.unique == unique), None)

    def confirmations(self, rules: Rules, now: datetime) -> tuple[Confirmation, ...]:
        """Return what the token has confirmed and what still counts: one device never counts twice."""
        confirmed = []
        for device in self.active:
            challenge = self.challenge(device.index)
            if challenge is None or challenge.confirmed_at is None:
                continue
            if rules.verification_lifetime is None or now < challenge.confirmed_at + rules.verification_lifetime:
                confirmed.append(
                    Confirmation(
                        index=device.index,
                        method=device.method,
                        at=challenge.confirmed_at,
                        phishing_resistant=rules.methods.phishing_resistant(device.method),
                    )
                )
        return tuple(confirmed)

    def remembered(self, now: datetime) -> tuple[Trust, ...]:
        """Return the remembered browsers that are still worth something."""
        return tuple(trust for trust in self.trusts if trust.holds(self.login, now))

    def trust_of(self, token: str, now: datetime) -> Trust | None:
        """Return the remembered browser that keeps this token; all are compared, so that the time tells nothing."""
        found = [trust for trust in self.remembered(now) if trust.made_of(token)]
        return found[0] if found else None

    def trust(self, name: str, now: datetime) -> Trust:
        """Return a remembered browser by what it is called; raises ``TrustNotFound``."""
        for trust in self.remembered(now):
            if trust.id == name:
                return trust
        raise TrustNotFound(name)

    def counted(self, rules: Rules, now: datetime) -> tuple[Confirmation, ...]:
        """Return what counts where a remembered browser does, too: one of them, and never beside its own device.

        It counts as long as it is remembered itself, so that to revoke it takes away what it had confirmed.
        """
        confirmations = self.confirmations(rules, now)
        trusted = self._trusted({each.index for each in confirmations}, rules, now)
        return confirmations if trusted is None else (*confirmations, trusted)

    def _trusted(self, confirmed: set[int], rules: Rules, now: datetime) -> Confirmation | None:
        if rules.trust_lifetime is None or not self.trusts:
            return None
        remembered = {trust.id for trust in self.remembered(now)}
        for challenge in self.challenges:
            at = challenge.trusted_at
            if at is None or challenge.trust not in remembered or challenge.index in confirmed:
                continue
            if rules.verification_lifetime is None or now < at + rules.verification_lifetime:
                return Confirmation(index=challenge.index, method=TRUST, at=at)
        return None

    def verifications_left(self, required: int, rules: Rules, now: datetime) -> int:
        """Return how many more verifications the token needs."""
        return max(required - len(self.counted(rules, now)), 0)

    @property
    def failures(self) -> Failures:
        """Return the sum over all devices, which is what the throttle judges."""
        return sum((device.failures for device in self.devices), sum(self.carried.values(), Failures()))

    def lock(self, rules: Rules, now: datetime) -> Lock | None:
        """Return the lock that the failures have earned, while it lasts."""
        failures = self.failures
        if failures.count >= rules.max_failures:
            return Lock(until=None)
        until = rules.throttle.locked_until(failures)
        return Lock(until=until) if until is not None and until > now else None

    # What is allowed

    def refusal(self, required: int, rules: Rules, now: datetime) -> Refused:
        """Make the refusal of a token that has not proved enough: at least one verification is always left."""
        left = max(required - len(self.confirmations(rules, now)), 1)
        return VerificationRequired(left) if self.active else RegistrationRequired(left)

    def demand_verified(self, required: int, rules: Rules, now: datetime) -> None:
        """Refuse a change by a token that has not confirmed enough devices; a remembered browser is no proof."""
        if not self.proved(required, rules, now):
            raise self.refusal(required, rules, now)

    def proved(self, required: int, rules: Rules, now: datetime) -> bool:
        """Tell whether the token has confirmed enough devices, remembered browsers aside."""
        return len(self.confirmations(rules, now)) >= required

    def demand_standing(self, required: int, rules: Rules, now: datetime) -> None:
        """Refuse a token that is not verified, where a remembered browser counts, and there is a device at all."""
        left = self.verifications_left(required, rules, now)
        if self.active and left:
            raise VerificationRequired(left)

    def may_register(self, required: int, rules: Rules, now: datetime) -> bool:
        """Tell whether the token is verified, or has confirmed all that there is to confirm, backups aside."""
        confirmed = {confirmation.index for confirmation in self.confirmations(rules, now)}
        if len(confirmed) >= required:
            return True
        return all(device.index in confirmed or rules.methods.backup(device.method) for device in self.active)

    def demand_fresh(self, rules: Rules, now: datetime) -> None:
        """Refuse a change by a token whose last proof is too old, once the user has anything to prove with.

        Where the user has a device that resists phishing, only such a device or a backup will do: a phished code
        would otherwise be enough to throw it out.
        """
        if not self.active:
            return
        resistant = any(rules.methods.phishing_resistant(device.method) for device in self.active)
        for confirmation in self.confirmations(rules, now):
            unguessable = not rules.methods.guessable(confirmation.method)
            if now - confirmation.at <= rules.change_max_age and (unguessable or not resistant):
                return
        raise VerificationRequired(1, max_age=rules.change_max_age, phishing_resistant=resistant)

    def demand_registration(self, method: Method, required: int, rules: Rules, now: datetime) -> None:
        """Refuse a registration that the token, the user's devices or their number do not allow."""
        if not self.may_register(required, rules, now):
            raise self.refusal(required, rules, now)
        if method.backup:
            if not any(not rules.methods.backup(device.method) for device in self.active):
                raise DeviceRequired
            self.demand_verified(required, rules, now)
        self.demand_fresh(rules, now)
        if not method.backup:
            self._demand_room(method.name, rules)

    def demand_attempt(self, device: Device, method: Method, required: int, rules: Rules, now: datetime) -> None:
        """Refuse to look at a value: nothing was sent, the account is locked, or the device may not be activated.

        Activation asks again what registration asked. Otherwise a thief who knows the password registers first,
        waits until the owner has enrolled, and then activates his own.
        """
        challenge = self.outstanding(device, method)
        if method.dispatchable and (challenge is None or challenge.dispatched_at is None):
            raise NoChallenge
        if method.guessable:
            self.demand_unlocked(rules, now)
        if not device.active:
            if not self.may_register(required, rules, now):
                raise self.refusal(required, rules, now)
            self.demand_fresh(rules, now)
            self._demand_room(device.method, rules)

    def demand_dispatch(self, device: Device, method: Method, rules: Rules, now: datetime, *, again: bool) -> None:
        """Refuse to dispatch: the account is locked, the device is confirmed already, or too much was sent."""
        if method.guessable:
            self.demand_unlocked(rules, now)
        confirmed = any(confirmation.index == device.index for confirmation in self.confirmations(rules, now))
        if confirmed and not again:
            raise AlreadyVerified
        if method.limits is not None:
            free_at = self.sends.get(device.method, Sends()).free_at(method.limits, now)
            if free_at > now:
                raise Throttled(free_at - now)

    def demand_removal(self, device: Device, required: int, rules: Rules, now: datetime) -> None:
        """Refuse to remove a device unless the token is verified afresh, or nothing is active yet.

        Whether a device has to stay is said by the policy, and asked once this is settled (``bereft``).
        """
        if self.active:
            self.demand_verified(required, rules, now)
            self.demand_fresh(rules, now)

    def bereft(self, after: "Account") -> bool:
        """Tell whether a change takes the last active device away."""
        return bool(self.active) and not after.active

    def demand_unlocked(self, rules: Rules, now: datetime) -> None:
        """Refuse while wrong values have locked the guessable devices."""
        lock = self.lock(rules, now)
        if lock is not None:
            raise Throttled(lock.retry_after(now))

    def _demand_room(self, method: str, rules: Rules) -> None:
        if sum(device.method == method for device in self.active) >= rules.max_devices_per_method:
            raise AlreadyRegistered

    # What changes

    def registered(self, device: Device, now: datetime) -> "Account":
        """Add a device under the next index, in the place of what the same token left pending of the same method.

        What has expired goes as well, and the oldest of what is still pending when there is too much of it.
        """
        pending = [other for other in self.devices if not other.active]
        kept = [
            other
            for other in pending
            if other.visible(other.registered_by, now)
            and (other.method != device.method or other.registered_by != device.registered_by)
        ][1 - MOST_PENDING :]
        account = self._without([other for other in pending if other not in kept], carry=True)
        carried = dict(account.carried)
        device = attrs.evolve(device, failures=carried.pop(device.method, Failures()))
        return attrs.evolve(
            account, next_index=device.index + 1, devices=(*account.devices, device), carried=MappingProxyType(carried)
        )

    def replaced(self, device: Device) -> "Account":
        """Put a device's next state in the place of the one with the same index."""
        devices = tuple(device if other.index == device.index else other for other in self.devices)
        return attrs.evolve(self, devices=devices)

    def dispatched(self, device: Device, method: Method, sent: bytes, now: datetime) -> "Account":
        """Enter that a challenge is out, which replaces the one before, on whichever device that was."""
        account = self._challenged(attrs.evolve(self._challenge(device), sent=sent, dispatched_at=now))
        common = {sibling.index for sibling in self.siblings(method)}
        for challenge in account.challenges:
            if device.index in common and challenge.index in common - {device.index}:
                account = account._challenged(attrs.evolve(challenge, sent=None))  # noqa: SLF001 - the same class
        if method.limits is None:
            return account
        sends = {**self.sends, device.method: self.sends.get(device.method, Sends()).one_more(now)}
        return attrs.evolve(account, sends=MappingProxyType(sends))

    def undelivered(self, device: Device, at: datetime, *, perhaps_sent: bool) -> "Account":
        """Void what was dispatched at that time, if nothing has replaced it, and let the user ask again."""
        account = self
        challenge = self._challenge(device)
        if challenge.dispatched_at == at:
            account = self._challenged(attrs.evolve(challenge, sent=None))
        sends = account.sends.get(device.method, Sends()).failed(at, perhaps_sent=perhaps_sent)
        return attrs.evolve(account, sends=MappingProxyType({**account.sends, device.method: sends}))

    def accepted(
        self, device: Device, *, state: bytes, answered: Challenge | None, unique: str | None, now: datetime
    ) -> "Account":
        """Confirm the token's challenge; a pending device becomes active, and what others left pending is dropped.

        ``answered`` is the next state of the challenge that the value answered, which may be another device's.

        Only this device's failures are cleared: or else whoever holds one factor could buy guesses at another.
        """
        account = self
        if not device.active:
            others = [other for other in self.devices if not other.active and other.registered_by != self.token_id]
            account = self._without(others, carry=True)
        proved = attrs.evolve(
            device,
            state=state,
            failures=Failures(),
            activated_at=device.activated_at or now,
            last_used_at=now,
            registered_by=None,
            expires_at=None,
            unique=unique or device.unique,
        )
        account = account._answered(answered).replaced(proved)  # noqa: SLF001 - the same class
        return account._challenged(attrs.evolve(account._challenge(device), confirmed_at=now))  # noqa: SLF001 - the same class

    def rejected(
        self, device: Device, *, state: bytes, answered: Challenge | None, counted: bool, now: datetime
    ) -> "Account":
        """Enter a wrong value; it takes no verification away."""
        failures = device.failures.one_more(now) if counted else device.failures
        return self._answered(answered).replaced(attrs.evolve(device, state=state, failures=failures))

    def logged_in(self, device: Device, *, state: bytes, spent: str, until: datetime, now: datetime) -> "Account":
        """Enter a login by a device that nobody asked for, so that its challenge, good until then, serves once."""
        used = attrs.evolve(device, state=state, last_used_at=now)
        return self._spent(spent, until, now).replaced(used)

    def not_logged_in(self, *, spent: str, until: datetime, now: datetime) -> "Account":
        """Enter a login that was refused, which uses its challenge up as well, while there is room to remember."""
        live = sum(end > now for end in self.spent.values())
        return self if until <= now or live >= MOST_SPENT else self._spent(spent, until, now)

    def confirmed(self, device: Device, now: datetime) -> "Account":
        """Confirm a device to the token at hand, which was made for whoever had just proved it."""
        return self._challenged(attrs.evolve(self._challenge(device), confirmed_at=now))

    def trusting(self, trust: Trust, now: datetime) -> "Account":
        """Remember the browser of the token at hand, in the place of what is worth nothing any more, or of the oldest.

        The token's challenge says which it is, though it counts for nothing there: the device itself was confirmed.
        """
        challenge = self.challenge(trust.index) or Challenge(index=trust.index, token_id=self._own_token())
        account = self._challenged(attrs.evolve(challenge, trust=trust.id, trusted_at=None))
        return attrs.evolve(account, trusts=(*self.remembered(now), trust)[-MOST_TRUSTS:])

    def trusted(self, trust: Trust, now: datetime) -> "Account":
        """Enter that the token at hand came from a remembered browser."""
        used = attrs.evolve(trust, last_used_at=now)
        trusts = tuple(used if other.id == trust.id else other for other in self.trusts)
        challenge = self.challenge(trust.index) or Challenge(index=trust.index, token_id=self._own_token())
        account = self._challenged(attrs.evolve(challenge, trust=trust.id, trusted_at=now))
        return attrs.evolve(account, trusts=trusts)

    def revoked(self, trust: Trust) -> "Account":
        """Remember a browser no more, and with that nothing that it had confirmed."""
        return attrs.evolve(self, trusts=tuple(other for other in self.trusts if other.id != trust.id))

    def removed(self, device: Device, rules: Rules, now: datetime) -> "Account":
        """Take a device away, the backups with the last device that they stand in for, and all remembered browsers.

        Failures of an active device go with it, and so do those of pending devices, gone or out of sight, where the
        token has just been verified by something that cannot be guessed: that is the way back for a locked user. A
        pending device that was only guessed at leaves its failures behind.
        """
        trusted = any(
            now - confirmation.at <= rules.change_max_age and not rules.methods.guessable(confirmation.method)
            for confirmation in self.confirmations(rules, now)
        )
        account = self._without([device], carry=not device.active and not trusted)
        if trusted:
            pardoned = tuple(
                other if other.active else attrs.evolve(other, failures=Failures()) for other in account.devices
            )
            account = attrs.evolve(account, devices=pardoned, carried=MappingProxyType({}))
        if all(rules.methods.backup(other.method) for other in account.active):
            account = account._without(list(account.active), carry=False)  # noqa: SLF001 - the same class
        return attrs.evolve(account, trusts=()) if device.active else account

    def _challenge(self, device: Device) -> Challenge:
        return self.challenge(device.index) or Challenge(index=device.index, token_id=self._own_token())

    def _own_token(self) -> TokenId:
        if self.token_id is None:
            raise NoChallenge
        return self.token_id

    def _spent(self, digest: str, until: datetime, now: datetime) -> "Account":
        live = {other: end for other, end in self.spent.items() if end > now}
        return attrs.evolve(self, spent=MappingProxyType({**live, digest: until}))

    def _answered(self, challenge: Challenge | None) -> "Account":
        return self if challenge is None else self._challenged(challenge)

    def _challenged(self, challenge: Challenge) -> "Account":
        others = (other for other in self.challenges if other.index != challenge.index)
        return attrs.evolve(self, challenges=tuple(sorted((*others, challenge), key=lambda each: each.index)))

    def _without(self, gone: list[Device], *, carry: bool) -> "Account":
        indexes = {device.index for device in gone}
        carried = dict(self.carried)
        for device in gone:
            if carry and device.failures:
                carried[device.method] = carried.get(device.method, Failures()) + device.failures
        return attrs.evolve(
            self,
            devices=tuple(device for device in self.devices if device.index not in indexes),
            challenges=tuple(challenge for challenge in self.challenges if challenge.index not in indexes),
            carried=MappingProxyType(carried),
        )
