"""What every ExpiredRows does."""

from datetime import datetime, timedelta
from itertools import chain

import attrs
import pytest

from mfa.application.ports.audit import AuditQuery, AuditTrail
from mfa.application.ports.purging import ExpiredRows
from mfa.application.ports.repositories import AccountRepository
from mfa.domain.accounts import Account
from mfa.domain.challenges import Challenge, SpentLogin
from mfa.domain.errors import AlreadySpent
from mfa.domain.identifiers import TokenId, UserId
from mfa.testing.contracts.audit import row
from mfa.testing.contracts.repositories import NOW, SECOND, device, store, trust

PHONE = TokenId("1f" * 32)
LATER = NOW + timedelta(hours=1)
"""When the pending device of an account is over, to the moment."""


class ExpiredRowsContract:
    """Provide ``expired``, and the ``repository`` and ``audit`` trail that it looks into, with two users who exist."""

    def found(self, expired: ExpiredRows, now: datetime) -> set[UserId]:
        return set(expired.accounts(now, 100))

    def test_the_trail_is_among_the_kinds(self, expired: ExpiredRows) -> None:
        assert set(expired.kinds) == {"challenges", "logins", "audit"}

    def test_where_nothing_is_there_nothing_is_over(self, expired: ExpiredRows) -> None:
        assert self.found(expired, LATER) == set()
        assert [*chain.from_iterable(expired.drop(kind, LATER, 100) for kind in expired.kinds)] == []

    def test_accounts_are_found_by_a_device_that_is_over(
        self, expired: ExpiredRows, repository: AccountRepository, user_id: UserId, other_user_id: UserId
    ) -> None:
        store(repository, user_id, device(0), device(1, active=False))
        store(repository, other_user_id, device(0))

        assert self.found(expired, LATER - timedelta(microseconds=1)) == set()
        assert self.found(expired, LATER) == {user_id}

    def test_a_pass_is_over_as_well(self, expired: ExpiredRows, repository: AccountRepository, user_id: UserId) -> None:
        store(repository, user_id, attrs.evolve(device(0), expires_at=LATER, uses_left=0))

        assert self.found(expired, LATER - SECOND) == set()
        assert self.found(expired, LATER) == {user_id}

    def test_accounts_are_found_by_the_first_browser_that_is_over(
        self, expired: ExpiredRows, repository: AccountRepository, user_id: UserId
    ) -> None:
        trusts = (trust("a", expires_at=LATER + SECOND), trust("b", expires_at=LATER))
        stored = store(repository, user_id, device(0), trusts=trusts)

        assert self.found(expired, LATER - SECOND) == set()
        assert self.found(expired, LATER) == {user_id}
        repository.save(stored, attrs.evolve(stored, trusts=trusts[:1]))
        assert self.found(expired, LATER) == set()
        assert self.found(expired, LATER + SECOND) == {user_id}

    @pytest.mark.parametrize("batch", [1, 2, 100])
    def test_all_are_found_in_batches_even_while_they_are_dropped(
        self, expired: ExpiredRows, repository: AccountRepository, user_id: UserId, other_user_id: UserId, *, batch: int
    ) -> None:
        for each in (user_id, other_user_id):
            store(repository, each, device(0, active=False), device(1, active=False), device(2), trusts=(trust("a"),))
        found: list[UserId] = []

        for each in expired.accounts(LATER, batch):
            found.append(each)
            before = repository.of(each)
            repository.save(before, attrs.evolve(before, devices=before.devices[2:], trusts=()))

        assert set(found) == {user_id, other_user_id}
        assert self.found(expired, LATER) == set()

    def test_challenges_are_dropped_from_the_moment_of_their_end(
        self, expired: ExpiredRows, repository: AccountRepository, user_id: UserId
    ) -> None:
        ends = (NOW, NOW + SECOND, None)
        challenges = tuple(
            Challenge(index=index, token_id=PHONE, confirmed_at=NOW, expires_at=end) for index, end in enumerate(ends)
        )
        store(repository, user_id, *map(device, range(3)), token_id=PHONE, challenges=challenges)

        assert list(expired.drop("challenges", NOW - SECOND, 100)) == []
        assert list(expired.drop("challenges", NOW, 100)) == [1]
        assert repository.of(user_id, PHONE).challenges == challenges[1:]
        assert list(expired.drop("challenges", NOW + timedelta(days=9999), 100)) == [1]
        assert repository.of(user_id, PHONE).challenges == challenges[2:], "one without an end stays"

    def test_no_more_than_a_batch_is_dropped_at_once(
        self, expired: ExpiredRows, repository: AccountRepository, audit: AuditTrail, user_id: UserId
    ) -> None:
        challenges = tuple(Challenge(index=index, token_id=PHONE, expires_at=NOW) for index in range(3))
        store(repository, user_id, *map(device, range(3)), token_id=PHONE, challenges=challenges)
        for name in "abc":
            nobody = Account(user_id=UserId(""))
            repository.save(nobody, nobody, spending=SpentLogin(digest=name * 64, expires_at=NOW))
        audit.add([row("device.renamed") for _ in range(3)])

        for kind in expired.kinds:
            assert list(expired.drop(kind, NOW, 2)) == [2, 1]
            assert list(expired.drop(kind, NOW, 2)) == []

    def test_spent_logins_are_dropped_and_others_stay_spent(
        self, expired: ExpiredRows, repository: AccountRepository
    ) -> None:
        nobody = Account(user_id=UserId(""))
        over, living = (
            SpentLogin(digest=name * 64, expires_at=end) for name, end in {"a": NOW, "b": NOW + SECOND}.items()
        )
        for each in (over, living):
            repository.save(nobody, nobody, spending=each)

        assert list(expired.drop("logins", NOW, 100)) == [1]

        repository.save(nobody, nobody, spending=over)
        with pytest.raises(AlreadySpent):
            repository.save(nobody, nobody, spending=living)

    def test_the_oldest_rows_of_the_trail_are_dropped_first(self, expired: ExpiredRows, audit: AuditTrail) -> None:
        audit.add([row(f"event.{number}", at=NOW + number * SECOND) for number in range(4)])

        assert next(iter(expired.drop("audit", NOW + 2 * SECOND, 2))) == 2

        assert [each.event for each in audit.read(AuditQuery(oldest_first=True))] == ["event.2", "event.3"]
