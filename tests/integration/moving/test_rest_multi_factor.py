"""What rest-multi-factor keeps, and what of it comes."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from mfa.adapters.importing.rest_multi_factor import RestMultiFactorSource
from mfa.adapters.importing.tables import base32
from mfa.application.ports.importing import (
    Failed,
    ImportedSeed,
    ImportSource,
    KnownUser,
    SourcePlace,
    SourceUnreadable,
)
from mfa.domain.identifiers import UserId
from mfa.testing.contracts.importing import ImportSourceContract
from tests.integration.moving.old import OldDatabase
from tests.integration.moving.peer import peer
from tests.integration.moving.town import Town, code, rows

SEED = bytes(range(32)).hex().encode()


def encrypted(secret_key: str, seed: bytes = SEED) -> str:
    digest = hashlib.md5(secret_key.encode(), usedforsecurity=False).hexdigest()
    return Fernet(urlsafe_b64encode(digest.encode())).encrypt(seed).decode()


class Reversing:
    """A project's own encryption."""

    def decrypt(self, stored: bytes) -> bytes:
        if not stored.startswith(b"reversed:"):
            raise LookupError(stored)
        return stored.removeprefix(b"reversed:")[::-1]


def found(old: OldDatabase) -> dict[str, object]:
    return {name: row.found for name, row in old.found(RestMultiFactorSource).items()}


class TestContract(ImportSourceContract):
    @pytest.fixture
    def source(self, old: OldDatabase, settings: Settings) -> ImportSource:
        secret = encrypted(settings.SECRET_KEY)
        old.keeps("totp_totpdevice", {"user_id": 1, "secret": secret}, {"user_id": 2, "secret": "odd"})
        old.keeps("hotp_hotpdevice", {"user_id": 2, "secret": secret, "counter": 0})
        return RestMultiFactorSource(SourcePlace(database=old.alias))

    @pytest.fixture
    def one(self) -> KnownUser:
        return KnownUser(id=UserId("2"))

    @pytest.fixture
    def secrets(self) -> Collection[str]:
        return [SEED.decode()]


def test_the_digits_of_hexadecimal_are_the_seed_and_settings_the_rest(old: OldDatabase, settings: Settings) -> None:
    old.keeps("totp_totpdevice", {"user_id": 1, "secret": encrypted(settings.SECRET_KEY)})
    assert found(old) == {"totp_totpdevice:1": ImportedSeed(seed=SEED, tolerance=2)}
    settings.REST_MULTI_FACTOR = {
        "TOTP_DIGITS": 8,
        "TOTP_PERIOD": 60,
        "TOTP_TOLERANCE": 0,
        "TOTP_ALGORITHM": hashlib.sha1,
        "DEFAULT_ENCRYPTION_CLASS": "rest_multi_factor.encryption.aes.AESEncryption",
    }
    assert found(old) == {"totp_totpdevice:1": ImportedSeed(seed=SEED, digits=8, period=60, tolerance=0)}


def test_once_a_challenge_was_confirmed_the_whole_window_of_the_counter_is_spent(
    old: OldDatabase, settings: Settings
) -> None:
    settings.REST_MULTI_FACTOR = {"HOTP_DIGITS": 7, "HOTP_TOLERANCE": 4}
    secret = encrypted(settings.SECRET_KEY)
    old.keeps("hotp_hotpdevice", *({"user_id": user, "secret": secret, "counter": 10} for user in (1, 2, 3)))
    old.keeps("hotp_hotpchallenge", {"device_id": 2, "confirm": True}, {"device_id": 3, "confirm": False})
    seed: dict[str, Any] = {"seed": SEED, "digits": 7, "tolerance": 4}
    assert found(old) == {
        "hotp_hotpdevice:1": ImportedSeed(**seed, spent=9),
        "hotp_hotpdevice:2": ImportedSeed(**seed, spent=14),
        "hotp_hotpdevice:3": ImportedSeed(**seed, spent=9),
    }


