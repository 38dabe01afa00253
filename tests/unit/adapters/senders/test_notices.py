"""Notices by every sender: at once, through a queue, tried again, and given up."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest
from celery import Celery
from django.core.mail import EmailMultiAlternatives
from pytest_django import Settings

from mfa.adapters.senders import celery, tasks
from mfa.adapters.senders.celery import CelerySender
from mfa.adapters.senders.console import ConsoleSender
from mfa.adapters.senders.django_email import DjangoEmailSender
from mfa.adapters.senders.queue import (
    NOTICE_LIFETIME,
    Failure,
    NoticeParcel,
    Parcel,
    QueuedSender,
    deliver,
    give_up,
    received,
)
from mfa.adapters.senders.tasks import TaskSender
from mfa.application.ports.delivery import DeliveryTimedOut, Message, Notice, NoticeSender, Sender
from mfa.domain.errors import DeliveryFailed, SealError
from tests.unit.adapters.senders.recorder import RECORDER, Recorder
from tests.unit.application.world import World

IMMEDIATE = f"{tasks.framework.__name__}.backends.immediate.ImmediateBackend"
DUMMY = f"{tasks.framework.__name__}.backends.dummy.DummyBackend"


class OnlyCodes(Sender):
    """A sender of a project's own, from before there were notices."""

    def send(self, message: Message) -> None:
        raise AssertionError


class ListQueue(QueuedSender):
    sender = RECORDER
    sealed: list[str]

    def __init__(self) -> None:
        super().__init__()
        self.sealed = []

    def hand_over(self, sealed: str) -> None:
        self.sealed.append(sealed)


class CodesInAList(ListQueue):
    sender = f"{__name__}.OnlyCodes"


class CeleryMail(CelerySender):
    sender = RECORDER


class TaskMail(TaskSender):
    sender = RECORDER
    backend = "mails"
    queue_name = "notices"


def handed_over(queue: ListQueue, notice: Notice) -> NoticeParcel:
    queue.send_notice(notice)
    parcel = received(queue.sealed[-1])
    assert isinstance(parcel, NoticeParcel)
    return parcel


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]


@pytest.mark.parametrize("kind", [DjangoEmailSender, ConsoleSender, ListQueue, CeleryMail, TaskMail])
def test_the_senders_of_the_package_send_notices_as_well(kind: type[Sender], world: World) -> None:
    assert isinstance(kind(), NoticeSender)


def test_a_notice_is_a_mail_of_two_parts(notice: Notice, mailoutbox: list[EmailMultiAlternatives]) -> None:
    DjangoEmailSender().send_notice(attrs.evolve(notice, subject="A\nBcc: bert@example.com"))

    [letter] = mailoutbox
    assert letter.to == ["anna@example.com"]
    assert letter.subject == "A Bcc: bert@example.com"
    assert letter.body == notice.text
    assert letter.alternatives[0][0] == notice.html
    assert letter.extra_headers == {"Auto-Submitted": "auto-generated"}


