"""Proving a device to a token, and asking how a token stands."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import attrs

from mfa.application.ports.delivery import DeliveryTimedOut, Message, Sender, SentChallenge
from mfa.application.ports.system import Entropy, Vault, seal_context
from mfa.application.ports.tokens import Recorded
from mfa.application.settlement import Decision, Settlement, forgotten, opened_siblings
from mfa.domain import events
from mfa.domain.accounts import Account, Confirmation
from mfa.domain.challenges import Challenge
from mfa.domain.devices import Device
from mfa.domain.errors import (
    DeliveryFailed,
    NotDispatchable,
    NotUnique,
    Refused,
    RegistrationRequired,
    VerificationRequired,
)
from mfa.domain.identifiers import Token
from mfa.domain.methods.base import NOBODY, Attempt
from mfa.domain.policies import Requirement, Subject, deadline_of
from mfa.domain.trusts import Trust, described, digest_of, new_token
from mfa.domain.verdicts import Reason, Rejected, Verdict


@attrs.frozen(kw_only=True)
class Dispatch:
    """The wish to be sent a code; ``again`` even though the token's challenge is confirmed."""

    token: Token
    index: int
    again: bool = False


@attrs.frozen(kw_only=True, eq=False, repr=False)
class DispatchChallenge:
    """Makes a challenge, stores it, and only then has it sent.

    Raises ``DeviceNotFound``, ``NotDispatchable``, ``AlreadyVerified``, ``Throttled`` and ``DeliveryFailed``.
    """

    settlement: Settlement
    vault: Vault
    senders: Mapping[str, Sender]

    def __call__(self, command: Dispatch) -> Mapping[str, object] | None:
        """Dispatch a challenge, and return what the client is shown of it, where that is how it travels."""
        settled = self.settlement.settle(command.token, lambda account, now: self._decide(account, command, now))
        if settled.message is None:
            return settled.shown
        try:
            self.senders[settled.message.method].send(settled.message)
        except Exception as failure:  # noqa: BLE001 - whatever a sender raises, the code did not get there
            perhaps_sent = isinstance(failure, DeliveryTimedOut)
        else:
            return None
        # Out here nothing is chained: what a sender puts into its exceptions may hold the code or the address.
        _void(self.settlement, settled.challenge, perhaps_sent=perhaps_sent)
        raise DeliveryFailed

    def _decide(self, account: Account, command: Dispatch, now: datetime) -> Decision["_Settled"]:
        rules = self.settlement.rules
        device = account.device(command.index, now)
        method = rules.methods.named(device.method)
        if not method.dispatchable:
            raise NotDispatchable
        account.demand_dispatch(device, method, rules, now, again=command.again)
        state = self.vault.open(device.state, seal_context(account.user_id, device.index))
        dispatch = method.dispatch(state, now, opened_siblings(self.vault, account, method))
        sealed = self.vault.seal(dispatch.sent, seal_context(account.user_id, device.index, command.token.id))
        challenge = SentChallenge(token=command.token, index=device.index, dispatched_at=now)
        message = None
        if dispatch.message is not None:
            message = Message(
                method=method.name,
                destination=dispatch.message.destination,
                code=dispatch.message.code,
                lifetime=dispatch.message.lifetime,
                user_id=account.user_id,
                device_name=device.name,
                challenge=challenge,
            )
        happened = events.ChallengeDispatched(user_id=account.user_id, at=now, index=device.index, method=method.name)
        return Decision(
            account=account.dispatched(device, method, sealed, now),
            events=(happened,),
            answer=_Settled(challenge=challenge, message=message, shown=dispatch.shown),
        )


@attrs.frozen(kw_only=True, eq=False, repr=False)
class _Settled:
    """A challenge that is stored, and what is still to be done with it."""

    challenge: SentChallenge
    message: Message | None
    shown: Mapping[str, object] = attrs.field(repr=False)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class VoidChallenge:
    """Voids a challenge whose delivery failed after the request was answered, as with a queue."""

    settlement: Settlement

    def __call__(self, sent: SentChallenge, *, perhaps_sent: bool = False) -> None:
        """Void what was sent, so that the user can ask for another at once."""
        _void(self.settlement, sent, perhaps_sent=perhaps_sent)


def _void(settlement: Settlement, sent: SentChallenge, *, perhaps_sent: bool) -> None:
    def decide(account: Account, now: datetime) -> Decision[None]:
        device = next((device for device in account.devices if device.index == sent.index), None)
        if device is None:
            return Decision(account=account, events=(), answer=None)
        after = account.undelivered(device, sent.dispatched_at, perhaps_sent=perhaps_sent)
        happened = events.DeliveryFailed(user_id=account.user_id, at=now, index=device.index, method=device.method)
        return Decision(account=after, events=(happened,), answer=None)

    settlement.settle(sent.token, decide)


