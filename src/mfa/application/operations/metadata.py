"""Which metadata of authenticators are in use, and bringing them up to date."""

import attrs

from mfa.application.ports.metadata import (
    AuthenticatorMetadata,
    Edition,
    MetadataRefused,
    MetadataService,
    MetadataUnavailable,
)
from mfa.application.ports.system import Clock
from mfa.domain.values import ValueObject


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Refreshed(ValueObject):
    """Which metadata are in use now, and whether they have just come."""

    edition: Edition
    new: bool


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class ShowMetadata:
    """Tells which metadata are in use."""

    metadata: AuthenticatorMetadata | None

    def __call__(self) -> Edition:
        """Tell; raises ``MetadataUnavailable``."""
        if self.metadata is None:
            raise MetadataUnavailable('MFA has no "WEBAUTHN_METADATA".')
        return self.metadata.edition()


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class RefreshMetadata:
    """Gets the metadata that are published now, and keeps them where they are newer than those in use.

    The number has to rise (FIDO Metadata Service 3.1.1, section 3.2), so that nobody brings back a time in which a
    model was not yet revoked.
    """

    metadata: AuthenticatorMetadata | None
    clock: Clock

    def __call__(self, blob: bytes | None = None) -> Refreshed:
        """Refresh from the service, or from what somebody has fetched already; raises ``MetadataRefused``."""
        metadata = self.metadata
        if metadata is None or not isinstance(metadata, MetadataService):
            raise MetadataRefused('There is nothing to refresh: MFA["WEBAUTHN_METADATA"] is not "fido".')
        blob = metadata.fetch() if blob is None else blob
        new, old = metadata.read(blob, self.clock.now()), _in_use(metadata)
        if old is not None and old.number is not None and new.number is not None:
            if new.number < old.number:
                raise MetadataRefused(f"These metadata, number {new.number}, are older than number {old.number}.")
            if new.number == old.number and old.signed:
                return Refreshed(edition=old, new=False)
        metadata.keep(blob)
        return Refreshed(edition=metadata.edition(), new=True)


def _in_use(metadata: AuthenticatorMetadata) -> Edition | None:
    try:
        return metadata.edition()
    except MetadataUnavailable:
        return None
