"""Statements are compiled once for each connection, and mean the same as those of Django each time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, transaction
from django.db.models import F, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.sql.compiler import SQLCompiler, SQLInsertCompiler, SQLUpdateCompiler
from django.test.utils import CaptureQueriesContext, override_settings

from mfa.adapters.django import prepared
from mfa.adapters.django.models import AccountRecord, AuditRecord, DeviceRecord
from mfa.adapters.django.prepared import Placeholder
from mfa.adapters.django.repositories import DjangoAccountRepository
from mfa.domain.identifiers import UserId

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)

STATE = bytes(range(256))


@pytest.fixture
def anna() -> User:
    return User.objects.create_user("anna", password="a password")


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(connections[DEFAULT_DB_ALIAS]), prepared._STATEMENTS, {})


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[type]:
    """What was compiled, one after another."""
    seen: list[type] = []
    for kind in (SQLCompiler, SQLInsertCompiler, SQLUpdateCompiler):
        monkeypatch.setattr(kind, "as_sql", noting(kind.as_sql, seen))
    return seen


def noting(compile_: Callable[..., object], seen: list[type]) -> Callable[..., object]:
    def noted(compiler: SQLCompiler, *args: Any, **kwargs: Any) -> object:
        seen.append(type(compiler))
        return compile_(compiler, *args, **kwargs)

    return noted


def account(user: User, *, on_conflict: OnConflict | None = None, **fields: object) -> int:
    lists: dict[str, object] = {"gone": [], "sends": {}, "trusts": [], "browsers": []}
    columns = {"version": 1, "next_index": 0, **lists, "generation": 0, "locked_down": False, **fields}
    return prepared.insert(DEFAULT_DB_ALIAS, AccountRecord, {"user": user.pk, **columns}, on_conflict=on_conflict)


def device(user: User, index: int = 0, **fields: object) -> None:
    columns: dict[str, object] = {
        "method": "totp",
        "name": "",
        "state": STATE,
        "created_at": NOW,
        "failures": 0,
        "recent_failures": 0,
    }
    prepared.insert(DEFAULT_DB_ALIAS, DeviceRecord, {"account": str(user.pk), "index": index, **columns, **fields})


def accounts() -> QuerySet[AccountRecord, Any]:
    found = AccountRecord.objects.filter(pk=Placeholder("user", AccountRecord._meta.pk))
    return found.values_list("version", "gone")


def read(user: User, name: str | None = "accounts") -> list[Any]:
    return [tuple(row) for row in prepared.rows(DEFAULT_DB_ALIAS, name, accounts, user=str(user.pk))]


def test_what_is_written_reads_as_what_django_writes(anna: User) -> None:
    account(anna, gone=[{"count": 3}])
    device(anna, activated_at=NOW, destination=None)

    record = AccountRecord.objects.get(pk=anna.pk)
    assert (record.version, record.gone, record.trusts) == (1, [{"count": 3}], [])
    row = DeviceRecord.objects.get(account=record)
    assert (bytes(row.state), row.created_at, row.activated_at, row.destination) == (STATE, NOW, NOW, None)


def test_of_several_rows_some_may_have_null_where_others_have_a_value(anna: User) -> None:
    rows = [
        {
            "event": "a",
            "user_id": user_id,
            "at": NOW,
            "actor": "",
            "method": "",
            "why": "",
            "reason": "",
            "user_agent": "",
        }
        for user_id in ("1", None, "2")
    ]

    assert prepared.insert(DEFAULT_DB_ALIAS, AuditRecord, *({**row, "address": None} for row in rows)) == 3

    assert list(AuditRecord.objects.order_by("pk").values_list("user_id", "address")) == [
        ("1", None),
        (None, None),
        ("2", None),
    ]


def test_a_row_whose_key_is_taken_is_left_out(anna: User) -> None:
    with transaction.atomic():
        assert [account(anna, on_conflict=OnConflict.IGNORE, version=each) for each in (1, 2)] == [1, 0]
        assert [row.version for row in AccountRecord.objects.all()] == [1]


def test_each_is_compiled_once(anna: User, compiled: list[type]) -> None:
    bert = User.objects.create_user("bert")
    compiled.clear()
    for number, user in enumerate((anna, bert)):
        account(user, version=number + 1)
        assert read(user) == [(number + 1, [])]
        assert prepared.update(DEFAULT_DB_ALIAS, AccountRecord, {"version": 7}, user=user.pk, version=number + 1) == 1
        assert read(user) == [(7, [])]

    assert [kind.__name__ for kind in compiled] == ["SQLInsertCompiler", "SQLCompiler", "SQLUpdateCompiler"]


def test_null_is_another_statement_than_a_value(anna: User) -> None:
    account(anna)
    device(anna, last_used_at=NOW)

    def used(at: datetime | None) -> datetime | None:
        fields = {"last_used_at": at, "state": STATE[::-1]}
        assert prepared.update(DEFAULT_DB_ALIAS, DeviceRecord, fields, account=anna.pk, index=0) == 1
        row = DeviceRecord.objects.get()
        assert bytes(row.state) == STATE[::-1]
        found: datetime | None = row.last_used_at
        return found

    for at in (None, NOW, None, NOW + timedelta(days=1)):
        assert used(at) == at


def test_an_update_touches_nothing_beside_its_place(anna: User) -> None:
    account(anna)
    device(anna, 0)
    device(anna, 1)

    assert prepared.update(DEFAULT_DB_ALIAS, DeviceRecord, {"name": "mine"}, account=str(anna.pk), index=1) == 1
    assert prepared.update(DEFAULT_DB_ALIAS, DeviceRecord, {"name": "mine"}, account=str(anna.pk), index=2) == 0

    assert list(DeviceRecord.objects.order_by("index").values_list("name", flat=True)) == ["", "mine"]


@pytest.mark.parametrize("text", ["%s", "' OR 1=1 --", '"', "\\", "ü%"])
def test_a_value_is_never_a_part_of_the_statement(anna: User, text: str) -> None:
    account(anna)
    device(anna, name=text)

    assert prepared.update(DEFAULT_DB_ALIAS, DeviceRecord, {"name": text + text}, account=anna.pk, index=0) == 1
    assert DeviceRecord.objects.get().name == text + text


def test_what_fails_in_a_transaction_has_it_rolled_back(anna: User) -> None:
    with transaction.atomic():
        account(anna)
        with pytest.raises(IntegrityError):
            account(anna)
        assert connection.needs_rollback

    assert not AccountRecord.objects.exists()


def test_what_is_not_the_same_each_time_is_compiled_each_time(anna: User, compiled: list[type]) -> None:
    account(anna)
    compiled.clear()

    assert read(anna, None) == read(anna, None) == [(1, [])]

    assert len(compiled) == 2


@pytest.mark.parametrize("setting", ["USE_TZ", "TIME_ZONE"])
def test_settings_that_django_compiles_by_are_seen(anna: User, compiled: list[type], setting: str) -> None:
    account(anna)
    assert read(anna) == [(1, [])]
    compiled.clear()

    with override_settings(**{setting: {"USE_TZ": True, "TIME_ZONE": "UTC"}[setting]}):
        read(anna)
        read(anna)

    assert len(compiled) == 1


@pytest.mark.django_db(transaction=True)
def test_every_connection_has_its_own(anna: User, compiled: list[type]) -> None:
    user_id = UserId(str(anna.pk))

    def ask() -> int:
        compiled.clear()
        try:
            DjangoAccountRepository().of(user_id)
            DjangoAccountRepository().of(user_id)
            return len(compiled)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(ask).result() == 1
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(ask).result() == 1


def test_they_are_counted_as_any_other(anna: User) -> None:
    account(anna)
    read(anna)

    with CaptureQueriesContext(connection) as captured:
        read(anna)

    [statement] = captured.captured_queries
    assert statement["sql"].startswith("SELECT")


def test_values_have_names_on_sqlite_and_a_literal_percent_sign_stays_one(anna: User) -> None:
    """Django looks through the whole text for values that have none, which takes longer than all else."""

    def found() -> QuerySet[User, Any]:
        key = Placeholder("key", User._meta.pk)
        # Of what is no constant Django writes the pattern as SQL, with percent signs.
        return User.objects.filter(pk=key, username__contains=F("username")).values_list("username")

    sent: list[type] = []

    def noted(execute: Callable[..., object], sql: str, params: object, *more: object) -> object:
        sent.append(type(params))
        return execute(sql, params, *more)

    with connection.execute_wrapper(noted):
        assert [*map(tuple, prepared.rows(DEFAULT_DB_ALIAS, "percent", found, key=str(anna.pk)))] == [("anna",)]
    assert sent == [dict if connection.vendor == "sqlite" else list]
