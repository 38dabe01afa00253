from collections.abc import Callable

import pytest
from pytest_django import Settings

from tests.integration.drf.people import Person, World


@pytest.fixture
def world(settings: Settings) -> World:
    return World(settings)


@pytest.fixture
def person(world: World, db: None) -> Callable[[str], Person]:
    return lambda name: Person(world, name)


@pytest.fixture
def ann(person: Callable[[str], Person]) -> Person:
    return person("ann")


@pytest.fixture
def bob(person: Callable[[str], Person]) -> Person:
    return person("bob")
