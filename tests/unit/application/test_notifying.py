"""What is handed to whoever tells users, and what is kept from them."""

from collections.abc import Mapping

import attrs
import pytest

from mfa.application.operations import Operator, PassWanted, Reset
from mfa.domain.errors import Refused
from mfa.domain.events import (
    DeviceActivated,
    DeviceDisabled,
    DeviceRemoved,
    OperatorPassIssued,
    OperatorReset,
    VerificationRejected,
)
from mfa.domain.policies import Profile
from tests.unit.application.world import ANNA, MAIL, PHONE, WRONG, World

DESK = Operator(name="Dora")


def told(world: World) -> list[tuple[list[str], Mapping[int, str]]]:
    notifier = world.container.notifier()
    return [([type(event).__name__ for event in happened], addresses) for happened, addresses in notifier.told]


def kinds(world: World) -> set[str]:
    return {name for names, _ in told(world) for name in names}


def forget(world: World) -> None:
    world.container.notifier().told.clear()


def test_what_was_committed_together_is_told_together(world: World) -> None:
    world.enrolled(PHONE)

    assert DeviceActivated.__name__ in told(world)[-1][0]


def test_what_was_refused_is_not_told(world: World) -> None:
    app = world.enrolled(PHONE)
    world.clock.advance(world.container.config().change_max_age * 2)
    forget(world)

    with pytest.raises(Refused):
        world.remove(PHONE, app.index)

    assert told(world) == []


def test_a_removal_has_the_address_that_goes_and_no_other(world: World) -> None:
    app, mail = world.enrolled(PHONE), world.mailbox(PHONE)
    recovery, _ = world.codes(PHONE)
    forget(world)

    world.remove(PHONE, app.index)
    world.remove(PHONE, mail)

    assert told(world) == [
        ([DeviceRemoved.__name__], {}),
        ([DeviceRemoved.__name__] * 2, {mail: MAIL}),
    ]
    assert recovery not in world.indexes(PHONE)


def test_a_text_message_has_no_address(world: World) -> None:
    world.enrolled(PHONE)
    index = world.register(PHONE, "sms", number="+31612345678").device.index
    world.verify(PHONE, index, world.dispatch(PHONE, index))
    forget(world)

    world.remove(PHONE, index)

    assert told(world) == [([DeviceRemoved.__name__], {})]


def test_what_nobody_proved_goes_without_a_word(world: World) -> None:
    index = world.register(PHONE, "email").device.index
    forget(world)

    world.remove(PHONE, index)

    assert told(world) == []
    assert isinstance(world.publisher.events[-1], DeviceRemoved)


def test_nor_is_it_told_how_often_somebody_guesses_at_his_own(world: World) -> None:
    strict = world.with_settings(max_failures=1)
    index = strict.register(PHONE, "totp").device.index
    forget(strict)

    strict.verify(PHONE, index, WRONG)

    assert told(strict) == []
    assert DeviceDisabled in {type(event) for event in strict.publisher.events}


def test_a_device_that_was_proved_is_another_matter(world: World) -> None:
    strict = world.with_settings(max_failures=1)
    app = strict.enrolled(PHONE)
    forget(strict)

    strict.verify(PHONE, app.index, WRONG)

    assert {VerificationRejected.__name__, DeviceDisabled.__name__} <= kinds(strict)


def test_a_reset_has_the_addresses_that_somebody_proved(world: World) -> None:
    world.enrolled(PHONE)
    mail = world.mailbox(PHONE)
    world.register(PHONE, "email", address="stranger@elsewhere.example")
    forget(world)

    world.use_cases.operations.reset_account(Reset(user_id=ANNA), DESK)

    [(names, addresses)] = told(world)
    assert names[0] == OperatorReset.__name__
    assert addresses == {mail: MAIL}


def test_a_seal_that_does_not_open_leaves_the_address_out(world: World) -> None:
    world.enrolled(PHONE)
    mail = world.mailbox(PHONE)
    account = world.repository.of(ANNA)
    broken = (attrs.evolve(each, state=b"broken") if each.index == mail else each for each in account.devices)
    world.repository.save(account, attrs.evolve(account, devices=tuple(broken)))
    forget(world)

    world.remove(PHONE, mail)

    assert told(world) == [([DeviceRemoved.__name__], {})]


def test_a_pass_is_told_and_its_value_is_not(world: World) -> None:
    world.container.users().add(ANNA, Profile(name="anna", active=True))

    issued = world.use_cases.operations.issue_pass(PassWanted(user_id=ANNA), DESK)

    assert told(world) == [([OperatorPassIssued.__name__], {})]
    assert issued.value not in repr(world.container.notifier().told)
