"""What dj-rest-auth keeps, and what of it comes."""

import json
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.signing import Signer
from pytest_django import Settings

from mfa.adapters.importing.dj_rest_auth import DjRestAuthSource
from mfa.adapters.importing.tables import base32
from mfa.application.ports.importing import (
    Failed,
    ImportedCode,
    ImportedCodes,
    ImportedSeed,
    ImportSource,
    KnownUser,
    LeftOut,
    SourcePlace,
    SourceUnreadable,
)
from mfa.domain.identifiers import UserId
from mfa.testing.contracts.importing import ImportSourceContract
from tests.integration.moving.old import OldDatabase
from tests.integration.moving.peer import peer
from tests.integration.moving.peers.project import KEY
from tests.integration.moving.town import Town, code, rows

SEED, SECRET = bytes(range(20)), "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"
MADE = datetime(2026, 1, 31, 12, tzinfo=UTC)
USED = MADE + timedelta(hours=1)
STEP = int(USED.timestamp()) // 30
ROW, SECOND = "dj_rest_auth_mfa_authenticator:1", "dj_rest_auth_mfa_authenticator:2"

CODES_SEED = "0123456789abcdef" * 4
CODES = [
    *("2627-1568", "8c18-1331", "30cf-9046", "a3b8-7df7", "6371-3729"),
    *("c11d-90e0", "3434-caf4", "1ff0-033c", "d7f3-224a", "06c1-1a1e"),
]
"""As dj-rest-auth 7.2.0 makes them."""


def row(kind: str, data: object, **more: object) -> dict[str, object]:
    text = data if isinstance(data, str) else json.dumps(data)
    return {"user_id": 1, "type": kind, "data": text, "created_at": str(MADE), "last_used_at": None, **more}


def app(**data: object) -> dict[str, object]:
    return {"secret": signed(SECRET), **data}


def signed(secret: str, key: str | None = None) -> str:
    return Signer(key=key, salt="dj-rest-auth-mfa-totp-secret").sign(secret)


def found(old: OldDatabase) -> dict[str, object]:
    return {name: each.found for name, each in old.found(DjRestAuthSource).items()}


def of(*texts: str) -> ImportedCodes:
    return ImportedCodes(codes=tuple(ImportedCode(text=each, bits=32) for each in texts))


class TestContract(ImportSourceContract):
    @pytest.fixture
    def source(self, old: OldDatabase) -> ImportSource:
        old.keeps(
            "dj_rest_auth_mfa_authenticator",
            row("totp", app(last_code="123456"), last_used_at=str(USED)),
            row("recovery_codes", {"seed": CODES_SEED, "used_mask": 1}),
            row("totp", "no JSON", user_id=2),
        )
        return DjRestAuthSource(SourcePlace(database=old.alias))

    @pytest.fixture
    def one(self) -> KnownUser:
        return KnownUser(id=UserId("2"))

    @pytest.fixture
    def secrets(self) -> Collection[str]:
        return [SECRET, repr(SEED), "123456", CODES_SEED, *CODES]


@pytest.mark.parametrize("ahead", [1, 0, -1, -2])
def test_the_step_of_the_last_code_is_found_by_its_time(old: OldDatabase, ahead: int) -> None:
    last_code = code(SEED, STEP + ahead)
    old.keeps("dj_rest_auth_mfa_authenticator", row("totp", app(last_code=last_code), last_used_at=str(USED)))
    assert found(old) == {ROW: ImportedSeed(seed=SEED, tolerance=1, spent=STEP + ahead, used_at=MADE)}


def test_without_a_step_only_a_time_is_known(old: OldDatabase, settings: Settings) -> None:
    old.keeps(
        "dj_rest_auth_mfa_authenticator",
        row("totp", app()),
        row("totp", app(last_code="12345678"), user_id=2, last_used_at=str(USED)),
        row("totp", app(last_code="123456"), user_id=3),
    )
    times = [MADE, USED, None]
    assert [*found(old).values()] == [ImportedSeed(seed=SEED, tolerance=1, used_at=each) for each in times]
    settings.REST_AUTH = {"MFA_TOTP_DIGITS": 8, "MFA_TOTP_PERIOD": 60}
    assert found(old)[ROW] == ImportedSeed(seed=SEED, digits=8, period=60, tolerance=1, used_at=MADE)
    settings.REST_AUTH = {"MFA_TOTP_DIGITS": "eight"}
    assert found(old)[ROW] == Failed(reason="setting:REST_AUTH")


