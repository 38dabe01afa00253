"""Proving a device to a token, and asking how a token stands."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import attrs

from mfa.application.ports.delivery import DeliveryTimedOut, Message, Sender, SentChallenge
from mfa.application.ports.system import Vault, seal_context
from mfa.application.settlement import Decision, Settlement
from mfa.domain import events
from mfa.domain.accounts import Account, Confirmation
from mfa.domain.devices import Device
from mfa.domain.errors import DeliveryFailed, NotDispatchable
from mfa.domain.identifiers import Token, TokenId
from mfa.domain.methods.base import Attempt
from mfa.domain.verdicts import Accepted, Reason, Verdict


@attrs.frozen(kw_only=True)
class Dispatch:
    """The wish to be sent a code; ``again`` even though the token's challenge is confirmed."""

    token: Token
    index: int
    again: bool = False


@attrs.frozen(kw_only=True)
class DispatchChallenge:
    """Makes a challenge, stores it, and only then has it sent.

    Raises ``DeviceNotFound``, ``NotDispatchable``, ``AlreadyVerified``, ``Throttled`` and ``DeliveryFailed``.
    """

    settlement: Settlement
    vault: Vault
    senders: Mapping[str, Sender]

    def __call__(self, command: Dispatch) -> None:
        """Dispatch a challenge."""
        message, sent = self.settlement.settle(command.token, lambda account, now: self._decide(account, command, now))
        try:
            self.senders[message.method].send(message)
        except Exception as failure:  # noqa: BLE001 - whatever a sender raises, the code did not get there
            perhaps_sent = isinstance(failure, DeliveryTimedOut)
        else:
            return
        # Out here nothing is chained: what a sender puts into its exceptions may hold the code or the address.
        _void(self.settlement, sent, perhaps_sent=perhaps_sent)
        raise DeliveryFailed

    def _decide(self, account: Account, command: Dispatch, now: datetime) -> Decision[tuple[Message, SentChallenge]]:
        rules = self.settlement.rules
        device = account.device(command.index, now)
        method = rules.methods.named(device.method)
        if method.limits is None:
            raise NotDispatchable
        account.demand_dispatch(device, method.limits, rules, now, again=command.again)
        state = self.vault.open(device.state, seal_context(account.user_id, device.index))
        dispatch = method.dispatch(state, now)
        sealed = self.vault.seal(dispatch.sent, seal_context(account.user_id, device.index, command.token.id))
        sent = SentChallenge(token=command.token, index=device.index, dispatched_at=now)
        message = Message(
            method=method.name,
            destination=dispatch.message.destination,
            code=dispatch.message.code,
            lifetime=dispatch.message.lifetime,
            user_id=account.user_id,
            device_name=device.name,
            challenge=sent,
        )
        happened = events.ChallengeDispatched(user_id=account.user_id, at=now, index=device.index, method=method.name)
        return Decision(account=account.dispatched(device, sealed, now), events=(happened,), answer=(message, sent))


@attrs.frozen(kw_only=True)
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
    """A value that claims to answer a device's challenge."""

    token: Token
    index: int
    value: object = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Verified:
    """The value was right: the challenge is confirmed."""

    device: Device
    verifications_left: int


@attrs.frozen(kw_only=True)
class Refuted:
    """The value was not right, and that is on record; the reason is for the record only."""

    reason: Reason


@attrs.frozen(kw_only=True)
class VerifyChallenge:
    """Judges a value, and answers only when the verdict is stored.

    Raises ``DeviceNotFound``, ``NoChallenge``, ``MalformedValue``, ``Throttled``, ``Refused`` and
    ``AlreadyRegistered``; a wrong value is an answer, not an error.
    """

    settlement: Settlement
    vault: Vault

    def __call__(self, command: Verify) -> Verified | Refuted:
        """Verify a value."""
        return self.settlement.settle(command.token, lambda account, now: self._decide(account, command, now))

    def _decide(self, account: Account, command: Verify, now: datetime) -> Decision[Verified | Refuted]:
        rules = self.settlement.rules
        device = account.device(command.index, now)
        method = rules.methods.named(device.method)
        account.demand_attempt(device, method, self.settlement.required(account), rules, now)
        attempt = self._attempt(account, device, command, now)
        verdict = method.verify(attempt)
        state, sent = self._sealed(account, device, command.token.id, attempt, verdict)
        if isinstance(verdict, Accepted):
            after = account.accepted(device, state=state, sent=sent, now=now)
            return self._accepted(after, device, now)
        after = account.rejected(device, state=state, sent=sent, counted=method.guessable, now=now)
        return self._rejected(after, device, verdict.reason, now)

    def _attempt(self, account: Account, device: Device, command: Verify, now: datetime) -> Attempt:
        challenge = account.challenge(device.index)
        sent = None
        if challenge is not None and challenge.sent is not None:
            sent = self.vault.open(challenge.sent, seal_context(account.user_id, device.index, command.token.id))
        state = self.vault.open(device.state, seal_context(account.user_id, device.index))
        return Attempt(state=state, sent=sent, value=command.value, now=now)

    def _sealed(
        self, account: Account, device: Device, token_id: TokenId, attempt: Attempt, verdict: Verdict
    ) -> tuple[bytes, bytes | None]:
        """Seal what the verdict says to remember, but leave alone what has not changed."""
        state, challenge = device.state, account.challenge(device.index)
        if verdict.state != attempt.state:
            state = self.vault.seal(verdict.state, seal_context(account.user_id, device.index))
        if verdict.sent is None or challenge is None:
            return state, None
        if verdict.sent == attempt.sent:
            return state, challenge.sent
        return state, self.vault.seal(verdict.sent, seal_context(account.user_id, device.index, token_id))

    def _accepted(self, after: Account, device: Device, now: datetime) -> Decision[Verified | Refuted]:
        kinds: list[type[events.DeviceEvent]] = [events.VerificationAccepted]
        if not device.active:
            kinds.append(events.DeviceActivated)
        happened = tuple(
            kind(user_id=after.user_id, at=now, index=device.index, method=device.method) for kind in kinds
        )
        verified = Verified(
            device=after.device(device.index, now),
            verifications_left=after.verifications_left(self.settlement.required(after), self.settlement.rules, now),
        )
        return Decision(account=after, events=happened, answer=verified)

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
    """How a token stands: whether it may pass, what it has confirmed, and whether guesses are locked."""

    verified: bool
    verifications_left: int
    enrolled: bool
    may_register: bool
    locked: bool
    retry_after: timedelta | None
    confirmations: tuple[Confirmation, ...]


@attrs.frozen(kw_only=True)
class AssessToken:
    """Tells how a token stands, at the cost of one read."""

    settlement: Settlement

    def __call__(self, token: Token) -> Standing:
        """Assess a token."""
        account, now = self.settlement.account(token), self.settlement.clock.now()
        required, rules = self.settlement.required(account), self.settlement.rules
        left = account.verifications_left(required, rules, now)
        lock = account.lock(rules, now)
        return Standing(
            verified=left == 0,
            verifications_left=left,
            enrolled=bool(account.active),
            may_register=account.may_register(required, rules, now),
            locked=lock is not None,
            retry_after=None if lock is None else lock.retry_after(now),
            confirmations=account.confirmations(rules, now),
        )
