"""Metadata of authenticators, under the names that adapters look for, and the service that publishes them."""

from abc import abstractmethod
from datetime import datetime
from typing import Protocol, runtime_checkable

from mfa.domain.methods.metadata import (
    AuthenticatorMetadata,
    AuthenticatorModel,
    Edition,
    MetadataUnavailable,
    StatusReport,
)

__all__ = [
    "AuthenticatorMetadata",
    "AuthenticatorModel",
    "Edition",
    "MetadataRefused",
    "MetadataService",
    "MetadataUnavailable",
    "StatusReport",
]


class MetadataRefused(Exception):
    """Metadata are not what they are taken for, or cannot be kept; its text is a sentence for operators."""


@runtime_checkable
class MetadataService(Protocol):
    """Gets metadata that are signed, and keeps them for all processes."""

    @abstractmethod
    def fetch(self) -> bytes:
        """Get what is published now; raises ``MetadataRefused``."""

    @abstractmethod
    def read(self, blob: bytes, now: datetime) -> Edition:
        """Tell what it is that was fetched, once its signature is checked; raises ``MetadataRefused``."""

    @abstractmethod
    def keep(self, blob: bytes) -> None:
        """Put what was read in the place of what is in use; raises ``MetadataRefused``."""
