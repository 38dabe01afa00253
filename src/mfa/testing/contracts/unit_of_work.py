"""What every UnitOfWork does."""

from collections.abc import Callable

import attrs
import pytest

from mfa.application.ports.audit import (
    SYSTEM,
    AuditLevel,
    AuditQuery,
    AuditRow,
    AuditTrail,
    Client,
    Origin,
    acting,
)
from mfa.application.ports.publishing import Publisher
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.domain.accounts import Account
from mfa.domain.challenges import SpentLogin
from mfa.domain.errors import AlreadySpent, StaleAccount
from mfa.domain.events import (
    BrowserTrusted,
    ChallengeDispatched,
    DeviceRegistered,
    DeviceRenamed,
    Event,
    Purged,
    VerificationAccepted,
    VerificationRejected,
)
from mfa.domain.identifiers import TokenId, UserId
from mfa.domain.verdicts import Reason
from mfa.testing.contracts.audit import row
from mfa.testing.contracts.repositories import NOW, device, full, with_devices


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
    """Provide an ``audit`` trail, ``make``, which makes a unit of work over it, and the key of a user who exists."""

    @pytest.fixture
    def token_id(self) -> TokenId:
        return TokenId("1f" * 32)

    @pytest.fixture
    def witness(self, user_id: UserId) -> Witness:
        return Witness(user_id)

    @pytest.fixture
    def unit_of_work(self, make: Callable[[Publisher, AuditLevel], UnitOfWork], witness: Witness) -> UnitOfWork:
        witness.unit_of_work = make(witness, "changes")
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

    def test_what_is_done_is_done_where_nothing_is_recorded(self, unit_of_work: UnitOfWork) -> None:
        seen: list[str] = []

        unit_of_work.record((), beside=lambda: seen.append("done"))

        assert seen == ["done"]

    def test_events_are_published_in_order_once_all_is_stored(
        self, unit_of_work: UnitOfWork, witness: Witness, user_id: UserId, happened: tuple[Event, Event]
    ) -> None:
        before = unit_of_work.account(user_id)

        stored = unit_of_work.commit(before, with_devices(before, device(0)), happened)

        assert witness.seen == [(event, stored) for event in happened]

    def test_a_stale_commit_publishes_stores_and_writes_down_nothing(
        self,
        unit_of_work: UnitOfWork,
        witness: Witness,
        audit: AuditTrail,
        user_id: UserId,
        happened: tuple[Event, Event],
    ) -> None:
        before = unit_of_work.account(user_id)
        stored = unit_of_work.commit(before, with_devices(before, device(0)), ())

        with pytest.raises(StaleAccount):
            unit_of_work.commit(before, with_devices(before, device(0), device(1)), happened)

        assert witness.seen == []
        assert unit_of_work.account(user_id) == stored
        assert told(audit) == []

    def test_without_a_difference_events_are_published_and_nothing_is_stored(
        self, unit_of_work: UnitOfWork, witness: Witness, user_id: UserId, happened: tuple[Event, Event]
    ) -> None:
        before = unit_of_work.account(user_id)
        before = unit_of_work.commit(before, with_devices(before, device(0)), ())

        assert unit_of_work.commit(before, before, happened) == before

        assert witness.seen == [(event, before) for event in happened]
        assert unit_of_work.account(user_id) == before

    # The audit trail

    def test_events_are_written_down_with_who_acted(
        self, unit_of_work: UnitOfWork, audit: AuditTrail, user_id: UserId, happened: tuple[Event, Event]
    ) -> None:
        before = unit_of_work.account(user_id)
        client = Client(address="2001:db8::1", user_agent="curl")

        with acting(Origin(actor="root", why="ticket 7", client=client)):
            unit_of_work.commit(before, with_devices(before, device(0)), happened)

        who = {"actor": "root", "why": "ticket 7", "address": "2001:db8::1", "user_agent": "curl"}
        assert told(audit) == [row(name, user_id=user_id, **who) for name in ("device.registered", "device.renamed")]

    def test_by_default_the_user_acts_from_nowhere(
        self, unit_of_work: UnitOfWork, audit: AuditTrail, user_id: UserId, happened: tuple[Event, Event]
    ) -> None:
        before = unit_of_work.account(user_id)
        unit_of_work.commit(before, before, happened[:1])

        assert told(audit) == [row("device.registered", user_id=user_id, actor="user", why="", address=None)]

    @pytest.mark.parametrize("level", ["changes", "all", "off"])
    def test_what_is_written_down_is_as_the_level_says(
        self,
        make: Callable[[Publisher, AuditLevel], UnitOfWork],
        witness: Witness,
        audit: AuditTrail,
        level: AuditLevel,
    ) -> None:
        user_id, kept = witness.user_id, {"changes": 1, "all": 4, "off": 0}[level]
        witness.unit_of_work = make(witness, level)
        before = witness.unit_of_work.account(user_id)
        happened = (
            VerificationRejected(user_id=user_id, at=NOW, index=0, method="totp", reason=Reason.REPLAYED),
            VerificationAccepted(user_id=user_id, at=NOW, index=0, method="totp"),
            ChallengeDispatched(user_id=user_id, at=NOW, index=0, method="totp"),
            BrowserTrusted(user_id=user_id, at=NOW, trust="0123456789abcdef"),
        )

        witness.unit_of_work.commit(before, before, happened)

        rows = told(audit)
        assert [each.event for each in rows] == [event.name for event in happened[:kept]]
        assert [each.reason for each in rows] == ["replayed", "", "", "0123456789abcdef"][:kept]
        assert [event for event, _ in witness.seen] == list(happened), "whatever is kept, all is published"

    @pytest.mark.parametrize(("level", "kept"), [("changes", 1), ("off", 0)])
    def test_what_is_no_accounts_is_recorded_as_the_level_says(
        self,
        make: Callable[[Publisher, AuditLevel], UnitOfWork],
        witness: Witness,
        audit: AuditTrail,
        level: AuditLevel,
        kept: int,
    ) -> None:
        witness.unit_of_work = make(witness, level)
        happened = Purged(at=NOW, counts={"devices": 3, "audit": 0})

        with acting(Origin(actor=SYSTEM)):
            witness.unit_of_work.record((happened,))

        said = {"method": "", "actor": "system", "reason": "devices: 3, audit: 0"}
        assert told(audit) == [row("upkeep.purge", user_id=None, device_index=None, **said)][:kept]
        assert [event for event, _ in witness.seen] == [happened], "whatever is kept, it is published"

    # What is done beside

    def test_something_is_done_beside_a_change_and_without_one(
        self, unit_of_work: UnitOfWork, witness: Witness, user_id: UserId, happened: tuple[Event, Event]
    ) -> None:
        done: list[int] = []
        before = unit_of_work.account(user_id)

        stored = unit_of_work.commit(
            before, with_devices(before, device(0)), happened, beside=lambda: done.append(len(witness.seen))
        )
        unit_of_work.commit(stored, stored, (), beside=lambda: done.append(len(witness.seen)))

        assert done == [0, 2], "before anything is published"

    def test_but_not_where_the_change_is_refused(self, unit_of_work: UnitOfWork, user_id: UserId) -> None:
        done: list[None] = []
        before = unit_of_work.account(user_id)
        spending = SpentLogin(digest="ab" * 32, expires_at=NOW)
        stored = unit_of_work.commit(before, with_devices(before, device(0)), (), spending=spending)

        with pytest.raises(StaleAccount):
            unit_of_work.commit(before, with_devices(before, device(1)), (), beside=lambda: done.append(None))
        with pytest.raises(AlreadySpent):
            unit_of_work.commit(stored, stored, (), spending=spending, beside=lambda: done.append(None))

        assert done == []


def told(audit: AuditTrail) -> list[AuditRow]:
    """Return all rows, the oldest first, without their numbers."""
    return [attrs.evolve(row, number=None) for row in audit.read(AuditQuery(oldest_first=True))]
