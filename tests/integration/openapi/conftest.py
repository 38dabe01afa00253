"""The people of the routes' own tests, where browsers can be remembered."""

import pytest
from pytest_django import Settings

from tests.integration.drf.conftest import ann, person
from tests.integration.drf.people import World

__all__ = ["ann", "person", "world"]


@pytest.fixture
def world(settings: Settings) -> World:
    world = World(settings)
    world.configure(TRUST_LIFETIME="30d")
    return world
