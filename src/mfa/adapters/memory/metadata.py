"""Metadata of authenticators that a test makes up."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from mfa.application.ports.metadata import (
    AuthenticatorMetadata,
    AuthenticatorModel,
    Edition,
    MetadataRefused,
    MetadataService,
    MetadataUnavailable,
)


class MemoryMetadata(AuthenticatorMetadata, MetadataService):
    """Knows the ``models`` that a test names by their AAGUIDs, or those of the ``editions`` that come from a service.

    An edition is published under a text of its own, as a BLOB whose signature is right; any other is refused.
    ``broken`` are metadata that nobody can read.
    """

    def __init__(self, models: Mapping[bytes, AuthenticatorModel] | None = None) -> None:
        self.models = dict(models or {})
        self.published = b""
        self.editions: dict[bytes, Edition] = {}
        self.kept: Edition | None = None
        self.broken = False

    def model_of(self, aaguid: bytes, trust_path: Sequence[bytes]) -> AuthenticatorModel | None:
        """Find a model."""
        self._readable()
        return self.models.get(aaguid)

    def edition(self) -> Edition:
        """Tell which edition was kept last."""
        self._readable()
        return self.kept or Edition(source="memory", models=len(self.models))

    def fetch(self) -> bytes:
        """Return what is published."""
        return self.published

    def read(self, blob: bytes, now: datetime) -> Edition:
        """Look the edition up."""
        if blob not in self.editions:
            raise MetadataRefused("That was never published.")
        return self.editions[blob]

    def keep(self, blob: bytes) -> None:
        """Keep it."""
        self.kept, self.broken = self.editions[blob], False

    def _readable(self) -> None:
        if self.broken:
            raise MetadataUnavailable("A test has broken them.")
