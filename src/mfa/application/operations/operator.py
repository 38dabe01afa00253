"""Who acts upon the accounts of others."""

import attrs

from mfa.application.ports.audit import NOWHERE, SYSTEM, USER, Client, Origin
from mfa.application.transactions import Transactions
from mfa.domain.errors import InvalidField, NotAllowed
from mfa.domain.identifiers import UserId
from mfa.domain.methods.base import without_control
from mfa.domain.policies import Profile
from mfa.domain.values import ValueObject

MOST_NAME_CHARACTERS = 150
MOST_REASON_CHARACTERS = 500


def _name(text: str) -> str:
    name = without_control(text).strip()
    if not name or len(name) > MOST_NAME_CHARACTERS or name.casefold() in {USER, SYSTEM}:
        raise InvalidField("by", "unfit")
    return name


def _why(text: str) -> str:
    why = without_control(" ".join(text.split()))
    if len(why) > MOST_REASON_CHARACTERS:
        raise InvalidField("reason", "too_long")
    return why


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Operator(ValueObject):
    """Who acts, and why, as both stand in the audit trail.

    ``user_id`` is the operator's own account, None for whoever has a shell on the machine. Raises ``InvalidField`` for
    a name that is empty, too long, or that of no operator, and for a reason over 500 characters.
    """

    name: str = attrs.field(converter=_name)
    why: str = attrs.field(default="", converter=_why, repr=False)
    user_id: UserId | None = None
    client: Client = NOWHERE

    @property
    def origin(self) -> Origin:
        """Return who acts, as the audit trail has it."""
        return Origin(actor=self.name, why=self.why, client=self.client)


def demand_authority(transactions: Transactions, operator: Operator, user_id: UserId) -> Profile:
    """Refuse an operator who is no superuser to act upon a superuser, or upon himself, and anybody upon nobody.

    Returns who is acted upon. Raises ``NotAllowed``, also for an operator who may not log in any more, and
    ``Unavailable``.
    """
    concerned = transactions.profile(user_id)
    if concerned == Profile():
        raise NotAllowed
    if operator.user_id is not None:
        profile = transactions.profile(operator.user_id)
        above = profile.is_superuser or not (operator.user_id == user_id or concerned.is_superuser)
        if not (profile.active and above):
            raise NotAllowed
    return concerned
