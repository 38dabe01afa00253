"""What a deployment does for itself, when nobody asks: so far, sealing everything under the first key."""

from collections.abc import Callable
from datetime import datetime

import attrs

from mfa.application.ports.repositories import AccountIndex
from mfa.application.ports.system import KeyRotations, Vault, seal_context
from mfa.application.transactions import Decision, Transactions
from mfa.domain.accounts import Account
from mfa.domain.identifiers import TokenId, UserId

BATCH = 500
"""Accounts whose keys are read at once."""


def _nobody_listens(_: int) -> None:
    """Take how many accounts were looked at so far."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RotateKeys:
    """Seals under the first key whatever is sealed under another, account by account.

    Each goes through the compare-and-set, so that a counter never moves back, and it may run while serving, be stopped
    and run again. When all is done, the keys that were derived while there were no others open nothing any more. Raises
    ``UnknownKey`` where a key is missing, having left what it could not open as it was; ``Throttled`` and
    ``Unavailable``.
    """

    transactions: Transactions
    vault: Vault
    accounts: AccountIndex
    rotations: KeyRotations

    def __call__(self, progress: Callable[[int], None] = _nobody_listens) -> int:
        """Rotate, and return how many accounts had something to seal anew."""
        resealed = looked_at = 0
        last: UserId | None = None
        while batch := self.accounts.users(after=last, limit=BATCH):
            for user_id in batch:
                resealed += self._reseal(user_id)
            looked_at, last = looked_at + len(batch), batch[-1]
            progress(looked_at)
        self.rotations.complete(self.transactions.clock.now())
        return resealed

    def _reseal(self, user_id: UserId) -> bool:
        tokens: tuple[TokenId | None, ...] = (None, *self.accounts.awaited_by(user_id))
        resealed = [self.transactions.run_for(user_id, token, self._decide) for token in tokens]
        return any(resealed)

    def _decide(self, account: Account, _: datetime) -> Decision[bool]:
        after = account
        for device in account.devices:
            context = seal_context(account.user_id, device.index)
            after = after.replaced(attrs.evolve(device, state=self._sealed(device.state, context)))
        for challenge in account.challenges:
            if challenge.sent is not None:
                context = seal_context(account.user_id, challenge.index, challenge.token_id)
                after = after.with_challenge(attrs.evolve(challenge, sent=self._sealed(challenge.sent, context)))
        return Decision(account=after, events=(), answer=after != account)

    def _sealed(self, sealed: bytes, context: bytes) -> bytes:
        return sealed if self.vault.current(sealed) else self.vault.seal(self.vault.open(sealed, context), context)
