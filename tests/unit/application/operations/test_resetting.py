"""Taking devices away from somebody who cannot do so himself."""

from datetime import timedelta

import pytest

from mfa.application.trusts import Trusted
from mfa.domain.errors import DeviceNotFound, MethodNotFound, RegistrationRequired
from mfa.domain.events import BrowserForgotten, DeviceRemoved, OperatorReset
from tests.unit.application.operations.desk import Desk
from tests.unit.application.world import ANNA, BERTS, LAPTOP, PHONE, World


class TestWhatGoes:
    def test_all_with_the_recovery_codes(self, desk: Desk, world: World) -> None:
        app, mail = world.enrolled(LAPTOP), world.mailbox(LAPTOP)
        codes, _ = world.codes(LAPTOP)
        pending = world.register(LAPTOP, "totp").device.index

        assert sorted(desk.reset()) == [app.index, mail, codes, pending]

        assert world.repository.of(ANNA).devices == ()
        assert [event.index for event in world.events(DeviceRemoved)] == [app.index, mail, codes]
        assert world.register(PHONE, "totp").device.index == pending + 1, "an index is used once"

    def test_those_of_one_method(self, desk: Desk, world: World) -> None:
        app, mail = world.enrolled(LAPTOP), world.mailbox(LAPTOP)

        assert desk.reset(method="totp") == (app.index,)

        assert world.indexes(PHONE) == [mail]

    def test_one_device(self, desk: Desk, world: World) -> None:
        first, second = world.enrolled(LAPTOP), world.enrolled(LAPTOP)

        assert desk.reset(device=first.index) == (first.index,)

        assert world.indexes(PHONE) == [second.index]

    def test_recovery_codes_go_with_the_last_that_they_stand_in_for(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        codes, _ = world.codes(LAPTOP)

        assert desk.reset(method="totp") == (app.index, codes)

    def test_but_stay_beside_another(self, desk: Desk, world: World) -> None:
        app, mail = world.enrolled(LAPTOP), world.mailbox(LAPTOP)
        codes, _ = world.codes(LAPTOP)

        desk.reset(device=app.index)

        assert world.indexes(PHONE) == [mail, codes]

    @pytest.mark.parametrize("method", ["email", "telepathy", ""])
    def test_an_unknown_method_changes_nothing(self, desk: Desk, world: World, method: str) -> None:
        world.enrolled(LAPTOP)
        before = world.repository.of(ANNA)

        with pytest.raises(MethodNotFound):
            desk.reset(method=method)
        assert world.repository.of(ANNA) == before
        assert world.events(OperatorReset) == []

    @pytest.mark.parametrize("index", [7, -1])
    def test_nor_does_an_unknown_index(self, desk: Desk, world: World, index: int) -> None:
        world.enrolled(LAPTOP)

        with pytest.raises(DeviceNotFound):
            desk.reset(device=index)
        assert world.assess(LAPTOP).verified

    def test_nor_a_device_that_is_of_another_method(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)

        with pytest.raises(MethodNotFound):
            desk.reset(method="email", device=app.index)

    def test_of_nobody_elses_devices_any_goes(self, desk: Desk, world: World) -> None:
        berts = world.enrolled(BERTS)

        desk.reset()

        assert world.indexes(BERTS) == [berts.index]
        assert world.assess(BERTS).verified


class TestWhatElseEnds:
    def test_every_token_is_unverified(self, desk: Desk, world: World) -> None:
        app, mail = world.enrolled(LAPTOP), world.mailbox(LAPTOP)
        world.verify(PHONE, app.index, app.fresh())
        assert world.assess(PHONE).verified

        desk.reset(device=app.index)

        for token in (PHONE, LAPTOP):
            assert not world.assess(token).verified
        assert world.confirmed(LAPTOP) == []
        assert world.indexes(PHONE) == [mail]

    def test_what_was_sent_is_worth_nothing(self, desk: Desk, world: World) -> None:
        app, mail = world.enrolled(LAPTOP), world.mailbox(LAPTOP)
        world.later(minutes=1)
        code = world.dispatch(PHONE, mail)

        desk.reset(device=app.index)

        assert world.repository.of(ANNA, PHONE.id).challenges == ()
        assert code

    def test_browsers_are_forgotten_and_told_of(self) -> None:
        world = World(trust_lifetime=timedelta(days=30))
        desk = Desk(world)
        app = world.enrolled(LAPTOP)
        world.mailbox(LAPTOP)
        kept = world.remember(LAPTOP, app.index, app.fresh())

        desk.reset(method="email")

        assert [event.trust for event in world.events(BrowserForgotten)] == [kept.trust.id]
        assert not isinstance(world.show(PHONE, kept.token), Trusted)

    def test_what_was_guessed_still_makes_its_user_wait(self, desk: Desk, world: World) -> None:
        app = world.enrolled(LAPTOP)
        world.wrong(PHONE, app.index, 6)

        desk.reset()

        assert world.assess(PHONE).locked

    def test_whose_last_device_went_registers_anew(self, desk: Desk, world: World) -> None:
        world.enrolled(LAPTOP)

        desk.reset()

        assert isinstance(world.assess(LAPTOP).policy_refusal(), RegistrationRequired)
        assert world.assess(PHONE).may_register
        world.enrolled(PHONE)


def test_it_is_on_record_with_each_device(desk: Desk, world: World) -> None:
    app = world.enrolled(LAPTOP)

    desk.reset()

    assert [(row.event, row.user_id, row.device_index, row.actor, row.why) for row in desk.rows[-2:]] == [
        ("operator.reset", ANNA, None, "root", "ticket 7"),
        ("device.removed", ANNA, app.index, "root", "ticket 7"),
    ]
