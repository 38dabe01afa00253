"""What a purge drops, and what it never does."""

from datetime import datetime, timedelta

import attrs
import pytest

from mfa.application.operations import Operator
from mfa.application.operations.upkeep import BATCH
from mfa.application.verification import Verified
from mfa.domain.challenges import SpentLogin
from mfa.domain.errors import AlreadySpent, DeviceNotFound
from mfa.domain.events import BrowserForgotten, DeviceRemoved, Purged
from mfa.domain.identifiers import UserId
from tests.unit.application.operations.desk import SHELL, Desk
from tests.unit.application.world import ANNA, BERTS, LAPTOP, PHONE, World

NOTHING = {"devices": 0, "trusts": 0, "challenges": 0, "logins": 0, "audit": 0}


@pytest.fixture
def desk() -> Desk:
    return Desk(World(trust_lifetime=timedelta(days=30), verification_lifetime=timedelta(hours=12)))


@pytest.fixture
def world(desk: Desk) -> World:
    return desk.world


def purge(desk: Desk, batch: int = 1000) -> dict[str, int]:
    return desk.operations.purge(SHELL, batch=batch)


class TestWhatGoes:
    def test_where_nothing_is_over_nothing(self, desk: Desk, world: World) -> None:
        world.enrolled(LAPTOP)

        assert purge(desk) == NOTHING

    def test_pending_devices_that_are_over(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        world.register(LAPTOP, "totp")
        world.register(BERTS, "totp")
        world.later(hours=1)

        assert purge(desk) == {**NOTHING, "devices": 2}

        assert [each.index for each in world.repository.of(ANNA).devices] == [app.index]
        assert world.repository.of(BERTS.user_id).devices == ()
        assert world.events(DeviceRemoved) == [], "a device that never was one is not removed"

    def test_passes_that_are_over(self, desk: Desk, world: World) -> None:
        world.enrolled(LAPTOP)
        desk.issue()
        world.later(hours=1)

        assert purge(desk)["devices"] == 1

        assert len(world.repository.of(ANNA).devices) == 1

    def test_browsers_that_are_over(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        world.remember(LAPTOP, app.index, app.fresh())
        world.later(days=1)
        kept = world.remember(LAPTOP, app.index, app.fresh())
        world.later(days=29)

        assert purge(desk)["trusts"] == 1

        assert [each.id for each in world.repository.of(ANNA).trusts] == [kept.trust.id]
        assert world.events(BrowserForgotten) == [], "nobody has it forgotten: it was worth nothing any more"

    def test_challenges_that_count_for_nothing_any_more(self, desk: Desk, world: World) -> None:
        world.enrolled(LAPTOP)
        world.later(hours=12)

        assert purge(desk) == {**NOTHING, "challenges": 1}

        assert world.repository.of(ANNA, LAPTOP.id).challenges == ()

    def test_logins_that_are_spent_and_over(self, desk: Desk, world: World) -> None:
        before = world.repository.of(ANNA)
        spent = SpentLogin(digest="ab", expires_at=world.clock.now() + timedelta(days=1))
        world.repository.save(before, before, spending=spent)
        assert purge(desk)["logins"] == 0
        world.later(days=1)

        assert purge(desk)["logins"] == 1

    def test_rows_of_the_trail_beyond_their_retention(self, desk: Desk, world: World) -> None:
        desk.unlock()
        world.later(days=400, microseconds=-1)
        desk.lock_down()
        assert purge(desk)["audit"] == 0
        world.later(microseconds=1)

        assert purge(desk)["audit"] == 1

        assert [row.event for row in desk.rows] == ["operator.lockdown", "upkeep.purge", "upkeep.purge"]

    def test_all_of_it_however_small_a_batch(self, desk: Desk, world: World) -> None:
        for token in (LAPTOP, PHONE, BERTS):
            world.enrolled(token)
            world.register(token, "totp")
            world.later(seconds=30)
            if token is LAPTOP:
                desk.reset()
        world.later(hours=12)

        assert purge(desk, batch=1) == {**NOTHING, "devices": 2, "challenges": 2}


class TestWhatStays:
    def test_a_pass_that_is_used_up_counts_until_its_time(self, desk: Desk, world: World) -> None:
        issued = desk.issue()
        world.verify(PHONE, issued.index, issued.value)
        world.later(minutes=59)

        assert purge(desk) == NOTHING

        assert world.assess(PHONE).verified
        with pytest.raises(DeviceNotFound):
            world.verify(LAPTOP, issued.index, issued.value)

    def test_what_was_guessed_at_what_goes_still_waits(self, desk: Desk, world: World) -> None:
        pending = world.register(PHONE, "totp").device.index
        world.later(minutes=59)
        world.wrong(PHONE, pending, 6)
        world.clock.time = max(world.clock.time, world.repository.of(ANNA).devices[0].expires_at or world.clock.time)
        failures = world.failures()

        assert purge(desk)["devices"] == 1

        assert world.failures() == failures == 6

    def test_what_a_token_has_confirmed(self, desk: Desk, world: World) -> None:
        world.enrolled(LAPTOP)
        world.later(hours=12, microseconds=-1)

        purge(desk)

        assert world.assess(LAPTOP).verified

    def test_what_is_out_for_a_token(self, desk: Desk, world: World) -> None:
        mail = world.mailbox(LAPTOP)
        world.later(minutes=1)
        code = world.dispatch(PHONE, mail)
        world.later(minutes=9)

        purge(desk)

        assert isinstance(world.verify(PHONE, mail, code), Verified)

    def test_a_browser_to_the_end_of_its_time(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        kept = world.remember(LAPTOP, app.index, app.fresh())
        world.later(days=30, microseconds=-1)

        assert purge(desk)["trusts"] == 0

        assert [each.id for each in world.repository.of(ANNA).trusts] == [kept.trust.id]

    def test_what_serves_once_has_served(self, desk: Desk, world: World) -> None:
        before = world.repository.of(ANNA)
        spent = SpentLogin(digest="ab", expires_at=world.clock.now() + timedelta(days=1))
        world.repository.save(before, before, spending=spent)
        world.later(days=1, microseconds=-1)

        purge(desk)

        with pytest.raises(AlreadySpent):
            world.repository.save(before, before, spending=spent)

    def test_devices_and_what_disables_them(self) -> None:
        world = World(max_failures=3)
        app = world.enrolled(LAPTOP)
        world.wrong(PHONE, app.index, 3)
        world.later(days=1000)

        purge(Desk(world))

        [device] = world.repository.of(ANNA).devices
        assert device.failures.count == 3


class TestRecord:
    def test_there_is_one_row_with_the_counts(self, desk: Desk, world: World) -> None:
        world.register(LAPTOP, "totp")
        world.register(BERTS, "totp")
        world.later(hours=1)
        rows = len(desk.rows)

        desk.operations.purge(Operator(name="cron", why="nightly"))

        [row] = desk.rows[rows:]
        assert (row.event, row.user_id, row.actor, row.why) == ("upkeep.purge", None, "cron", "nightly")
        assert row.reason == "devices: 2, trusts: 0, challenges: 0, logins: 0, audit: 0"
        [event] = world.events(Purged)
        assert event.counts == {**NOTHING, "devices": 2}

    def test_progress_is_told(self, desk: Desk, world: World) -> None:
        app, _ = [world.enrolled(token) for token in (LAPTOP, BERTS)]
        for token in (LAPTOP, BERTS):
            world.register(token, "totp")
        world.remember(LAPTOP, app.index, app.fresh())
        world.later(days=30)
        told: list[tuple[str, int]] = []

        desk.operations.purge(SHELL, batch=1, progress=lambda kind, count: told.append((kind, count)))

        assert told == [("accounts", 2), ("accounts", 3), ("challenges", 1), ("challenges", 2)]


def test_a_retention_of_its_own_is_kept() -> None:
    desk = Desk(World(audit_retention=timedelta(days=1)))
    desk.unlock()
    desk.world.later(days=1)

    assert purge(desk)["audit"] == 1
    assert attrs.evolve(desk.rows[0], number=None).event == "upkeep.purge"


def test_an_account_in_which_somebody_else_was_faster_is_no_harm(desk: Desk, world: World) -> None:
    """What is found is looked at once more: it may have gone meanwhile, or come twice."""
    world.register(LAPTOP, "totp")
    world.later(hours=1)
    expired = world.container.expired_rows()
    found = list(expired.accounts(world.clock.now(), 1))
    told: list[tuple[str, int]] = []

    class Twice(type(expired)):  # type: ignore[misc] # the fake that the container has
        def accounts(self, now: datetime, batch: int) -> list[UserId]:
            assert (now, batch) == (world.clock.now(), BATCH)
            return [*found, *found, BERTS.user_id]

    world.container.expired_rows.override(Twice(world.repository, world.container.audit()))

    dropped = desk.operations.purge(SHELL, progress=lambda kind, count: told.append((kind, count)))

    assert dropped["devices"] == 1
    assert told == [("accounts", 1)]
    assert world.repository.of(BERTS.user_id).version == 0
