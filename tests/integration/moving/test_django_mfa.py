"""What django-mfa keeps, and what of it comes."""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import attrs
import pytest
from django.core import signing
from pytest_django import Settings

from mfa.adapters.importing.django_mfa import DjangoMfaSource
from mfa.adapters.importing.tables import base32
from mfa.application.ports.importing import (
    Failed,
    FoundRow,
    ImportedAddress,
    ImportedCode,
    ImportedCodes,
    ImportedCredential,
    ImportedSeed,
    ImportSource,
    KnownUser,
    LeftOut,
    SourcePlace,
    SourceUnreadable,
)
from mfa.domain.identifiers import UserId
from mfa.testing.contracts.importing import ImportSourceContract
from tests.integration.moving import keys
from tests.integration.moving.old import OldDatabase
from tests.integration.moving.peer import peer
from tests.integration.moving.town import Town, code, rows

SEED, SECRET = bytes(range(20)), "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"
MADE = datetime(2026, 1, 31, 12, tzinfo=UTC)
STEP_OF_MAKING = int(MADE.timestamp()) // 30
HANDLE = UUID(int=0xAB)
CREDENTIAL = bytes(16) + b"\x00\x03" + b"id1" + b"key1"
SHEET = "django_mfa_authenticator"
ROW = f"{SHEET}:1"


def row(kind: str, data: object, **more: object) -> dict[str, object]:
    text = data if isinstance(data, str) else json.dumps(data)
    times = {"created_at": str(MADE), "last_used_at": None}
    return {"user_id": 1, "type": kind, "name": "", "data": text, **times, **more}


def found(old: OldDatabase) -> dict[str, object]:
    return {name: each.found for name, each in old.found(DjangoMfaSource).items()}


def signed(key: str) -> str:
    return "mfa1:" + signing.dumps(SECRET, key=key, salt="django_mfa.secret", compress=True)


class TestContract(ImportSourceContract):
    @pytest.fixture
    def source(self, old: OldDatabase) -> ImportSource:
        passkey = {"credential_data": CREDENTIAL.hex(), "sign_count": 7}
        old.keeps(
            "django_mfa_authenticator",
            row("totp", {"secret": SECRET}),
            row("webauthn", passkey, user_id=2),
            row("recovery_codes", {"codes": ["md5$salt$hash"], "used": []}),
            row("email", "no JSON"),
        )
        return DjangoMfaSource(SourcePlace(database=old.alias))

    @pytest.fixture
    def one(self) -> KnownUser:
        return KnownUser(id=UserId("2"))

    @pytest.fixture
    def secrets(self) -> Collection[str]:
        return [SECRET, repr(SEED), "md5$salt$hash", "id1", "key1"]


def test_a_seed_comes_with_its_last_step_or_that_of_its_enrolment(old: OldDatabase) -> None:
    old.keeps(
        "django_mfa_authenticator",
        row("totp", {"secret": SECRET, "last_verified_counter": STEP_OF_MAKING + 7}),
        row("totp", {"secret": SECRET.lower()}, user_id=2),
    )
    assert found(old) == {
        ROW: ImportedSeed(seed=SEED, tolerance=1, spent=STEP_OF_MAKING + 7),
        "django_mfa_authenticator:2": ImportedSeed(seed=SEED, tolerance=1, spent=STEP_OF_MAKING),
    }


def test_a_signed_seed_needs_one_of_the_keys(old: OldDatabase, settings: Settings) -> None:
    old.keeps("django_mfa_authenticator", row("totp", {"secret": signed("second")}))
    for keys_there in (None, [], ["first"]):
        settings.MFA_SECRET_ENCRYPTION_KEYS = keys_there
        assert found(old) == {ROW: Failed(reason="setting:MFA_SECRET_ENCRYPTION_KEYS")}
    settings.MFA_SECRET_ENCRYPTION_KEYS = ["first", "second"]
    assert found(old) == {ROW: ImportedSeed(seed=SEED, tolerance=1, spent=STEP_OF_MAKING)}


def test_used_codes_are_positions_and_old_ones_lie_in_clear(old: OldDatabase) -> None:
    old.keeps(
        "django_mfa_authenticator",
        row("recovery_codes", {"codes": ["md5$a", "md5$b", "md5$c"], "used": [1]}),
        row("recovery_codes", {"codes": ["x1", "y2"], "used": [0], "migrated_plaintext": True}, user_id=2),
        row("recovery_codes", {"codes": ["md5$a"], "used": [0]}, user_id=3),
    )
    assert [*found(old).values()] == [
        ImportedCodes(codes=(ImportedCode(hashed="md5$a"), ImportedCode(hashed="md5$c")), sheet=SHEET),
        ImportedCodes(codes=(ImportedCode(text="y2"),), sheet=SHEET),
        ImportedCodes(codes=(), sheet=SHEET),
    ]


def test_mail_goes_where_it_was_proved_and_otherwise_to_the_user(old: OldDatabase) -> None:
    old.keeps("django_mfa_authenticator", row("email", {"address": "a@example.com"}), row("email", {}, user_id=2))
    assert [*found(old).values()] == [ImportedAddress(address="a@example.com"), ImportedAddress()]


