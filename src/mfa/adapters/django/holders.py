"""Whose a device is, asked of the database before any account is."""

import attrs

from mfa.adapters.django.failures import answered
from mfa.application.ports.repositories import HeldDevice, Holders


@attrs.frozen(kw_only=True, eq=False, repr=False)
class DjangoHolders(Holders):
    """Asks the repository, and says in the words of the core what the database could not do."""

    accounts: Holders

    def held(self, unique: str) -> HeldDevice | None:
        """Find the device; raises ``StoreBusy`` and ``Unavailable``."""
        return answered(lambda: self.accounts.held(unique))
