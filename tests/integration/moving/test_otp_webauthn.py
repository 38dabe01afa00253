"""What django-otp-webauthn keeps, and what of it comes."""

import json
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import attrs
import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from mfa.adapters.importing.otp_webauthn import OtpWebauthnSource
from mfa.application.ports.importing import (
    Failed,
    ImportedCredential,
    ImportSource,
    KnownUser,
    LeftOut,
    SourcePlace,
    SourceUnreadable,
)
from mfa.domain.identifiers import UserId
from mfa.testing.contracts.importing import ImportSourceContract
from tests.integration.drf.people import MOUNT
from tests.integration.moving import keys
from tests.integration.moving.old import OldDatabase
from tests.integration.moving.peer import peer
from tests.integration.moving.town import Town, rows

CREDENTIALS, ATTESTATIONS = "django_otp_webauthn_webauthncredential", "django_otp_webauthn_webauthnattestation"
HANDLES, MIGRATIONS = "django_otp_webauthn_webauthnuserhandle", "django_migrations"
MADE = datetime(2026, 1, 31, 12, tzinfo=UTC)
AAGUID = UUID(int=0xAB)
ROW, SECOND = f"{CREDENTIALS}:1", f"{CREDENTIALS}:2"
CREDENTIAL = ImportedCredential(
    id=b"id1",
    public_key=b"key1",
    sign_count=7,
    backup_eligible=True,
    backed_up=False,
    aaguid=AAGUID.bytes,
    transports=("usb", 5),
)


def row(**changes: object) -> dict[str, object]:
    return {
        "user_id": 1,
        "name": "Blue key",
        "confirmed": True,
        "credential_id": b"id1",
        "public_key": b"key1",
        "sign_count": 7,
        "backup_eligible": True,
        "backup_state": False,
        "aaguid": str(AAGUID),
        "transports": json.dumps(["usb", 5]),
        "created_at": str(MADE),
        "last_used_at": None,
        **changes,
    }


def attestation(credential: object, data: object = b"an object") -> dict[str, object]:
    return {"credential_id": credential, "data": data, "client_data_json": b"{}"}


def found(old: OldDatabase) -> dict[str, object]:
    return {name: each.found for name, each in old.found(OtpWebauthnSource).items()}


class TestContract(ImportSourceContract):
    @pytest.fixture
    def source(self, old: OldDatabase) -> ImportSource:
        old.keeps(CREDENTIALS, row(), row(user_id=2), row(user_id=2, credential_id="text"))
        old.keeps(ATTESTATIONS, attestation(1))
        return OtpWebauthnSource(SourcePlace(database=old.alias))

    @pytest.fixture
    def one(self) -> KnownUser:
        return KnownUser(id=UserId("2"))

    @pytest.fixture
    def secrets(self) -> Collection[str]:
        return ["id1", "key1", "an object"]


def test_a_credential_comes_with_its_count_its_flags_and_what_stands_beside_it(old: OldDatabase) -> None:
    old.keeps(CREDENTIALS, row(last_used_at=str(MADE)), row(user_id=2))
    assert found(old) == {ROW: CREDENTIAL, SECOND: CREDENTIAL}
    old.keeps(ATTESTATIONS, attestation(2))
    old.keeps(HANDLES, {"user_id": 1, "handle_hex": "ab" * 64}, {"user_id": 3, "handle_hex": "cd" * 64})
    assert found(old) == {
        ROW: attrs.evolve(CREDENTIAL, user_handle=b"\xab" * 64),
        SECOND: attrs.evolve(CREDENTIAL, attestation=b"an object"),
    }
    first = old.found(OtpWebauthnSource)[ROW]
    assert (first.method, first.name, first.created_at, first.last_used_at) == ("webauthn", "Blue key", MADE, MADE)


@pytest.mark.parametrize(
    ("made", "known"),
    [(MADE, b"\xab"), (MADE + timedelta(days=1), b"\xab"), (MADE - timedelta(seconds=1), None), (None, None)],
)
def test_a_credential_that_is_older_than_handles_knows_its_user_by_another(
    old: OldDatabase, made: datetime | None, known: bytes | None
) -> None:
    old.keeps(CREDENTIALS, row(created_at=made and str(made)))
    old.keeps(HANDLES, {"user_id": 1, "handle_hex": "ab"})
    others = ("another_app", "0004_webauthnuserhandle"), ("django_otp_webauthn", "0001_initial")
    later = str(MADE + timedelta(days=30))
    old.keeps(MIGRATIONS, *({"app": app, "name": name, "applied": later} for app, name in others))
    assert found(old) == {ROW: attrs.evolve(CREDENTIAL, user_handle=b"\xab")}
    old.adds(MIGRATIONS, {"app": "django_otp_webauthn", "name": "0004_webauthnuserhandle", "applied": str(MADE)})
    assert found(old) == {ROW: attrs.evolve(CREDENTIAL, user_handle=known)}


