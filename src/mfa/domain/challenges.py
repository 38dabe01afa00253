"""What was asked of somebody: the relation of one device and one token, and logins by passkey that are spent."""

from datetime import datetime, timedelta

import attrs

from mfa.domain.identifiers import TokenId
from mfa.domain.values import ValueObject

SPENT_MEMORY = timedelta(days=1)
"""So much longer than it lives it is remembered that something has served: no clock is that wrong for long."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Challenge(ValueObject):
    """What was sent to a device for a token, and when that token confirmed it, itself or by a remembered browser.

    ``sent`` is sealed, and None when nothing is outstanding. ``dispatched_at`` stays when ``sent`` goes, because a
    used-up code is answered otherwise than one that was never asked for. ``trust`` is the remembered browser that the
    device's verification had made, and ``trusted_at`` when the token showed it. From ``expires_at`` on all of it is
    worth nothing, and may be dropped; None says that nobody knows when that will be.
    """

    index: int
    token_id: TokenId = attrs.field(repr=False)
    sent: bytes | None = attrs.field(default=None, repr=False)
    dispatched_at: datetime | None = None
    confirmed_at: datetime | None = None
    trust: str | None = None
    trusted_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def confirms(self) -> bool:
        """Tell whether the token has confirmed the device, itself or by a remembered browser."""
        return self.confirmed_at is not None or self.trusted_at is not None

    def replaces(self, old: "Challenge | None") -> bool:
        """Tell whether it confirms no more and no less than an older one, and what is out is new or the same."""
        old = old or Challenge(index=self.index, token_id=self.token_id)
        same = (self.confirmed_at, self.trust, self.trusted_at) == (old.confirmed_at, old.trust, old.trusted_at)
        new = self.sent is None or self.dispatched_at != old.dispatched_at
        return same and (new or self.sent == old.sent)


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class SpentLogin(ValueObject):
    """Options of a login by passkey that were answered, or the link of a mail that was used: they serve no second time.

    ``digest`` tells them from all others; from ``expires_at`` on they are worth nothing anyway.
    """

    digest: str
    expires_at: datetime
