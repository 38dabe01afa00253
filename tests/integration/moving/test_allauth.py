"""What allauth keeps, and what of it comes."""

import json
import sqlite3
from collections.abc import Collection
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pytest_django import Settings

from mfa.adapters.importing.allauth import OWN_ADAPTER, OWN_MODULE, AllauthSource, _handle
from mfa.adapters.importing.tables import base32
from mfa.application.ports.importing import (
    Failed,
    FoundRow,
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
from tests.integration.moving.cipher import Cipher
from tests.integration.moving.old import OldDatabase
from tests.integration.moving.peer import peer
from tests.integration.moving.town import Town, code, rows

SEED, SECRET = bytes(range(20)), "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"
MADE = datetime(2026, 1, 31, 12, tzinfo=UTC)
ROW, SECOND = "mfa_authenticator:1", "mfa_authenticator:2"
SHEET = "mfa_authenticator"
FORGOTTEN = Failed(reason="setting:MFA_ADAPTER")

CODES_SEED = "0123456789abcdef" * 5
CODES = [
    *("64942586", "03959085", "07990366", "16418492", "08962862"),
    *("26762693", "03257366", "85808163", "85026242", "60612046"),
]
"""As allauth 65.22.1 makes them."""

CREDENTIAL = {"response": {"attestationObject": "AP8_", "transports": ["usb", 5]}}
ATTESTED = ImportedCredential(attestation=b"\x00\xff\x3f", transports=("usb", 5))


class OtherHandles(Cipher):
    def get_public_key_credential_user_entity(self, user: object) -> object:
        raise NotImplementedError


class OwnHandles(OtherHandles):
    """As one that is made of allauth's, and leaves users to it."""

    def get_public_key_credential_user_entity(self, user: object) -> object:
        raise NotImplementedError

    get_public_key_credential_user_entity.__module__ = OWN_MODULE


def row(kind: str, data: object, **more: object) -> dict[str, object]:
    text = data if isinstance(data, str) else json.dumps(data)
    return {"user_id": 1, "type": kind, "data": text, "created_at": str(MADE), "last_used_at": None, **more}


def found(old: OldDatabase) -> dict[str, object]:
    return {name: each.found for name, each in old.found(AllauthSource).items()}


def texts(found: object) -> list[str]:
    assert isinstance(found, ImportedCodes)
    return [each.text for each in found.codes]


class TestContract(ImportSourceContract):
    @pytest.fixture
    def source(self, old: OldDatabase) -> ImportSource:
        old.keeps(
            "mfa_authenticator",
            row("totp", {"secret": SECRET}, last_used_at=str(MADE)),
            row("recovery_codes", {"seed": CODES_SEED, "used_mask": 1}, user_id=2),
            row("webauthn", {"name": "Blue key", "credential": CREDENTIAL}, user_id=2),
            row("totp", "no JSON", user_id=3),
        )
        return AllauthSource(SourcePlace(database=old.alias))

    @pytest.fixture
    def one(self) -> KnownUser:
        return KnownUser(id=UserId("2"))

    @pytest.fixture
    def secrets(self) -> Collection[str]:
        return [SECRET, repr(SEED), CODES_SEED, *CODES]


def test_a_seed_comes_with_the_settings_and_the_time_of_its_last_use(old: OldDatabase, settings: Settings) -> None:
    used = MADE + timedelta(hours=1)
    old.keeps(
        "mfa_authenticator",
        row("totp", {"secret": SECRET}, last_used_at=str(used)),
        row("totp", {"secret": SECRET.lower()}, user_id=2, created_at=str(used), last_used_at=str(MADE)),
        row("totp", {"secret": SECRET}, user_id=3),
        row("totp", {"secret": SECRET}, user_id=4, created_at=None),
    )
    seeds = [*found(old).values()]
    times = [used, used, MADE, None]
    assert seeds == [ImportedSeed(seed=SEED, tolerance=0, used_at=each) for each in times]
    settings.MFA_TOTP_DIGITS, settings.MFA_TOTP_PERIOD, settings.MFA_TOTP_TOLERANCE = 8, 60, 2
    assert found(old)[ROW] == ImportedSeed(seed=SEED, digits=8, period=60, tolerance=2, used_at=used)
    settings.MFA_TOTP_DIGITS = "eight"
    assert found(old)[ROW] == Failed(reason="setting:MFA_TOTP_DIGITS")


def test_settings_may_be_asked_of_a_function_of_the_project(old: OldDatabase, settings: Settings) -> None:
    old.keeps("mfa_authenticator", row("totp", {"secret": SECRET}))
    for getter in (eight_digits, f"{__name__}.eight_digits"):
        settings.ALLAUTH_SETTING_GETTER = getter
        assert found(old)[ROW] == ImportedSeed(seed=SEED, digits=8, tolerance=0, used_at=MADE)
    settings.ALLAUTH_SETTING_GETTER = "no.such.function"
    assert found(old)[ROW] == Failed(reason="setting:ALLAUTH_SETTING_GETTER")


def eight_digits(name: str, default: object) -> object:
    return 8 if name == "MFA_TOTP_DIGITS" else default


def test_what_was_encrypted_needs_the_adapter(old: OldDatabase, settings: Settings) -> None:
    sealed = Cipher().encrypt
    old.keeps(
        "mfa_authenticator",
        row("totp", {"secret": sealed(SECRET)}),
        row("recovery_codes", {"seed": sealed(CODES_SEED), "used_mask": 0}),
        row("recovery_codes", {"migrated_codes": [sealed("abc-DEF")]}, user_id=2),
    )
    assert [*found(old).values()] == [FORGOTTEN] * 3
    for wrong in (OWN_ADAPTER, "no.such.Adapter", f"{__name__}.eight_digits", None):
        settings.MFA_ADAPTER = wrong
        assert [*found(old).values()] == [FORGOTTEN] * 3
    settings.MFA_ADAPTER = "tests.integration.moving.cipher.Cipher"
    assert found(old)[ROW] == ImportedSeed(seed=SEED, tolerance=0, used_at=MADE)
    assert texts(found(old)[SECOND]) == CODES
    assert texts(found(old)["mfa_authenticator:3"]) == ["abc-DEF"]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("totp", {"secret": "A" * 80}),
        ("totp", {"secret": "no base32"}),
        ("recovery_codes", {"seed": "ab" * 41, "used_mask": 0}),
        ("recovery_codes", {"seed": "no hexadecimal", "used_mask": 0}),
        ("recovery_codes", {"migrated_codes": ["c" * 41]}),
    ],
)
def test_what_cannot_be_in_clear_was_encrypted_though_it_looks_alike(old: OldDatabase, kind: str, data: object) -> None:
    old.keeps("mfa_authenticator", row(kind, data))
    assert found(old) == {ROW: FORGOTTEN}


