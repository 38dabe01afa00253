"""A temporary pass: the way back for whoever has lost every device."""

from datetime import datetime, timedelta

import attrs

from mfa.application.operations.operator import Operator, demand_authority
from mfa.application.ports.audit import acting
from mfa.application.transactions import MOST_ATTEMPTS_OF_OPERATORS, Decision, UseCase
from mfa.domain import events
from mfa.domain.accounts import Account
from mfa.domain.devices import Device
from mfa.domain.errors import InvalidField, NotAllowed
from mfa.domain.identifiers import UserId
from mfa.domain.methods.base import Enrolment
from mfa.domain.methods.recovery import PASS
from mfa.domain.operations import with_pass
from mfa.domain.values import ValueObject

LONGEST_PASS = timedelta(days=7)
MOST_USES = 100


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class PassWanted(ValueObject):
    """The wish for a pass that is good for so long, and for so many verifications."""

    user_id: UserId
    lifetime: timedelta = timedelta(hours=1)
    uses: int = 1


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class IssuedPass(ValueObject):
    """A pass, which is shown once and kept nowhere; the user verifies it at that index."""

    value: str = attrs.field(repr=False)
    index: int
    expires_at: datetime
    uses: int


class IssuePass(UseCase):
    """Gives a user a pass, in the place of any other.

    Raises ``InvalidField`` for a lifetime or a number of uses that is too small or too large, ``NotAllowed``, also for
    a user who is gone or may not log in, ``Throttled`` and ``Unavailable``.
    """

    def __call__(self, command: PassWanted, operator: Operator) -> IssuedPass:
        """Make a pass."""
        if not timedelta(0) < command.lifetime <= LONGEST_PASS:
            raise InvalidField("lifetime", "out_of_range")
        if not 1 <= command.uses <= MOST_USES:
            raise InvalidField("uses", "out_of_range")
        if not demand_authority(self.transactions.users, operator, command.user_id).active:
            raise NotAllowed

        def decide(account: Account, now: datetime) -> Decision[IssuedPass]:
            method = self.transactions.rules.methods.named(PASS)
            made = method.register(Enrolment(user_name="", now=now))
            index, expires_at = account.next_index, now + command.lifetime
            device = Device(
                index=index,
                method=PASS,
                state=self.transactions.seal(made.state, account, index),
                created_at=now,
                activated_at=now,
                expires_at=expires_at,
                uses_left=command.uses,
            )
            happened = events.OperatorPassIssued.of(account.user_id, device, now)
            issued = IssuedPass(value=str(made.shown["pass"]), index=index, expires_at=expires_at, uses=command.uses)
            return Decision(account=with_pass(account, device), events=(happened,), answer=issued)

        with acting(operator.origin):
            return self.transactions.run(command.user_id, None, decide, attempts=MOST_ATTEMPTS_OF_OPERATORS)
