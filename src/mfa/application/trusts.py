"""Remembered browsers: showing one to a new token, listing them, and forgetting one."""

from datetime import datetime

import attrs

from mfa.application.transactions import Decision, UseCase, forgotten
from mfa.domain.accounts import Account
from mfa.domain.events import BrowserNotTrusted, BrowserTrusted
from mfa.domain.identifiers import Token, UserId
from mfa.domain.trusts import Trust
from mfa.domain.values import ValueObject


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ListedTrust(ValueObject):
    """A remembered browser, and whether the token that asked came from it."""

    trust: Trust
    current: bool


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ShowTrust(ValueObject):
    """What a browser has kept, for a token to count it as a verification; ``successor`` is as for ``Verify``."""

    token: Token
    kept: str = attrs.field(repr=False)
    successor: Token | None = None


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Trusted(ValueObject):
    """The browser is remembered."""

    trust: Trust
    verifications_left: int


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class NotTrusted(ValueObject):
    """The browser is not remembered, or no more: nobody is told which."""


class TrustBrowser(UseCase):
    """Counts a remembered browser as one verification of a token.

    Raises ``Refused`` for a token that a lockdown has ended, ``Throttled`` and ``Unavailable``. What is not remembered
    is an answer and not a failure: nobody can guess it. So it is looked at while guesses have to wait, too: a stranger
    does not keep the owner out of his own browser.
    """

    def __call__(self, command: ShowTrust) -> Trusted | NotTrusted:
        """Show what a browser has kept."""
        return self.transactions.run(
            command.token.user_id, command.token.id, lambda account, now: self._decide(account, command, now)
        )

    def _decide(self, account: Account, command: ShowTrust, now: datetime) -> Decision[Trusted | NotTrusted]:
        rules = self.transactions.rules
        if account.ended(command.token):
            raise account.refused(self.transactions.required(account), rules, now)
        trust = None if rules.trust_lifetime is None else account.trust_of(command.kept, now)
        if trust is None:
            refused = BrowserNotTrusted(user_id=account.user_id, at=now)
            return Decision(account=account, events=(refused,), answer=NotTrusted())
        token = command.successor or command.token
        after = self.transactions.succeeded(account, command.successor)
        after = after.trusted(trust, now, until=rules.confirmed_until(token, now))
        left = after.verifications_left(self.transactions.required(after), rules, now)
        happened = BrowserTrusted(user_id=account.user_id, at=now, trust=trust.id)
        answer = Trusted(trust=after.trust(trust.id, now), verifications_left=left)
        return Decision(account=after, events=(happened,), answer=answer)


class ListTrusts(UseCase):
    """Lists the browsers that are remembered, the oldest first, to a token that is verified; raises ``Refused``."""

    def __call__(self, token: Token) -> tuple[ListedTrust, ...]:
        """List remembered browsers."""
        account, now = self.transactions.account(token), self.transactions.clock.now()
        account.demand_standing(self.transactions.required(account), self.transactions.rules, now)
        used = {challenge.trust for challenge in account.challenges}
        return tuple(ListedTrust(trust=trust, current=trust.id in used) for trust in account.remembered(now))


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Revoke(ValueObject):
    """The wish to have a browser forgotten."""

    token: Token
    trust: str


class RevokeTrust(UseCase):
    """Forgets a browser, and with it what it had confirmed; raises ``TrustNotFound``, ``Refused`` and ``Throttled``."""

    def __call__(self, command: Revoke) -> None:
        """Forget a browser."""

        def decide(account: Account, now: datetime) -> Decision[None]:
            account.demand_standing(self.transactions.required(account), self.transactions.rules, now)
            after = account.forgetting(account.trust(command.trust, now))
            return Decision(account=after, events=tuple(forgotten(account, after, now)), answer=None)

        self.transactions.run(command.token.user_id, command.token.id, decide)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Rehash(ValueObject):
    """The same password is stored in another form: what was read beside the account then, and what is read now."""

    user_id: UserId
    before: str = attrs.field(repr=False)
    after: str = attrs.field(repr=False)


class FollowRehash(UseCase):
    """Goes on remembering a user's browsers when the password is only hashed anew, as after an upgrade of the hasher.

    Raises ``Throttled`` and ``Unavailable``; then they are forgotten, as after any change of the stored password.
    """

    def __call__(self, command: Rehash) -> None:
        """Follow a password to its new hash."""

        def decide(account: Account, now: datetime) -> Decision[None]:  # noqa: ARG001 - no time matters
            trusts = (
                attrs.evolve(trust, login=command.after) if trust.login == command.before else trust
                for trust in account.trusts
            )
            return Decision(account=attrs.evolve(account, trusts=tuple(trusts)), events=(), answer=None)

        self.transactions.run(command.user_id, None, decide)
