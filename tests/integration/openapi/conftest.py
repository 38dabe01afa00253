"""The people of the routes' own tests, where every route is there."""

import pytest
from pytest_django import Settings

from tests.integration.drf.conftest import ann, person
from tests.integration.drf.people import World
from tests.integration.openapi.description import EVERYTHING

__all__ = ["ann", "person", "world"]


@pytest.fixture
def world(settings: Settings) -> World:
    world = World(settings)
    world.configure(**EVERYTHING)
    return world
