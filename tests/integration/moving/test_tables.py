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


def test_a_row_that_no_column_can_hold_harms_no_other(old: OldDatabase) -> None:
    old.keeps("devices", *({"user_id": 1, "at": at} for at in ("2026-01-31", "once upon a time", "2026-02-31", None)))
    [user] = everything(None)
    assert [(row.row, row.found) for row in user.rows] == [
        ("devices:1", "found"),
        ("devices:2", Failed(reason="unreadable")),
        ("devices:3", Failed(reason="unreadable")),
        ("devices:4", "found"),
    ]


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
