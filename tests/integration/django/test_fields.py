"""Moments stay moments in projects that keep local time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import pytest
from pytest_django import Settings

from mfa.adapters.django.models import DeviceRecord
from mfa.adapters.django.repositories import DjangoAccountRepository
from mfa.domain.identifiers import UserId
from mfa.testing.contracts.repositories import NOW, device, with_devices

# In Amsterdam, 25 October 2026 has the hour from 02:00 to 03:00 twice, and 29 March has none.
TWICE = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
NEVER = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.fixture(params=[True, False], ids=["USE_TZ", "not USE_TZ"])
def _local_time(request: pytest.FixtureRequest, settings: Settings) -> None:
    settings.USE_TZ = request.param
    settings.TIME_ZONE = "Europe/Amsterdam"


@pytest.mark.usefixtures("_local_time")
@pytest.mark.parametrize("at", [NOW, TWICE, TWICE + timedelta(hours=1), NEVER - timedelta(hours=1), NEVER])
def test_a_moment_comes_back_in_utc(user_id: UserId, at: datetime) -> None:
    repository = DjangoAccountRepository()
    before = repository.of(user_id)
    local = attrs.evolve(device(0), created_at=at.astimezone(ZoneInfo("America/New_York")), last_used_at=at)
    repository.save(before, with_devices(before, local))

    [read] = repository.of(user_id).devices

    assert read == local
    assert (read.created_at.tzinfo, read.created_at.fold) == (UTC, 0)
    assert read.registered_by is None


@pytest.mark.usefixtures("_local_time")
def test_rows_are_found_by_moments(user_id: UserId) -> None:
    repository = DjangoAccountRepository()
    before = repository.of(user_id)
    repository.save(before, with_devices(before, device(0, active=False)))
    end = NOW + timedelta(hours=1)

    assert DeviceRecord.objects.filter(expires_at=end, expires_at__lte=end).count() == 1
    assert not DeviceRecord.objects.filter(expires_at__lt=end).exists()
    assert not DeviceRecord.objects.filter(last_used_at__lt=end).exists()
