"""How every use case changes an account: read, decide, commit, and again when another request was faster."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import attrs

from mfa.application.ports.system import Clock
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.application.ports.users import UserDirectory
from mfa.domain.accounts import Account, Rules
from mfa.domain.errors import StaleAccount, StoreBusy, Throttled, Unavailable
from mfa.domain.events import Event
from mfa.domain.identifiers import Token
from mfa.domain.policies import Profile, Subject

MOST_ATTEMPTS = 8
"""As many requests for one user at once as are judged one after another; whoever is later is told to wait."""

MOST_BUSY_ATTEMPTS = 3
"""Each may have waited for the store's own lock time-out, so they are fewer."""

CONTENTION_WAIT = timedelta(seconds=1)


Answer = TypeVar("Answer")


@attrs.frozen(kw_only=True)
class Decision(Generic[Answer]):
    """The next state of an account, what led there, and what to answer once it is stored."""

    account: Account
    events: tuple[Event, ...]
    answer: Answer


@attrs.frozen(kw_only=True)
class Settlement:
    """Reads accounts and settles decisions about them."""

    unit_of_work: UnitOfWork
    clock: Clock
    users: UserDirectory
    rules: Rules

    def account(self, token: Token) -> Account:
        """Read the account that a token belongs to."""
        return self.unit_of_work.account(token.user_id, token.id)

    def required(self, account: Account) -> int:
        """Ask the policy how many verifications are demanded; the profile is looked up only if the policy asks."""

        def profile() -> Profile:
            return self.users.profile(account.user_id)

        return self.rules.policy.required(
            Subject(user_id=account.user_id, active_devices=len(account.active), profile=profile)
        )

    def settle(self, token: Token, decide: Callable[[Account, datetime], Decision[Answer]]) -> Answer:
        """Commit a decision before its answer is given, and decide anew when the account has changed meanwhile.

        An answer is thus only given for a counted attempt, right or wrong, which is what bounds parallel guesses.
        Raises ``Throttled`` when too many requests for one user come at once, ``Unavailable`` when the store is busy.
        """
        busy = 0
        for _ in range(MOST_ATTEMPTS):
            try:
                before = self.account(token)
                decision = decide(before, self.clock.now())
                self.unit_of_work.commit(before, decision.account, decision.events)
            except StoreBusy:
                busy += 1
                if busy == MOST_BUSY_ATTEMPTS:
                    raise Unavailable from None
            except StaleAccount:
                continue
            else:
                return decision.answer
        raise Throttled(CONTENTION_WAIT)
