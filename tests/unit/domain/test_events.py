from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum

import attrs
import pytest

from mfa.domain import events
from mfa.domain.events import DeviceEvent, Event
from mfa.domain.identifiers import UserId
from mfa.domain.verdicts import Reason
from tests.unit.domain.samples import NOW, OWNER

HARMLESS = {UserId, datetime, timedelta, int, str, str | None, Reason, Mapping[str, int]}

OF_NOBODY = {Event, events.Purged, events.KeysRotated}
"""What happens to the deployment, and to no user in it."""


def kinds(parent: type[Event] = Event) -> Iterator[type[Event]]:
    yield parent
    for child in parent.__subclasses__():
        if child.__module__ == events.__name__:
            yield from kinds(child)


def test_the_vocabulary_is_closed() -> None:
    assert {kind.__name__ for kind in kinds()} - {"Event", "AccountEvent", "DeviceEvent", "TrustEvent"} == {
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
        "VerificationReported",
        "DeviceSynced",
        "DeviceUnsynced",
        "AccountLocked",
        "BrowserRemembered",
        "BrowserTrusted",
        "BrowserForgotten",
        "BrowserNotTrusted",
        "RecoveryCodeUsed",
        "PassUsed",
        "NewBrowserLoggedIn",
        "OperatorUnlocked",
        "OperatorReset",
        "OperatorPassIssued",
        "OperatorLockedDown",
        "UserLockedDown",
        "Purged",
        "KeysRotated",
    }


def test_no_name_ever_changes() -> None:
    named = {kind.__name__: kind.name for kind in kinds() if hasattr(kind, "name")}

    assert named == {
        "DeviceRegistered": "device.registered",
        "DeviceActivated": "device.activated",
        "DeviceRenamed": "device.renamed",
        "DeviceRemoved": "device.removed",
        "RecoveryCodesReplaced": "recovery.replaced",
        "ChallengeDispatched": "challenge.dispatched",
        "DispatchFailed": "challenge.failed",
        "SendLimitReached": "challenge.limited",
        "DeviceDisabled": "device.disabled",
        "VerificationAccepted": "verification.accepted",
        "VerificationRejected": "verification.rejected",
        "VerificationReported": "verification.reported",
        "DeviceSynced": "device.synced",
        "DeviceUnsynced": "device.unsynced",
        "AccountLocked": "account.locked",
        "BrowserRemembered": "browser.remembered",
        "BrowserTrusted": "browser.trusted",
        "BrowserForgotten": "browser.forgotten",
        "BrowserNotTrusted": "browser.rejected",
        "RecoveryCodeUsed": "recovery.used",
        "PassUsed": "pass.used",
        "NewBrowserLoggedIn": "login.new_browser",
        "OperatorUnlocked": "operator.unlock",
        "OperatorReset": "operator.reset",
        "OperatorPassIssued": "operator.pass",
        "OperatorLockedDown": "operator.lockdown",
        "UserLockedDown": "user.lockdown",
        "Purged": "upkeep.purge",
        "KeysRotated": "upkeep.rotate",
    }


@pytest.mark.parametrize("kind", list(kinds()))
def test_an_event_holds_nothing_but_numbers_times_and_names(kind: type[Event]) -> None:
    fields = attrs.fields(attrs.resolve_types(kind))

    assert {field.type for field in fields} <= HARMLESS
    assert {"at", *([] if kind in OF_NOBODY else ["user_id"])} <= {field.name for field in fields}


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
        "backup_eligibility",
        "algorithm",
        "attestation",
        "untrusted",
        "model_status",
        "model_not_admitted",
        "not_device_bound",
        "credential_id",
        "unknown_credential",
        "user_handle",
        "signature",
        "sign_count",
    }