def test_one_that_is_switched_off_is_left_out(old: OldDatabase) -> None:
    old.keeps(CREDENTIALS, row(confirmed=False))
    assert found(old) == {ROW: LeftOut(reason="unconfirmed")}


@pytest.mark.parametrize("transports", ["no JSON", '{"usb": true}', '"usb"', "null"])
def test_what_nothing_hangs_on_may_be_anything(old: OldDatabase, transports: str) -> None:
    old.keeps(CREDENTIALS, row(transports=transports, aaguid="no UUID"))
    assert found(old) == {ROW: attrs.evolve(CREDENTIAL, transports=(), aaguid=None)}


@pytest.mark.parametrize("column", ["credential_id", "public_key", "sign_count"])
@pytest.mark.parametrize("value", ["text", None])
def test_a_row_that_makes_no_sense_fails_and_harms_no_other(old: OldDatabase, column: str, value: object) -> None:
    old.keeps(CREDENTIALS, row(**{column: value}), row())
    assert found(old) == {ROW: Failed(reason="unreadable"), SECOND: CREDENTIAL}


def test_what_makes_no_sense_beside_it_fails_its_credential_alone(old: OldDatabase) -> None:
    old.keeps(CREDENTIALS, row(), row(), row(user_id=2))
    old.keeps(ATTESTATIONS, attestation(1, data="text"))
    old.keeps(HANDLES, {"user_id": 2, "handle_hex": "no hexadecimal"})
    failed = Failed(reason="unreadable")
    assert found(old) == {ROW: failed, SECOND: CREDENTIAL, f"{CREDENTIALS}:3": failed}


def test_a_project_may_have_models_of_its_own_with_keys_of_any_kind(old: OldDatabase, settings: Settings) -> None:
    settings.OTP_WEBAUTHN_CREDENTIAL_MODEL, settings.OTP_WEBAUTHN_ATTESTATION_MODEL = "acme.Key", "acme.Proof"
    with pytest.raises(SourceUnreadable, match=f"no table '{CREDENTIALS}'"):
        found(old)
    old.keeps("acme_key", row())
    old.keeps("acme_proof", attestation(1), attestation(UUID(int=1).hex))
    assert found(old) == {"acme_key:1": attrs.evolve(CREDENTIAL, attestation=b"an object")}


def test_users_of_the_package_itself_go_on_with_what_they_have(tmp_path: Path, settings: Settings, db: None) -> None:
    town = Town(settings, peer("otp_webauthn", tmp_path), PASSKEY_LOGIN=True)
    anna, said = town.resident(1, "anna"), town.peer.said

    report = town.imports("otp_webauthn")
    assert report["totals"] == {"users": 1, "imported": 1, "present": 0, "left_out": 2, "failed": 0}
    assert rows(report, "anna") == {
        ROW: ("webauthn", "imported", None, 0),
        SECOND: ("webauthn", "left_out", "unconfirmed", None),
        f"{CREDENTIALS}:3": ("webauthn", "left_out", "other_rp_id", None),
    }

    # What an authenticator does that is not this one, or a copy of it from before, is refused.
    passkey = keys.read(said["passkey"], backup_eligible=True, backed_up=True)
    strange: list[dict[str, object]] = [
        {"user_handle": b"another"},
        {"sign_count": 2},
        {"backup_eligible": False, "backed_up": False},
    ]
    for behaviour in strange:
        options = anna.post("0/dispatch/").json()["options"]
        assert anna.verify(0, passkey.behaving(**behaviour).get(options)).status_code == 401
    options = anna.post("0/dispatch/").json()["options"]
    assert anna.verify(0, passkey.get(options)).status_code == 200

    before = anna.get().json()
    assert [each["name"] for each in before] == ["Blue key"]
    assert town.imports("otp_webauthn")["totals"]["present"] == 1
    assert anna.get().json() == before

    # A passkey that logs in without a password does so here as well.
    begun = APIClient().post(f"{MOUNT}passkey/options/").json()
    login = {"state": begun["state"], "value": passkey.get(begun["options"])}
    assert APIClient().post(f"{MOUNT}passkey/", login, format="json").json()["verifications-left"] == 0
