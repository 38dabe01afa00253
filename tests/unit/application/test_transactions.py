"""What becomes of a request that another one overtakes."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import attrs
import pytest

from mfa.adapters.memory.audit import MemoryAuditTrail
from mfa.adapters.memory.unit_of_work import MemoryUnitOfWork
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.application.registration import Register
from mfa.application.transactions import MOST_ATTEMPTS, MOST_BUSY_ATTEMPTS
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.domain.accounts import Account
from mfa.domain.challenges import SpentLogin
from mfa.domain.errors import (
    AlreadyRegistered,
    DeviceNotFound,
    StoreBusy,
    Throttled,
    Unavailable,
    VerificationRequired,
)
from mfa.domain.events import DeviceRegistered, Event, VerificationAccepted
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.verdicts import Reason
from tests.otp import PlainQrCodes
from tests.unit.application.world import ANNA, LAPTOP, PHONE, WRONG, World


class OvertakenUnitOfWork(UnitOfWork):
    """Lets another request through, so many times, between reading and committing."""

    def __init__(self, inner: UnitOfWork, other: Callable[[], object], times: int) -> None:
        self.inner = inner
        self.other = other
        self.times = times
        self.commits = 0

    def account(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        return self.inner.account(user_id, token_id)

    def commit(
        self,
        before: Account,
        after: Account,
        events: Sequence[Event],
        *,
        spending: SpentLogin | None = None,
        beside: Callable[[], None] | None = None,
    ) -> Account:
        self.commits += 1
        if self.commits <= self.times:
            self.other()
        return self.inner.commit(before, after, events, spending=spending, beside=beside)

    def record(self, events: Sequence[Event], *, beside: Callable[[], None] | None = None) -> None:
        self.inner.record(events, beside=beside)


def overtaken(world: World, other: Callable[[World], object], times: int = 1) -> OvertakenUnitOfWork:
    """Let another request, in a process of its own, overtake the next ones of this world."""
    elsewhere = world.with_settings()
    inner = MemoryUnitOfWork(world.repository, world.publisher, world.container.audit())
    unit_of_work = OvertakenUnitOfWork(inner, lambda: other(elsewhere), times)
    world.container.unit_of_work.override(unit_of_work)
    return unit_of_work


def touch(world: World) -> None:
    """Change something that concerns nobody."""
    before = world.repository.of(ANNA)
    world.repository.save(before, attrs.evolve(before, next_index=before.next_index + 1))


def test_a_request_that_is_overtaken_is_judged_again(world: World) -> None:
    app = world.enrolled(PHONE)
    code = app.fresh()
    accepted = len(world.events(VerificationAccepted))
    unit_of_work = overtaken(world, touch, times=MOST_ATTEMPTS - 1)

    assert isinstance(world.verify(LAPTOP, app.index, code), Verified)

    assert unit_of_work.commits == MOST_ATTEMPTS
    assert len(world.events(VerificationAccepted)) == accepted + 1


def test_an_account_that_was_read_along_with_the_token_is_read_again_only_where_it_is_stale(world: World) -> None:
    app = world.enrolled(PHONE)
    reads = []

    class Reading(MemoryUnitOfWork):
        def account(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
            reads.append(token_id)
            return super().account(user_id, token_id)

    world.container.unit_of_work.override(Reading(world.repository, world.publisher, MemoryAuditTrail()))
    command = Verify(token=LAPTOP, index=app.index, value=WRONG, account=world.repository.of(ANNA, LAPTOP.id))

    assert isinstance(world.verify_challenge(command), NotVerified)
    assert reads == []
    assert isinstance(world.verify_challenge(command), NotVerified)
    assert reads == [LAPTOP.id]
    assert world.failures() == 2

    # Nor is one of use that another token read.
    other = attrs.evolve(command, account=world.repository.of(ANNA, PHONE.id))
    assert isinstance(world.verify_challenge(other), NotVerified)
    assert reads == [LAPTOP.id, LAPTOP.id]
    reads.clear()
    enrolment = Register(token=PHONE, method="email", account=world.repository.of(ANNA, PHONE.id))
    for expected in ([], [PHONE.id]):
        world.register_device(enrolment)
        assert reads == expected


def test_a_picture_is_drawn_once_however_often_a_registration_is_overtaken(world: World) -> None:
    drawn: list[str] = []

    class Counting(PlainQrCodes):
        def draw(self, text: str) -> str:
            drawn.append(text)
            return super().draw(text)

    world.container.qr_codes.override(Counting())
    unit_of_work = overtaken(world, touch, times=MOST_ATTEMPTS - 1)

    shown = world.register(PHONE, "totp").shown

    assert unit_of_work.commits == MOST_ATTEMPTS
    assert drawn == [shown["authenticator_url"]]
    assert "qr_code" in shown


def test_but_not_for_ever(world: World) -> None:
    app = world.enrolled(PHONE)
    code = app.fresh()
    happened = world.history
    unit_of_work = overtaken(world, touch, times=1000)

    for value in (code, WRONG):
        unit_of_work.commits = 0
        with pytest.raises(Throttled) as refusal:
            world.verify(LAPTOP, app.index, value)
        assert refusal.value.retry_after == timedelta(seconds=1)
        assert unit_of_work.commits == MOST_ATTEMPTS

    assert world.history == happened
    assert world.failures() == 0
    unit_of_work.times = 0
    assert isinstance(world.verify(LAPTOP, app.index, code), Verified)


def test_a_value_that_another_request_has_just_spent_is_replayed(world: World) -> None:
    app = world.enrolled(PHONE)
    code = app.fresh()
    overtaken(world, lambda elsewhere: elsewhere.verify(PHONE, app.index, code))

    assert world.verify(LAPTOP, app.index, code) == NotVerified(reason=Reason.REPLAYED)

    assert world.confirmed(LAPTOP) == []


def test_a_right_value_is_not_looked_at_once_another_request_has_locked_the_account(world: World) -> None:
    app = world.enrolled(PHONE)
    code = app.fresh()
    world.wrong(PHONE, app.index, 4)
    overtaken(world, lambda elsewhere: elsewhere.verify(LAPTOP, app.index, WRONG))

    with pytest.raises(Throttled) as refusal:
        world.verify(LAPTOP, app.index, code)

    assert refusal.value.retry_after == timedelta(seconds=30)
    assert world.confirmed(LAPTOP) == []


def test_a_device_that_another_request_has_just_removed_is_not_there(world: World) -> None:
    app = world.enrolled(PHONE)
    code = app.fresh()
    overtaken(world, lambda elsewhere: elsewhere.remove(PHONE, app.index))

    with pytest.raises(DeviceNotFound):
        world.verify(LAPTOP, app.index, code)


def test_two_registrations_at_once_get_an_index_each_and_a_state_sealed_for_it(world: World) -> None:
    overtaken(world, lambda elsewhere: elsewhere.register(LAPTOP, "totp"))

    app = world.app(world.register(PHONE, "totp"))

    assert app.index == 1
    assert world.indexes(LAPTOP) == [0]
    assert [event.index for event in world.events(DeviceRegistered)] == [1]
    assert isinstance(world.verify(PHONE, app.index, app.code()), Verified)


def test_two_activations_at_once_do_not_both_pass(world: World) -> None:
    thiefs = world.app(world.register(LAPTOP, "totp"))
    owners = world.app(world.register(PHONE, "totp"))
    overtaken(world, lambda elsewhere: elsewhere.verify(PHONE, owners.index, owners.code()))

    with pytest.raises(DeviceNotFound):
        world.verify(LAPTOP, thiefs.index, thiefs.code())

    assert world.indexes(LAPTOP) == [owners.index]


def test_the_last_free_place_is_given_once() -> None:
    world = World(max_devices_per_method=1)
    overtaken(world, lambda elsewhere: elsewhere.with_settings().enrolled(PHONE))

    with pytest.raises(AlreadyRegistered):
        world.register(PHONE, "totp")


def test_what_was_verified_a_moment_ago_must_still_be(world: World) -> None:
    app = world.enrolled(PHONE)
    other = world.enrolled(PHONE)
    world.verify(LAPTOP, app.index, app.fresh())
    overtaken(world, lambda elsewhere: elsewhere.remove(PHONE, app.index))

    with pytest.raises(VerificationRequired):
        world.remove(LAPTOP, other.index)

    assert world.indexes(PHONE) == [other.index]


def test_a_code_that_was_not_stored_is_not_sent(world: World) -> None:
    index = world.mailbox(PHONE)
    world.later(minutes=1)
    overtaken(world, touch, times=2)

    code = world.dispatch(LAPTOP, index)

    assert len(world.outbox.messages) == 2
    assert isinstance(world.verify(LAPTOP, index, code), Verified)


def test_two_dispatches_at_once_send_one_code(world: World) -> None:
    index = world.mailbox(PHONE)
    world.later(minutes=1)
    overtaken(world, lambda elsewhere: elsewhere.dispatch(PHONE, index, again=True))

    with pytest.raises(Throttled):
        world.dispatch(LAPTOP, index)

    assert len(world.outbox.messages) == 1


def test_a_void_that_is_overtaken_voids_all_the_same(world: World) -> None:
    index = world.register(PHONE, "email").device.index
    code = world.dispatch(PHONE, index)
    sent = world.outbox.messages[-1].challenge
    assert sent is not None
    overtaken(world, touch, times=3)

    world.void_challenge(sent)

    assert isinstance(world.verify(PHONE, index, code), NotVerified)


def busy() -> None:
    raise StoreBusy


def test_a_busy_store_is_tried_again(world: World) -> None:
    app = world.enrolled(PHONE)
    code = app.fresh()
    unit_of_work = overtaken(world, lambda _: busy(), times=MOST_BUSY_ATTEMPTS - 1)

    assert isinstance(world.verify(LAPTOP, app.index, code), Verified)

    assert unit_of_work.commits == MOST_BUSY_ATTEMPTS


def test_a_store_that_stays_busy_is_unavailable_and_nothing_has_happened(world: World) -> None:
    app = world.enrolled(PHONE)
    code = app.fresh()
    happened = world.history
    unit_of_work = overtaken(world, lambda _: busy(), times=MOST_BUSY_ATTEMPTS)

    with pytest.raises(Unavailable):
        world.verify(LAPTOP, app.index, code)

    assert world.history == happened
    assert unit_of_work.commits == MOST_BUSY_ATTEMPTS
    assert isinstance(world.verify(LAPTOP, app.index, code), Verified)


class BusyReads(UnitOfWork):
    """Gives way, so many times, before it reads."""

    def __init__(self, inner: UnitOfWork, times: int) -> None:
        self.inner = inner
        self.left = times

    def account(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        if self.left:
            self.left -= 1
            raise StoreBusy
        return self.inner.account(user_id, token_id)

    def commit(
        self,
        before: Account,
        after: Account,
        events: Sequence[Event],
        *,
        spending: SpentLogin | None = None,
        beside: Callable[[], None] | None = None,
    ) -> Account:
        return self.inner.commit(before, after, events, spending=spending, beside=beside)

    def record(self, events: Sequence[Event], *, beside: Callable[[], None] | None = None) -> None:
        self.inner.record(events, beside=beside)


@pytest.mark.parametrize("ask", [World.assess, World.indexes])
def test_a_read_is_tried_again_too_but_not_for_ever(world: World, ask: Callable[[World, Token], object]) -> None:
    world.enrolled(PHONE)
    expected = ask(world, PHONE)
    busy = BusyReads(world.container.unit_of_work(), MOST_BUSY_ATTEMPTS - 1)
    world.container.unit_of_work.override(busy)

    assert ask(world, PHONE) == expected

    busy.left = MOST_BUSY_ATTEMPTS
    with pytest.raises(Unavailable):
        ask(world, PHONE)
    assert not busy.left
