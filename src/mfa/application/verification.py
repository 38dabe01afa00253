"""Proving a device to a token."""

from collections.abc import Iterator
from datetime import datetime

import attrs

from mfa.application.ports.audit import browser_digest
from mfa.application.ports.system import Entropy
from mfa.application.transactions import Decision, ListedDevice, UseCase, forgotten, noticed
from mfa.domain import events
from mfa.domain.accounts import Account
from mfa.domain.challenges import Challenge
from mfa.domain.devices import Device
from mfa.domain.errors import NotUnique
from mfa.domain.identifiers import Token
from mfa.domain.methods.base import NO_SIBLINGS, Attempt
from mfa.domain.moments import elapsed
from mfa.domain.policies import Confirmation
from mfa.domain.trusts import Trust, described, digest_of, new_token
from mfa.domain.typed import device_meant
from mfa.domain.values import ValueObject
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Verify(ValueObject):
    """A value that claims to answer a device's challenge; without an index, that of the one device that it is for.

    ``trust`` is the wish to have the browser remembered, and ``browser`` what that says of itself. ``successor`` is
    the token under which a right value is confirmed, where the credentials are renewed by it: nobody has that token
    yet, so whoever knows the old one does not share in the verification. ``account`` was read along with the token.
    """

    token: Token
    index: int | None
    value: object = attrs.field(repr=False)
    trust: bool = False
    browser: str = attrs.field(default="", repr=False)
    successor: Token | None = None
    account: Account | None = attrs.field(default=None, eq=False, repr=False)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class MadeTrust(ValueObject):
    """A remembered browser, and the token that it keeps."""

    trust: Trust
    token: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Verified(ValueObject):
    """The value was right: the challenge is confirmed; a browser that was to be remembered is shown its token now."""

    listed: ListedDevice
    verifications_left: int
    trust: MadeTrust | None = None

    @property
    def device(self) -> Device:
        """Return the device that is proved, which of several with a common challenge may be another than was asked."""
        return self.listed.device


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class NotVerified(ValueObject):
    """The value was not right, and that is on record; the reason is for the record only."""

    reason: Reason


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class VerifyChallenge(UseCase):
    """Judges a value, and answers only when the verdict is stored.

    Raises ``DeviceNotFound``, ``InvalidField`` where it is not clear for which device a value is, ``NoChallenge``,
    ``MalformedValue``, ``DeviceIsDisabled``, ``Throttled``, ``Refused`` and ``AlreadyRegistered``; a wrong value is an
    answer, not an error.
    """

    entropy: Entropy

    def __call__(self, command: Verify) -> Verified | NotVerified:
        """Verify a value."""
        try:
            return self._run(command, taken=False)
        except NotUnique:
            # Right in itself, but somebody else's device is called so: refused, and the challenge is spent.
            return self._run(command, taken=True)

    def _run(self, command: Verify, *, taken: bool) -> Verified | NotVerified:
        return self.transactions.run(
            command.token.user_id,
            command.token.id,
            lambda account, now: self._decide(account, command, now, taken=taken),
            known=None if taken else command.account,
        )

    def _decide(
        self, account: Account, command: Verify, now: datetime, *, taken: bool
    ) -> Decision[Verified | NotVerified]:
        rules = self.transactions.rules
        index = command.index
        device = device_meant(account, command.value, rules) if index is None else account.device(index, now)
        method = rules.methods.named(device.method)
        required = self.transactions.required(account)
        if account.ended(command.token):  # by a lockdown, after which it is verified by nothing
            raise account.refused(required, rules, now)
        account.demand_attempt(device, method, required, rules, now)
        challenge = account.outstanding(device, method)
        attempt = Attempt(
            state=self.transactions.open(device.state, account, device.index),
            siblings=self.transactions.opened_siblings(account, method) if device.active else NO_SIBLINGS,
            sent=self._sent(account, challenge, now),
            value=command.value,
            typed=command.value,
            now=now,
        )
        verdict = method.verify(attempt)
        if taken and isinstance(verdict, Accepted):
            verdict = Rejected(reason=Reason.NOT_UNIQUE, step=verdict.unique_step, state=attempt.state)
        if challenge is not None and verdict.sent != attempt.sent:
            account = account.with_challenge(self._next(account, challenge, verdict))
        if isinstance(verdict, Rejected):
            return self._rejected(account, device, attempt, verdict)
        return self._accepted(account, device, attempt, verdict, command)

    def _sent(self, account: Account, challenge: Challenge | None, now: datetime) -> bytes | None:
        """Open what is out; what was sent by a clock that was wrong has expired."""
        if challenge is None or challenge.sent is None:
            return None
        if challenge.dispatched_at is None or elapsed(challenge.dispatched_at, now) is None:
            return None
        return self.transactions.open(challenge.sent, account, challenge.index, challenge.token_id)

    def _state(self, account: Account, device: Device, opened: bytes, state: bytes) -> bytes:
        """Seal a device's next state, but leave alone what has not changed."""
        if state == opened:
            return device.state
        return self.transactions.seal(state, account, device.index)

    def _next(self, account: Account, challenge: Challenge, verdict: Verdict) -> Challenge:
        """Put into the challenge what the verdict says to remember of what was sent."""
        sent = verdict.sent
        if sent is not None:
            sent = self.transactions.seal(sent, account, challenge.index, challenge.token_id)
        return attrs.evolve(challenge, sent=sent)

    def _accepted(
        self, before: Account, device: Device, attempt: Attempt, verdict: Accepted, command: Verify
    ) -> Decision[Verified | NotVerified]:
        rules, now, token = self.transactions.rules, attempt.now, command.successor or command.token
        opened = attempt.state
        if verdict.index is not None:
            device, opened = before.device(verdict.index, now), attempt.siblings[verdict.index]
        if not device.active:
            device = attrs.evolve(device, name=device.name or verdict.description)
        account = self.transactions.succeeded(before, command.successor)
        account = account.accepted(
            device,
            state=self._state(account, device, opened, verdict.state),
            unique=verdict.unique,
            now=now,
            until=rules.confirmed_until(token, now),
        )
        made = self._remembering(account, device, command, now)
        if made is not None:
            account = account.remembering(made.trust, now)
        account = account.seen(browser_digest())
        [proved] = (each for each in account.devices if each.index == device.index)
        shown = self.transactions.listed(account, proved, now)
        left = account.verifications_left(self.transactions.required(account), rules, now)
        return Decision(
            account=account,
            events=(
                *_happened(account, device, shown, made, now),
                *noticed(account.user_id, device, verdict, now),
                *forgotten(before, account, now),
            ),
            answer=Verified(listed=shown, verifications_left=left, trust=made),
        )

    def _remembering(self, account: Account, device: Device, command: Verify, now: datetime) -> MadeTrust | None:
        """Make a token for the browser, where it is to be remembered, and by as strong a proof as a change wants.

        Otherwise a phished code would buy weeks where the user has a security key, and a temporary pass would outlive
        its time.
        """
        rules = self.transactions.rules
        proof = Confirmation(index=device.index, method=device.method, at=now)
        strong = not device.temporary and account.strong(proof, rules)
        if rules.trust_lifetime is None or not command.trust or not strong:
            return None
        token = new_token(self.entropy)
        trust = Trust(
            digest=digest_of(token),
            index=device.index,
            login=account.login,
            created_at=now,
            expires_at=now + rules.trust_lifetime,
            description=described(command.browser),
        )
        return MadeTrust(trust=trust, token=token)

    def _rejected(
        self, before: Account, device: Device, attempt: Attempt, verdict: Rejected
    ) -> Decision[Verified | NotVerified]:
        rules, now = self.transactions.rules, attempt.now
        guessable = rules.guessable(device)
        state = self._state(before, device, attempt.state, verdict.state)
        account = before.rejected(device, state=state, counted=guessable, rules=rules, now=now)
        happened: list[events.Event] = [
            events.VerificationRejected.of(account.user_id, device, now, reason=verdict.reason, step=verdict.step)
        ]
        if rules.disabled(account.device(device.index, now)):
            happened.append(events.DeviceDisabled.of(account.user_id, device, now))
        until = account.waits_until(rules, now) if guessable else None
        if until is not None:
            failures = account.remembered_failures(rules, now)
            happened.append(
                events.AccountLocked(user_id=account.user_id, at=now, failures=failures, retry_after=until - now)
            )
        answer = NotVerified(reason=verdict.reason)
        return Decision(account=account, events=tuple(happened), answer=answer, told=device.active)


def _happened(
    account: Account, device: Device, shown: ListedDevice, made: MadeTrust | None, now: datetime
) -> Iterator[events.Event]:
    yield events.VerificationAccepted.of(account.user_id, device, now)
    if device.temporary:
        yield events.PassUsed.of(account.user_id, device, now)
    elif shown.remaining is not None:
        yield events.RecoveryCodeUsed.of(account.user_id, device, now, remaining=shown.remaining)
    if not device.active:
        yield events.DeviceActivated.of(account.user_id, device, now)
    if made is not None:
        yield events.BrowserRemembered(user_id=account.user_id, at=now, trust=made.trust.id, index=device.index)
