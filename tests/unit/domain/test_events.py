from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum

import attrs
import pytest

from mfa.domain import events
from mfa.domain.events import DeviceEvent, Event
from mfa.domain.identifiers import UserId
from mfa.domain.verdicts import Reason
from tests.unit.domain.samples import NOW, OWNER

HARMLESS = {UserId, datetime, timedelta, int, str, str | None, Reason}


def kinds(parent: type[Event] = Event) -> Iterator[type[Event]]:
    yield parent
    for child in parent.__subclasses__():
        if child.__module__ == events.__name__:
            yield from kinds(child)


def test_the_vocabulary_is_closed() -> None:
    assert {kind.__name__ for kind in kinds()} - {"Event", "DeviceEvent", "TrustEvent"} == {
        "DeviceRegistered",
        "DeviceActivated",
        "DeviceRenamed",
        "DeviceRemoved",
        "RecoveryCodesReplaced",
        "ChallengeDispatched",
        "DispatchFailed",
        "SendLimitReached",
        "DeviceDisabled",
        "VerificationAccepted",
        "VerificationRejected",
        "AccountLocked",
        "BrowserRemembered",
        "BrowserTrusted",
        "BrowserForgotten",
        "BrowserNotTrusted",
    }


@pytest.mark.parametrize("kind", list(kinds()))
def test_an_event_holds_nothing_but_numbers_times_and_names(kind: type[Event]) -> None:
    fields = attrs.fields(attrs.resolve_types(kind))

    assert {field.type for field in fields} <= HARMLESS
    assert {"user_id", "at"} <= {field.name for field in fields}


@pytest.mark.parametrize("kind", list(kinds()))
def test_an_event_says_what_it_means(kind: type[Event]) -> None:
    assert (kind.__doc__ or "").endswith(".")


def test_an_event_is_a_value_that_cannot_be_changed() -> None:
    event = events.DeviceRemoved(user_id=OWNER, at=NOW, index=1, method="totp")

    assert event == events.DeviceRemoved(user_id=OWNER, at=NOW, index=1, method="totp")
    assert event != DeviceEvent(user_id=OWNER, at=NOW, index=1, method="totp")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.index = 2  # type: ignore[misc]


def test_reasons_are_stable_words_for_the_audit_trail() -> None:
    assert issubclass(Reason, Enum)
    assert {reason.name.lower() for reason in Reason} == {reason.value for reason in Reason}
    assert {reason.value for reason in Reason} == {
        "wrong",
        "replayed",
        "expired",
        "used_up",
        "not_allowed",
        "not_unique",
        "malformed",
        "type",
        "challenge",
        "origin",
        "cross_origin",
        "rp_id",
        "user_presence",
        "user_verification",
        "backup",
        "algorithm",
        "attestation",
        "untrusted",
        "credential_id",
        "unknown_credential",
        "user_handle",
        "signature",
        "sign_count",
    }
