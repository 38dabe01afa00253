"""Commits that hold, and what becomes of those that cannot."""

import sqlite3
from collections.abc import Callable
from importlib import import_module

import attrs
import pytest
from django.contrib.auth.models import User
from django.db import (
    Error,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from django.test.utils import CaptureQueriesContext

from mfa.adapters.django.audit import DjangoAuditTrail
from mfa.adapters.django.models import AccountRecord
from mfa.adapters.django.repositories import DjangoAccountRepository
from mfa.adapters.django.unit_of_work import DjangoUnitOfWork
from mfa.adapters.memory.unit_of_work import MemoryPublisher
from mfa.application.ports.audit import AuditLevel, AuditTrail
from mfa.application.ports.publishing import Publisher
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.domain.accounts import Account
from mfa.domain.challenges import SpentLogin
from mfa.domain.errors import StaleAccount, StoreBusy, Unavailable
from mfa.domain.events import DeviceRegistered
from mfa.domain.identifiers import TokenId, UserId
from mfa.testing.contracts.repositories import NOW, device, full, with_devices
from mfa.testing.contracts.unit_of_work import UnitOfWorkContract
from tests.integration.django.crowd import MANY, all_at_once
from tests.integration.django.test_repositories import TOKEN, told


class TestDjangoUnitOfWork(UnitOfWorkContract):
    @pytest.fixture
    def audit(self) -> AuditTrail:
        return DjangoAuditTrail()

    @pytest.fixture
    def make(self, audit: AuditTrail) -> Callable[[Publisher, AuditLevel], UnitOfWork]:
        accounts = DjangoAccountRepository()
        return lambda publisher, level: DjangoUnitOfWork(
            accounts=accounts, publisher=publisher, audit=audit, level=level
        )

    @pytest.fixture
    def user_id(self, anna: User) -> UserId:
        return UserId(str(anna.pk))


@pytest.fixture
def publisher() -> MemoryPublisher:
    return MemoryPublisher()


@pytest.fixture
def unit_of_work(publisher: MemoryPublisher) -> DjangoUnitOfWork:
    return DjangoUnitOfWork(accounts=DjangoAccountRepository(), publisher=publisher, audit=DjangoAuditTrail())


@pytest.fixture
def happened(user_id: UserId) -> DeviceRegistered:
    return DeviceRegistered(user_id=user_id, at=NOW, index=0, method="totp")


def _of_a_file(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("in words")
    error.sqlite_errorcode = code
    return error


BUSY_FILES = [_of_a_file(code) for code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_LOCKED)]
BROKEN_FILE = _of_a_file(sqlite3.SQLITE_IOERR)


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    def test_a_change_is_one_transaction(self, unit_of_work: DjangoUnitOfWork, user_id: UserId) -> None:
        empty = unit_of_work.account(user_id, TOKEN)
        before = unit_of_work.commit(empty, full(empty, TOKEN), ())
        after = attrs.evolve(
            before,
            devices=(attrs.evolve(before.devices[0], state=b"next"), *before.devices[1:]),
            challenges=(attrs.evolve(before.challenges[0], sent=None), before.challenges[1]),
        )

        with CaptureQueriesContext(connection) as captured:
            unit_of_work.commit(before, after, ())

        assert told(captured) == [
            "BEGIN",
            "UPDATE accountrecord",
            "UPDATE devicerecord",
            "UPDATE challengerecord",
            "COMMIT",
        ]

    def test_without_a_difference_there_is_none(self, unit_of_work: DjangoUnitOfWork, user_id: UserId) -> None:
        before = unit_of_work.account(user_id)

        with CaptureQueriesContext(connection) as captured:
            unit_of_work.commit(before, before, ())

        assert told(captured) == []

    def test_what_fails_half_way_leaves_the_state_before(
        self,
        unit_of_work: DjangoUnitOfWork,
        publisher: MemoryPublisher,
        user_id: UserId,
        happened: DeviceRegistered,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        empty = unit_of_work.account(user_id, TOKEN)
        before = unit_of_work.commit(empty, full(empty, TOKEN), ())

        def fail(*_: object, **__: object) -> None:
            raise ConnectionResetError

        monkeypatch.setattr(DjangoAccountRepository, "_write_challenges", fail)
        changed = attrs.evolve(before.challenges[0], sent=None)
        after = attrs.evolve(before, next_index=50, challenges=(changed, before.challenges[1]))
        with pytest.raises(ConnectionResetError):
            unit_of_work.commit(before, after, [happened])

        assert unit_of_work.account(user_id, TOKEN) == before
        assert publisher.events == []

    def test_inside_the_callers_own_transaction_it_says_so_and_changes_nothing(
        self, unit_of_work: DjangoUnitOfWork, publisher: MemoryPublisher, user_id: UserId, happened: DeviceRegistered
    ) -> None:
        before = unit_of_work.account(user_id)

        with transaction.atomic(), pytest.raises(RuntimeError, match=r"called inside atomic\(\)"):
            unit_of_work.commit(before, with_devices(before, device(0)), [happened])

        assert unit_of_work.account(user_id) == before
        assert publisher.events == []

    def test_of_many_commits_one_holds_and_publishes(
        self, unit_of_work: DjangoUnitOfWork, publisher: MemoryPublisher, user_id: UserId, happened: DeviceRegistered
    ) -> None:
        before = unit_of_work.account(user_id)

        answers = all_at_once(lambda _: unit_of_work.commit(before, with_devices(before, device(0)), [happened]))

        assert sum(isinstance(answer, StaleAccount) for answer in answers) == MANY - 1, answers
        assert publisher.events == [happened]


@pytest.mark.django_db(transaction=True)
class TestAFasterTransaction:
    """What the database itself finds out is judged again, as whatever came too late."""

    @pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
    def test_under_strict_isolation_one_of_many_wins(
        self, unit_of_work: DjangoUnitOfWork, user_id: UserId, level: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        empty = unit_of_work.account(user_id)
        stored = unit_of_work.commit(empty, with_devices(empty, device(0)), ())
        isolate(level, monkeypatch)

        for _ in range(5):
            before = stored

            def commit(number: int, before: Account = before) -> Account:
                return unit_of_work.commit(before, attrs.evolve(before, next_index=before.next_index + 1 + number), ())

            answers = all_at_once(commit)

            assert sum(isinstance(answer, StaleAccount) for answer in answers) == MANY - 1, answers
            stored = unit_of_work.account(user_id)
            assert stored in answers

    @pytest.mark.parametrize("cause", ["40001", "40P01", "55P03", 1020, 1205, 1213, *BUSY_FILES])
    def test_a_transaction_that_was_outrun_is_tried_again(
        self, user_id: UserId, publisher: MemoryPublisher, cause: str | int | sqlite3.Error
    ) -> None:
        unit_of_work = failing(_failure(cause), publisher)

        with pytest.raises(StoreBusy) as commit:
            unit_of_work.commit(Account(user_id=user_id), _changed(user_id), ())
        with pytest.raises(StoreBusy) as read:
            unit_of_work.account(user_id)

        assert untold(commit.value)
        assert untold(read.value)

    @pytest.mark.parametrize("cause", ["08006", 2006, BROKEN_FILE])
    @pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
    def test_a_database_that_is_away_is_not(
        self,
        user_id: UserId,
        publisher: MemoryPublisher,
        caplog: pytest.LogCaptureFixture,
        *,
        happened: DeviceRegistered,
        cause: str | int | sqlite3.Error,
        kind: type[Error],
    ) -> None:
        unit_of_work = failing(_failure(cause, kind), publisher)

        with pytest.raises(Unavailable) as commit:
            unit_of_work.commit(Account(user_id=user_id), _changed(user_id), [happened])
        with pytest.raises(Unavailable) as read:
            unit_of_work.account(user_id)

        assert untold(commit.value)
        assert untold(read.value)
        assert publisher.events == []
        said = [(each.name, each.levelname, each.getMessage(), each.exc_info) for each in caplog.records]
        assert said == [("mfa", "ERROR", f"The database failed: {kind.__name__}", None)] * 2

    def test_nor_is_a_failure_that_says_nothing(self, user_id: UserId, publisher: MemoryPublisher) -> None:
        with pytest.raises(Unavailable):
            failing(OperationalError(), publisher).commit(Account(user_id=user_id), _changed(user_id), ())

    def test_whatever_is_a_mistake_stays_one(self, user_id: UserId, publisher: MemoryPublisher) -> None:
        with pytest.raises(ProgrammingError):
            failing(ProgrammingError(), publisher).commit(Account(user_id=user_id), _changed(user_id), ())

    def test_after_a_failure_the_connection_is_another(self, user_id: UserId, publisher: MemoryPublisher) -> None:
        connection.ensure_connection()

        with pytest.raises(Unavailable):
            failing(OperationalError(), publisher).account(user_id)

        assert connection.connection is None

    def test_but_not_within_somebody_elses_transaction(self, user_id: UserId, publisher: MemoryPublisher) -> None:
        with transaction.atomic():
            with pytest.raises(Unavailable):
                failing(OperationalError(), publisher).account(user_id)
            assert connection.is_usable()

    def test_a_user_who_is_deleted_meanwhile_leaves_a_stale_account(
        self, unit_of_work: DjangoUnitOfWork, anna: User, user_id: UserId
    ) -> None:
        before = unit_of_work.account(user_id)
        anna.delete()

        with pytest.raises(StaleAccount):
            unit_of_work.commit(before, with_devices(before, device(0)), ())

        assert not AccountRecord.objects.exists()

    def test_whatever_else_the_database_refuses_is_stale_too(self, user_id: UserId, publisher: MemoryPublisher) -> None:
        with pytest.raises(StaleAccount):
            failing(IntegrityError(), publisher).commit(Account(user_id=user_id), _changed(user_id), ())


def isolate(level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have new connections use a level of isolation; SQLite knows only the strictest."""
    match connection.vendor:
        case "mysql":
            monkeypatch.setitem(connection.settings_dict["OPTIONS"], "isolation_level", level.lower())
        case "postgresql":
            psycopg = import_module("django.db.backends.postgresql.psycopg_any")
            isolation = psycopg.IsolationLevel[level.replace(" ", "_")]
            monkeypatch.setitem(connection.settings_dict["OPTIONS"], "isolation_level", isolation)


def _changed(user_id: UserId) -> Account:
    return Account(user_id=user_id, next_index=1)


def _failure(cause: str | int | sqlite3.Error, kind: type[Error] = OperationalError) -> Error:
    """An error as Django raises it: the driver's is its cause, and has a state or a number; MariaDB's is in itself."""
    error = kind(cause, "in words")
    if isinstance(cause, str):
        error = kind("in words")
        error.__cause__ = type("DriverError", (Exception,), {"sqlstate": cause})()
    if isinstance(cause, sqlite3.Error):
        error = kind("in words")
        error.__cause__ = cause
    return error


def untold(error: BaseException) -> bool:
    """Whether nothing of what the database said goes along with an error."""
    return error.__cause__ is None and error.__context__ is None and "in words" not in str(error)


def failing(error: Exception, publisher: Publisher) -> DjangoUnitOfWork:
    class Failing(DjangoAccountRepository):
        def of(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
            raise error

        def save(self, before: Account, after: Account, *, spending: SpentLogin | None = None) -> Account:
            raise error

    return DjangoUnitOfWork(accounts=Failing(), publisher=publisher, audit=DjangoAuditTrail())
