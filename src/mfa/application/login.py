"""Logging in by a passkey alone: no name is asked for, and no password."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime

import attrs

from mfa.application.ports.repositories import Holders
from mfa.application.ports.system import LOGIN_CONTEXT, Clock, Vault, seal_context
from mfa.application.ports.tokens import TokenIssuer
from mfa.application.transactions import Decision, Transactions, confirmed_until, retried
from mfa.domain.accounts import Account
from mfa.domain.devices import Device
from mfa.domain.errors import AlreadySpent, SealError
from mfa.domain.events import VerificationAccepted, VerificationRejected
from mfa.domain.identifiers import Token, UserId
from mfa.domain.logins import SpentLogin
from mfa.domain.methods.base import Attempt
from mfa.domain.methods.security_keys import Awaited, SecurityKeys, unique_name
from mfa.domain.methods.webauthn import AuthenticationResponse
from mfa.domain.verdicts import Reason, Rejected


@attrs.frozen(kw_only=True)
class PasskeyOptions:
    """What the browser is shown, and what it has to give back together with what it made of that."""

    shown: Mapping[str, object] = attrs.field(repr=False)
    state: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class BeginPasskeyLogin:
    """Makes options for a login, and keeps nothing: what has to be remembered is sealed and goes with them."""

    passkeys: SecurityKeys
    vault: Vault
    clock: Clock

    def __call__(self) -> PasskeyOptions:
        """Begin a login."""
        dispatch = self.passkeys.begin_login(self.clock.now())
        sealed = self.vault.seal(dispatch.sent, LOGIN_CONTEXT)
        state = urlsafe_b64encode(sealed).decode().rstrip("=")
        return PasskeyOptions(shown=dispatch.shown, state=state)


@attrs.frozen(kw_only=True)
class LogIn:
    """A credential's answer to options, with the ``state`` that came with them; ``request`` is for the issuer."""

    state: str = attrs.field(repr=False)
    value: object = attrs.field(repr=False)
    request: object = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class LoggedIn:
    """A new token that is verified by the device, and what its bearer is shown of it only now."""

    device: Device
    verifications_left: int
    shown: Mapping[str, object] = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class NotLoggedIn:
    """There is no token, and the client is not told why; the reason is for the record only."""

    reason: Reason


@attrs.frozen(kw_only=True, eq=False, repr=False)
class LogInByPasskey:
    """Judges an assertion, and makes a token only when it is on record that its challenge is spent.

    Raises ``MalformedValue``, ``Throttled`` and ``Unavailable``; a wrong assertion is an answer, not an error.
    """

    transactions: Transactions
    passkeys: SecurityKeys
    vault: Vault
    holders: Holders
    tokens: TokenIssuer

    def __call__(self, command: LogIn) -> LoggedIn | NotLoggedIn:
        """Log in."""
        unique = unique_name(AuthenticationResponse.read(command.value).id)
        sent = self._opened(command.state)
        if sent is None:
            return NotLoggedIn(reason=Reason.WRONG)
        user_id = retried(lambda: self.holders.holder(unique))
        try:
            if user_id is None:
                self._spend(sent)
                return NotLoggedIn(reason=Reason.WRONG)
            proved = self.transactions.run_for(
                user_id, None, lambda account, now: self._judge(account, unique, sent, command.value, now)
            )
        except AlreadySpent:
            return NotLoggedIn(reason=Reason.USED_UP)
        return proved if isinstance(proved, NotLoggedIn) else self._welcome(user_id, proved, command.request)

    def _spend(self, sent: bytes) -> None:
        """Use the options up, whoever it was that answered them."""
        nobody = Account(user_id=UserId(""))
        self.transactions.unit_of_work.commit(nobody, nobody, (), spending=_spent(sent))

    def _opened(self, state: str) -> bytes | None:
        """Open what the browser kept; None for what was never given to any."""
        try:
            sealed = urlsafe_b64decode(state + "=" * (-len(state) % 4))
            return self.vault.open(sealed, LOGIN_CONTEXT)
        except (ValueError, SealError):
            return None

    def _judge(
        self, account: Account, unique: str, sent: bytes, value: object, now: datetime
    ) -> Decision[Device | NotLoggedIn]:
        """Judge what was signed; whatever comes of it, the challenge serves no second time."""
        device, spending = account.holder_of(unique), _spent(sent)
        if device is None or not self.transactions.profile(account.user_id).active:
            return Decision(account=account, events=(), answer=NotLoggedIn(reason=Reason.WRONG), spending=spending)
        context = seal_context(account.user_id, device.index)
        opened = self.vault.open(device.state, context)
        attempt = Attempt(state=opened, sent=sent, value=value, now=now)
        verdict = self.passkeys.log_in(attempt)
        if isinstance(verdict, Rejected):
            happened = VerificationRejected(
                user_id=account.user_id,
                at=now,
                index=device.index,
                method=device.method,
                reason=verdict.reason,
                step=verdict.step,
            )
            answer = NotLoggedIn(reason=verdict.reason)
            return Decision(account=account, events=(happened,), answer=answer, spending=spending)
        state = self.vault.seal(verdict.state, context)
        after = account.used(device, state=state, now=now)
        return Decision(account=after, events=(), answer=device, spending=spending)

    def _welcome(self, user_id: UserId, proved: Device, request: object) -> LoggedIn | NotLoggedIn:
        """Make a token and confirm the device to it, unless either has gone in the meantime."""
        issued = self.tokens.issue(user_id, request)
        if issued is None:
            return NotLoggedIn(reason=Reason.WRONG)
        shown = issued.shown
        return self.transactions.run(
            issued.token, lambda account, now: self._confirm(account, issued.token, proved, shown, now)
        )

    def _confirm(
        self, account: Account, token: Token, proved: Device, shown: Mapping[str, object], now: datetime
    ) -> Decision[LoggedIn | NotLoggedIn]:
        device = next((each for each in account.active if each.index == proved.index), None)
        if device is None:
            return Decision(account=account, events=(), answer=NotLoggedIn(reason=Reason.WRONG))
        until = confirmed_until(self.transactions.rules, token, now)
        after = account.confirmed(device.index, now, until=until)
        left = after.verifications_left(self.transactions.required(after), self.transactions.rules, now)
        happened = VerificationAccepted(user_id=token.user_id, at=now, index=device.index, method=device.method)
        return Decision(
            account=after,
            events=(happened,),
            answer=LoggedIn(device=device, verifications_left=left, shown=shown),
        )


def _spent(sent: bytes) -> SpentLogin:
    awaited = Awaited.decode(sent)
    return SpentLogin(digest=awaited.digest, expires_at=awaited.expires_at)