def test_the_screen_shows_the_text(notice: Notice, capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleSender().send_notice(notice)

    assert capsys.readouterr().out == f"email to anna@example.com: A new device\n\n{notice.text}\n"


def test_a_notice_shows_neither_address_nor_link(notice: Notice) -> None:
    assert "anna" not in repr(notice)
    assert "secret" not in repr(notice)


class TestQueues:
    def test_it_comes_out_as_it_went_in(self, world: World, notice: Notice, recorder: type[Recorder]) -> None:
        assert deliver(handed_over(ListQueue(), notice)) is None
        assert recorder.notices == [notice]

    def test_what_lies_there_tells_nothing_and_is_no_code(self, world: World, notice: Notice) -> None:
        queue = ListQueue()
        queue.send_notice(notice)

        assert "anna" not in queue.sealed[0]
        with pytest.raises(SealError):
            Parcel.open(queue.sealed[0])

    def test_a_sender_that_knows_codes_alone_leaves_notices_to_djangos_mail(
        self, world: World, notice: Notice, mailoutbox: list[EmailMultiAlternatives]
    ) -> None:
        assert deliver(handed_over(CodesInAList(), notice)) is None
        assert [each.to for each in mailoutbox] == [["anna@example.com"]]

    def test_after_a_day_it_is_not_worth_telling(self, world: World, notice: Notice, recorder: type[Recorder]) -> None:
        parcel = handed_over(ListQueue(), notice)
        world.clock.advance(NOTICE_LIFETIME)

        assert deliver(parcel) == Failure(reason="too late")
        assert recorder.tries == 0

    @pytest.mark.parametrize(
        ("failure", "reason"),
        [(ConnectionResetError("anna"), "ConnectionResetError"), (DeliveryTimedOut(), "timed out")],
    )
    def test_no_failure_is_final(
        self, world: World, notice: Notice, recorder: type[Recorder], failure: Exception, reason: str
    ) -> None:
        recorder.failures.append(failure)

        assert deliver(handed_over(ListQueue(), notice)) == Failure(reason=reason, final=False)

    def test_giving_up_is_logged_and_told_without_a_word_of_it(
        self, world: World, notice: Notice, caplog: pytest.LogCaptureFixture
    ) -> None:
        with pytest.raises(DeliveryFailed):
            give_up(handed_over(ListQueue(), notice), Failure(reason="ConnectionResetError"))

        assert errors(caplog) == ["A notice was not delivered: ConnectionResetError"]
        assert "anna" not in caplog.text


class TestCelery:
    @pytest.fixture(autouse=True)
    def app(self, world: World) -> Iterator[Celery]:
        app = Celery("tests", broker="memory://", set_as_current=True)
        yield app
        app.close()

    def sealed(self, notice: Notice, monkeypatch: pytest.MonkeyPatch) -> str:
        found: list[str] = []
        with monkeypatch.context() as patched:
            patched.setattr(celery.deliver, "apply_async", found.extend)
            CeleryMail().send_notice(notice)
        return found[0]

    def test_it_is_tried_again_until_the_server_is_back(
        self, notice: Notice, recorder: type[Recorder], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        recorder.failures.extend([ConnectionRefusedError(), DeliveryTimedOut()] * 4)

        assert celery.deliver.apply(args=(self.sealed(notice, monkeypatch),)).successful()

        assert (recorder.tries, recorder.notices) == (9, [notice])

    def test_and_given_up_at_last(
        self,
        notice: Notice,
        recorder: type[Recorder],
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        recorder.failures.extend(ConnectionRefusedError("anna@example.com") for _ in range(20))

        result = celery.deliver.apply(args=(self.sealed(notice, monkeypatch),))

        assert recorder.tries == 9
        assert isinstance(result.result, DeliveryFailed)
        assert "A notice was not delivered: ConnectionRefusedError" in errors(caplog)
        assert "anna@example.com" not in caplog.text


class TestTasks:
    @pytest.fixture(autouse=True)
    def waiting(self, settings: Settings, world: World) -> None:
        settings.TASKS = {"default": {"BACKEND": DUMMY}, "mails": {"BACKEND": DUMMY, "QUEUES": ["notices"]}}

    def results(self) -> list[Any]:
        found: list[Any] = tasks.framework.task_backends["mails"].results
        return found

    def work(self) -> None:
        """Do the task that was put into the queue last."""
        result = self.results()[-1]
        result.task.call(*result.args, **result.kwargs)

    def test_a_worker_delivers_it(self, notice: Notice, recorder: type[Recorder]) -> None:
        TaskMail().send_notice(notice)
        assert recorder.notices == []

        self.work()

        assert recorder.notices == [notice]
        assert len(self.results()) == 1

    def test_what_failed_waits_in_the_same_queue_longer_each_time(
        self, notice: Notice, recorder: type[Recorder], world: World
    ) -> None:
        recorder.failures.extend([ConnectionRefusedError(), DeliveryTimedOut()])
        TaskMail().send_notice(notice)
        for _ in range(3):
            self.work()

        first, *again = (each.task for each in self.results())
        assert first.run_after is None
        assert [each.run_after - world.clock.now() for each in again] == [timedelta(seconds=2), timedelta(seconds=4)]
        assert {(each.backend, each.queue_name) for each in (first, *again)} == {("mails", "notices")}
        assert recorder.notices == [notice]

    def test_and_is_given_up_at_last(
        self, notice: Notice, recorder: type[Recorder], caplog: pytest.LogCaptureFixture
    ) -> None:
        recorder.failures.extend(ConnectionRefusedError() for _ in range(20))
        TaskMail().send_notice(notice)
        for _ in range(8):
            self.work()
        assert errors(caplog) == []

        with pytest.raises(DeliveryFailed):
            self.work()

        assert len(self.results()) == 9
        assert errors(caplog) == ["A notice was not delivered: ConnectionRefusedError"]

    def test_nothing_waits_where_tasks_are_done_in_the_request(
        self, notice: Notice, recorder: type[Recorder], settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.TASKS = {"mails": {"BACKEND": IMMEDIATE, "QUEUES": ["notices"]}}
        recorder.failures.append(ConnectionRefusedError())

        TaskMail().send_notice(notice)

        assert recorder.tries == 1
        assert "A notice was not delivered: ConnectionRefusedError" in errors(caplog)
