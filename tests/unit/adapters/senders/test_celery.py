from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest
from celery import Celery
from celery.exceptions import Reject

from mfa.adapters.senders import celery
from mfa.adapters.senders.celery import CelerySender, deliver
from mfa.adapters.senders.queue import Parcel
from mfa.application.ports.delivery import DeliveryTimedOut, Message
from mfa.domain.errors import DeliveryFailed
from tests.services import free_port
from tests.unit.adapters.senders.recorder import RECORDER, Recorder
from tests.unit.application.world import PHONE, World


class QueuedEmail(CelerySender):
    sender = RECORDER


@pytest.fixture(autouse=True)
def app() -> Iterator[Celery]:
    app = Celery("tests", broker="memory://", set_as_current=True)
    yield app
    app.close()


@pytest.fixture
def message(world: World) -> Message:
    """A message that belongs to a challenge of a pending device."""
    world.dispatch(PHONE, world.register(PHONE, "email").device.index)
    return world.outbox.messages[-1]


def sealed(message: Message) -> str:
    lifetime = message.lifetime
    assert message.challenge is not None
    until = message.challenge.dispatched_at + lifetime
    return Parcel(message=message, sender=f"{__name__}.QueuedEmail", language="en", until=until).seal()


def outstanding(world: World) -> bool:
    challenge = world.repository.of(PHONE.user_id, PHONE.id).challenge(0)
    return challenge is not None and challenge.sent is not None


def test_a_worker_delivers(world: World, message: Message, recorder: type[Recorder]) -> None:
    assert deliver.apply(args=(sealed(message),)).successful()

    assert recorder.messages == [message]
    assert outstanding(world)


def test_a_parcel_that_is_not_the_deployments_does_nothing(world: World, message: Message) -> None:
    result = deliver.apply(args=("AAAA",))

    assert result.successful()
    assert outstanding(world)


def test_a_worker_tries_again(world: World, message: Message, recorder: type[Recorder]) -> None:
    recorder.failures.extend([ConnectionRefusedError(), ConnectionRefusedError(), ConnectionRefusedError()])

    assert deliver.apply(args=(sealed(message),)).successful()

    assert recorder.tries == 4
    assert recorder.messages == [message]
    assert outstanding(world)


def test_after_a_few_tries_the_challenge_is_void(world: World, message: Message, recorder: type[Recorder]) -> None:
    recorder.failures.extend(ConnectionRefusedError(message.code) for _ in range(10))

    result = deliver.apply(args=(sealed(message),))

    assert recorder.tries == 4
    assert isinstance(result.result, DeliveryFailed)
    assert message.code not in result.traceback
    assert not outstanding(world)


def test_a_delivery_that_timed_out_is_not_tried_again(world: World, message: Message, recorder: type[Recorder]) -> None:
    recorder.failures.append(DeliveryTimedOut())

    result = deliver.apply(args=(sealed(message),))

    assert recorder.tries == 1
    assert isinstance(result.result, DeliveryFailed)
    assert not outstanding(world)
    assert len(world.repository.of(PHONE.user_id).sends["email"].recent) == 1


def test_what_would_come_after_the_code_has_expired_is_not_tried_again(
    world: World, message: Message, recorder: type[Recorder]
) -> None:
    recorder.failures.extend([ConnectionRefusedError(), ConnectionRefusedError()])
    world.later(minutes=9, seconds=58)

    result = deliver.apply(args=(sealed(message),))

    assert recorder.tries == 1
    assert isinstance(result.result, DeliveryFailed)


def test_waits_grow(world: World, message: Message, recorder: type[Recorder], monkeypatch: pytest.MonkeyPatch) -> None:
    waits = []

    class Task:
        def __init__(self, retries: int) -> None:
            self.request = type("Request", (), {"retries": retries})

        def retry(self, countdown: float) -> None:
            waits.append(countdown)
            raise InterruptedError

    for retries in range(3):
        recorder.failures.append(ConnectionRefusedError())
        with pytest.raises(InterruptedError):
            deliver.run.__func__(Task(retries), sealed(message))

    assert waits == [2, 4, 8]
    assert timedelta(seconds=sum(waits)) < message.lifetime


def test_a_retry_that_finds_no_broker_voids_the_challenge(
    world: World, message: Message, recorder: type[Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.failures.append(ConnectionRefusedError())

    def no_broker(**options: Any) -> None:
        raise Reject(ConnectionRefusedError(), requeue=False)

    monkeypatch.setattr(deliver, "retry", no_broker)

    result = deliver.apply(args=(sealed(message),))

    assert isinstance(result.result, DeliveryFailed)
    assert not outstanding(world)


def test_a_broker_that_does_not_answer_is_told(world: World, message: Message, app: Celery) -> None:
    app.conf.broker_url = f"redis://127.0.0.1:{free_port()}/0"

    with pytest.raises(Exception, match="refused") as failure:
        QueuedEmail().send(message)

    assert not isinstance(failure.value, DeliveryTimedOut)
    assert message.code not in str(failure.value)


def test_a_broker_that_fell_silent_may_have_taken_the_message(
    world: World, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*arguments: Any, **options: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(celery.deliver, "apply_async", silent)

    with pytest.raises(DeliveryTimedOut):
        QueuedEmail().send(attrs.evolve(message))


def test_a_message_that_is_lost_with_its_worker_goes_to_the_next() -> None:
    assert (deliver.name, deliver.acks_late, deliver.reject_on_worker_lost, deliver.ignore_result) == (
        "mfa.deliver",
        True,
        True,
        True,
    )
