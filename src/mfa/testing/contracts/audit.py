"""What every AuditTrail does."""

from datetime import timedelta
from typing import Any

import attrs
import pytest

from mfa.application.ports.audit import AuditQuery, AuditRow, AuditTrail
from mfa.domain.identifiers import UserId
from mfa.testing.contracts.repositories import NOW, SECOND

ANNA = UserId("1")
BERT = UserId("72a64ffa-0c2e-4b0b-8f1a-9d0f1f8e7a11")


def row(event: str, **changes: Any) -> AuditRow:
    made = AuditRow(event=event, user_id=ANNA, device_index=0, method="totp", at=NOW, actor="user")
    return attrs.evolve(made, **changes)


FULL = row(
    "operator.pass",
    device_index=7,
    method="acme.methods.voice",
    actor="Zo\N{LATIN SMALL LETTER E WITH DIAERESIS} \N{MOBILE PHONE}",
    why="'lost'; DROP TABLE --",
    reason="7.2.11",
    address="2001:db8::ff00:42:8329",
    user_agent="Mozilla/5.0 (\N{SNOWMAN})",
)


class AuditTrailContract:
    """Provide an ``audit`` trail that is empty."""

    @pytest.fixture
    def five(self, audit: AuditTrail) -> list[AuditRow]:
        """Rows of two users and of nobody, a second apart, as they are stored; two were written together."""
        rows = [
            row("device.registered"),
            row("device.activated", at=NOW + SECOND),
            row("device.registered", user_id=BERT, at=NOW + 2 * SECOND),
            row("upkeep.purge", user_id=None, device_index=None, method="", at=NOW + 3 * SECOND, actor="system"),
            row("device.removed", at=NOW + 4 * SECOND),
        ]
        audit.add(rows[:2])
        for each in rows[2:]:
            audit.add([each])
        stored = audit.read(AuditQuery(oldest_first=True))
        assert [attrs.evolve(each, number=None) for each in stored] == rows
        return list(stored)

    def test_at_first_there_is_nothing(self, audit: AuditTrail) -> None:
        assert list(audit.read(AuditQuery())) == []

    @pytest.mark.parametrize(
        "written", [FULL, row("device.renamed"), row("upkeep.purge", user_id=None, device_index=None, method="")]
    )
    def test_a_row_is_read_as_it_was_written(self, audit: AuditTrail, written: AuditRow) -> None:
        audit.add([written])

        [read] = audit.read(AuditQuery())
        assert attrs.evolve(read, number=None) == written
        assert read.number is not None

    def test_the_newest_come_first_or_the_oldest(self, audit: AuditTrail, five: list[AuditRow]) -> None:
        assert list(audit.read(AuditQuery())) == five[::-1]
        assert list(audit.read(AuditQuery(oldest_first=True))) == five
        numbers = [each.number or 0 for each in five]
        assert numbers == sorted({*numbers})

    def test_rows_of_one_user_are_no_others(self, audit: AuditTrail, five: list[AuditRow]) -> None:
        assert list(audit.read(AuditQuery(user_id=ANNA))) == [five[4], five[1], five[0]]
        assert list(audit.read(AuditQuery(user_id=BERT))) == [five[2]]
        assert list(audit.read(AuditQuery(user_id=UserId("11")))) == []

    def test_rows_since_a_time_are_read_with_those_of_that_moment(
        self, audit: AuditTrail, five: list[AuditRow]
    ) -> None:
        assert list(audit.read(AuditQuery(since=NOW + 3 * SECOND))) == [five[4], five[3]]
        assert list(audit.read(AuditQuery(since=NOW + 3 * SECOND + timedelta(microseconds=1)))) == [five[4]]

    def test_rows_of_some_events_are_no_others(self, audit: AuditTrail, five: list[AuditRow]) -> None:
        assert list(audit.read(AuditQuery(events=("device.registered", "nothing")))) == [five[2], five[0]]

    def test_a_page_goes_on_where_another_ended(self, audit: AuditTrail, five: list[AuditRow]) -> None:
        assert list(audit.read(AuditQuery(limit=2))) == [five[4], five[3]]
        assert list(audit.read(AuditQuery(limit=2, before=five[3].number))) == [five[2], five[1]]
        assert list(audit.read(AuditQuery(limit=2, after=five[1].number, oldest_first=True))) == [five[2], five[3]]

    def test_all_that_is_asked_for_holds_at_once(self, audit: AuditTrail, five: list[AuditRow]) -> None:
        query = AuditQuery(user_id=ANNA, since=NOW + SECOND, events=("device.activated",), before=five[4].number)

        assert list(audit.read(query)) == [five[1]]
