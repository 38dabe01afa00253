"""What django-trench keeps, and what of it comes."""

import json
from collections.abc import Collection
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.authtoken.models import Token

from mfa.adapters.importing.tables import base32
from mfa.adapters.importing.trench import TrenchSource
from mfa.application.ports.importing import (
    Failed,
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
from tests.integration.moving.old import OldDatabase
from tests.integration.moving.peer import peer
from tests.integration.moving.town import Town, code, rows

SEED, SECRET = bytes(range(20)), "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQT"
METHOD = {"user_id": 1, "name": "app", "secret": SECRET, "is_active": True, "is_primary": True, "_backup_codes": ""}
DEVICE, SHEET = "trench_mfamethod:1", "trench_mfamethod:1:backup_codes"
HASHED = make_password("secret")
NO_CODES = ImportedCodes(codes=())


def found(old: OldDatabase) -> dict[str, object]:
    return {name: row.found for name, row in old.found(TrenchSource).items()}


class TestContract(ImportSourceContract):
    @pytest.fixture
    def source(self, old: OldDatabase) -> ImportSource:
        codes = {**METHOD, "_backup_codes": HASHED}
        old.keeps(
            "trench_mfamethod", codes, {**METHOD, "user_id": 2}, {**METHOD, "name": "yubi"}, {**METHOD, "secret": "odd"}
        )
        return TrenchSource(SourcePlace(database=old.alias))

    @pytest.fixture
    def one(self) -> KnownUser:
        return KnownUser(id=UserId("2"))

    @pytest.fixture
    def secrets(self) -> Collection[str]:
        return [SECRET, repr(SEED), HASHED]


def test_an_app_has_its_seed_in_base32_and_its_period_from_the_settings(old: OldDatabase, settings: Settings) -> None:
    old.keeps("trench_mfamethod", METHOD, {**METHOD, "secret": SECRET.lower()})
    assert found(old)[DEVICE] == found(old)["trench_mfamethod:2"] == ImportedSeed(seed=SEED)
    settings.TRENCH_AUTH = {"MFA_METHODS": {"app": {"VALIDITY_PERIOD": 60}}}
    assert found(old)[DEVICE] == ImportedSeed(seed=SEED, period=60)


def test_what_was_switched_off_does_not_come_and_neither_do_its_codes(old: OldDatabase) -> None:
    old.keeps("trench_mfamethod", {**METHOD, "is_active": False, "_backup_codes": make_password("secret")})
    assert found(old) == {DEVICE: LeftOut(reason="unconfirmed")}


def test_addresses_stand_in_the_user_where_the_settings_say(old: OldDatabase, settings: Settings) -> None:
    anna = User.objects.create(username="anna", email="anna@example.com", last_name="+31612345678")
    methods = [{**METHOD, "user_id": anna.pk, "name": name} for name in ("email", "sms_twilio", "sms_api")]
    old.keeps("trench_mfamethod", *methods, {**methods[0], "user_id": anna.pk + 1})
    settings.TRENCH_AUTH = {"MFA_METHODS": {"sms_twilio": {"SOURCE_FIELD": "last_name"}}}
    assert {name: each for name, each in found(old).items() if each != NO_CODES} == {
        "trench_mfamethod:1": ImportedAddress(address="anna@example.com"),
        "trench_mfamethod:2": ImportedAddress(address="+31612345678"),
        # There is no such field, which only the settings can help.
        "trench_mfamethod:3": Failed(reason="setting:TRENCH_AUTH"),
        "trench_mfamethod:4": LeftOut(reason="no_address"),
    }


def test_addresses_of_related_rows_are_read_with_the_users(
    old: OldDatabase, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    users = [User.objects.create(username=f"user {number}") for number in range(3)]
    for user in users[:2]:
        Token.objects.create(user=user)
    settings.TRENCH_AUTH = {"MFA_METHODS": {"email": {"SOURCE_FIELD": "auth_token.user.username"}}}
    old.keeps("trench_mfamethod", *({**METHOD, "user_id": user.pk, "name": "email"} for user in users))
    with django_assert_num_queries(1):
        told = found(old)
    assert [each for each in told.values() if each != NO_CODES] == [
        ImportedAddress(address="user 0"),
        ImportedAddress(address="user 1"),
        LeftOut(reason="no_address"),
    ]


def test_a_path_may_lead_through_what_is_no_relation(old: OldDatabase, settings: Settings) -> None:
    anna = User.objects.create(username="anna")
    settings.TRENCH_AUTH = {"MFA_METHODS": {"email": {"SOURCE_FIELD": "pk.real"}}}
    old.keeps("trench_mfamethod", {**METHOD, "user_id": anna.pk, "name": "email"})
    assert found(old)[DEVICE] == ImportedAddress(address=str(anna.pk))


@pytest.mark.parametrize(
    "methods",
    [None, {"app": None, "email": None}, {"app": {"VALIDITY_PERIOD": "half"}, "email": {"SOURCE_FIELD": None}}],
)
def test_settings_that_make_no_sense_are_named(old: OldDatabase, settings: Settings, methods: object) -> None:
    settings.TRENCH_AUTH = {"MFA_METHODS": methods, "USER_MFA_MODEL": None}
    old.keeps("trench_mfamethod", METHOD, {**METHOD, "name": "email"})
    told = found(old)
    assert (told[DEVICE], told["trench_mfamethod:2"]) == (Failed(reason="setting:TRENCH_AUTH"),) * 2


def test_what_has_no_like_here_is_left_out(old: OldDatabase) -> None:
    old.keeps("trench_mfamethod", {**METHOD, "name": "yubi"}, {**METHOD, "name": "pigeon"})
    assert [each for each in found(old).values() if each != NO_CODES] == [LeftOut(reason="no_method")] * 2


def test_codes_come_as_the_hashes_that_they_are(old: OldDatabase) -> None:
    hashes = [make_password(text) for text in ("first", "second")]
    unknown = "scrypt$16384$salt$8$1$" + "x" * 60
    old.keeps("trench_mfamethod", {**METHOD, "_backup_codes": "|".join([*hashes, unknown])})
    assert found(old)[SHEET] == ImportedCodes(codes=tuple(ImportedCode(hashed=each) for each in (*hashes, unknown)))


def test_codes_in_clear_are_read_where_the_settings_say_that_they_are(old: OldDatabase, settings: Settings) -> None:
    old.keeps("trench_mfamethod", {**METHOD, "_backup_codes": "aB3dE6gH9jK2|$$$"})
    assert found(old)[SHEET] == Failed(reason="setting:TRENCH_AUTH")
    settings.TRENCH_AUTH = {"ENCRYPT_BACKUP_CODES": False}
    assert found(old)[SHEET] == ImportedCodes(codes=(ImportedCode(text="aB3dE6gH9jK2"), ImportedCode(text="$$$")))


@pytest.mark.parametrize("secret", ["no base32", "AAAQE1", None, "é"])
def test_a_row_that_makes_no_sense_fails_and_harms_no_other(old: OldDatabase, secret: object) -> None:
    old.keeps("trench_mfamethod", {**METHOD, "secret": secret}, METHOD)
    assert found(old) == {
        DEVICE: Failed(reason="unreadable"),
        SHEET: NO_CODES,
        "trench_mfamethod:2": ImportedSeed(seed=SEED),
        "trench_mfamethod:2:backup_codes": NO_CODES,
    }


@pytest.mark.parametrize(("model", "table"), [("auth.User", "auth_user"), ("acme.TheirMethod", "acme_theirmethod")])
def test_a_project_may_have_a_model_of_its_own(old: OldDatabase, settings: Settings, model: str, table: str) -> None:
    settings.TRENCH_AUTH = {"USER_MFA_MODEL": model}
    old.keeps(table, METHOD)
    assert [*found(old)] == [f"{table}:1", f"{table}:1:backup_codes"]


def test_a_model_that_extends_the_packages_own_has_only_more_columns(old: OldDatabase, settings: Settings) -> None:
    settings.TRENCH_AUTH = {"USER_MFA_MODEL": "acme.TheirMethod"}
    with pytest.raises(SourceUnreadable, match="no table 'trench_mfamethod'"):
        found(old)
    old.keeps("acme_theirmethod", {"mfamethod_ptr_id": 1, "color": "blue"})
    old.keeps("trench_mfamethod", METHOD)
    assert [*found(old)] == [DEVICE, SHEET]


def test_users_of_the_package_itself_go_on_with_what_they_have(tmp_path: Path, settings: Settings, db: None) -> None:
    town = Town(settings, peer("trench", tmp_path))
    anna, said = town.resident(1, "anna"), town.peer.said
    town.resident(2, "bert")

    report = town.imports("trench")
    assert report["totals"] == {"users": 2, "imported": 4, "present": 0, "left_out": 2, "failed": 0}
    assert set(rows(report, "bert").values()) == {
        ("totp", "left_out", "unconfirmed", None),
        ("email", "left_out", "unconfirmed", None),
    }
    assert rows(report, "anna") == {
        "trench_mfamethod:1": ("totp", "imported", None, 0),
        "trench_mfamethod:1:backup_codes": ("recovery", "imported", None, 2),
        "trench_mfamethod:2": ("email", "imported", None, 1),
        "trench_mfamethod:2:backup_codes": ("recovery", "imported", None, 2),
    }

    # Which code was used there stands nowhere: all up to now are spent, and the next one is good.
    app = base32(said["totp"])
    assert anna.verify(0, code(app, town.step)).status_code == 401
    assert anna.verify(0, code(app, town.step + 1)).status_code == 200
    assert anna.post("1/dispatch/").status_code == 204
    assert town.outbox.messages[-1].destination == "anna@example.com"
    assert anna.verify(1, town.code).status_code == 200
    left = said["codes"]["left"]
    assert anna.verify(2, said["codes"]["used"]).status_code == 401
    assert anna.verify(2, left[0].swapcase()).status_code == 401
    assert [anna.verify(2, each).status_code for each in (left[0], left[-1], left[0])] == [200, 200, 401]

    before = anna.get().json()
    assert town.imports("trench")["totals"] == {"users": 2, "imported": 0, "present": 4, "left_out": 2, "failed": 0}
    assert anna.get().json() == before
    assert anna.verify(2, left[-1]).status_code == 401
    for secret in (said["totp"], *left):
        assert secret not in json.dumps(report)