@pytest.mark.parametrize("kept", [HANDLE.hex, str(HANDLE)])
def test_a_passkey_comes_as_it_was_attested_with_flags_unknown(old: OldDatabase, settings: Settings, kept: str) -> None:
    data = {"credential_data": CREDENTIAL.hex(), "sign_count": 7, "transports": ["usb", 5]}
    old.keeps("django_mfa_authenticator", row("webauthn", data, name="Blue key"), row("webauthn", data, user_id=2))
    credential = ImportedCredential(
        id=b"id1", public_key=b"key1", sign_count=7, aaguid=bytes(16), transports=("usb", 5)
    )
    assert found(old)[ROW] == credential
    old.keeps("django_mfa_mfauserhandle", {"user_id": 1, "handle": kept}, {"user_id": 3, "handle": "no UUID"})
    settings.MFA_FIDO2_RP_ID = "example.org"
    assert old.found(DjangoMfaSource) == {
        ROW: FoundRow(
            row=ROW,
            method="webauthn",
            found=attrs.evolve(
                credential, rp_id_hash=sha256(b"example.org").digest(), user_handle=str(HANDLE).encode()
            ),
            name="Blue key",
            created_at=MADE,
        ),
        "django_mfa_authenticator:2": FoundRow(
            row="django_mfa_authenticator:2",
            method="webauthn",
            found=attrs.evolve(credential, rp_id_hash=sha256(b"example.org").digest()),
            created_at=MADE,
        ),
    }


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("totp", "no JSON"),
        ("totp", "[" * 5000),
        ("totp", ["a list"]),
        ("totp", {}),
        ("totp", {"secret": 5}),
        ("totp", {"secret": "no base32"}),
        ("totp", {"secret": SECRET, "last_verified_counter": "never"}),
        ("email", {"address": ["a list"]}),
        ("recovery_codes", {"used": []}),
        ("recovery_codes", {"codes": [5]}),
        ("recovery_codes", {"codes": ["md5$a"], "used": 5}),
        ("webauthn", {"credential_data": "no hexadecimal", "sign_count": 0}),
        ("webauthn", {"credential_data": "00"}),
    ],
)
def test_a_row_that_makes_no_sense_fails_and_harms_no_other(old: OldDatabase, kind: str, data: object) -> None:
    old.keeps("django_mfa_authenticator", row(kind, data), row("email", {}))
    assert found(old) == {ROW: Failed(reason="unreadable"), "django_mfa_authenticator:2": ImportedAddress()}


def test_a_handle_that_is_none_fails_its_passkeys_alone(old: OldDatabase) -> None:
    data = {"credential_data": bytes(30).hex(), "sign_count": 0}
    old.keeps("django_mfa_authenticator", row("webauthn", data), row("email", {}))
    old.keeps("django_mfa_mfauserhandle", {"user_id": 1, "handle": "no UUID"})
    assert found(old) == {ROW: Failed(reason="unreadable"), "django_mfa_authenticator:2": ImportedAddress()}


def test_what_has_no_like_here_is_left_out_and_without_tables_there_is_nothing(old: OldDatabase) -> None:
    with pytest.raises(SourceUnreadable, match="no table 'django_mfa_authenticator'"):
        found(old)
    old.keeps("django_mfa_authenticator", row("pigeon", {}))
    assert found(old) == {ROW: LeftOut(reason="no_method")}


def test_a_table_of_another_version_is_told_of(old: OldDatabase) -> None:
    old.keeps("django_mfa_authenticator", {name: each for name, each in row("totp", {}).items() if name != "data"})
    with pytest.raises(SourceUnreadable, match="'django_mfa_authenticator' has no column 'data'"):
        found(old)


def test_users_of_the_package_itself_go_on_with_what_they_have(tmp_path: Path, settings: Settings, db: None) -> None:
    town = Town(settings, peer("django_mfa", tmp_path))
    anna, said = town.resident(1, "anna"), town.peer.said
    settings.MFA_SECRET_ENCRYPTION_KEYS, settings.MFA_FIDO2_RP_ID = ["a key for seeds"], "example.org"

    report = town.imports("django_mfa")
    assert report["totals"] == {"users": 1, "imported": 4, "present": 0, "left_out": 0, "failed": 0}
    assert rows(report, "anna") == {
        "django_mfa_authenticator:1": ("totp", "imported", None, 0),
        "django_mfa_authenticator:2": ("recovery", "imported", None, 3),
        "django_mfa_authenticator:3": ("email", "imported", None, 1),
        "django_mfa_authenticator:4": ("webauthn", "imported", None, 2),
    }

    app, used, left = base32(said["totp"]["seed"]), said["totp"]["step"], said["codes"]["left"]
    town.clock.time = datetime.fromtimestamp((used + 1) * 30, UTC)
    assert anna.verify(0, code(app, used)).status_code == 401
    assert anna.verify(0, code(app, used + 1)).status_code == 200
    assert anna.post("1/dispatch/").status_code == 204
    assert town.outbox.messages[-1].destination == "anna@example.com"
    assert anna.verify(1, town.code).status_code == 200
    passkey = keys.read(said["passkey"])
    for sign_count, status in ((2, 401), (None, 200)):
        options = anna.post("2/dispatch/").json()["options"]
        assert anna.verify(2, passkey.behaving(sign_count=sign_count).get(options)).status_code == status
    assert anna.verify(3, said["codes"]["used"]).status_code == 401
    assert [anna.verify(3, each).status_code for each in (left[0], left[-1], left[0])] == [200, 200, 401]

    before = anna.get().json()
    assert town.imports("django_mfa")["totals"] == {"users": 1, "imported": 0, "present": 4, "left_out": 0, "failed": 0}
    assert anna.get().json() == before
    for secret in (said["totp"]["seed"], *left):
        assert secret not in json.dumps(report)
