"""What a deployment does for itself, when nobody asks: so far, sealing everything under the first key."""

from collections.abc import Callable
from datetime import datetime

import attrs

from mfa.application.ports.repositories import AccountIndex
from mfa.application.ports.system import KeyRotations
from mfa.application.transactions import Decision, UseCase
from mfa.domain.accounts import Account
from mfa.domain.identifiers import TokenId, UserId

BATCH = 500
"""Accounts whose keys are read at once."""


def _nobody_listens(_: int) -> None:
    """Take how many accounts were looked at so far."""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RotateKeys(UseCase):
    """Seals under the first key whatever is sealed under another, account by account.

    Each goes through the compare-and-set, so that a counter never moves back, and it may run while serving, be stopped
    and run again. When all is done, the keys that were derived while there were no others open nothing any more. Raises
    ``UnknownKey`` where a key is missing, having left what it could not open as it was; ``Throttled`` and
    ``Unavailable``.
    """

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
        resealed = [self.transactions.run(user_id, token, self._decide) for token in tokens]
        return any(resealed)

    def _decide(self, account: Account, _: datetime) -> Decision[bool]:
        after = account
        for device in account.devices:
            state = self._sealed(device.state, account, device.index)
            after = after.replaced(attrs.evolve(device, state=state))
        for challenge in account.challenges:
            if challenge.sent is not None:
                sent = self._sealed(challenge.sent, account, challenge.index, challenge.token_id)
                after = after.with_challenge(attrs.evolve(challenge, sent=sent))
        return Decision(account=after, events=(), answer=after != account)

    def _sealed(self, sealed: bytes, account: Account, index: int, token_id: TokenId | None = None) -> bytes:
        if self.transactions.vault.current(sealed):
            return sealed
        return self.transactions.seal(
            self.transactions.open(sealed, account, index, token_id), account, index, token_id
        )
