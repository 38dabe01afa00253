from collections.abc import Iterator

import pytest

from mfa.adapters.senders import queue
from mfa.application.ports.delivery import Message, Notice
from mfa.testing.contracts.delivery import MESSAGE
from tests.unit.adapters.senders.recorder import Recorder
from tests.unit.application.world import World


@pytest.fixture
def message() -> Message:
    return MESSAGE


@pytest.fixture
def notice() -> Notice:
    return Notice(
        destination="anna@example.com",
        subject="A new device",
        text="A device was added.\n\nhttps://site.example/secret/\n",
        html="<p>A device was added. <a href='https://site.example/secret/'>This was not me</a></p>",
    )


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A deployment in memory, to which the queue's accessor leads."""
    world = World()
    monkeypatch.setattr(queue, "use_cases", world.container.use_cases)
    return world


@pytest.fixture
def recorder() -> Iterator[type[Recorder]]:
    """The sender at the end of a queue, which the worker makes by itself."""
    Recorder.reset()
    yield Recorder
    Recorder.reset()
