from typing import Any

import pytest
from pytest_django import Settings

from mfa.adapters.senders import tasks
from mfa.adapters.senders.tasks import TaskSender
from mfa.application.dispatching import RequestChallenge
from mfa.application.ports.delivery import DeliveryTimedOut
from mfa.domain.errors import DeliveryFailed
from tests.unit.adapters.senders.recorder import RECORDER, Recorder
from tests.unit.application.world import PHONE, World

IMMEDIATE = f"{tasks.framework.__name__}.backends.immediate.ImmediateBackend"
DUMMY = f"{tasks.framework.__name__}.backends.dummy.DummyBackend"


class QueuedEmail(TaskSender):
    sender = RECORDER


class UrgentEmail(QueuedEmail):
    backend = "codes"
    queue_name = "urgent"


@pytest.fixture
def index(world: World, recorder: type[Recorder], settings: Settings) -> int:
    """The index of a pending mail device of Anna's, whose codes go through tasks that wait for a worker."""
    settings.TASKS = {
        "default": {"BACKEND": DUMMY},
        "codes": {"BACKEND": DUMMY, "QUEUES": ["urgent"]},
    }
    world.container.outbox.override(QueuedEmail())
    return world.register(PHONE, "email").device.index


def waiting(backend: str = "default") -> list[Any]:
    results: list[Any] = tasks.framework.task_backends[backend].results
    return results


def work(result: Any) -> None:  # noqa: ANN401 - of one of two frameworks
    """Does what a worker does with a waiting task."""
    result.task.call(*result.args, **result.kwargs)


def dispatch(world: World, index: int) -> None:
    world.dispatch_challenge(RequestChallenge(token=PHONE, index=index))


def test_a_worker_delivers_what_was_handed_over(world: World, index: int, recorder: type[Recorder]) -> None:
    dispatch(world, index)

    assert recorder.messages == []
    [result] = waiting()
    assert result.task.module_path == "mfa.adapters.senders.tasks.deliver"
    work(result)
    [message] = recorder.messages
    assert world.confirmed(PHONE) == []
    world.verify(PHONE, index, message.code)
    assert world.confirmed(PHONE) == [index]


def test_a_parcel_that_is_not_the_deployments_does_nothing(
    world: World, index: int, recorder: type[Recorder], caplog: pytest.LogCaptureFixture
) -> None:
    tasks.deliver.call("AAAA")

    assert recorder.tries == 0
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_what_waits_tells_nothing(world: World, index: int, recorder: type[Recorder]) -> None:
    dispatch(world, index)
    [result] = waiting()
    work(result)
    [message] = recorder.messages

    assert message.code not in repr(result)
    assert message.destination not in repr(result)


@pytest.mark.parametrize("failure", [ConnectionRefusedError("042195"), DeliveryTimedOut()])
def test_a_failure_voids_the_challenge_at_once(
    failure: Exception, world: World, index: int, recorder: type[Recorder]
) -> None:
    recorder.failures.append(failure)
    dispatch(world, index)

    with pytest.raises(DeliveryFailed) as told:
        work(waiting()[0])

    assert "042195" not in str(told.value)
    challenge = world.repository.of(PHONE.user_id, PHONE.id).challenge(index)
    assert challenge is not None
    assert challenge.sent is None
    dispatch(world, index)


def test_a_project_chooses_backend_and_queue(world: World, index: int) -> None:
    world.container.outbox.override(UrgentEmail())

    dispatch(world, index)

    assert waiting() == []
    assert [result.task.queue_name for result in waiting("codes")] == ["urgent"]


def test_tasks_that_run_at_once_deliver_at_once(
    world: World, index: int, recorder: type[Recorder], settings: Settings
) -> None:
    settings.TASKS = {"default": {"BACKEND": IMMEDIATE}}

    dispatch(world, index)

    assert len(recorder.messages) == 1
