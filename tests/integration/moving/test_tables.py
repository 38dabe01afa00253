"""Tables of another package, whatever stands in them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from django.apps.registry import Apps
from django.db.models import DateTimeField, Model, UUIDField

from mfa.adapters.importing import tables
from mfa.adapters.importing.tables import UserTables, as_json, demand, found_row, table, user_key
from mfa.application.ports.importing import Failed, FoundRow, FoundUser, KnownUser, SourceUnreadable
from mfa.domain.identifiers import UserId
from mfa.domain.methods.adoption import NotAdopted
from tests.integration.moving.old import OldDatabase

ANNA, BERT = UUID(int=0xA), UUID(int=0xB)


def test_users_may_have_keys_of_any_kind(old: OldDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    options = type("Meta", (), {"apps": Apps(), "app_label": "people"})
    person = type("Person", (Model,), {"__module__": __name__, "Meta": options, "id": UUIDField(primary_key=True)})
    monkeypatch.setattr(tables, "get_user_model", lambda: person)
    old.keeps("devices", {"user_id": BERT.hex, "at": None}, {"user_id": ANNA.hex, "at": None})
    assert [user.user for user in everything(None)] == [str(ANNA), str(BERT)]
    assert [user.user for user in everything(KnownUser(id=UserId(str(BERT))))] == [str(BERT)]


def test_users_may_extend_others(old: OldDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    options = type("Meta", (), {"apps": Apps(), "app_label": "people"})
    person = type("Human", (Model,), {"__module__": __name__, "Meta": options, "id": UUIDField(primary_key=True)})
    worker = type("Worker", (person,), {"__module__": __name__, "Meta": options})
    monkeypatch.setattr(tables, "get_user_model", lambda: worker)
    old.keeps("devices", {"user_id": ANNA.hex, "at": None})
    assert [user.user for user in everything(None)] == [str(ANNA)]


def test_a_row_that_no_column_can_hold_harms_no_other(old: OldDatabase) -> None:
    old.keeps("devices", *({"user_id": 1, "at": at} for at in ("2026-01-31", "once upon a time", "2026-02-31", None)))
    [user] = everything(None)
    assert [(row.row, row.found) for row in user.rows] == [
        ("devices:1", "found"),
        ("devices:2", Failed(reason="unreadable")),
        ("devices:3", Failed(reason="unreadable")),
        ("devices:4", "found"),
    ]


def test_a_key_that_is_none_is_nobodys_and_harms_no_other(old: OldDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BATCH", 2)
    garbage = ("", "abc", " 5", "1_0", b"\xff", 1.5, 1e300, float("inf"), "9" * 5000, "9" * 30)
    old.keeps("devices", *({"user_id": key, "at": None} for key in (5, *garbage, 1, 5)))
    found = [(user.user, row.row, row.found) for user in everything(None) for row in user.rows]
    assert [each for each in found if each[2] == "found"] == [
        ("1", "devices:12", "found"),
        ("5", "devices:1", "found"),
        ("5", "devices:13", "found"),
    ]
    assert {row: what for _, row, what in found if what != "found"} == {
        f"devices:{position}": Failed(reason="unreadable") for position in range(2, len(garbage) + 2)
    }


def test_a_name_that_is_no_text_is_none(old: OldDatabase) -> None:
    old.keeps("devices", {"user_id": 1, "at": None})
    [row] = UserTables("old", [table("devices", user_id=user_key())]).users(
        None, lambda row, _: [found_row(row, "totp", lambda: "found", name=b"\xff")]
    )
    assert row.rows[0].name == ""


def test_batches_leave_nobody_out(old: OldDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BATCH", 2)
    old.keeps("devices", *({"user_id": user, "at": None} for user in (5, 1, 3, 1, 2, 4)))
    assert [(user.user, len(user.rows)) for user in everything(None)] == [
        ("1", 2),
        ("2", 1),
        ("3", 1),
        ("4", 1),
        ("5", 1),
    ]


def test_json_comes_as_text_or_as_the_driver_has_made_it(old: OldDatabase) -> None:
    assert as_json('{"a": [1]}') == as_json(b'{"a": [1]}') == as_json({"a": [1]}) == {"a": [1]}
    with pytest.raises(NotAdopted):
        as_json("{")


def test_a_database_that_fails_meanwhile_is_told_of(old: OldDatabase) -> None:
    old.keeps("devices", {"user_id": 1, "at": None})
    users = everything(None)
    old.loses("devices")
    with pytest.raises(SourceUnreadable, match="cannot be read: OperationalError"):
        list(users)


def everything(only: KnownUser | None) -> Iterable[FoundUser]:
    model = table("devices", user_id=user_key(), at=DateTimeField())
    demand("old", model)

    def read(row: Any, _: object) -> Iterable[FoundRow]:  # noqa: ANN401 - a row of the table
        yield found_row(row, "totp", lambda: "found")

    return UserTables("old", [model]).users(only, read)
