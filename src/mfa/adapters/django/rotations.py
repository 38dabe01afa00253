"""Which rotations of keys were completed."""

from datetime import datetime

import attrs

from mfa.adapters.django.failures import answered
from mfa.adapters.django.models import KeyRotationRecord
from mfa.adapters.django.repositories import database
from mfa.application.ports.system import KeyRotations


@attrs.frozen(eq=False, repr=False)
class DjangoKeyRotations(KeyRotations):
    """Keeps a row for each rotation; raises ``StoreBusy`` and ``Unavailable``."""

    def complete(self, at: datetime) -> None:
        """Write a row."""
        answered(lambda: KeyRotationRecord.objects.using(database()).create(completed_at=at))

    def completed(self) -> bool:
        """Look for any row."""
        return answered(lambda: KeyRotationRecord.objects.using(database()).exists())
