"""Django's adapters of what operators need pass the suites of their ports, and cost what they have to."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import F
from django.db.transaction import atomic, set_rollback
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from mfa.adapters.django import reports as module
from mfa.adapters.django.audit import DjangoAuditTrail
from mfa.adapters.django.models import AuditRecord, ChallengeRecord, DeviceRecord
from mfa.adapters.django.purging import DjangoExpiredRows
from mfa.adapters.django.reports import DjangoAccountReports
from mfa.adapters.django.repositories import DjangoAccountRepository
from mfa.application.ports.audit import AuditQuery
from mfa.domain.identifiers import UserId
from mfa.testing.contracts.audit import AuditTrailContract, row
from mfa.testing.contracts.purging import LATER, ExpiredRowsContract
from mfa.testing.contracts.reports import GUESSABLE, AccountReportsContract
from mfa.testing.contracts.repositories import NOW, SECOND, device, store

pytestmark = pytest.mark.django_db


class TestDjangoAuditTrail(AuditTrailContract):
    @pytest.fixture
    def audit(self) -> DjangoAuditTrail:
        return DjangoAuditTrail()

    def test_rows_cost_one_statement_however_many(
        self, audit: DjangoAuditTrail, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1):
            audit.add([row("device.renamed") for _ in range(20)])
        with django_assert_num_queries(1):
            assert len(audit.read(AuditQuery(user_id=UserId("1")))) == 20

    def test_they_outlive_their_user_by_the_key_alone(self, audit: DjangoAuditTrail, anna: User) -> None:
        key = UserId(str(anna.pk))
        audit.add([row("device.renamed", user_id=key)])

        anna.delete()

        [kept] = audit.read(AuditQuery(user_id=key))
        assert kept.user_id == key

    def test_everything_has_its_column(self, audit: DjangoAuditTrail) -> None:
        audit.add([row("verification.rejected", reason="wrong")])

        [values] = AuditRecord.objects.values()
        assert set(values) == {
            "id",
            *("event", "user_id", "device_index", "method", "at"),
            *("actor", "why", "reason", "address", "user_agent"),
        }

    def test_the_longest_of_everything_fits(self, audit: DjangoAuditTrail) -> None:
        written = row(
            "e" * 64, user_id=UserId("u" * 64), method="m" * 64, actor="a" * 150, why="w" * 500, reason="r" * 255
        )

        audit.add([written])

        assert audit.read(AuditQuery())[0].why == "w" * 500


class TestDjangoAccountReports(AccountReportsContract):
    @pytest.fixture
    def users(self, db: None) -> tuple[UserId, UserId, UserId, UserId]:
        editors, auditors = (Group.objects.create(name=name) for name in ("editors", "auditors"))
        people = [User.objects.create_user(name, is_active=name != "dora") for name in ("anna", "bert", "carl", "dora")]
        for person in (people[0], people[1], people[3]):
            person.groups.add(editors)
        people[0].groups.add(auditors)
        first, second, third, fourth = (UserId(str(person.pk)) for person in people)
        return first, second, third, fourth

    @pytest.fixture
    def reports(self, users: object) -> DjangoAccountReports:
        return DjangoAccountReports()

    @pytest.fixture
    def repository(self) -> DjangoAccountRepository:
        return DjangoAccountRepository()

    def test_who_has_nothing_is_named_in_chunks(
        self,
        reports: DjangoAccountReports,
        users: tuple[UserId, UserId, UserId, UserId],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(module, "CHUNK", 2)

        with CaptureQueriesContext(connection) as captured:
            assert list(reports.missing()) == list(users[:3])

        assert len(captured) == 3

    @pytest.mark.parametrize("people", [1, 30])
    def test_a_count_costs_the_same_for_many(
        self, reports: DjangoAccountReports, people: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(people):
            store(DjangoAccountRepository(), UserId(str(User.objects.create_user(f"user{number}").pk)), device(0))

        with django_assert_num_queries(4):
            assert reports.count(None, 3, GUESSABLE).methods == {"totp": people}

    def test_where_users_have_no_groups_there_is_none(
        self, reports: DjangoAccountReports, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "model_of_groups", lambda _: None)

        assert list(reports.groups()) == []

    def test_where_users_cannot_be_inactive_all_are_counted(
        self,
        reports: DjangoAccountReports,
        users: tuple[UserId, UserId, UserId, UserId],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        fields = [field for field in User._meta.concrete_fields if field.name != "is_active"]
        monkeypatch.setattr(User._meta, "concrete_fields", fields)

        assert list(reports.missing()) == list(users)


class TestDjangoExpiredRows(ExpiredRowsContract):
    @pytest.fixture
    def repository(self) -> DjangoAccountRepository:
        return DjangoAccountRepository()

    @pytest.fixture
    def audit(self) -> DjangoAuditTrail:
        return DjangoAuditTrail()

    @pytest.fixture
    def expired(self) -> DjangoExpiredRows:
        return DjangoExpiredRows()

    @pytest.fixture
    def user_id(self, anna: User) -> UserId:
        return UserId(str(anna.pk))

    @pytest.fixture
    def other_user_id(self, bert: User) -> UserId:
        return UserId(str(bert.pk))

    def test_what_is_over_is_found_by_statements_that_do_not_grow(
        self, expired: DjangoExpiredRows, repository: DjangoAccountRepository, people: Callable[[int], list[UserId]]
    ) -> None:
        for user_id in people(6):
            store(repository, user_id, device(0, active=False))

        with CaptureQueriesContext(connection) as captured:
            assert len(list(expired.accounts(LATER, 3))) == 6

        assert len(captured) == 4, "two full batches, and two looks that find no more"

    def test_a_batch_is_looked_for_from_where_the_last_one_ended(self, expired: DjangoExpiredRows) -> None:
        DjangoAuditTrail().add([row("device.renamed", at=NOW + number * SECOND) for number in range(5)])

        with CaptureQueriesContext(connection) as captured:
            assert list(expired.drop("audit", LATER, 2)) == [2, 2, 1]

        looked = [each["sql"] for each in captured if each["sql"].startswith("SELECT")]
        assert [sql.count(" >= ") for sql in looked] == [0, 1, 1, 1]

    def test_no_statement_looks_at_more_than_a_batch_whatever_is_expected_of_a_table(
        self, expired: DjangoExpiredRows, user_id: UserId
    ) -> None:
        """As after a restore, when PostgreSQL knows nothing of the rows yet: here it expects none that is over."""
        if connection.vendor != "postgresql":
            pytest.skip("only PostgreSQL's plans are read")
        fill_with_what_is_over(user_id, 1_000)
        looked_at = RowsLookedAt()

        with connection.execute_wrapper(looked_at):
            assert sum(expired.drop("challenges", LATER, 50)) == 1_000
            assert {*expired.accounts(LATER, 50)} == {user_id}

        assert len(looked_at) >= 60
        assert max(looked_at) <= 51

    @pytest.fixture
    def people(self, db: None) -> Callable[[int], list[UserId]]:
        return lambda count: [UserId(str(User.objects.create_user(f"user{number}").pk)) for number in range(count)]


def fill_with_what_is_over(user_id: UserId, number: int) -> None:
    """Store challenges and pending devices of a user, of which the statistics say that they end in a hundred years."""
    store(DjangoAccountRepository(), user_id, device(0))
    ends = [NOW + timedelta(days=36_500, seconds=each) for each in range(number)]
    ChallengeRecord.objects.bulk_create(
        ChallengeRecord(account_id=user_id, index=0, token=str(end), expires_at=end) for end in ends
    )
    DeviceRecord.objects.bulk_create(
        DeviceRecord(
            account_id=user_id,
            index=1 + each,
            method="totp",
            state=b"",
            created_at=NOW,
            expires_at=end,
            failures=0,
            recent_failures=0,
        )
        for each, end in enumerate(ends)
    )
    for model in (ChallengeRecord, DeviceRecord):
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {model._meta.db_table}")
        model._default_manager.update(expires_at=F("expires_at") - timedelta(days=40_000))


class RowsLookedAt(list[float]):
    """Notes of each statement at how many rows a part of it looks at most."""

    def __call__(self, execute: Callable[..., object], sql: str, params: object, *arguments: object) -> object:
        if sql.startswith(("SELECT", "DELETE")):
            with atomic(), connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)  # type: ignore[arg-type] # as they came
                self.append(most_rows(cursor.fetchone()[0][0]["Plan"]))
                set_rollback(True)
        return execute(sql, params, *arguments)


def most_rows(node: dict[str, Any]) -> float:
    here: float = node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
    return max([here, *map(most_rows, node.get("Plans", ()))])
