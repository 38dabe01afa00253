"""Accounts in whichever database the tests run on."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from mfa.adapters.django import prepared
from mfa.adapters.django.models import AccountRecord, ChallengeRecord, DeviceRecord
from mfa.adapters.django.repositories import DjangoAccountRepository, DjangoKeyRotations
from mfa.application.ports.repositories import AccountRepository
from mfa.domain.accounts import Account
from mfa.domain.challenges import Challenge
from mfa.domain.errors import StaleAccount
from mfa.domain.identifiers import TokenId, UserId
from mfa.testing.contracts.repositories import NOW, AccountRepositoryContract, device, full, with_devices
from mfa.testing.contracts.system import KeyRotationsContract
from tests.integration.django.crowd import MANY, all_at_once

TOKEN = TokenId("1f" * 32)

STATEMENT = re.compile(r"(SELECT|UPDATE|INSERT|DELETE)\b(?:.*?\b(?:FROM|INTO))? [\"`](?:multi_factor_)?(\w+)[\"`]")


def told(captured: CaptureQueriesContext) -> list[str]:
    """Each statement as its verb and the table that it is about."""
    statements = []
    for query in captured.captured_queries:
        match = STATEMENT.match(query["sql"])
        statements.append(f"{match[1]} {match[2]}" if match else query["sql"].split()[0])
    return statements


class TestDjangoAccountRepository(AccountRepositoryContract):
    @pytest.fixture
    def repository(self) -> AccountRepository:
        return DjangoAccountRepository()

    # `user_id` and `other_user_id` are users of Django; see conftest.py.
    @pytest.fixture
    def user_id(self, anna: User) -> UserId:
        return UserId(str(anna.pk))

    @pytest.fixture
    def other_user_id(self, bert: User) -> UserId:
        return UserId(str(bert.pk))

    @pytest.fixture
    def change_password(self) -> Callable[[UserId, str], None]:
        def change(user_id: UserId, password: str) -> None:
            user = User.objects.get(pk=user_id)
            user.set_password(password)
            user.save()

        return change

    def test_a_save_without_a_difference_writes_nothing(self, repository: AccountRepository, user_id: UserId) -> None:
        before = repository.of(user_id)

        with CaptureQueriesContext(connection) as captured:
            assert repository.save(before, before) == before

        assert told(captured) == []

    def test_tokens_that_only_a_collation_takes_for_the_same_are_two(
        self, repository: AccountRepository, user_id: UserId
    ) -> None:
        lower, upper, padded = TokenId("abc"), TokenId("ABC"), TokenId("abc ")
        before = repository.of(user_id, lower)
        confirmed = Challenge(index=0, token_id=lower, confirmed_at=NOW)
        repository.save(before, attrs.evolve(with_devices(before, device(0)), challenges=(confirmed,)))

        assert repository.of(user_id, lower).challenges == (confirmed,)
        assert repository.of(user_id, upper).challenges == ()
        assert repository.proofs(user_id, upper, trusts=False).challenges == ()
        assert repository.of(user_id, padded).challenges == ()

    def test_no_token_is_not_a_token_without_a_name(self, repository: AccountRepository, user_id: UserId) -> None:
        before = repository.of(user_id, TokenId(""))
        confirmed = Challenge(index=0, token_id=TokenId(""), confirmed_at=NOW)
        repository.save(before, attrs.evolve(with_devices(before, device(0)), challenges=(confirmed,)))

        assert repository.of(user_id).challenges == ()


@pytest.mark.django_db
class TestDjangoKeyRotations(KeyRotationsContract):
    @pytest.fixture
    def rotations(self) -> DjangoKeyRotations:
        return DjangoKeyRotations()


class TestStatements:
    """What each step costs, however many devices there are."""

    @pytest.fixture
    def account(self, user_id: UserId) -> Account:
        repository = DjangoAccountRepository()
        empty = repository.of(user_id, TOKEN)
        return repository.save(empty, full(empty, TOKEN))

    @pytest.fixture
    def repository(self) -> DjangoAccountRepository:
        return DjangoAccountRepository()

    def test_reading_costs_one(self, repository: DjangoAccountRepository, account: Account) -> None:
        with CaptureQueriesContext(connection) as captured:
            repository.of(account.user_id, TOKEN)

        assert told(captured) == ["SELECT accountrecord"]

    @pytest.mark.parametrize("trusts", [True, False])
    def test_so_does_what_a_gate_asks(
        self, repository: DjangoAccountRepository, account: Account, *, trusts: bool
    ) -> None:
        with CaptureQueriesContext(connection) as captured:
            repository.proofs(account.user_id, TOKEN, trusts=trusts)

        [statement] = captured.captured_queries
        assert ("password" in statement["sql"]) is trusts, "and less without remembered browsers"

    def test_reading_nothing_costs_one(self, repository: DjangoAccountRepository, other_user_id: UserId) -> None:
        with CaptureQueriesContext(connection) as captured:
            repository.of(other_user_id)

        assert told(captured) == ["SELECT accountrecord"]

    def test_what_changed_is_written_after_the_compare_and_set(
        self, repository: DjangoAccountRepository, account: Account
    ) -> None:
        device, challenge = account.devices[0], account.challenges[0]
        after = attrs.evolve(
            account,
            devices=(attrs.evolve(device, state=b"next"), *account.devices[1:]),
            challenges=(attrs.evolve(challenge, sent=None), *account.challenges[1:]),
        )

        with CaptureQueriesContext(connection) as captured:
            repository.save(account, after)

        assert told(captured) == ["UPDATE accountrecord", "UPDATE devicerecord", "UPDATE challengerecord"]

    def test_a_stale_save_costs_one(self, repository: DjangoAccountRepository, account: Account) -> None:
        repository.save(account, attrs.evolve(account, next_index=10))

        with CaptureQueriesContext(connection) as captured, pytest.raises(StaleAccount):
            repository.save(account, attrs.evolve(account, next_index=11, devices=()))

        assert told(captured) == ["UPDATE accountrecord"]

    def test_a_removal_takes_challenges_and_devices_in_one_statement_each(
        self, repository: DjangoAccountRepository, account: Account
    ) -> None:
        with CaptureQueriesContext(connection) as captured:
            repository.save(account, attrs.evolve(account, devices=(), challenges=()))

        assert told(captured) == ["UPDATE accountrecord", "DELETE challengerecord", "DELETE devicerecord"]

    def test_a_first_device_costs_two_inserts(self, repository: DjangoAccountRepository, other_user_id: UserId) -> None:
        before = repository.of(other_user_id)

        with CaptureQueriesContext(connection) as captured:
            repository.save(before, with_devices(before, device(0)))

        assert told(captured) == ["INSERT accountrecord", "INSERT devicerecord"]


class TestLogins:
    """What is read of the password beside the account."""

    @pytest.fixture
    def repository(self) -> DjangoAccountRepository:
        return DjangoAccountRepository()

    @pytest.fixture(autouse=True)
    def account(self, repository: DjangoAccountRepository, user_id: UserId) -> Account:
        before = repository.of(user_id, TOKEN)
        return repository.save(before, full(before, TOKEN))

    def test_it_is_read_in_the_one_statement(self, repository: DjangoAccountRepository, anna: User) -> None:
        known = repository.of(UserId(str(anna.pk)), TOKEN).login
        anna.set_password("another")
        anna.save()

        with CaptureQueriesContext(connection) as captured:
            read = repository.of(UserId(str(anna.pk)), TOKEN)

        assert told(captured) == ["SELECT accountrecord"]
        assert read.login != known
        assert len(read.challenges) == 2

    def test_it_is_a_digest_that_holds_nothing_of_the_hash(
        self, repository: DjangoAccountRepository, anna: User
    ) -> None:
        login = repository.of(UserId(str(anna.pk))).login

        assert re.fullmatch("[0-9a-f]{32}", login)
        assert login not in anna.password
        assert all(part not in login for part in anna.password.split("$") if len(part) > 8)

    @pytest.mark.parametrize("stored", ["md5$another$hash", "!unusable", ""])
    def test_it_follows_the_row_whoever_changes_it(
        self, repository: DjangoAccountRepository, user_id: UserId, stored: str
    ) -> None:
        known = repository.of(user_id).login

        User.objects.filter(pk=user_id).update(password=stored)

        assert repository.of(user_id).login != known

    def test_the_same_password_that_is_set_again_is_another(
        self, repository: DjangoAccountRepository, anna: User, user_id: UserId
    ) -> None:
        known = repository.of(user_id).login

        anna.set_password("a password")
        anna.save()

        assert repository.of(user_id).login != known

    def test_nothing_else_of_a_user_changes_it(
        self, repository: DjangoAccountRepository, anna: User, user_id: UserId
    ) -> None:
        known = repository.of(user_id).login

        User.objects.filter(pk=user_id).update(username="ann", email="ann@example.org", is_active=False, last_login=NOW)

        assert repository.of(user_id).login == known
        assert anna.username == "anna"

    @pytest.fixture
    def without_passwords(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        columns = [field for field in User._meta.concrete_fields if field.name != "password"]
        monkeypatch.setitem(vars(User._meta), "concrete_fields", columns)
        monkeypatch.setitem(vars(connections[DEFAULT_DB_ALIAS]), "_mfa_statements", {})
        prepared.columns.cache_clear()
        yield
        prepared.columns.cache_clear()

    @pytest.mark.usefixtures("without_passwords")
    def test_users_whose_model_has_no_password_have_one_login(
        self, repository: DjangoAccountRepository, user_id: UserId
    ) -> None:
        known = repository.of(user_id, TOKEN)

        User.objects.filter(pk=user_id).update(password="another")

        assert repository.of(user_id, TOKEN).login == known.login != ""
        assert repository.of(user_id, TOKEN) == known


@pytest.mark.django_db(transaction=True)
class TestRaces:
    """Writers with connections of their own, who have all read the same."""

    ROUNDS = 5

    @pytest.fixture
    def repository(self) -> DjangoAccountRepository:
        return DjangoAccountRepository()

    def race(self, repository: DjangoAccountRepository, before: Account) -> Account:
        """Have many save over the same state, each a device of its own name, and return the state of who won."""

        def save(number: int) -> Account:
            named = attrs.evolve(device(before.next_index), name=f"writer {number}")
            challenge = Challenge(index=named.index, token_id=TOKEN, confirmed_at=NOW + timedelta(seconds=number))
            after = attrs.evolve(
                before,
                next_index=before.next_index + 1,
                devices=(*before.devices, named),
                challenges=(*before.challenges, challenge),
            )
            with transaction.atomic(durable=True):
                return repository.save(before, after)

        answers = all_at_once(save)

        winners = [answer for answer in answers if isinstance(answer, Account)]
        losers = [answer for answer in answers if isinstance(answer, StaleAccount)]
        assert (len(winners), len(losers)) == (1, MANY - 1), answers
        return winners[0]

    def test_of_many_first_devices_one_is_stored(self, repository: DjangoAccountRepository, user_id: UserId) -> None:
        before = repository.of(user_id, TOKEN)

        stored = self.race(repository, before)

        assert stored.version == 1
        assert repository.of(user_id, TOKEN) == stored

    def test_of_many_changes_one_is_stored_each_time(
        self, repository: DjangoAccountRepository, user_id: UserId
    ) -> None:
        empty = repository.of(user_id, TOKEN)
        stored = repository.save(empty, with_devices(empty, device(0)))

        for version in range(2, 2 + self.ROUNDS):
            stored = self.race(repository, stored)
            assert stored.version == version
            assert repository.of(user_id, TOKEN) == stored

        assert len(stored.devices) == 1 + self.ROUNDS

    def test_writers_for_different_users_do_not_meet(
        self, repository: DjangoAccountRepository, user_id: UserId, other_user_id: UserId
    ) -> None:
        def save(number: int) -> Account:
            before = repository.of((user_id, other_user_id)[number])
            with transaction.atomic(durable=True):
                return repository.save(before, with_devices(before, device(0)))

        assert all(isinstance(answer, Account) for answer in all_at_once(save, many=2))


class TestRows:
    """What the tables themselves rule out."""

    @pytest.fixture
    def account(self, user_id: UserId, other_user_id: UserId) -> Account:
        repository = DjangoAccountRepository()
        theirs, mine = (repository.of(each, TOKEN) for each in (other_user_id, user_id))
        repository.save(theirs, full(theirs, TOKEN))
        return repository.save(mine, full(mine, TOKEN))

    @pytest.mark.parametrize("model", [DeviceRecord, ChallengeRecord])
    def test_a_row_cannot_be_inserted_twice(self, account: Account, model: type[Model]) -> None:
        record = model._default_manager.filter(account_id=account.user_id)[0]
        record.pk = None

        with pytest.raises(IntegrityError), transaction.atomic():
            record.save(force_insert=True)

    def test_there_is_one_account_for_each_user(self, account: Account) -> None:
        record = AccountRecord.objects.get(pk=int(account.user_id))

        with pytest.raises(IntegrityError), transaction.atomic():
            record.save(force_insert=True)

    def test_a_user_who_is_deleted_leaves_nothing_and_takes_nothing_else(
        self, account: Account, anna: User, other_user_id: UserId
    ) -> None:
        anna.delete()

        for model in (AccountRecord, DeviceRecord, ChallengeRecord):
            assert model._default_manager.exists()
        assert {record.pk for record in AccountRecord.objects.all()} == {int(other_user_id)}
        assert {record.account_id for record in DeviceRecord.objects.all()} == {int(other_user_id)}
        assert {record.account_id for record in ChallengeRecord.objects.all()} == {int(other_user_id)}

    def test_what_is_dumped_is_loaded_as_it_was(self, account: Account, tmp_path: Path) -> None:
        """With Django's own commands, by which projects copy their data; its JSON rounds moments, its XML does not."""
        file = tmp_path / "dump.xml"
        call_command("dumpdata", "multi_factor", format="xml", output=file, verbosity=0)
        AccountRecord.objects.all().delete()

        call_command("loaddata", file, verbosity=0)

        assert DjangoAccountRepository().of(account.user_id, TOKEN) == account


class Elsewhere:
    """Sends reading to a replica that does not exist."""

    def db_for_read(self, model: type[Model], **hints: object) -> str | None:
        return "replica" if model._meta.app_label == "multi_factor" else None


def test_accounts_are_read_where_they_are_written(user_id: UserId, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica may lag behind: a device that was removed, or a challenge that was used up, would still count."""
    monkeypatch.setattr("django.db.router.routers", [Elsewhere()])
    assert "replica" not in connections
    repository = DjangoAccountRepository()
    empty = repository.of(user_id, TOKEN)

    saved = repository.save(empty, full(empty, TOKEN))
    removed = repository.save(saved, attrs.evolve(saved, devices=saved.devices[:1], challenges=()))

    assert repository.of(user_id, TOKEN) == removed
