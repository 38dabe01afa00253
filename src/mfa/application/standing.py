"""How a token stands: what it has verified of what is demanded."""

from datetime import datetime, timedelta
from typing import Any

import attrs

from mfa.application.ports.tokens import Recorded
from mfa.application.transactions import UseCase
from mfa.domain.accounts import Account
from mfa.domain.devices import Device
from mfa.domain.errors import Refused, refusal
from mfa.domain.identifiers import Token
from mfa.domain.policies import Confirmation, Requirement, deadline_of
from mfa.domain.proofs import Proofs
from mfa.domain.values import ValueObject

ANYTHING = Requirement()
"""What a view demands that leaves everything to the policy."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Standing(ValueObject):
    """How a token stood at one moment: what it had confirmed of what was demanded, so whether it may pass.

    ``required`` is what the policy demands. Until ``grace_until``, a user without a device passes all the same.
    """

    required: int
    enrolled: bool
    confirmations: tuple[Confirmation, ...]
    assessed_at: datetime
    grace_until: datetime | None = None

    @property
    def verifications_left(self) -> int:
        """Return how many more verifications the token needs."""
        return max(self.required - len(self.confirmations), 0)

    @property
    def verified(self) -> bool:
        """Tell whether the token has as many verifications as the policy demands."""
        return not self.verifications_left

    def refusal(self, requirement: Requirement | None = None) -> Refused | None:
        """Return why the token may not pass, or None where it may.

        A requirement is demanded of everybody, even of a user of whom the policy demands nothing, or not yet.
        """
        if requirement is None:
            return None if self.verified or self.grace_until is not None else self.policy_refusal()
        left = requirement.missing(self.confirmations, self.required, self.assessed_at)
        return self._refused(left, requirement) if left else None

    def demanded(self, requirement: Requirement) -> Requirement:
        """Return a requirement with the number of verifications that the policy makes of it."""
        return attrs.evolve(requirement, verifications=requirement.number(self.required))

    def _refused(self, left: int, requirement: Requirement) -> Refused:
        return refusal(self.demanded(requirement), left=left, enrolled=self.enrolled)

    def policy_refusal(self) -> Refused:
        """Make the refusal of a token that has not as many verifications as the policy demands."""
        return self._refused(self.verifications_left, ANYTHING)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Assessment(Standing):
    """How a token stands by its account: beside what a gate asks, what it may change, and whether guesses are locked.

    ``proved`` and ``may_register`` leave remembered browsers out, which open no change.
    """

    proved: bool
    may_register: bool
    locked: bool
    retry_after: timedelta | None


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class VerifiableDevice(ValueObject):
    """A device that a token may verify, and whether a challenge has to be dispatched first."""

    device: Device
    dispatchable: bool


class AssessToken(UseCase):
    """Tells how a token stands, at the cost of one read."""

    def __call__(self, token: Token) -> Assessment:
        """Assess a token."""
        return self.judge(self.account(token))

    def account(self, token: Token) -> Account:
        """Read the account as a token meets it; raises ``Unavailable``."""
        return self.transactions.account(token)

    def proofs(self, token: Token) -> Proofs[Any]:
        """Read of the account what a gate asks; raises ``Unavailable``."""
        return self.transactions.proofs(token)

    def stand(self, account: Proofs[Any]) -> Standing:
        """Tell what a gate asks, by the account as the token met it, such as one that was read along with it."""
        now, rules, subject = self.transactions.clock.now(), self.transactions.rules, self.transactions.subject(account)
        required, counted = rules.policy.required(subject), account.counted(rules, now)
        enrolled = bool(subject.active_devices)
        graced = not enrolled and len(counted) < required
        return Standing(
            required=required,
            enrolled=enrolled,
            confirmations=counted,
            assessed_at=now,
            grace_until=_to_come(deadline_of(rules.registration_deadline, subject), now) if graced else None,
        )

    def judge(self, account: Account) -> Assessment:
        """Tell all about how a token stands, by the account as it met it."""
        standing, rules = self.stand(account), self.transactions.rules
        now, required = standing.assessed_at, standing.required
        until = account.waits_until(rules, now)
        return Assessment(
            required=required,
            enrolled=standing.enrolled,
            confirmations=standing.confirmations,
            assessed_at=now,
            grace_until=standing.grace_until,
            proved=account.proved(required, rules, now),
            may_register=account.may_register(required, rules, now),
            locked=until is not None,
            retry_after=None if until is None else until - now,
        )

    def verifiable(self, account: Account) -> tuple[VerifiableDevice, ...]:
        """Return the devices that the token may verify: those whose values are looked at, by methods that there are.

        No seal is opened: where a key is missing, people see all the same what they have.
        """
        rules, now = self.transactions.rules, self.transactions.clock.now()
        methods = {method.name: method for method in (*rules.methods, *rules.methods.reserved)}
        return tuple(
            VerifiableDevice(device=device, dispatchable=methods[device.method].dispatchable)
            for device in account.visible(now)
            if device.method in methods and not rules.disabled(device)
        )

    def demand_operator(self, account: Account) -> None:
        """Refuse a token that may not act upon others; raises ``Refused``.

        Whoever does so has verified just now, as for a change of his own, whatever the policy says. A remembered
        browser is no proof, and for a user with a device that resists phishing neither is a code that can be guessed.
        """
        standing, rules = self.stand(account), self.transactions.rules
        refused = standing.refusal(Requirement(max_age=rules.change_max_age))
        if refused is not None:
            raise refused
        account.demand_fresh(standing.required, rules, standing.assessed_at)

    def recall(self, recorded: Recorded) -> Standing:
        """Tell how a token stands by what was recorded when it was made, without a read."""
        now, rules = self.transactions.clock.now(), self.transactions.rules
        return Standing(
            required=recorded.required,
            enrolled=recorded.enrolled,
            confirmations=tuple(
                attrs.evolve(each, phishing_resistant=rules.methods.phishing_resistant(each.method))
                for each in recorded.verifications
                if rules.counts(each.at, now)
            ),
            assessed_at=now,
            grace_until=_to_come(recorded.grace_until, now),
        )


def _to_come(deadline: datetime | None, now: datetime) -> datetime | None:
    """Return a time at which a device has to be there; None where it is over, or there is none."""
    return deadline if deadline is not None and now < deadline else None