def test_codes_are_made_of_their_seed_and_used_ones_are_bits(old: OldDatabase, settings: Settings) -> None:
    old.keeps(
        "mfa_authenticator",
        row("recovery_codes", {"seed": CODES_SEED, "used_mask": 0}),
        row("recovery_codes", {"seed": CODES_SEED, "used_mask": 0b1000000101}, user_id=2),
    )
    assert texts(found(old)[ROW]) == CODES
    assert texts(found(old)[SECOND]) == [CODES[1], *CODES[3:9]]
    settings.MFA_RECOVERY_CODE_COUNT, settings.MFA_RECOVERY_CODE_DIGITS = 2, 12
    assert [len(each) for each in texts(found(old)[ROW])] == [12, 12]
    assert len(texts(found(old)[SECOND])) == 1


def test_codes_from_elsewhere_are_a_list_from_which_used_ones_are_gone(old: OldDatabase) -> None:
    data = {"migrated_codes": ["abc-DEF", "12345678"], "seed": CODES_SEED, "used_mask": 1}
    old.keeps(
        "mfa_authenticator", row("recovery_codes", data), row("recovery_codes", {"migrated_codes": []}, user_id=2)
    )
    assert found(old) == {
        ROW: ImportedCodes(codes=(ImportedCode(text="abc-DEF"), ImportedCode(text="12345678")), sheet=SHEET),
        SECOND: ImportedCodes(codes=(), sheet=SHEET),
    }


def test_a_users_codes_are_one_sheet_whichever_row_has_them(old: OldDatabase) -> None:
    sheet = row("recovery_codes", {"migrated_codes": []})
    old.keeps("mfa_authenticator", row("totp", {"secret": SECRET}), sheet, sheet)
    assert found(old) == {
        ROW: ImportedSeed(seed=SEED, tolerance=0, used_at=MADE),
        SECOND: ImportedCodes(codes=(), sheet=SHEET),
        # No code of a second one is looked at there.
        "mfa_authenticator:3": ImportedCodes(codes=()),
    }


def test_a_passkey_comes_as_it_was_registered(old: OldDatabase) -> None:
    data = {"name": "Blue key", "credential": CREDENTIAL}
    old.keeps("mfa_authenticator", row("webauthn", data, user_id=40), row("webauthn", {**data, "name": 5}, user_id=41))
    [blue, nameless] = old.found(AllauthSource).values()
    assert (blue.name, nameless.name, blue.created_at) == ("Blue key", "", MADE)
    assert blue.found == ImportedCredential(
        attestation=ATTESTED.attestation, transports=ATTESTED.transports, user_handle=b"14"
    )
    assert isinstance(blue, FoundRow)


