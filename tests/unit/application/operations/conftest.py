import pytest

from tests.unit.application.operations.desk import Desk
from tests.unit.application.world import World


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)
