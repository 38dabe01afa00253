"""Every event as a signal and as a log record, and nothing secret in either."""

import inspect
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.dispatch import Signal
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.test import APIRequestFactory

from mfa.adapters import accessor
from mfa.adapters.django import signals
from mfa.adapters.django.models import DeviceRecord
from mfa.adapters.django.signals import SIGNALS, DjangoPublisher, event_published
from mfa.application.devices import Remove, Rename
from mfa.application.verification import NotVerified, Verified
from mfa.domain import events
from mfa.domain.errors import DeliveryFailed
from mfa.domain.events import AccountEvent, DeviceEvent, Event, TrustEvent
from mfa.domain.identifiers import Token, UserId
from mfa.domain.verdicts import Reason
from tests.integration.django.world import STEP, World

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)

KINDS = [
    kind
    for _, kind in inspect.getmembers(events, inspect.isclass)
    if issubclass(kind, Event) and kind not in {Event, AccountEvent, DeviceEvent, TrustEvent}
]


def example(kind: type[Event]) -> Event:
    values: dict[str, Any] = {
        "user_id": UserId("7"),
        "at": NOW,
        "index": 3,
        "method": "totp",
        "reason": Reason.ORIGIN,
        "step": "7.2.12",
        "failures": 5,
        "retry_after": timedelta(seconds=30),
        "trust": "0123456789abcdef",
        "remaining": 2,
        "counts": {"devices": 3},
        "accounts": 4,
    }
    return kind(**{field.name: values[field.name] for field in attrs.fields(kind)})


@pytest.fixture
def heard() -> Iterator[list[tuple[Signal, Any]]]:
    """What each signal tells, in order."""
    everything: list[tuple[Signal, Any]] = []
    receivers = []
    for signal in {*SIGNALS.values(), event_published}:

        def receive(signal: Signal, **named: Any) -> None:
            assert named["sender"] is type(named["event"])
            everything.append((signal, named["event"]))

        signal.connect(receive, weak=False)
        receivers.append((signal, receive))
    yield everything
    for signal, receive in receivers:
        signal.disconnect(receive)


def test_there_is_a_signal_for_every_event_and_no_other() -> None:
    assert set(SIGNALS) == set(KINDS)
    assert len({id(signal) for signal in SIGNALS.values()}) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_is_called_as_its_event(kind: type[Event]) -> None:
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__)

    assert SIGNALS[kind] is getattr(signals, words.removeprefix("_"))


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_goes_to_its_signal_and_to_the_one_for_all(kind: type[Event], heard: list[tuple[Signal, Any]]) -> None:
    event = example(kind)

    DjangoPublisher().publish(event)

    assert heard == [(SIGNALS[kind], event), (event_published, event)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_is_a_structured_record(kind: type[Event], caplog: pytest.LogCaptureFixture) -> None:
    event = example(kind)

    with caplog.at_level(logging.DEBUG, logger="mfa"):
        DjangoPublisher().publish(event)

    [record] = caplog.records
    assert (record.name, record.getMessage()) == ("mfa", kind.__name__)
    fields = {name: value for name, value in vars(record).items() if name.startswith("mfa_")}
    assert fields == {
        "mfa_event": kind.__name__,
        **{f"mfa_{field.name}": getattr(event, field.name) for field in attrs.fields(kind)},
    }


def test_a_record_has_its_reason_as_a_word(caplog: pytest.LogCaptureFixture) -> None:
    DjangoPublisher().publish(example(events.VerificationRejected))

    [record] = caplog.records
    written = logging.Formatter("{mfa_reason} {mfa_step}", style="{").format(record)
    assert (written, json.dumps(vars(record)["mfa_reason"])) == ("origin 7.2.12", '"origin"')


def test_what_should_alarm_an_operator_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="mfa"):
        for kind in KINDS:
            DjangoPublisher().publish(example(kind))

    assert {record.getMessage() for record in caplog.records if record.levelno == logging.WARNING} == {
        "VerificationRejected",
        "VerificationReported",
        "AccountLocked",
        "DeviceDisabled",
        "DispatchFailed",
        "SendLimitReached",
        "BrowserNotTrusted",
        "OperatorLockedDown",
        "UserLockedDown",
    }
    assert {record.levelno for record in caplog.records} == {logging.INFO, logging.WARNING}


