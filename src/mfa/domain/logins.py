"""What is kept of logins by passkey, so that the options of each serve once."""

from datetime import datetime

import attrs


@attrs.frozen(kw_only=True)
class SpentLogin:
    """Options of a login that were answered: the digest of their challenge, and when they are worth nothing anyway."""

    digest: str
    expires_at: datetime
