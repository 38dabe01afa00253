from collections.abc import Sequence
from datetime import timedelta

import pytest

from mfa.adapters.memory.audit import MemoryAuditTrail
from mfa.application.activity import MEMORY, PAGE, ActivityPage, ListActivity
from mfa.application.ports.audit import AuditQuery, AuditRow, AuditTrail
from mfa.domain.errors import Refused, StoreBusy, Unavailable
from mfa.domain.identifiers import UserId
from tests.unit.application.world import ANNA, BERT, LAPTOP, PHONE, App, World

TICK = timedelta(microseconds=1)


class Trail(MemoryAuditTrail):
    """Rows that a test makes, as numbers alone; of them a page is read, and whether there is more."""

    def read(self, query: AuditQuery) -> Sequence[AuditRow]:
        assert query.limit == PAGE + 1
        return super().read(query)

    def keep(self, world: World, count: int, *, user_id: UserId = ANNA, age: timedelta = timedelta()) -> None:
        self.add(
            [
                AuditRow(
                    event="device.renamed",
                    user_id=user_id,
                    device_index=0,
                    method="totp",
                    at=world.clock.time - age,
                    actor="user",
                )
            ]
            * count
        )


@pytest.fixture
def trail() -> Trail:
    return Trail()


@pytest.fixture
def world(trail: Trail) -> World:
    world = World()
    world.container.audit.override(trail)
    return world


@pytest.fixture
def app(world: World, trail: Trail) -> App:
    app = world.enrolled(PHONE)
    trail.rows.clear()
    return app


def listing(world: World) -> ListActivity:
    return world.use_cases.list_activity


def numbers(page: ActivityPage) -> list[int | None]:
    return [row.number for row in page.rows]


@pytest.mark.usefixtures("app")
class TestPages:
    def test_there_is_one_page_of_little(self, world: World, trail: Trail) -> None:
        trail.keep(world, 3)
        page = listing(world)(PHONE)
        assert (numbers(page), page.following, page.preceding) == ([3, 2, 1], None, None)

    def test_there_is_one_page_of_nothing(self, world: World) -> None:
        page = listing(world)(PHONE)
        assert (numbers(page), page.following, page.preceding) == ([], None, None)

    def test_pages_lead_on_and_back(self, world: World, trail: Trail) -> None:
        trail.keep(world, 2 * PAGE + 1)

        first = listing(world)(PHONE)
        second = listing(world)(PHONE, before=first.following)
        third = listing(world)(PHONE, before=second.following)

        assert [len(each.rows) for each in (first, second, third)] == [PAGE, PAGE, 1]
        assert numbers(first) + numbers(second) + numbers(third) == [*range(2 * PAGE + 1, 0, -1)]
        assert (first.preceding, third.following) == (None, None)
        assert listing(world)(PHONE, after=third.preceding) == second
        back = listing(world)(PHONE, after=second.preceding)
        assert (numbers(back), back.following, back.preceding) == (numbers(first), first.following, None)

    def test_a_full_last_page_is_the_last(self, world: World, trail: Trail) -> None:
        trail.keep(world, PAGE)
        assert listing(world)(PHONE).following is None

    def test_a_page_that_is_empty_by_now_leads_nowhere(self, world: World) -> None:
        for page in (listing(world)(PHONE, before=5), listing(world)(PHONE, after=5)):
            assert (numbers(page), page.following, page.preceding) == ([], None, None)

    def test_what_is_too_old_is_left_out(self, world: World, trail: Trail) -> None:
        trail.keep(world, 1, age=MEMORY + TICK)
        trail.keep(world, 1, age=MEMORY)
        assert numbers(listing(world)(PHONE)) == [2]

    def test_what_is_anothers_is_left_out(self, world: World, trail: Trail) -> None:
        trail.keep(world, 1, user_id=BERT)
        trail.keep(world, 1)
        assert numbers(listing(world)(PHONE)) == [2]


class TestDevices:
    def test_devices_that_are_there_come_along(self, world: World, app: App) -> None:
        assert list(listing(world)(PHONE).devices) == [app.index]

    def test_pending_ones_of_another_token_do_not(self, world: World, app: App) -> None:
        world.clock.advance(timedelta(seconds=30))
        world.verify(LAPTOP, app.index, app.code())
        pending = world.register(LAPTOP, "email", address="anna@example.com").device.index
        assert pending in listing(world)(LAPTOP).devices
        assert pending not in listing(world)(PHONE).devices


class TestRefusals:
    def test_a_token_that_is_not_verified_is_refused(self, world: World, app: App, trail: Trail) -> None:
        trail.keep(world, 1)
        with pytest.raises(Refused):
            listing(world)(LAPTOP)

    def test_an_account_that_is_known_is_judged_as_it_was_read(self, world: World, app: App, trail: Trail) -> None:
        trail.keep(world, 1, user_id=BERT)
        trail.keep(world, 1)
        known = world.assess_token.account(PHONE)
        world.remove(PHONE, app.index)
        page = listing(world)(PHONE, account=known)
        assert (numbers(page)[-1], list(page.devices)) == (2, [app.index])
        assert {row.user_id for row in page.rows} == {ANNA}

    @pytest.mark.usefixtures("app")
    def test_a_trail_that_is_busy_is_asked_again_but_not_for_ever(self, world: World) -> None:
        class Busy(AuditTrail):
            asked = 0

            def add(self, rows: object) -> None:
                raise NotImplementedError

            def read(self, query: AuditQuery) -> list[AuditRow]:
                self.asked += 1
                raise StoreBusy

        busy = Busy()
        world.container.audit.override(busy)

        with pytest.raises(Unavailable):
            listing(world)(PHONE)
        assert busy.asked == 3