def test_users_are_known_by_their_keys_unless_the_project_says_otherwise(settings: Settings) -> None:
    assert [_handle(36**3), _handle(UUID(int=1)), _handle("anna")] == [b"1000", b"0" * 31 + b"1", b"anna"]
    for path in ("tests.integration.moving.cipher.Cipher", f"{__name__}.OwnHandles"):
        settings.MFA_ADAPTER = path
        assert _handle(1) == b"1"
    for path in (f"{__name__}.OtherHandles", "no.such.Adapter"):
        settings.MFA_ADAPTER = path
        assert _handle(1) is None


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("totp", "no JSON"),
        ("totp", "[" * 5000),
        ("totp", ["a list"]),
        ("totp", {}),
        ("totp", {"secret": 5}),
        ("totp", {"secret": ""}),
        ("totp", {"secret": "A"}),
        ("recovery_codes", {"seed": CODES_SEED}),
        ("recovery_codes", {"seed": CODES_SEED, "used_mask": "none"}),
        ("recovery_codes", {"migrated_codes": "abcdef"}),
        ("recovery_codes", {"migrated_codes": [None]}),
        ("webauthn", {"name": "Blue key"}),
        ("webauthn", {"credential": {"response": {"attestationObject": 5}}}),
        ("webauthn", {"credential": {"response": {"attestationObject": "é"}}}),
    ],
)
def test_a_row_that_makes_no_sense_fails_and_harms_no_other(old: OldDatabase, kind: str, data: object) -> None:
    old.keeps("mfa_authenticator", row(kind, data), row("totp", {"secret": SECRET}))
    assert found(old) == {ROW: Failed(reason="unreadable"), SECOND: ImportedSeed(seed=SEED, tolerance=0, used_at=MADE)}


def test_what_has_no_like_here_is_left_out_and_without_tables_there_is_nothing(old: OldDatabase) -> None:
    with pytest.raises(SourceUnreadable, match="no table 'mfa_authenticator'"):
        found(old)
    old.keeps("mfa_authenticator", row("pigeon", {}))
    assert found(old) == {ROW: LeftOut(reason="no_method")}


def test_users_of_the_package_itself_go_on_with_what_they_have(tmp_path: Path, settings: Settings, db: None) -> None:
    town = Town(settings, peer("allauth", tmp_path))
    anna, said = town.resident(1, "anna"), town.peer.said
    town.resident(2, "bert")
    settings.MFA_ADAPTER, settings.MFA_TOTP_TOLERANCE = "tests.integration.moving.cipher.Cipher", 1

    report = town.imports("allauth")
    assert report["totals"] == {"users": 2, "imported": 3, "present": 0, "left_out": 2, "failed": 0}
    assert rows(report, "anna") == {
        "mfa_authenticator:1": ("totp", "imported", None, 0),
        "mfa_authenticator:2": ("recovery", "imported", None, 2),
        "mfa_authenticator:3": ("webauthn", "imported", None, 1),
    }
    assert rows(report, "bert") == {
        "mfa_authenticator:4": ("webauthn", "left_out", "other_rp_id", None),
        "mfa_authenticator:5": ("recovery", "left_out", "device_required", None),
    }

    # Which code was used there stands nowhere: all up to now are spent, and the next one is good.
    app, left = base32(said["totp"]), said["codes"]["left"]
    assert anna.verify(0, code(app, town.step)).status_code == 401
    assert anna.verify(0, code(app, town.step + 1)).status_code == 200
    passkey = keys.read(said["passkey"])
    for behaviour, status in (({"user_handle": b"2"}, 401), ({"sign_count": 1}, 401), ({}, 200)):
        options = anna.post("1/dispatch/").json()["options"]
        assert anna.verify(1, passkey.behaving(**behaviour).get(options)).status_code == status
    assert anna.verify(2, said["codes"]["used"]).status_code == 401
    dashed = f"{left[0][:4]}-{left[0][4:]}"
    assert [anna.verify(2, each).status_code for each in (dashed, left[-1], left[0])] == [200, 200, 401]

    before = anna.get().json()
    assert town.imports("allauth")["totals"] == {"users": 2, "imported": 0, "present": 3, "left_out": 2, "failed": 0}
    assert anna.get().json() == before
    assert anna.verify(2, left[-1]).status_code == 401
    for secret in (said["totp"], *left):
        assert secret not in json.dumps(report)

    # New codes there are a new row, and make the old ones void here as well.
    new = json.dumps({"seed": Cipher().encrypt(CODES_SEED), "used_mask": 0})
    with closing(sqlite3.connect(town.peer.file, isolation_level=None)) as there:
        there.execute("UPDATE mfa_authenticator SET id = 9, data = ? WHERE id = 2", [new])
    assert town.imports("allauth")["totals"] == {"users": 2, "imported": 1, "present": 2, "left_out": 2, "failed": 0}
    assert [anna.verify(2, each).status_code for each in (left[1], CODES[0])] == [401, 200]