@pytest.fixture
def failing() -> Iterator[None]:
    """A receiver of a project that raises, with something of its own in its words."""

    def receive(**_: Any) -> None:
        raise ValueError("a secret of the project")

    for signal in (signals.device_activated, event_published):
        signal.connect(receive, weak=False)
    yield
    for signal in (signals.device_activated, event_published):
        signal.disconnect(receive)


@pytest.mark.usefixtures("failing")
def test_a_receiver_that_raises_fails_nobody(
    world: World, phone: Token, heard: list[tuple[Signal, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    app = world.app(world.register(phone, "totp"))

    assert isinstance(world.verify(phone, app.index, app.code), Verified)

    assert [type(event).__name__ for signal, event in heard if signal is event_published] == [
        "DeviceRegistered",
        "VerificationAccepted",
        "DeviceActivated",
    ]
    complaints = [record for record in caplog.records if record.name == "mfa" and record.levelno == logging.ERROR]
    assert len(complaints) == 4
    assert all("ValueError" in record.getMessage() for record in complaints)
    assert not any("a secret of the project" in record.getMessage() for record in complaints)


@pytest.mark.django_db(transaction=True)
def test_signals_are_sent_after_the_commit(world: World, phone: Token) -> None:
    seen = []

    def receive(event: Event, **_: Any) -> None:
        seen.append((connection.in_atomic_block, type(event).__name__, DeviceRecord.objects.count()))

    event_published.connect(receive)
    try:
        world.register(phone, "totp")
    finally:
        event_published.disconnect(receive)

    assert seen == [(False, "DeviceRegistered", 1)]


def test_no_secret_reaches_a_log_an_event_or_a_repr(
    make_world: Callable[..., World],
    anna: User,
    heard: list[tuple[Signal, Any]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A whole life at DEBUG, with the statements that are logged on ``django.db.backends`` looked at as well."""
    world = make_world()
    key = AuthToken.objects.create(user=anna)
    request = APIRequestFactory().get("/")
    request.auth = key
    token = accessor.use_cases().token_provider.token_of(request)
    assert token is not None
    written: list[object] = [token]
    connection.force_debug_cursor = True
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="django.db.backends"):
        written.append(registered := world.register(token, "totp"))
        app = world.app(registered)
        code, secret = app.code, app.secret
        written.extend([world.verify(token, app.index, "123456 no code"), world.verify(token, app.index, code)])
        index = world.register(token, "email", address="anna.smith@example.com").device.index
        sent = world.dispatch(token, index)
        written.extend([world.verify(token, index, sent), world.assess(token)])
        recovery = world.register(token, "recovery")
        codes: Any = recovery.shown["codes"]
        written.extend([recovery, world.verify(token, recovery.device.index, codes[0])])
        world.clock.advance(STEP * 100)
        world.outbox.failure = ConnectionError(sent, "anna.smith@example.com")
        with pytest.raises(DeliveryFailed) as failure:
            world.dispatch(token, index, again=True)
        written.extend([failure.value, failure.value.__cause__, *accessor.use_cases().list_devices(token)])
        assert isinstance(world.verify(token, app.index, code), NotVerified)
        world.verify(token, recovery.device.index, codes[1])
        accessor.use_cases().rename_device(Rename(token=token, index=index, name="mail"))
        accessor.use_cases().remove_device(Remove(token=token, index=app.index))
    connection.force_debug_cursor = False

    assert {type(event) for _, event in heard} >= {
        events.DeviceRegistered,
        events.DeviceActivated,
        events.DeviceRenamed,
        events.DeviceRemoved,
        events.ChallengeDispatched,
        events.DispatchFailed,
        events.VerificationAccepted,
        events.VerificationRejected,
    }
    assert any(record.name == "django.db.backends" for record in caplog.records)
    logged = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    secrets = [code, "123456 no code", secret, sent, "anna.smith", *codes, *(each.replace("-", "") for each in codes)]
    secrets.append(key.key)
    for text in [*logged, *map(repr, [event for _, event in heard]), *map(repr, written)]:
        # Digits alone would be found in numbers of every kind, so they count only as words.
        words = set(text.replace("'", " ").replace('"', " ").replace(",", " ").split())
        for each in secrets:
            assert each not in (words if each.isdigit() else text), text
