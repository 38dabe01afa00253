"""Proving a device to a token."""

from datetime import datetime

import attrs

from mfa.application.ports.system import Entropy, Vault, seal_context
from mfa.application.transactions import Decision, Transactions, forgotten, opened_siblings
from mfa.domain import events
from mfa.domain.accounts import Account
from mfa.domain.challenges import Challenge
from mfa.domain.devices import Device
from mfa.domain.errors import NotUnique
from mfa.domain.identifiers import Token
from mfa.domain.methods.base import NOBODY, Attempt
from mfa.domain.trusts import Trust, described, digest_of, new_token
from mfa.domain.verdicts import Reason, Rejected, Verdict


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
class NotVerified:
    """The value was not right, and that is on record; the reason is for the record only."""

    reason: Reason


@attrs.frozen(kw_only=True, eq=False, repr=False)
class VerifyChallenge:
    """Judges a value, and answers only when the verdict is stored.

    Raises ``DeviceNotFound``, ``NoChallenge``, ``MalformedValue``, ``Throttled``, ``Refused`` and
    ``AlreadyRegistered``; a wrong value is an answer, not an error.
    """

    transactions: Transactions
    vault: Vault
    entropy: Entropy

    def __call__(self, command: Verify) -> Verified | NotVerified:
        """Verify a value."""
        try:
            return self.transactions.run(command.token, lambda account, now: self._decide(account, command, now))
        except NotUnique:
            # Right in itself, but somebody else's device is called so: refused, and the challenge is spent.
            return self.transactions.run(
                command.token, lambda account, now: self._decide(account, command, now, taken=True)
            )

    def _decide(
        self, account: Account, command: Verify, now: datetime, *, taken: bool = False
    ) -> Decision[Verified | NotVerified]:
        rules = self.transactions.rules
        device = account.device(command.index, now)
        method = rules.methods.named(device.method)
        account.demand_attempt(device, method, self.transactions.required(account), rules, now)
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
        lifetime = self.transactions.rules.trust_lifetime
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
    ) -> Decision[Verified | NotVerified]:
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
            verifications_left=after.verifications_left(
                self.transactions.required(after), self.transactions.rules, now
            ),
            trust=made,
        )
        return Decision(account=after, events=tuple(happened), answer=verified)

    def _rejected(
        self, after: Account, device: Device, reason: Reason, now: datetime
    ) -> Decision[Verified | NotVerified]:
        happened: list[events.Event] = [
            events.VerificationRejected(
                user_id=after.user_id, at=now, index=device.index, method=device.method, reason=reason
            )
        ]
        lock = after.lock(self.transactions.rules, now)
        if lock is not None and self.transactions.rules.methods.guessable(device.method):
            happened.append(
                events.AccountLocked(
                    user_id=after.user_id, at=now, failures=after.failures.count, retry_after=lock.retry_after(now)
                )
            )
        return Decision(account=after, events=tuple(happened), answer=NotVerified(reason=reason))