@attrs.frozen(kw_only=True)
class Verify:
    """A value that claims to answer a device's challenge.

    ``trust`` is the wish to have the browser remembered, and ``browser`` what that says of itself.
    """

    token: Token
    index: int
    value: object = attrs.field(repr=False)
    trust: bool = False
    browser: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Verified:
    """The value was right: the challenge is confirmed; a browser that was to be remembered is shown its token now."""

    device: Device
    verifications_left: int
    trust: "MadeTrust | None" = None


@attrs.frozen(kw_only=True)
class MadeTrust:
    """A remembered browser, and the token that it keeps."""

    trust: Trust
    token: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Refuted:
    """The value was not right, and that is on record; the reason is for the record only."""

    reason: Reason


@attrs.frozen(kw_only=True, eq=False, repr=False)
class VerifyChallenge:
    """Judges a value, and answers only when the verdict is stored.

    Raises ``DeviceNotFound``, ``NoChallenge``, ``MalformedValue``, ``Throttled``, ``Refused`` and
    ``AlreadyRegistered``; a wrong value is an answer, not an error.
    """

    settlement: Settlement
    vault: Vault
    entropy: Entropy

    def __call__(self, command: Verify) -> Verified | Refuted:
        """Verify a value."""
        try:
            return self.settlement.settle(command.token, lambda account, now: self._decide(account, command, now))
        except NotUnique:
            # Right in itself, but somebody else's device is called so: refused, and the challenge is spent.
            return self.settlement.settle(
                command.token, lambda account, now: self._decide(account, command, now, taken=True)
            )

    def _decide(
        self, account: Account, command: Verify, now: datetime, *, taken: bool = False
    ) -> Decision[Verified | Refuted]:
        rules = self.settlement.rules
        device = account.device(command.index, now)
        method = rules.methods.named(device.method)
        account.demand_attempt(device, method, self.settlement.required(account), rules, now)
        challenge = account.outstanding(device, method)
        attempt = Attempt(
            state=self.vault.open(device.state, seal_context(account.user_id, device.index)),
            siblings=opened_siblings(self.vault, account, method) if device.active else NOBODY,
            sent=self._sent(account, challenge),
            value=command.value,
            now=now,
        )
        verdict = method.verify(attempt)
        if taken:
            verdict = Rejected(reason=Reason.WRONG, state=attempt.state)
        answered = self._answered(account, challenge, attempt, verdict)
        if isinstance(verdict, Rejected):
            state = self._state(account, device, attempt.state, verdict.state)
            after = account.rejected(device, state=state, answered=answered, counted=method.guessable, now=now)
            return self._rejected(after, device, verdict.reason, now)
        proved, opened = device, attempt.state
        if verdict.index is not None:
            proved, opened = account.device(verdict.index, now), attempt.siblings[verdict.index]
        if not proved.active:
            proved = attrs.evolve(proved, name=proved.name or verdict.description)
        state = self._state(account, proved, opened, verdict.state)
        after = account.accepted(proved, state=state, answered=answered, unique=verdict.unique, now=now)
        made = self._remembering(account, proved, command, now)
        if made is not None:
            after = after.trusting(made.trust, now)
        return self._accepted(account, after, proved, made, now)

    def _sent(self, account: Account, challenge: Challenge | None) -> bytes | None:
        if challenge is None or challenge.sent is None:
            return None
        return self.vault.open(challenge.sent, seal_context(account.user_id, challenge.index, challenge.token_id))

    def _state(self, account: Account, device: Device, opened: bytes, state: bytes) -> bytes:
        """Seal a device's next state, but leave alone what has not changed."""
        if state == opened:
            return device.state
        return self.vault.seal(state, seal_context(account.user_id, device.index))

    def _answered(
        self, account: Account, challenge: Challenge | None, attempt: Attempt, verdict: Verdict
    ) -> Challenge | None:
        """Put into the challenge what the verdict says to remember of what was sent."""
        if challenge is None or verdict.sent == attempt.sent:
            return challenge
        if verdict.sent is None:
            return attrs.evolve(challenge, sent=None)
        context = seal_context(account.user_id, challenge.index, challenge.token_id)
        return attrs.evolve(challenge, sent=self.vault.seal(verdict.sent, context))

    def _remembering(self, account: Account, device: Device, command: Verify, now: datetime) -> MadeTrust | None:
        """Make a token for the browser, where it is to be remembered and browsers are."""
        lifetime = self.settlement.rules.trust_lifetime
        if lifetime is None or not command.trust:
            return None
        token = new_token(self.entropy)
        trust = Trust(
            digest=digest_of(token),
            index=device.index,
            login=account.login,
            created_at=now,
            expires_at=now + lifetime,
            description=described(command.browser),
        )
        return MadeTrust(trust=trust, token=token)

    def _accepted(
        self, account: Account, after: Account, device: Device, made: MadeTrust | None, now: datetime
    ) -> Decision[Verified | Refuted]:
        kinds: list[type[events.DeviceEvent]] = [events.VerificationAccepted]
        if not device.active:
            kinds.append(events.DeviceActivated)
        happened: list[events.Event] = [
            kind(user_id=after.user_id, at=now, index=device.index, method=device.method) for kind in kinds
        ]
        if made is not None:
            happened.append(
                events.BrowserRemembered(user_id=after.user_id, at=now, trust=made.trust.id, index=device.index)
            )
        happened += forgotten(account, after, now)
        verified = Verified(
            device=after.device(device.index, now),
            verifications_left=after.verifications_left(self.settlement.required(after), self.settlement.rules, now),
            trust=made,
        )
        return Decision(account=after, events=tuple(happened), answer=verified)

    def _rejected(self, after: Account, device: Device, reason: Reason, now: datetime) -> Decision[Verified | Refuted]:
        happened: list[events.Event] = [
            events.VerificationRejected(
                user_id=after.user_id, at=now, index=device.index, method=device.method, reason=reason
            )
        ]
        lock = after.lock(self.settlement.rules, now)
        if lock is not None and self.settlement.rules.methods.guessable(device.method):
            happened.append(
                events.AccountLocked(
                    user_id=after.user_id, at=now, failures=after.failures.count, retry_after=lock.retry_after(now)
                )
            )
        return Decision(account=after, events=tuple(happened), answer=Refuted(reason=reason))


