"""Metadata of authenticators: which are in use, and that they only ever become newer."""

from datetime import date, datetime

import attrs
import pytest

from mfa.adapters.memory.metadata import MemoryMetadata
from mfa.adapters.memory.system import FrozenClock
from mfa.application.operations import Refreshed
from mfa.application.operations.metadata import RefreshMetadata, ShowMetadata
from mfa.application.ports.metadata import AuthenticatorMetadata, Edition, MetadataRefused, MetadataUnavailable

SEVEN = Edition(source="service", models=3, number=7, next_update=date(2026, 2, 28), signed=True)
EIGHT = attrs.evolve(SEVEN, number=8)


@pytest.fixture
def metadata() -> MemoryMetadata:
    metadata = MemoryMetadata()
    metadata.editions = {b"seven": SEVEN, b"eight": EIGHT}
    metadata.published = b"seven"
    return metadata


def refresh(metadata: AuthenticatorMetadata | None) -> RefreshMetadata:
    return RefreshMetadata(metadata=metadata, clock=FrozenClock())


def test_what_is_published_is_in_use_from_then_on(metadata: MemoryMetadata) -> None:
    refreshed = refresh(metadata)()

    assert (refreshed.edition, refreshed.new) == (SEVEN, True)
    assert ShowMetadata(metadata=metadata)() == SEVEN


def test_the_same_again_changes_nothing(metadata: MemoryMetadata) -> None:
    metadata.kept = kept = attrs.evolve(SEVEN, source="what was kept")

    assert refresh(metadata)() == Refreshed(edition=kept, new=False)
    assert metadata.kept is kept


def test_a_signature_is_checked_by_the_clock(metadata: MemoryMetadata, monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[datetime] = []

    def read(_: bytes, now: datetime) -> Edition:
        times.append(now)
        return SEVEN

    monkeypatch.setattr(metadata, "read", read)

    refresh(metadata)()

    assert times == [FrozenClock().now()]


def test_nobody_brings_an_older_number_back(metadata: MemoryMetadata) -> None:
    metadata.kept = EIGHT

    with pytest.raises(MetadataRefused, match="number 7, are older than number 8"):
        refresh(metadata)()
    assert metadata.edition() == EIGHT
    assert refresh(metadata)(b"eight").new is False


@pytest.mark.parametrize("number", [7, 6])
def test_what_is_signed_replaces_what_is_not(metadata: MemoryMetadata, number: int) -> None:
    metadata.kept = attrs.evolve(SEVEN, number=number, signed=False)

    assert refresh(metadata)().new is True
    assert metadata.edition() == SEVEN


def test_what_was_never_published_is_refused_and_what_is_broken_is_replaced(metadata: MemoryMetadata) -> None:
    metadata.broken = True

    with pytest.raises(MetadataRefused, match="never published"):
        refresh(metadata)(b"nine")
    with pytest.raises(MetadataUnavailable):
        ShowMetadata(metadata=metadata)()
    assert refresh(metadata)(b"eight").edition == EIGHT


class Folder(AuthenticatorMetadata):
    """Metadata of which there is no service."""

    def model_of(self, aaguid: object, trust_path: object) -> None: ...

    def edition(self) -> Edition:
        return Edition(source="folder", models=1)


def test_only_a_service_is_refreshed() -> None:
    for metadata in (None, Folder()):
        with pytest.raises(MetadataRefused, match="WEBAUTHN_METADATA"):
            refresh(metadata)()
    assert ShowMetadata(metadata=Folder())().models == 1
    with pytest.raises(MetadataUnavailable, match="WEBAUTHN_METADATA"):
        ShowMetadata(metadata=None)()
