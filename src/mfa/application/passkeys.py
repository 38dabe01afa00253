"""What a password manager may be told of a user's passkeys, for the user's own browser."""

import attrs

from mfa.application.transactions import UseCase
from mfa.domain.accounts import Account
from mfa.domain.identifiers import Token
from mfa.domain.methods.security_keys import KnownPasskeys, SecurityKeys


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ListPasskeys(UseCase):
    """Lists a user's passkeys as authenticators know them; raises ``Refused`` and ``Unavailable``."""

    passkeys: SecurityKeys

    def __call__(self, token: Token, *, account: Account | None = None) -> KnownPasskeys:
        """List them, by an account that was read along with the token or else by reading it."""
        account, rules = account or self.transactions.account(token), self.transactions.rules
        account.demand_standing(self.transactions.required(account), rules, self.transactions.clock.now())
        return self.passkeys.known(account.user_id, self.transactions.opened_siblings(account, self.passkeys))