@attrs.frozen(kw_only=True)
class Standing:
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
            return None if self.verified or self.grace_until is not None else self._refused(self.verifications_left)
        counted = [each for each in self.confirmations if self._counts(each, requirement)]
        left = requirement.number(self.required) - len(counted)
        return self._refused(left, requirement) if left > 0 else None

    def _counts(self, confirmation: Confirmation, requirement: Requirement) -> bool:
        if confirmation.trusted:
            return not requirement.selective
        return requirement.counts(
            confirmation.method,
            self.assessed_at - confirmation.at,
            phishing_resistant=confirmation.phishing_resistant,
        )

    def _refused(self, left: int, requirement: Requirement | None = None) -> Refused:
        kind = VerificationRequired if self.enrolled else RegistrationRequired
        if requirement is None:
            return kind(max(left, 1))
        return kind(left, max_age=requirement.max_age, phishing_resistant=requirement.phishing_resistant)


@attrs.frozen(kw_only=True)
class Assessment(Standing):
    """How a token stands by its account: beside what a gate asks, what it may change, and whether guesses are locked.

    ``proved`` and ``may_register`` leave remembered browsers out, which open no change.
    """

    proved: bool
    may_register: bool
    locked: bool
    retry_after: timedelta | None


@attrs.frozen(kw_only=True, eq=False, repr=False)
class AssessToken:
    """Tells how a token stands, at the cost of one read."""

    settlement: Settlement

    def __call__(self, token: Token) -> Assessment:
        """Assess a token."""
        return self.judge(self.account(token))

    def account(self, token: Token) -> Account:
        """Read the account as a token meets it; raises ``Unavailable``."""
        return self.settlement.account(token)

    def stand(self, account: Account) -> Standing:
        """Tell what a gate asks, by the account as the token met it, such as one that was read along with it."""
        now, rules, subject = self.settlement.clock.now(), self.settlement.rules, self.settlement.subject(account)
        required, counted, enrolled = rules.policy.required(subject), account.counted(rules, now), bool(account.active)
        graced = not enrolled and len(counted) < required
        return Standing(
            required=required,
            enrolled=enrolled,
            confirmations=counted,
            assessed_at=now,
            grace_until=self._grace(subject, now) if graced else None,
        )

    def judge(self, account: Account) -> Assessment:
        """Tell all about how a token stands, by the account as it met it."""
        standing, rules = self.stand(account), self.settlement.rules
        now, required = standing.assessed_at, standing.required
        lock = account.lock(rules, now)
        return Assessment(
            required=required,
            enrolled=standing.enrolled,
            proved=account.proved(required, rules, now),
            may_register=account.may_register(required, rules, now),
            locked=lock is not None,
            retry_after=None if lock is None else lock.retry_after(now),
            confirmations=standing.confirmations,
            assessed_at=now,
            grace_until=standing.grace_until,
        )

    def recall(self, recorded: Recorded) -> Standing:
        """Tell how a token stands by what was recorded when it was made, without a read."""
        now, rules = self.settlement.clock.now(), self.settlement.rules
        lifetime, deadline = rules.verification_lifetime, recorded.grace_until
        return Standing(
            required=recorded.required,
            enrolled=recorded.enrolled,
            confirmations=tuple(
                Confirmation(
                    index=each.index,
                    method=each.method,
                    at=each.at,
                    phishing_resistant=rules.methods.phishing_resistant(each.method),
                )
                for each in recorded.verifications
                if lifetime is None or now - each.at < lifetime
            ),
            assessed_at=now,
            grace_until=deadline if deadline is not None and now < deadline else None,
        )

    def _grace(self, subject: Subject, now: datetime) -> datetime | None:
        """Return when the subject has to have a device; None where that time is over, or there is none."""
        deadline = deadline_of(self.settlement.rules.registration_deadline, subject)
        return deadline if deadline is not None and now < deadline else None
