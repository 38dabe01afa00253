"""Nothing that is printed, logged or raised holds a secret."""

import traceback
from base64 import b32encode
from collections.abc import Callable
from typing import cast

import attrs
import pytest

from mfa.application.dispatching import RequestChallenge
from mfa.application.ports.delivery import DeliveryTimedOut
from mfa.application.ports.system import seal_context
from mfa.application.registration import Register
from mfa.application.verification import Verify
from mfa.domain.errors import BrokenSeal, MfaError
from mfa.domain.identifiers import TokenId
from tests.unit.application.world import ANNA, LAPTOP, PHONE, WRONG, World

ADDRESS = "someone.secret@example.org"


class Story:
    """A user does all that can be done, and what comes of it is kept, with what must not be in it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.secrets: list[str] = [PHONE.id, LAPTOP.id, ADDRESS]
        self.printed: list[object] = []
        self.raised: list[MfaError] = []
        self.tell()

    def keep(self, *things: object) -> None:
        self.printed.extend(things)

    def fail(self, act: Callable[[], object]) -> None:
        with pytest.raises(MfaError) as failure:
            act()
        self.raised.append(failure.value)

    def tell(self) -> None:
        world = self.world
        registered = world.register(PHONE, "totp")
        app = world.app(registered)
        self.secrets += [app.seed.hex(), repr(app.seed)[2:-1], b32encode(app.seed).decode(), app.code()]
        self.keep(registered, world.repository.of(ANNA, PHONE.id), Register(token=PHONE, method="totp"))
        self.keep(Verify(token=PHONE, index=app.index, value=app.code()), world.verify(PHONE, app.index, app.code()))
        mail = world.register(PHONE, "email", address=ADDRESS)
        code = world.dispatch(PHONE, mail.device.index)
        self.secrets.append(code)
        self.keep(mail, RequestChallenge(token=PHONE, index=mail.device.index), *world.outbox.messages)
        self.keep(world.repository.of(ANNA, PHONE.id), world.verify(PHONE, mail.device.index, code))
        recovery = world.register(PHONE, "recovery")
        codes = cast("list[str]", recovery.shown["codes"])
        self.secrets += [*codes, *(each.replace("-", "") for each in codes)]
        self.keep(recovery, world.verify(LAPTOP, recovery.device.index, codes[0]))
        self.keep(world.assess(PHONE), world.list_devices(PHONE), world.verify(PHONE, app.index, app.code()))
        world.later(minutes=1)
        for failure in (ConnectionRefusedError(f"{code} to {ADDRESS}"), DeliveryTimedOut(code)):
            world.outbox.failure = failure
            self.fail(lambda: world.dispatch(PHONE, mail.device.index, again=True))
        self.fail(lambda: world.verify(PHONE, app.index, int(app.code())))
        self.fail(lambda: world.verify(PHONE, 7, codes[1]))
        self.fail(lambda: world.register(PHONE, "email", name=ADDRESS * 3, address=ADDRESS))
        self.fail(lambda: world.register(PHONE, "email", address=f"{ADDRESS}@"))
        world.wrong(PHONE, app.index, 5)
        self.fail(lambda: world.verify(PHONE, app.index, app.code()))
        self.keep(world.repository.of(ANNA, PHONE.id), world.repository.of(ANNA, LAPTOP.id))
        self.keep(world.register_device, world.dispatch_challenge, world.verify_challenge, world.assess_token)
        self.keep(*world.history)


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)


def test_no_repr_and_no_event_holds_a_secret(story: Story) -> None:
    text = "\n".join(f"{each!r} {each}" for each in story.printed)

    assert [secret for secret in story.secrets if secret in text] == []


def test_no_exception_holds_a_secret(story: Story) -> None:
    assert len(story.raised) == 7
    for failure in story.raised:
        text = f"{failure!r} {failure} {failure.__dict__}"
        assert [secret for secret in story.secrets if secret in text] == []
        assert failure.__cause__ is None
        assert failure.__context__ is None


def test_no_traceback_with_its_variables_holds_a_code(story: Story) -> None:
    own = "/mfa/"
    for failure in story.raised:
        frames = [frame for frame, _ in traceback.walk_tb(failure.__traceback__) if own in frame.f_code.co_filename]
        assert frames
        text = "\n".join(repr(value) for frame in frames for value in frame.f_locals.values())
        codes = [secret for secret in story.secrets if secret not in {PHONE.id, LAPTOP.id, ADDRESS}]
        assert [secret for secret in codes if secret in text] == []


def test_a_state_that_is_moved_to_another_device_does_not_open(world: World) -> None:
    one, other = world.enrolled(PHONE), world.enrolled(PHONE)
    before = world.repository.of(ANNA)
    first, second = before.devices
    swapped = (attrs.evolve(first, state=second.state), attrs.evolve(second, state=first.state))
    world.repository.save(before, attrs.evolve(before, devices=swapped))

    for index, value in ((one.index, other.fresh()), (other.index, one.code()), (one.index, WRONG)):
        with pytest.raises(BrokenSeal):
            world.verify(PHONE, index, value)


def test_a_sent_code_that_is_moved_to_another_token_does_not_open(world: World) -> None:
    index = world.mailbox(PHONE)
    world.later(minutes=1)
    code = world.dispatch(PHONE, index, again=True)
    before = world.repository.of(ANNA, PHONE.id)
    [challenge] = before.challenges
    before = world.repository.of(ANNA, LAPTOP.id)
    stolen = attrs.evolve(challenge, token_id=LAPTOP.id)
    world.repository.save(before, attrs.evolve(before, challenges=(stolen,)))

    with pytest.raises(BrokenSeal):
        world.verify(LAPTOP, index, code)


def test_no_two_places_share_a_seal_context() -> None:
    places = [
        seal_context(user_id, index, token_id)
        for user_id in (ANNA, type(ANNA)("11"), type(ANNA)('1", 1'))
        for index in (1, 11)
        for token_id in (None, PHONE.id, type(PHONE.id)("null"), type(PHONE.id)(""))
    ]

    assert len(set(places)) == len(places)


def test_a_seal_context_is_written_the_same_for_ever() -> None:
    """Or else nothing that was sealed before opens."""
    assert seal_context(ANNA, 2) == b'["mfa", "1", 2, null]'
    assert seal_context(ANNA, 2, TokenId("digest")) == b'["mfa", "1", 2, "digest"]'
