import pytest
from pytest_django import Settings

from tests.integration.pages.people import Person, Site


@pytest.fixture
def site(settings: Settings, db: None) -> Site:
    return Site(settings)


@pytest.fixture
def ann(site: Site) -> Person:
    return site.person("ann")
