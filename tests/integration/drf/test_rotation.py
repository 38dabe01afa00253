"""Keys that are given when there were none: nothing is lost, and in the end only they open anything."""

import base64
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from mfa.adapters.accessor import use_cases
from mfa.adapters.django.models import DeviceRecord, KeyRotationRecord
from mfa.adapters.system.vault import AesGcmVault, derive_key
from mfa.application.ports.system import LOGIN_CONTEXT
from mfa.domain.errors import UnknownKey
from tests.integration.drf.people import Person, World

KEYS = [base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2)]


def rotated(**options: bool) -> str:
    out = StringIO()
    call_command("mfa_rotate_keys", stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def test_after_a_rotation_the_derived_keys_open_nothing(ann: Person, world: World, settings: Settings) -> None:
    app = ann.enrol_app()
    forged = AesGcmVault([derive_key(settings.SECRET_KEY)]).seal(b"anything", LOGIN_CONTEXT)
    world.configure(ENCRYPTION_KEYS=[KEYS[0]])
    assert use_cases().vault.open(forged, LOGIN_CONTEXT) == b"anything"

    assert json.loads(rotated(json=True)) == {"accounts": 1}

    assert use_cases().vault.current(bytes(DeviceRecord.objects.get().state))
    with pytest.raises(UnknownKey):
        use_cases().vault.open(forged, LOGIN_CONTEXT)
    world.pass_time()
    assert ann.verify(app.index, app.code).status_code == 200
    assert rotated() == "0 accounts sealed anew.\n"


def test_the_next_key_takes_over_from_the_last(ann: Person, world: World) -> None:
    world.configure(ENCRYPTION_KEYS=[KEYS[0]])
    app = ann.enrol_app()
    world.configure(ENCRYPTION_KEYS=[KEYS[1], KEYS[0]])

    rotated()

    world.configure(ENCRYPTION_KEYS=[KEYS[1]])
    world.pass_time()
    assert ann.verify(app.index, app.code).status_code == 200


def test_with_a_key_missing_it_says_which_and_changes_nothing(ann: Person, world: World) -> None:
    world.configure(ENCRYPTION_KEYS=[KEYS[0]])
    ann.enrol_app()
    before = DeviceRecord.objects.get().state
    world.configure(ENCRYPTION_KEYS=[KEYS[1]])

    with pytest.raises(CommandError, match="ENCRYPTION_KEYS"):
        rotated()

    assert DeviceRecord.objects.get().state == before
    assert not KeyRotationRecord.objects.exists()
