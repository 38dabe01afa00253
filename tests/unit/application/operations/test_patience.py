"""An operator gets through, however many requests for the same user come at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from mfa.adapters.system.vault import AesGcmVault, derive_key
from mfa.application.transactions import MOST_ATTEMPTS, MOST_ATTEMPTS_OF_OPERATORS
from mfa.domain.errors import Throttled
from tests.unit.application.operations.desk import SHELL, Desk
from tests.unit.application.operations.test_moving import Move, seed
from tests.unit.application.test_transactions import overtaken, touch
from tests.unit.application.world import ANNA, PHONE, World


def purge(desk: Desk) -> object:
    desk.world.clock.advance(timedelta(days=1))
    return desk.operations.purge(SHELL)


def rotate(desk: Desk) -> object:
    desk.world.container.vault.override(AesGcmVault([derive_key("new"), derive_key("in memory")]))
    return desk.world.use_cases.rotate_keys()


def move(desk: Desk) -> object:
    return Move(desk.world).annas(seed())


ACTS: dict[str, Callable[[Desk], object]] = {
    "unlock": Desk.unlock,
    "reset": Desk.reset,
    "pass": Desk.issue,
    "lockdown": Desk.lock_down,
    "purge": purge,
    "rotation": rotate,
    "moving": move,
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_an_operator_gets_through(act: Callable[[Desk], object]) -> None:
    world = World()
    desk = Desk(world)
    app = world.enrolled(PHONE)
    world.wrong(PHONE, app.index, 1)
    world.register(PHONE, "totp")
    before = world.repository.of(ANNA).version
    overtaken(world, touch, times=3 * MOST_ATTEMPTS)

    act(desk)

    assert world.repository.of(ANNA).version > before + MOST_ATTEMPTS


def test_but_not_for_ever() -> None:
    world = World()
    desk = Desk(world)
    world.wrong(PHONE, world.enrolled(PHONE).index, 1)
    overtaken(world, touch, times=MOST_ATTEMPTS_OF_OPERATORS)

    with pytest.raises(Throttled):
        desk.unlock()