def test_without_its_challenges_every_counter_may_have_been_used(old: OldDatabase, settings: Settings) -> None:
    old.keeps("hotp_hotpdevice", {"user_id": 1, "secret": encrypted(settings.SECRET_KEY), "counter": 0})
    assert found(old) == {"hotp_hotpdevice:1": ImportedSeed(seed=SEED, tolerance=2, spent=2)}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"TOTP_ALGORITHM": "hashlib.sha256"}, "algorithm"),
        ({"TOTP_ALGORITHM": "hashlib.sha0"}, "setting:REST_MULTI_FACTOR"),
        ({"TOTP_DIGITS": "six"}, "setting:REST_MULTI_FACTOR"),
        ({"DEFAULT_ENCRYPTION_CLASS": "nobody.has.It"}, "setting:REST_MULTI_FACTOR"),
        ({"DEFAULT_ENCRYPTION_CLASS": Reversing}, "setting:REST_MULTI_FACTOR"),
    ],
)
def test_what_the_settings_make_impossible_fails(
    old: OldDatabase, settings: Settings, given: dict[str, Any], reason: str
) -> None:
    old.keeps("totp_totpdevice", {"user_id": 1, "secret": encrypted(settings.SECRET_KEY)})
    settings.REST_MULTI_FACTOR = given
    assert found(old) == {"totp_totpdevice:1": Failed(reason=reason)}


def test_a_secret_of_another_key_fails_and_harms_no_other(old: OldDatabase, settings: Settings) -> None:
    secrets = (encrypted(settings.SECRET_KEY), encrypted("another key"), "", None)
    old.keeps("totp_totpdevice", *({"user_id": user, "secret": secret} for user, secret in enumerate(secrets, 1)))
    assert found(old) == {
        "totp_totpdevice:1": ImportedSeed(seed=SEED, tolerance=2),
        "totp_totpdevice:2": Failed(reason="setting:SECRET_KEY"),
        "totp_totpdevice:3": Failed(reason="setting:SECRET_KEY"),
        "totp_totpdevice:4": Failed(reason="unreadable"),
    }


def test_a_projects_own_encryption_is_asked(old: OldDatabase, settings: Settings) -> None:
    old.keeps("totp_totpdevice", {"user_id": 1, "secret": "reversed:" + SEED[::-1].decode()})
    settings.REST_MULTI_FACTOR = {"DEFAULT_ENCRYPTION_CLASS": f"{__name__}.Reversing"}
    assert found(old) == {"totp_totpdevice:1": ImportedSeed(seed=SEED, tolerance=2)}


def test_where_there_is_nothing_it_says_so(old: OldDatabase) -> None:
    with pytest.raises(SourceUnreadable, match="neither 'totp_totpdevice' nor 'hotp_hotpdevice'"):
        found(old)


def test_users_of_the_package_itself_go_on_with_what_they_have(tmp_path: Path, settings: Settings, db: None) -> None:
    there = peer("rest_multi_factor", tmp_path)
    settings.SECRET_KEY = there.said["secret_key"]
    settings.REST_MULTI_FACTOR = {"TOTP_DIGITS": 8, "HOTP_TOLERANCE": 4}
    town = Town(settings, there)
    anna, bert = town.resident(1, "anna"), town.resident(2, "bert")

    report = town.imports("rest_multi_factor")
    assert report["totals"] == {"users": 2, "imported": 3, "present": 0, "left_out": 0, "failed": 0}
    assert rows(report, "anna") == {
        "totp_totpdevice:1": ("totp", "imported", None, 0),
        "hotp_hotpdevice:1": ("hotp", "imported", None, 1),
    }
    assert rows(report, "bert") == {"hotp_hotpdevice:2": ("hotp", "imported", None, 0)}

    # What the app was shown is the base32 of the digits of hexadecimal.
    app, counting, unused = (
        base32(parse_qs(urlsplit(url).query)["secret"][0]) for url in (town.peer.said["totp"], *town.peer.said["hotp"])
    )
    assert anna.verify(0, code(app, town.step, digits=8)).status_code == 401
    assert anna.verify(0, code(app, town.step + 1, digits=8)).status_code == 200
    # The counter never moved there: all that were looked at may have been used.
    assert [anna.verify(1, code(counting, counter)).status_code for counter in (3, 4, 5, 5)] == [401, 401, 200, 401]
    assert bert.verify(0, code(unused, 0)).status_code == 200

    before = anna.get().json()
    assert town.imports("rest_multi_factor")["totals"] == {
        "users": 2,
        "imported": 0,
        "present": 3,
        "left_out": 0,
        "failed": 0,
    }
    assert anna.get().json() == before
    assert bert.verify(0, code(unused, 0)).status_code == 401
