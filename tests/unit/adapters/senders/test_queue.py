import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import attrs
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation

from mfa.adapters.senders import queue
from mfa.adapters.senders.queue import Failure, Parcel, QueuedSender, deliver, give_up, received
from mfa.adapters.system.vault import AesGcmVault, derive_key
from mfa.application.ports.delivery import DeliveryTimedOut, Message, Sender, SentChallenge
from mfa.application.ports.system import LOGIN_CONTEXT, Vault, seal_context
from mfa.domain.errors import DeliveryFailed
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.testing.contracts.delivery import SenderContract
from tests.unit.adapters.senders.recorder import RECORDER, Recorder
from tests.unit.application.world import PHONE, World

UNTIL = datetime(2026, 1, 31, 12, 10, tzinfo=UTC)


class ListQueue(QueuedSender):
    """A queue that is a list, which a test looks into."""

    sender = RECORDER

    def __init__(self) -> None:
        super().__init__()
        self.sealed: list[str] = []

    def hand_over(self, sealed: str) -> None:
        self.sealed.append(sealed)


class Nameless(QueuedSender):
    """Names nobody who does the work."""

    def hand_over(self, sealed: str) -> None:
        raise NotImplementedError


class ClosedQueue(ListQueue):
    def hand_over(self, sealed: str) -> None:
        raise ConnectionRefusedError


class TestQueuedSender(SenderContract):
    @pytest.fixture
    def sender(self, world: World, recorder: type[Recorder]) -> ListQueue:
        return ListQueue()

    @pytest.fixture
    def arrived(self, sender: ListQueue, recorder: type[Recorder]) -> Callable[[], list[tuple[str, str]]]:
        def delivered() -> list[tuple[str, str]]:
            for sealed in sender.sealed:
                parcel = received(sealed)
                assert parcel is not None
                assert deliver(parcel) is None
            return [(message.destination, message.code) for message in recorder.messages]

        return delivered

    @pytest.fixture
    def broken(self, world: World) -> Sender:
        return ClosedQueue()


@pytest.fixture
def sent(world: World) -> SentChallenge:
    return SentChallenge(token=PHONE, index=0, dispatched_at=world.clock.now())


def parcel(message: Message) -> Parcel:
    return Parcel(message=message, sender=f"{__name__}.ListQueue", language="en", until=UNTIL)


def test_a_sender_has_to_be_named() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"Nameless\.sender"):
        Nameless()


def test_a_sender_that_does_not_exist_is_found_at_once() -> None:
    class Mistaken(ListQueue):
        sender = "mfa.adapters.senders.django_email.NoSuchSender"

    with pytest.raises(ImportError, match="NoSuchSender"):
        Mistaken()


@pytest.mark.parametrize("with_challenge", [True, False])
def test_a_message_comes_out_as_it_went_in(
    with_challenge: bool,  # noqa: FBT001 - a parameter of the test
    message: Message,
    sent: SentChallenge,
) -> None:
    whole = parcel(attrs.evolve(message, challenge=sent if with_challenge else None))

    assert Parcel.open(whole.seal()) == whole


def test_what_lies_in_the_queue_tells_nothing(message: Message, sent: SentChallenge) -> None:
    sealed = parcel(attrs.evolve(message, challenge=sent)).seal()

    assert sealed.isascii()
    lies = sealed.encode() + urlsafe_b64decode(sealed)
    for secret in (message.code, message.destination, message.device_name, PHONE.id, RECORDER):
        assert secret.encode() not in lies


OLD_CONTEXT = b"mfa.adapters.senders.queue: message"
"""Where parcels were sealed that named a class to import."""


def sealed(fields: object, vault: Vault, context: bytes = Parcel.context) -> str:
    return urlsafe_b64encode(vault.seal(json.dumps(fields).encode(), context)).decode()


def fields_of(parcel: Parcel, vault: Vault) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(vault.open(urlsafe_b64decode(parcel.seal()), Parcel.context))
    return fields


