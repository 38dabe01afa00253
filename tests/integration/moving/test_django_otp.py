"""What django-otp and its plugins keep, and what of it comes."""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from mfa.adapters.importing.django_otp import DjangoOtpSource
from mfa.application.ports.importing import (
    Failed,
    FoundRow,
    ImportedAddress,
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
from tests.integration.django.commanding import run
from tests.integration.drf.people import STEP
from tests.integration.moving.old import OldDatabase
from tests.integration.moving.peer import peer
from tests.integration.moving.town import Town, code, rows

SEED = bytes(range(20))
MADE, USED = datetime(2026, 1, 31, 12, tzinfo=UTC), datetime(2026, 2, 1, 12, tzinfo=UTC)
DEVICE = {"user_id": 1, "name": "Pixel 9", "confirmed": True, "created_at": str(MADE), "last_used_at": str(USED)}
TOTP = {**DEVICE, "key": SEED.hex(), "step": 30, "t0": 0, "digits": 6, "tolerance": 1, "drift": 0, "last_t": -1}
HOTP = {**DEVICE, "key": SEED.hex(), "digits": 6, "tolerance": 5, "counter": 0}


def found(old: OldDatabase, **only: Any) -> dict[str, object]:
    return {name: row.found for name, row in old.found(DjangoOtpSource, **only).items()}


class TestContract(ImportSourceContract):
    @pytest.fixture
    def source(self, old: OldDatabase) -> ImportSource:
        old.keeps("otp_totp_totpdevice", TOTP, {**TOTP, "user_id": 2}, {**TOTP, "key": "odd"}, {**TOTP, "confirmed": 0})
        old.keeps("otp_static_staticdevice", {**DEVICE, "user_id": 2})
        old.keeps("otp_static_statictoken", {"device_id": 1, "token": "k3ptsafe"})
        old.keeps("otp_email_emaildevice", {**DEVICE, "email": "a@example.com"})
        return DjangoOtpSource(SourcePlace(database=old.alias))

    @pytest.fixture
    def one(self) -> KnownUser:
        return KnownUser(id=UserId("2"))

    @pytest.fixture
    def secrets(self) -> Collection[str]:
        return [SEED.hex(), repr(SEED), "k3ptsafe", "a@example.com"]


def test_an_app_keeps_its_parameters_its_drift_and_the_step_that_is_spent(old: OldDatabase) -> None:
    old.keeps(
        "otp_totp_totpdevice",
        TOTP,
        {
            **TOTP,
            "key": SEED.hex().upper(),
            "step": 60,
            "t0": 17,
            "digits": 8,
            "tolerance": 4,
            "drift": -9,
            "last_t": 7,
        },
    )
    assert old.found(DjangoOtpSource) == {
        "otp_totp_totpdevice:1": FoundRow(
            row="otp_totp_totpdevice:1",
            method="totp",
            # It was never used, which the row says: nothing is spent.
            found=ImportedSeed(seed=SEED, tolerance=1, drift=0, spent=-1),
            name="Pixel 9",
            created_at=MADE,
            last_used_at=USED,
        ),
        "otp_totp_totpdevice:2": FoundRow(
            row="otp_totp_totpdevice:2",
            method="totp",
            found=ImportedSeed(seed=SEED, digits=8, tolerance=4, period=60, start=17, drift=-9, spent=7),
            name="Pixel 9",
            created_at=MADE,
            last_used_at=USED,
        ),
    }


def test_a_counter_is_the_next_one_and_its_window_is_its_own(old: OldDatabase) -> None:
    old.keeps("otp_hotp_hotpdevice", HOTP, {**HOTP, "digits": 8, "tolerance": 0, "counter": 2**40})
    assert found(old) == {
        "otp_hotp_hotpdevice:1": ImportedSeed(seed=SEED, tolerance=5, spent=-1),
        "otp_hotp_hotpdevice:2": ImportedSeed(seed=SEED, digits=8, tolerance=0, spent=2**40 - 1),
    }


def test_addresses_and_numbers_come_and_a_call_has_no_like_here(old: OldDatabase) -> None:
    phone = {"user_id": 1, "name": "", "confirmed": True, "number": "+31612345678", "key": "00", "method": "sms"}
    old.keeps("otp_email_emaildevice", {**DEVICE, "email": "a@example.com"}, {**DEVICE, "email": None})
    old.keeps("two_factor_phonedevice", phone, {**phone, "method": "call"}, {**phone, "number": "tel:+31-6-12345678"})
    assert found(old) == {
        "otp_email_emaildevice:1": ImportedAddress(address="a@example.com"),
        "otp_email_emaildevice:2": ImportedAddress(),
        "two_factor_phonedevice:1": ImportedAddress(address="+31612345678"),
        "two_factor_phonedevice:2": LeftOut(reason="called"),
        "two_factor_phonedevice:3": ImportedAddress(address="+31-6-12345678"),
    }


def test_a_sheet_comes_with_what_is_left_on_it_as_it_stands(old: OldDatabase) -> None:
    old.keeps("otp_static_staticdevice", DEVICE, {**DEVICE, "user_id": 2}, DEVICE)
    tokens = [(1, "abcd efg"), (3, "K-9"), (1, "abcd efg")]
    old.keeps("otp_static_statictoken", *({"device_id": sheet, "token": token} for sheet, token in tokens))
    assert found(old) == {
        "otp_static_staticdevice:1": ImportedCodes(codes=(ImportedCode(text="abcd efg"),) * 2),
        "otp_static_staticdevice:2": ImportedCodes(codes=()),
        "otp_static_staticdevice:3": ImportedCodes(codes=(ImportedCode(text="K-9"),)),
    }


def test_what_was_never_confirmed_and_what_has_no_like_is_left_out(old: OldDatabase) -> None:
    old.keeps("otp_totp_totpdevice", {**TOTP, "confirmed": False, "key": "no hexadecimal"})
    for name in ("two_factor_webauthndevice", "otp_yubikey_yubikeydevice", "otp_yubikey_remoteyubikeydevice"):
        old.keeps(name, DEVICE, {**DEVICE, "confirmed": False})
    names = ("otp_yubikey_remoteyubikeydevice", "otp_yubikey_yubikeydevice", "two_factor_webauthndevice")
    assert {row.method for row in old.found(DjangoOtpSource).values()} == {"totp", ""}
    assert found(old) == {
        "otp_totp_totpdevice:1": LeftOut(reason="unconfirmed"),
        **{f"{name}:1": LeftOut(reason="no_method") for name in names},
        **{f"{name}:2": LeftOut(reason="unconfirmed") for name in names},
    }


@pytest.mark.parametrize(
    "broken",
    [{"key": "no hexadecimal"}, {"key": "abc"}, {"key": None}, {"key": "é" * 40}, {"digits": "six"}, {"last_t": None}],
)
def test_a_row_that_makes_no_sense_fails_and_harms_no_other(old: OldDatabase, broken: dict[str, object]) -> None:
    old.keeps("otp_totp_totpdevice", TOTP, {**TOTP, **broken}, TOTP)
    assert found(old) == {
        "otp_totp_totpdevice:1": ImportedSeed(seed=SEED, tolerance=1, drift=0, spent=-1),
        "otp_totp_totpdevice:2": Failed(reason="unreadable"),
        "otp_totp_totpdevice:3": ImportedSeed(seed=SEED, tolerance=1, drift=0, spent=-1),
    }


def test_all_of_a_user_come_together_and_one_user_may_be_asked_for(old: OldDatabase) -> None:
    old.keeps("otp_totp_totpdevice", TOTP, {**TOTP, "user_id": 3}, TOTP)
    old.keeps("otp_hotp_hotpdevice", {**HOTP, "user_id": 2}, HOTP)
    users = list(DjangoOtpSource(SourcePlace(database="old")).users(None))
    assert [(user.user, [row.row for row in user.rows]) for user in users] == [
        ("1", ["otp_totp_totpdevice:1", "otp_totp_totpdevice:3", "otp_hotp_hotpdevice:2"]),
        ("3", ["otp_totp_totpdevice:2"]),
        ("2", ["otp_hotp_hotpdevice:1"]),
    ]
    assert [*found(old, only=KnownUser(id=UserId("2")))] == ["otp_hotp_hotpdevice:1"]


def test_a_version_that_kept_no_times_is_read_as_well(old: OldDatabase) -> None:
    old.keeps("otp_totp_totpdevice", {name: value for name, value in TOTP.items() if not name.endswith("_at")})
    [row] = old.found(DjangoOtpSource).values()
    assert (row.created_at, row.last_used_at) == (None, None)
    assert isinstance(row.found, ImportedSeed)


def test_however_many_there_are_it_asks_no_more(old: OldDatabase) -> None:
    sheets = [{**DEVICE, "user_id": user} for user in range(300)]
    old.keeps("otp_static_staticdevice", sheets[0])
    old.keeps("otp_static_statictoken", *({"device_id": sheet + 1, "token": "abcd"} for sheet in range(300)))
    with CaptureQueriesContext(connections["old"]) as of_one:
        assert len(found(old)) == 1
    old.adds("otp_static_staticdevice", *sheets[1:])
    with CaptureQueriesContext(connections["old"]) as of_many:
        assert len(found(old)) == 300
    assert len(of_many) <= len(of_one)


def test_where_there_is_nothing_it_says_so(old: OldDatabase) -> None:
    with pytest.raises(SourceUnreadable, match="none of the tables of django-otp"):
        old.found(DjangoOtpSource)
    with pytest.raises(SourceUnreadable, match="DATABASES has no 'elsewhere'"):
        list(DjangoOtpSource(SourcePlace(database="elsewhere")).users(None))


def test_rows_that_no_app_can_have_are_told_of_and_harm_nobody(old: OldDatabase) -> None:
    anna = User.objects.create(username="anna")
    good = {**TOTP, "user_id": anna.pk}
    seeds = iter(f"{number:040x}" for number in range(1, 20))
    odd: list[dict[str, object]] = [
        {"step": 0},
        {"digits": 0},
        {"digits": 20},
        {"key": ""},
        {"tolerance": -1},
        {"last_t": -9},
        {"name": "\u202ePixel\n" * 30, "drift": -(2**15), "t0": 2**40},
        {"key": "00" * 5},
        {"user_id": anna.pk + 1},
    ]
    old.keeps("otp_totp_totpdevice", *({**good, "key": next(seeds), **each} for each in odd), good)
    report = run("mfa_import", "django_otp", "--database", "old", "--json").json
    assert list(rows(report, "anna").values()) == [
        ("totp", "failed", "period", None),
        ("totp", "failed", "digits", None),
        ("totp", "failed", "digits", None),
        ("totp", "failed", "seed", None),
        ("totp", "failed", "tolerance", None),
        ("totp", "failed", "counter", None),
        ("totp", "imported", None, 0),
        ("totp", "imported", "weak_seed", 1),
        ("totp", "imported", None, 2),
    ]
    assert report["orphans"] == [{"row": "otp_totp_totpdevice:9", "outcome": "left_out", "reason": "no_user"}]


def test_users_of_the_package_itself_go_on_with_what_they_have(tmp_path: Path, settings: Settings, db: None) -> None:
    town = Town(settings, peer("django_otp", tmp_path))
    anna, said = town.resident(1, "anna"), town.peer.said
    town.resident(2, "bert")

    would = town.imports("django_otp", "--dry-run")
    assert anna.get().json() == []
    report = town.imports("django_otp")
    assert report == {**would, "dry_run": False}
    assert report["totals"] == {"users": 2, "imported": 5, "present": 0, "left_out": 1, "failed": 0}
    assert rows(report, "bert") == {"otp_totp_totpdevice:2": ("totp", "left_out", "unconfirmed", None)}
    assert rows(report, "anna") == {
        "otp_totp_totpdevice:1": ("totp", "imported", None, 0),
        "otp_hotp_hotpdevice:1": ("hotp", "imported", None, 1),
        "otp_email_emaildevice:1": ("email", "imported", None, 2),
        "two_factor_phonedevice:1": ("sms", "imported", None, 3),
        "otp_static_staticdevice:1": ("recovery", "imported", None, 4),
    }

    # The clock of the app is three steps ahead, which was learned there.
    town.pass_time(2 * STEP)
    app, used = bytes.fromhex(said["totp"]["seed"]), said["totp"]["step"]
    assert anna.verify(0, code(app, used)).status_code == 401
    assert anna.verify(0, code(app, used + 2)).status_code == 200
    counting = bytes.fromhex(said["hotp"]["seed"])
    assert anna.verify(1, code(counting, 2, digits=8)).status_code == 401
    assert anna.verify(1, code(counting, 8, digits=8)).status_code == 200
    for index, destination in ((2, "work@example.com"), (3, "+31612345678")):
        assert anna.post(f"{index}/dispatch/").status_code == 204
        assert town.outbox.messages[-1].destination == destination
        assert anna.verify(index, town.code).status_code == 200
    assert anna.verify(4, said["codes"]["used"]).status_code == 401
    assert [anna.verify(4, each).status_code for each in said["codes"]["left"]] == [200, 200]

    before = anna.get().json()
    assert town.imports("django_otp")["totals"] == {"users": 2, "imported": 0, "present": 5, "left_out": 1, "failed": 0}
    assert anna.get().json() == before
    assert anna.verify(0, code(app, used + 2)).status_code == 401
    assert anna.verify(4, said["codes"]["left"][0]).status_code == 401
    for secret in (said["totp"]["seed"], said["hotp"]["seed"], *said["codes"]["left"]):
        assert secret not in json.dumps(report)
