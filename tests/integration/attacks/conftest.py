import pytest
from pytest_django import Settings

from tests.integration.attacks.doors import Owner, Site


@pytest.fixture
def site(settings: Settings, monkeypatch: pytest.MonkeyPatch, db: None) -> Site:
    return Site(settings, monkeypatch)


@pytest.fixture
def anna(site: Site) -> Owner:
    return Owner(site)
