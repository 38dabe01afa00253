"""What every UnitOfWork does."""

from collections.abc import Callable

import attrs
import pytest

from mfa.application.ports.publishing import Publisher
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.domain.accounts import Account
from mfa.domain.errors import StaleAccount
from mfa.domain.events import DeviceRegistered, DeviceRenamed, Event
from mfa.domain.identifiers import TokenId, UserId
from tests.contracts.repositories import NOW, device, full, with_devices


class Witness(Publisher):
    """Looks, at every event, at what another request would read."""

    def __init__(self, user_id: UserId) -> None:
        self.user_id = user_id
        self.unit_of_work: UnitOfWork | None = None
        self.seen: list[tuple[Event, Account]] = []

    def publish(self, event: Event) -> None:
        assert self.unit_of_work is not None
        self.seen.append((event, self.unit_of_work.account(self.user_id)))


class UnitOfWorkContract:
    """Provide ``make``, which makes a unit of work that publishes there, and the key of a user who exists."""

    @pytest.fixture
    def make(self) -> Callable[[Publisher], UnitOfWork]:
        raise NotImplementedError

    @pytest.fixture
    def user_id(self) -> UserId:
        raise NotImplementedError

    @pytest.fixture
    def token_id(self) -> TokenId:
        return TokenId("1f" * 32)

    @pytest.fixture
    def witness(self, user_id: UserId) -> Witness:
        return Witness(user_id)

    @pytest.fixture
    def unit_of_work(self, make: Callable[[Publisher], UnitOfWork], witness: Witness) -> UnitOfWork:
        witness.unit_of_work = make(witness)
        return witness.unit_of_work

    @pytest.fixture
    def happened(self, user_id: UserId) -> tuple[Event, Event]:
        return (
            DeviceRegistered(user_id=user_id, at=NOW, index=0, method="totp"),
            DeviceRenamed(user_id=user_id, at=NOW, index=0, method="totp"),
        )

    def test_a_commit_stores_and_returns_what_is_stored(
        self, unit_of_work: UnitOfWork, user_id: UserId, token_id: TokenId
    ) -> None:
        before = unit_of_work.account(user_id, token_id)
        assert before == Account(user_id=user_id, token_id=token_id)

        stored = unit_of_work.commit(before, full(before, token_id), ())

        assert stored == attrs.evolve(full(before, token_id), version=1)
        assert unit_of_work.account(user_id, token_id) == stored

    def test_what_is_no_accounts_is_recorded_with_what_is_done_beside(
        self, unit_of_work: UnitOfWork, witness: Witness, happened: tuple[Event, Event]
    ) -> None:
        seen: list[int] = []

        unit_of_work.record(happened, beside=lambda: seen.append(len(witness.seen)))

        assert seen == [0], "before anybody is told"
        assert [event for event, _ in witness.seen] == [*happened]

    def test_events_are_published_in_order_once_all_is_stored(
        self, unit_of_work: UnitOfWork, witness: Witness, user_id: UserId, happened: tuple[Event, Event]
    ) -> None:
        before = unit_of_work.account(user_id)

        stored = unit_of_work.commit(before, with_devices(before, device(0)), happened)

        assert witness.seen == [(event, stored) for event in happened]

    def test_a_stale_commit_publishes_and_stores_nothing(
        self, unit_of_work: UnitOfWork, witness: Witness, user_id: UserId, happened: tuple[Event, Event]
    ) -> None:
        before = unit_of_work.account(user_id)
        stored = unit_of_work.commit(before, with_devices(before, device(0)), ())

        with pytest.raises(StaleAccount):
            unit_of_work.commit(before, with_devices(before, device(0), device(1)), happened)

        assert witness.seen == []
        assert unit_of_work.account(user_id) == stored

    def test_without_a_difference_events_are_published_and_nothing_is_stored(
        self, unit_of_work: UnitOfWork, witness: Witness, user_id: UserId, happened: tuple[Event, Event]
    ) -> None:
        before = unit_of_work.account(user_id)
        before = unit_of_work.commit(before, with_devices(before, device(0)), ())

        assert unit_of_work.commit(before, before, happened) == before

        assert witness.seen == [(event, before) for event in happened]
        assert unit_of_work.account(user_id) == before