@pytest.fixture
def harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails where a parcel has anything imported."""

    def refuse(path: str) -> object:
        raise AssertionError(path)

    monkeypatch.setattr(queue, "import_string", refuse)


@pytest.mark.usefixtures("harmless")
@pytest.mark.parametrize(
    "name", ["subprocess.Popen", RECORDER, f"{QueuedSender.__module__}.QueuedSender", f"{__name__}.Nameless", None, []]
)
def test_a_parcel_chooses_nothing_but_a_queued_sender_that_is_defined(
    name: object, message: Message, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    fields = {**fields_of(parcel(message), world.vault), "sender": name}

    assert received(sealed(fields, world.vault)) is None

    [record] = caplog.records
    assert (record.name, record.levelname) == ("mfa", "ERROR")
    assert record.getMessage().startswith("A parcel in the queue was refused: ")
    assert not any(secret in str(vars(record)) for secret in (message.code, message.destination, PHONE.id))


@pytest.mark.usefixtures("harmless")
@pytest.mark.parametrize("text", ["", "no base64", "AAAA", "é", 5, None, ["a", "list"]])
def test_what_is_no_parcel_does_nothing(text: object, world: World, caplog: pytest.LogCaptureFixture) -> None:
    assert received(cast("str", text)) is None
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.usefixtures("harmless")
def test_nobody_but_the_deployment_fills_the_queue(message: Message, world: World) -> None:
    fields = fields_of(parcel(message), world.vault)

    assert received(sealed(fields, AesGcmVault([derive_key("somebody else's")]))) is None
    for context in (
        OLD_CONTEXT,
        LOGIN_CONTEXT,
        seal_context(PHONE.user_id, 0),
        seal_context(PHONE.user_id, 0, PHONE.id),
    ):
        assert received(sealed(fields, world.vault, context)) is None
    assert received(sealed([], world.vault)) is None
    assert received(sealed({**fields, "until": None}, world.vault)) is None
    assert received(sealed(fields, world.vault)) == parcel(message)


def test_a_code_is_good_from_its_dispatch_on(message: Message, world: World, sent: SentChallenge) -> None:
    world.later(minutes=4)
    queue = ListQueue()

    queue.send(attrs.evolve(message, challenge=sent))
    queue.send(message)

    assert [Parcel.open(sealed).until - sent.dispatched_at for sealed in queue.sealed] == [
        timedelta(minutes=10),
        timedelta(minutes=14),
    ]


def test_a_code_that_waited_is_said_to_live_as_long_as_is_left(
    message: Message, world: World, recorder: type[Recorder]
) -> None:
    world.later(minutes=4)

    assert deliver(parcel(message)) is None
    assert recorder.messages == [attrs.evolve(message, lifetime=timedelta(minutes=6))]


@pytest.mark.parametrize("minutes", [10, 11])
def test_a_code_that_has_expired_is_not_delivered(
    minutes: int, message: Message, world: World, recorder: type[Recorder]
) -> None:
    world.later(minutes=minutes)

    assert deliver(parcel(message)) == Failure(reason="the code has expired")
    assert recorder.tries == 0


@pytest.mark.parametrize("language", ["nl", "de", None])
def test_a_worker_writes_in_the_language_of_the_request(
    language: str | None, message: Message, world: World, recorder: type[Recorder]
) -> None:
    queue = ListQueue()
    with translation.override(language):
        queue.send(message)
        spoken = translation.get_language()

    with translation.override("fr"):
        deliver(Parcel.open(queue.sealed[0]))

    assert recorder.languages == [spoken]


def test_a_failure_is_told_without_the_words_of_the_sender(
    message: Message, world: World, recorder: type[Recorder]
) -> None:
    recorder.failures.append(ConnectionResetError(f"{message.code} to {message.destination}"))

    assert deliver(parcel(message)) == Failure(reason="ConnectionResetError", final=False)


def test_a_delivery_that_timed_out_is_final(message: Message, world: World, recorder: type[Recorder]) -> None:
    recorder.failures.append(DeliveryTimedOut())

    assert deliver(parcel(message)) == Failure(reason="timed out", final=True)


def test_giving_up_voids_the_challenge(world: World) -> None:
    index = world.register(PHONE, "email").device.index
    world.dispatch(PHONE, index)

    with pytest.raises(DeliveryFailed) as failure:
        give_up(parcel(world.outbox.messages[0]), Failure(reason="a reason"))

    assert str(failure.value) == "a reason"
    assert failure.value.__context__ is None
    challenge = world.repository.of(PHONE.user_id, PHONE.id).challenge(index)
    assert challenge is not None
    assert challenge.sent is None
    sends = world.repository.of(PHONE.user_id, PHONE.id).sends["email"]
    assert sends.last_at is None
    assert len(sends.recent) == 1


def test_giving_up_a_message_of_nobodys_challenge_is_told_all_the_same(message: Message, world: World) -> None:
    with pytest.raises(DeliveryFailed):
        give_up(parcel(message), Failure(reason="a reason"))


def test_a_parcel_is_worth_another_try_until_its_code_expires(message: Message, world: World) -> None:
    whole = parcel(message)

    assert [whole.wait(tries) for tries in range(4)] == [*(timedelta(seconds=each) for each in (2, 4, 8)), None]
    world.later(minutes=9, seconds=57)
    assert [whole.wait(tries) for tries in range(2)] == [timedelta(seconds=2), None]
    world.later(seconds=1)
    assert whole.wait(0) is None, "at the moment of its end it is over"
    world.later(minutes=1)
    assert whole.wait(0) is None


def test_the_worker_makes_the_sender_once(
    message: Message, world: World, recorder: type[Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    class Counted(Recorder):
        def __init__(self) -> None:
            made.append(self)

    monkeypatch.setitem(globals(), "Counted", Counted)

    class CountedQueue(ListQueue):
        sender = f"{__name__}.Counted"

    sender = CountedQueue()
    for _ in range(2):
        sender.send(message)
    for each in sender.sealed:
        deliver(Parcel.open(each))

    assert len(made) == 1


def test_tokens_are_not_shown_by_a_parcel(message: Message) -> None:
    sent = SentChallenge(token=Token(id=TokenId("digest"), user_id=UserId("1")), index=0, dispatched_at=UNTIL)
    shown = repr(parcel(attrs.evolve(message, challenge=sent)))

    assert not any(secret in shown for secret in ("digest", message.code, message.destination))
