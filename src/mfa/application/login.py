"""Logging in by a passkey alone: no name is asked for, and no password."""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import datetime

import attrs

from mfa.application.ports.audit import browser_digest
from mfa.application.ports.repositories import HeldDevice, Holders
from mfa.application.ports.system import LOGIN_CONTEXT, Clock, Vault, seal_context
from mfa.application.ports.tokens import PreparedToken, TokenIssuer
from mfa.application.transactions import Decision, UseCase, noticed, retried
from mfa.domain.accounts import Account
from mfa.domain.challenges import SPENT_MEMORY, SpentLogin
from mfa.domain.devices import Device
from mfa.domain.errors import AlreadySpent, SealError
from mfa.domain.events import NewBrowserLoggedIn, VerificationAccepted, VerificationRejected
from mfa.domain.identifiers import UserId
from mfa.domain.methods.base import Attempt
from mfa.domain.methods.security_keys import IssuedOptions, SecurityKeys, unique_name
from mfa.domain.methods.webauthn import AssertionResponse
from mfa.domain.states import base64url, decode
from mfa.domain.values import ValueObject
from mfa.domain.verdicts import Accepted, Reason, Rejected, Verdict

UNKNOWN = Rejected(reason=Reason.UNKNOWN_CREDENTIAL, step="7.2.5", state=b"")
USED_UP = Rejected(reason=Reason.USED_UP, step="7.2.11", state=b"")
NOT_ALLOWED = Rejected(reason=Reason.NOT_ALLOWED, state=b"")


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class PasskeyOptions(ValueObject):
    """What the browser is shown, and what it has to give back together with what it made of that."""

    shown: Mapping[str, object] = attrs.field(repr=False)
    state: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class BeginPasskeyLogin:
    """Makes options for a login, and keeps nothing: what has to be remembered is sealed and goes with them."""

    passkeys: SecurityKeys
    vault: Vault
    clock: Clock

    def __call__(self) -> PasskeyOptions:
        """Begin a login."""
        dispatch = self.passkeys.begin_login(self.clock.now())
        sealed = self.vault.seal(dispatch.sent, LOGIN_CONTEXT)
        return PasskeyOptions(shown=dispatch.shown, state=base64url(sealed))


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class LogIn(ValueObject):
    """A credential's answer to options, with the ``state`` that came with them; ``request`` is for the issuer."""

    state: str = attrs.field(repr=False)
    value: object = attrs.field(repr=False)
    request: object = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class LoggedIn(ValueObject):
    """A new token that is verified by the device, and what its bearer is shown of it only now."""

    device: Device
    verifications_left: int
    shown: Mapping[str, object] = attrs.field(repr=False)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class NotLoggedIn(ValueObject):
    """There is no token, and the client is not told why; the rest is for the record only.

    ``user_id`` is whose credential it was, where that is known: then an event has told of the refusal.
    """

    reason: Reason
    step: str | None = None
    user_id: UserId | None = None