def test_a_seed_is_signed_by_the_key_of_the_project_or_an_earlier_one(old: OldDatabase, settings: Settings) -> None:
    old.keeps(
        "dj_rest_auth_mfa_authenticator",
        row("totp", {"secret": signed(SECRET, key="an earlier key")}),
        row("totp", {"secret": SECRET}, user_id=2),
        row("totp", {"secret": signed(SECRET).swapcase()}, user_id=3),
    )
    forged = Failed(reason="setting:SECRET_KEY")
    assert [*found(old).values()] == [forged] * 3
    settings.SECRET_KEY_FALLBACKS = ["an earlier key"]
    assert [*found(old).values()] == [ImportedSeed(seed=SEED, tolerance=1, used_at=MADE), forged, forged]


def test_codes_are_made_of_their_seed_and_used_ones_are_bits(old: OldDatabase, settings: Settings) -> None:
    old.keeps(
        "dj_rest_auth_mfa_authenticator",
        row("recovery_codes", {"seed": CODES_SEED, "used_mask": 0b1000000101}),
        row("recovery_codes", {"seed": CODES_SEED}, user_id=2),
        row("recovery_codes", {"seed": CODES_SEED, "used_mask": 2**10 - 1}, user_id=3),
    )
    assert [*found(old).values()] == [of(CODES[1], *CODES[3:9]), of(*CODES), of()]
    settings.REST_AUTH = {"MFA_RECOVERY_CODE_COUNT": 2}
    assert found(old)[SECOND] == of(*CODES[:2])


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("totp", "no JSON"),
        ("totp", "[" * 5000),
        ("totp", ["a list"]),
        ("totp", {}),
        ("totp", {"secret": 5}),
        ("totp", {"secret": signed("no base32")}),
        ("recovery_codes", {"used_mask": 0}),
        ("recovery_codes", {"seed": "no hexadecimal"}),
        ("recovery_codes", {"seed": CODES_SEED, "used_mask": "none"}),
    ],
)
def test_a_row_that_makes_no_sense_fails_and_harms_no_other(old: OldDatabase, kind: str, data: object) -> None:
    old.keeps("dj_rest_auth_mfa_authenticator", row(kind, data), row("recovery_codes", {"seed": CODES_SEED}))
    assert found(old) == {ROW: Failed(reason="unreadable"), SECOND: of(*CODES)}


def test_what_has_no_like_here_is_left_out_and_without_tables_there_is_nothing(old: OldDatabase) -> None:
    with pytest.raises(SourceUnreadable, match="no table 'dj_rest_auth_mfa_authenticator'"):
        found(old)
    old.keeps("dj_rest_auth_mfa_authenticator", row("pigeon", {}))
    assert found(old) == {ROW: LeftOut(reason="no_method")}


def test_users_of_the_package_itself_go_on_with_what_they_have(tmp_path: Path, settings: Settings, db: None) -> None:
    settings.SECRET_KEY_FALLBACKS = [KEY]
    town = Town(settings, peer("dj_rest_auth", tmp_path))
    anna, said = town.resident(1, "anna"), town.peer.said

    report = town.imports("dj_rest_auth")
    assert report["totals"] == {"users": 1, "imported": 2, "present": 0, "left_out": 0, "failed": 0}
    assert rows(report, "anna") == {ROW: ("totp", "imported", None, 0), SECOND: ("recovery", "imported", None, 1)}

    # The last code was that of the step to come: it stays used.
    seed, used, left = base32(said["totp"]["seed"]), said["totp"]["step"], said["codes"]["left"]
    town.clock.time = datetime.fromtimestamp((used + 1) * 30, UTC)
    assert anna.verify(0, code(seed, used)).status_code == 401
    assert anna.verify(0, code(seed, used + 1)).status_code == 200
    assert anna.verify(1, said["codes"]["used"]).status_code == 401
    assert [anna.verify(1, each).status_code for each in (left[0].upper(), left[-1], left[0])] == [200, 200, 401]

    before = anna.get().json()
    assert town.imports("dj_rest_auth")["totals"]["present"] == 2
    assert anna.get().json() == before
    assert anna.verify(1, left[-1]).status_code == 401
    for secret in (said["totp"]["seed"], *left):
        assert secret not in json.dumps(report)
