"""What one token has proved of a user's factors: all that a gate has to know."""

from datetime import datetime
from typing import Generic, TypeVar

import attrs

from mfa.domain.challenges import Challenge
from mfa.domain.devices import Factor
from mfa.domain.identifiers import TokenId, UserId
from mfa.domain.methods.names import TRUST
from mfa.domain.policies import Confirmation
from mfa.domain.rules import Rules
from mfa.domain.trusts import Trust
from mfa.domain.values import ValueObject

AnyFactor = TypeVar("AnyFactor", bound=Factor)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Proofs(ValueObject, Generic[AnyFactor]):
    """A user's factors, and the challenges and remembered browsers by which one token has confirmed them.

    Nothing here can be changed or stored; an ``Account`` is all of this, and more.
    """

    user_id: UserId
    token_id: TokenId | None = attrs.field(default=None, repr=False)
    devices: tuple[AnyFactor, ...] = ()
    challenges: tuple[Challenge, ...] = ()
    trusts: tuple[Trust, ...] = ()
    login: str = attrs.field(default="", repr=False, eq=False)

    @property
    def active(self) -> tuple[AnyFactor, ...]:
        """Return the devices that were proved; a temporary pass is none."""
        return tuple([device for device in self.devices if device.active and not device.temporary])

    def challenge(self, index: int) -> Challenge | None:
        """Return the token's challenge of a device, if there ever was one."""
        for challenge in self.challenges:
            if challenge.index == index:
                return challenge
        return None

    def confirmations(self, rules: Rules, now: datetime) -> tuple[Confirmation, ...]:
        """Return what the token has confirmed and what still counts: one device never counts twice."""
        confirmed = []
        for device in self.devices:
            if not device.active or (device.temporary and not device.alive(now)):
                continue
            challenge = self.challenge(device.index)
            at = None if challenge is None else challenge.confirmed_at
            if at is not None and rules.counts(at, now):
                resistant = rules.methods.phishing_resistant(device.method)
                confirmed.append(
                    Confirmation(
                        index=device.index, method=device.method, at=min(at, now), phishing_resistant=resistant
                    )
                )
        return tuple(confirmed)

    def counted(self, rules: Rules, now: datetime) -> tuple[Confirmation, ...]:
        """Return what counts where a remembered browser does, too: one of them, and never beside its own device.

        It counts as long as it is remembered itself, so that to revoke it takes away what it had confirmed.
        """
        confirmations = self.confirmations(rules, now)
        if rules.trust_lifetime is None or not self.trusts:
            return confirmations
        confirmed = {each.index for each in confirmations}
        remembered = {trust.id for trust in self.remembered(now)}
        for challenge in self.challenges:
            at = challenge.trusted_at
            if at is None or challenge.trust not in remembered or challenge.index in confirmed:
                continue
            if rules.counts(at, now):
                return (*confirmations, Confirmation(index=challenge.index, method=TRUST, at=min(at, now)))
        return confirmations

    def verifications_left(self, required: int, rules: Rules, now: datetime) -> int:
        """Return how many more verifications the token needs."""
        return max(required - len(self.counted(rules, now)), 0)

    def proved(self, required: int, rules: Rules, now: datetime) -> bool:
        """Tell whether the token has confirmed enough devices, remembered browsers aside, or a temporary pass."""
        confirmed = {each.index for each in self.confirmations(rules, now)}
        return len(confirmed) >= required or any(each.temporary for each in self.devices if each.index in confirmed)

    def remembered(self, now: datetime) -> tuple[Trust, ...]:
        """Return the remembered browsers that are still worth something."""
        return tuple(trust for trust in self.trusts if trust.holds(self.login, now))
