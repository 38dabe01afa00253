"""The aggregate: one user's devices and what was tried on them, with every rule that must hold for all at once."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

import attrs

from mfa.domain.challenges import Challenge
from mfa.domain.devices import Device
from mfa.domain.errors import (
    AlreadyRegistered,
    AlreadyVerified,
    DeviceIsDisabled,
    DeviceNotFound,
    DeviceRequired,
    NoChallenge,
    Refused,
    ResendTooSoon,
    Throttled,
    TrustNotFound,
    refusal,
)
from mfa.domain.identifiers import Token, TokenId
from mfa.domain.methods.base import Method
from mfa.domain.policies import Confirmation, Requirement
from mfa.domain.proofs import Proofs
from mfa.domain.rules import Rules as Rules
from mfa.domain.sends import Sends
from mfa.domain.throttling import Failures, waiting_until, with_gone
from mfa.domain.trusts import MOST_TRUSTS, Trust

MOST_PENDING_OF_ONE_TOKEN = 3
"""Pending devices that one token may leave: whoever tries several methods at once, and hardly anybody does."""

MOST_PENDING = 100
"""Pending devices of one user, all of which are read with the account.

Every login makes a token that may leave some, so a stranger who knows the password needs more than thirty of them,
within the minute that an owner takes to activate a device, to push the owner's out.
"""

MOST_BROWSERS = 20
"""Browsers of one user that are known from one login to the next."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Account(Proofs[Device]):
    """One user's second factors, as one token meets them.

    ``challenges`` are those of the token at hand; other tokens' stay out of sight and out of reach. ``gone`` are
    failures at devices that are no more: they go on making their user wait, or else registering anew would buy new
    guesses. With another ``generation`` nothing counts that any token has confirmed. While the account is
    ``locked_down``, nobody enrols by a password alone; ``locked_down_at`` is when it last was. ``browsers`` are digests
    of those that verified before. ``version`` is what was read from the store; the store takes a change only as long as
    it has not moved on. ``login`` is no part of the account, but was read beside it: a digest of the user's password as
    it is stored.
    """

    version: int = 0
    next_index: int = 0
    gone: tuple[Failures, ...] = ()
    sends: Mapping[str, Sends] = MappingProxyType({})
    browsers: tuple[str, ...] = attrs.field(default=(), repr=False)
    generation: int = 0
    locked_down: bool = False
    locked_down_at: datetime | None = None
    moved: bytes | None = attrs.field(default=None, repr=False)

    # Devices and their challenges

    def visible(self, now: datetime) -> tuple[Device, ...]:
        """Return the devices that the token at hand may know of."""
        return tuple(device for device in self.devices if device.visible(self.token_id, now))

    def device(self, index: int, now: datetime) -> Device:
        """Return one device that the token may know of; raises ``DeviceNotFound``."""
        for device in self.visible(now):
            if device.index == index:
                return device
        raise DeviceNotFound(index)

    def siblings(self, method: Method) -> tuple[Device, ...]:
        """Return the active devices among which a challenge of a collective method is common; none of any other."""
        return tuple(device for device in self.active if method.collective and device.method == method.name)

    def outstanding(self, device: Device, method: Method) -> Challenge | None:
        """Return the challenge that a value for the device answers: its own, or that which is common to all.

        Of several, it is the one that is out, since a dispatch voids the others; else the latest, which is used up.
        """
        common = {sibling.index for sibling in self.siblings(method)}
        if device.index not in common:
            return self.challenge(device.index)
        challenges = [each for each in self.challenges if each.index in common and each.dispatched_at is not None]
        return max(
            challenges, key=lambda each: (each.sent is not None, each.dispatched_at or device.created_at), default=None
        )

    def holder_of(self, unique: str) -> Device | None:
        """Return the active device of that unique name."""
        return next((device for device in self.active if device.unique == unique), None)

    # Remembered browsers

    def trust_of(self, token: str, now: datetime) -> Trust | None:
        """Return the remembered browser that keeps this token; all are compared, so that the time tells nothing."""
        found = [trust for trust in self.remembered(now) if trust.made_of(token)]
        return found[0] if found else None

    def trust(self, name: str, now: datetime) -> Trust:
        """Return a remembered browser by what it is called; raises ``TrustNotFound``."""
        for trust in self.remembered(now):
            if trust.id == name:
                return trust
        raise TrustNotFound  # whoever takes the token for a name finds it in no message

    # What holds guesses up

    def waits_until(self, rules: Rules, now: datetime) -> datetime | None:
        """Return until when values of guessable devices are not looked at; None while they are."""
        guessable = (device.failures for device in self.devices if rules.guessable(device))
        return waiting_until((*guessable, *self.gone), rules.throttle, rules.failure_memory, now)

    def remembered_failures(self, rules: Rules, now: datetime) -> int:
        """Return how many wrong values make the user wait, all in all."""
        guessable = (device.failures for device in self.devices if rules.guessable(device))
        return sum(each.recent for each in (*guessable, *self.gone) if each.remembered(now, rules.failure_memory))

    def demand_guesses(self, device: Device, rules: Rules, now: datetime) -> None:
        """Refuse to look at a value of a device that is disabled, or while guesses have to wait."""
        if not rules.guessable(device):
            return
        if rules.disabled(device):
            raise DeviceIsDisabled
        until = self.waits_until(rules, now)
        if until is not None:
            raise Throttled(until - now)

    # What is allowed

    def refused(self, required: int, rules: Rules, now: datetime) -> Refused:
        """Make the refusal of a token that has not confirmed enough devices."""
        left = required - len(self.confirmations(rules, now))
        return refusal(Requirement(verifications=max(required, 1)), left=left, enrolled=bool(self.active))

    def demand_verified(self, required: int, rules: Rules, now: datetime) -> None:
        """Refuse a change by a token that has not confirmed enough devices; a remembered browser is no proof."""
        if not self.proved(required, rules, now):
            raise self.refused(required, rules, now)

    def demand_standing(self, required: int, rules: Rules, now: datetime) -> None:
        """Refuse a token that is not verified, where a remembered browser counts, and there is a device at all."""
        left = self.verifications_left(required, rules, now)
        if self.active and left:
            raise refusal(Requirement(verifications=max(required, 1)), left=left, enrolled=True)

    def may_register(self, required: int, rules: Rules, now: datetime) -> bool:
        """Tell whether the token is verified, or has confirmed all that there is to confirm, backups aside.

        While the account is locked down, a password alone is not enough where there is nothing to confirm.
        """
        if self.proved(max(required, 1) if self.locked_down else required, rules, now):
            return True
        confirmed = {confirmation.index for confirmation in self.confirmations(rules, now)}
        if self.locked_down and not confirmed:
            return False
        return all(device.index in confirmed or rules.methods.backup(device.method) for device in self.active)

    def strong(self, confirmation: Confirmation, rules: Rules) -> bool:
        """Tell whether a proof is as strong as a change wants.

        Where the user has a device that resists phishing, only such a device or a backup will do: a phished code would
        otherwise be enough to throw it out.
        """
        return not self._resists_phishing(rules) or not rules.methods.guessable(confirmation.method)

    def demand_fresh(self, required: int, rules: Rules, now: datetime, *, except_by: int | None = None) -> None:
        """Refuse a change by a token whose last proof is too old or too weak, once there is anything to prove with.

        A proof by the device ``except_by`` does not count.
        """
        if not self.active:
            return
        for each in self.confirmations(rules, now):
            if each.index != except_by and now - each.at <= rules.change_max_age and self.strong(each, rules):
                return
        unguessable = [method.name for method in rules.methods if not method.guessable]
        wanted = Requirement(
            verifications=max(required, 1),
            max_age=rules.change_max_age,
            methods=unguessable if self._resists_phishing(rules) else None,
        )
        raise refusal(wanted, left=1, enrolled=True)

    def _resists_phishing(self, rules: Rules) -> bool:
        return any(rules.methods.phishing_resistant(device.method) for device in self.active)

    def demand_registration(self, method: Method, required: int, rules: Rules, now: datetime) -> None:
        """Refuse a registration that the token, the user's devices or their number do not allow."""
        if not self.may_register(required, rules, now):
            raise self.refused(required, rules, now)
        if method.backup:
            if not any(not rules.methods.backup(device.method) for device in self.active):
                raise DeviceRequired
            self.demand_verified(required, rules, now)
        self.demand_fresh(required, rules, now)
        same = sum(device.method == method.name for device in self.active)
        if not method.backup and same >= rules.most_devices(method.name):
            raise AlreadyRegistered

    def demand_attempt(self, device: Device, method: Method, required: int, rules: Rules, now: datetime) -> None:
        """Refuse to look at a value: guesses are held up, nothing was sent, or the device may not be activated.

        Activation asks again what registration asked. Otherwise a thief who knows the password registers first,
        waits until the owner has enrolled, and then activates his own. What is disabled comes first: nobody is told to
        ask for a code that is not sent.
        """
        if rules.disabled(device):
            raise DeviceIsDisabled
        challenge = self.outstanding(device, method)
        if method.dispatchable and (challenge is None or challenge.dispatched_at is None):
            raise NoChallenge
        self.demand_guesses(device, rules, now)
        if not device.active:
            self.demand_registration(method, required, rules, now)

    def demand_dispatch(self, device: Device, method: Method, rules: Rules, now: datetime, *, again: bool) -> None:
        """Refuse to dispatch: guesses are held up, the device is confirmed already, or too much was sent."""
        self.demand_guesses(device, rules, now)
        confirmed = any(confirmation.index == device.index for confirmation in self.confirmations(rules, now))
        if confirmed and not again:
            raise AlreadyVerified
        if method.limits is not None:
            free_at = self.sends.get(device.method, Sends()).free_at(method.limits, now)
            if free_at > now:
                raise ResendTooSoon(free_at - now)

    def demand_removal(self, device: Device, required: int, rules: Rules, now: datetime) -> None:
        """Refuse to remove a device unless the token is verified afresh, or nothing is active yet.

        A device that is disabled was perhaps guessed at last, so the proof is by another. Whether a device has to stay
        is said by the policy, and asked afterwards.
        """
        if device.temporary and not self.active:
            self.demand_verified(max(required, 1), rules, now)
        if self.active:
            self.demand_verified(required, rules, now)
            self.demand_fresh(required, rules, now, except_by=device.index if rules.disabled(device) else None)

    def concerns_token_alone(self, before: "Account") -> bool:
        """Tell whether nothing has changed but that something else is out for the token at hand, or nothing any more.

        Then nobody else is concerned, and the account need not be compared and set: otherwise whoever knows the
        password could starve the owner's requests by asking for challenges. What is out in another form than before is
        none of that: written late, it would bring back what has been used up meanwhile.
        """
        known = {challenge.index: challenge for challenge in before.challenges}
        return (
            self.devices == before.devices  # which tells soonest
            and attrs.evolve(self, challenges=before.challenges) == before
            and all(each.replaces(known.pop(each.index, None)) for each in self.challenges)
            and not known
        )

    # What changes

    def registered(self, device: Device, rules: Rules, now: datetime) -> "Account":
        """Add a device under the next index, in the place of what the same token left pending of the same method.

        What has expired goes as well, and what is too much: of the same token's first, the oldest of all at last. A
        backup is active at once, which ends a temporary pass.
        """
        pending = [other for other in self.devices if not other.active]
        alive = [other for other in pending if other.alive(now)]
        own = [other for other in alive if other.registered_by == device.registered_by]
        own_kept = [other for other in own if other.method != device.method][1 - MOST_PENDING_OF_ONE_TOKEN :]
        kept = [other for other in alive if other not in own or other in own_kept][1 - MOST_PENDING :]
        over = [other.index for other in pending if other not in kept]
        if device.active:
            over += [other.index for other in self.devices if other.temporary]
        account = self.without(over, rules, now)
        return attrs.evolve(account, next_index=device.index + 1, devices=(*account.devices, device))

    def replaced(self, device: Device) -> "Account":
        """Put a device's next state in the place of the one with the same index."""
        devices = tuple(device if other.index == device.index else other for other in self.devices)
        return attrs.evolve(self, devices=devices)

    def dispatched(self, device: Device, method: Method, sent: bytes, now: datetime, *, until: datetime) -> "Account":
        """Enter that a challenge is out until then, which replaces the one before, on whichever device that was."""
        known = self._challenge(device.index)
        expires_at = until if not known.confirms else known.expires_at and max(known.expires_at, until)
        account = self.with_challenge(attrs.evolve(known, sent=sent, dispatched_at=now, expires_at=expires_at))
        common = {sibling.index for sibling in self.siblings(method)}
        for challenge in account.challenges:
            if device.index in common and challenge.index in common - {device.index}:
                account = account.with_challenge(attrs.evolve(challenge, sent=None))
        if method.limits is None:
            return account
        sends = {**self.sends, device.method: self.sends.get(device.method, Sends()).one_more(now)}
        return attrs.evolve(account, sends=MappingProxyType(sends))

    def undelivered(self, device: Device, at: datetime) -> "Account":
        """Void what was dispatched at that time, if nothing has replaced it, and let the user ask again once."""
        account = self
        challenge = self._challenge(device.index)
        if challenge.dispatched_at == at:
            account = self.with_challenge(attrs.evolve(challenge, sent=None))
        sends = account.sends.get(device.method, Sends()).failed(at)
        return attrs.evolve(account, sends=MappingProxyType({**account.sends, device.method: sends}))

    def with_challenge(self, challenge: Challenge) -> "Account":
        """Put a challenge in the place of the one with the same index."""
        others = (other for other in self.challenges if other.index != challenge.index)
        return attrs.evolve(self, challenges=tuple(sorted((*others, challenge), key=lambda each: each.index)))

    def accepted(
        self, device: Device, *, state: bytes, unique: str | None, now: datetime, until: datetime | None
    ) -> "Account":
        """Confirm the token's challenge, until then; a pending device becomes active, and what is pending else goes.

        Only this device's failures are cleared: or else whoever holds one factor could buy guesses at another. An
        activation ends the waits that pending devices have earned, living or gone: nothing follows a user for ever
        that a stranger brought about before there was anything to guess at. It ends a temporary pass, too. Whatever the
        owner proves ends a lockdown.
        """
        proved = attrs.evolve(
            device,
            state=state,
            failures=Failures(),
            activated_at=device.activated_at or now,
            last_used_at=now,
            registered_by=None,
            expires_at=device.expires_at if device.temporary else None,
            uses_left=None if device.uses_left is None else device.uses_left - 1,
            unique=unique or device.unique,
        )
        account = attrs.evolve(self if device.active else self._activating(), locked_down=False)
        return account.replaced(proved).confirmed(device.index, now, until=until)

    def _activating(self) -> "Account":
        kept = [
            other if other.active else _pardoned(other)
            for other in self.devices
            if (other.active and not other.temporary) or other.registered_by == self.token_id
        ]
        return attrs.evolve(self, devices=tuple(kept), challenges=self._challenges_of(kept), gone=())

    def rejected(self, device: Device, *, state: bytes, counted: bool, rules: Rules, now: datetime) -> "Account":
        """Enter a wrong value; it takes no verification away."""
        failures = device.failures.one_more(now, rules.failure_memory) if counted else device.failures
        return self.replaced(attrs.evolve(device, state=state, failures=failures))

    def used(self, device: Device, *, state: bytes, now: datetime) -> "Account":
        """Enter a right value of a device that no token had asked, which ends a lockdown as any proof does."""
        return attrs.evolve(self.replaced(attrs.evolve(device, state=state, last_used_at=now)), locked_down=False)

    def seen(self, browser: str) -> "Account":
        """Know a browser from now on, by its digest; of many, the one that was not seen for longest is forgotten."""
        others = (each for each in self.browsers if each != browser)
        return attrs.evolve(self, browsers=(*others, browser)[-MOST_BROWSERS:])

    def ended(self, token: Token) -> bool:
        """Tell whether a token was made before a lockdown, which it cannot outlive where its kind cannot be ended."""
        made, locked = token.issued_at, self.locked_down_at
        return made is not None and locked is not None and made <= locked

    def confirmed(self, index: int, now: datetime, *, until: datetime | None) -> "Account":
        """Confirm a device to the token at hand, until then; None for as long as the token."""
        known = self._challenge(index)
        return self.with_challenge(attrs.evolve(known, confirmed_at=now, expires_at=_later(known, until)))

    def remembering(self, trust: Trust, now: datetime) -> "Account":
        """Remember the browser of the token at hand, in the place of what is worth nothing any more, or of the oldest.

        The token's challenge says which it is, though it counts for nothing there: the device itself was confirmed.
        """
        challenge = attrs.evolve(self._challenge(trust.index), trust=trust.id, trusted_at=None)
        trusts = (*self.remembered(now), trust)[-MOST_TRUSTS:]
        return attrs.evolve(self.with_challenge(challenge), trusts=trusts)

    def trusted(self, trust: Trust, now: datetime, *, until: datetime | None) -> "Account":
        """Enter that the token at hand came from a remembered browser, which counts until then."""
        known = self._challenge(trust.index)
        challenge = attrs.evolve(known, trust=trust.id, trusted_at=now, expires_at=_later(known, until))
        trusts = (attrs.evolve(each, last_used_at=now) if each.id == trust.id else each for each in self.trusts)
        return attrs.evolve(self.with_challenge(challenge), trusts=tuple(trusts))

    def forgetting(self, trust: Trust) -> "Account":
        """Remember a browser no more, and with that nothing that it had confirmed."""
        return attrs.evolve(self, trusts=tuple(each for each in self.trusts if each.id != trust.id))

    def succeeded(self, token_id: TokenId, resealed: Mapping[int, bytes]) -> "Account":
        """Give all that the token at hand has confirmed and asked for to another, and leave it nothing.

        ``resealed`` is what is out, by device, as it is sealed for the other.
        """
        challenges = (
            attrs.evolve(each, token_id=token_id, sent=None if each.sent is None else resealed[each.index])
            for each in self.challenges
        )
        devices = (
            attrs.evolve(each, registered_by=token_id) if each.registered_by == self.token_id else each
            for each in self.devices
        )
        return attrs.evolve(self, token_id=token_id, challenges=tuple(challenges), devices=tuple(devices))

    def removed(self, device: Device, rules: Rules, now: datetime) -> "Account":
        """Take a device away, the backups with the last device that they stand in for, and all remembered browsers.

        Failures at it, and at pending devices, gone or out of sight, are pardoned where the token has just been
        verified by something that cannot be guessed: that is the way back for whom a stranger keeps waiting. Else they
        make their user wait as before.
        """
        guessed = {each.index for each in self.devices if rules.guessable(each)}
        unguessable = any(
            now - confirmation.at <= rules.change_max_age and confirmation.index not in guessed
            for confirmation in self.confirmations(rules, now)
        )
        account = self
        if unguessable:
            kept = (each if each.active and each.index != device.index else _pardoned(each) for each in self.devices)
            account = attrs.evolve(self, devices=tuple(kept), gone=())
        account = account.without([device.index], rules, now)
        if all(rules.methods.backup(other.method) for other in account.active):
            account = account.without([other.index for other in account.active], rules, now)
        return attrs.evolve(account, trusts=()) if device.active else account

    def _challenge(self, index: int) -> Challenge:
        if self.token_id is None:
            raise NoChallenge
        return self.challenge(index) or Challenge(index=index, token_id=self.token_id)

    def _challenges_of(self, devices: Iterable[Device]) -> tuple[Challenge, ...]:
        indexes = {device.index for device in devices}
        return tuple(challenge for challenge in self.challenges if challenge.index in indexes)

    def without(self, indexes: Iterable[int], rules: Rules, now: datetime) -> "Account":
        """Leave out devices, but not what was tried on them."""
        indexes = set(indexes)
        kept = tuple(device for device in self.devices if device.index not in indexes)
        gone = (device for device in self.devices if device.index in indexes)
        guessed = [device.failures for device in gone if rules.guessable(device)]
        return attrs.evolve(
            self,
            devices=kept,
            challenges=self._challenges_of(kept),
            gone=with_gone(self.gone, guessed, rules.failure_memory, now),
        )


def _pardoned(device: Device) -> Device:
    return attrs.evolve(device, failures=device.failures.pardoned())


def _later(known: Challenge, until: datetime | None) -> datetime | None:
    """Return when a challenge ends that is confirmed until then, while something else of it may be out longer."""
    if until is None or known.sent is None or known.expires_at is None:
        return until
    return max(until, known.expires_at)