_Proved = tuple[LoggedIn, PreparedToken]
"""A login by a device that is confirmed to a token which nobody has yet."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class LogInByPasskey(UseCase):
    """Judges an assertion, confirms the device to a token that is only prepared, and makes that when all is stored.

    So a login that fails leaves no token behind, and nobody has one before it is verified. Options that were answered
    serve no second time, whoever's credential it was and whether there is such a credential at all. A refusal takes the
    same read, one check of a signature and the same write in both cases, so that the time does not tell which
    credentials there are. Raises ``MalformedValue``, ``Throttled`` and ``Unavailable``, which use nothing up; a wrong
    assertion is an answer, not an error.
    """

    passkeys: SecurityKeys
    holders: Holders
    tokens: TokenIssuer

    def __call__(self, command: LogIn) -> LoggedIn | NotLoggedIn:
        """Log in."""
        unique = unique_name(AssertionResponse.read(command.value).id)
        sent = self._opened(command.state)
        if sent is None:
            return NotLoggedIn(reason=Reason.WRONG)
        held = retried(lambda: self.holders.held(unique))
        attempt = Attempt(state=b"", sent=sent, value=command.value, now=self.transactions.clock.now())
        if held is None:
            return self._refuse(None, self.passkeys.refuse_unknown(attempt), sent)
        # To refuse, the device as it was found is enough; to let somebody in, it is judged once more as it is stored.
        outcome: _Proved | Verdict = self._judge(attempt, held.user_id, held.index, held.state)
        if isinstance(outcome, Accepted):
            outcome = self._prove(held.user_id, unique, attempt, sent, command.request)
        if isinstance(outcome, Rejected):
            return self._refuse(held, outcome, sent)
        logged_in, prepared = outcome
        return attrs.evolve(logged_in, shown=prepared.issue())

    def _opened(self, state: str) -> bytes | None:
        """Open what the browser kept; None for what was never given to any."""
        try:
            sealed = urlsafe_b64decode(state + "=" * (-len(state) % 4))
            return self.transactions.vault.open(sealed, LOGIN_CONTEXT)
        except (ValueError, SealError):
            return None

    def _judge(self, attempt: Attempt, user_id: UserId, index: int, sealed: bytes) -> Verdict:
        state = self.transactions.vault.open(sealed, seal_context(user_id, index))
        return self.passkeys.log_in(attrs.evolve(attempt, state=state))

    def _prove(
        self, user_id: UserId, unique: str, attempt: Attempt, sent: bytes, request: object
    ) -> _Proved | Rejected:
        """Confirm the device to a token that is only prepared, and use the options up, in one commit."""

        def decide(account: Account, now: datetime) -> Decision[_Proved | Rejected]:
            device = account.holder_of(unique)
            if device is None:
                return Decision(account=account, events=(), answer=UNKNOWN)
            verdict = self._judge(attrs.evolve(attempt, now=now), user_id, device.index, device.state)
            if isinstance(verdict, Rejected):
                return Decision(account=account, events=(), answer=verdict)
            active = self.transactions.profile(user_id).active
            prepared = self.tokens.prepare(user_id, request) if active else None
            if prepared is None:
                return Decision(account=account, events=(), answer=NOT_ALLOWED)
            return attrs.evolve(self._confirm(account, device, verdict, prepared, now), spending=_spending(sent))

        try:
            return self.transactions.run(user_id, None, decide)
        except AlreadySpent:
            return USED_UP

    def _confirm(
        self, account: Account, device: Device, verdict: Accepted, prepared: PreparedToken, now: datetime
    ) -> Decision[_Proved | Rejected]:
        rules, token = self.transactions.rules, prepared.token
        state = self.transactions.seal(verdict.state, account, device.index)
        after = account.used(device, state=state, now=now).succeeded(token.id, {})
        after = after.confirmed(device.index, now, until=rules.confirmed_until(token, now))
        left = after.verifications_left(self.transactions.required(after), rules, now)
        browser = browser_digest()
        kinds = (VerificationAccepted,) if browser in account.browsers else (VerificationAccepted, NewBrowserLoggedIn)
        happened = (
            *(each.of(token.user_id, device, now) for each in kinds),
            *noticed(token.user_id, device, verdict, now),
        )
        logged_in = LoggedIn(device=device, verifications_left=left, shown={})
        return Decision(account=after.seen(browser), events=happened, answer=(logged_in, prepared))

    def _refuse(self, held: HeldDevice | None, refused: Rejected, sent: bytes) -> NotLoggedIn:
        """Use the options up, and put the refusal on record, in one commit that is no account's."""
        try:
            self._commit(held, refused, _spending(sent))
        except AlreadySpent:
            refused = USED_UP
            self._commit(held, refused, None)
        user_id = None if held is None else held.user_id
        return NotLoggedIn(reason=refused.reason, step=refused.step, user_id=user_id)

    def _commit(self, held: HeldDevice | None, refused: Rejected, spending: SpentLogin | None) -> None:
        happened = [
            VerificationRejected(
                user_id=each.user_id,
                at=self.transactions.clock.now(),
                index=each.index,
                method=each.method,
                reason=refused.reason,
                step=refused.step,
            )
            for each in ([] if held is None else [held])
        ]
        nobody = Account(user_id=UserId(""))
        retried(lambda: self.transactions.unit_of_work.commit(nobody, nobody, happened, spending=spending))


def _spending(sent: bytes) -> SpentLogin:
    """Return what is entered of options that are answered, for so long that no clock which is wrong drops it early."""
    issued = decode(IssuedOptions, sent)
    return SpentLogin(digest=issued.digest, expires_at=issued.expires_at + SPENT_MEMORY)
