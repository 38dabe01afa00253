from datetime import timedelta

import attrs
import pytest

from mfa.application.dispatching import RequestChallenge
from mfa.application.ports.delivery import DeliveryTimedOut, Message, Sender, SentChallenge
from mfa.application.verification import NotVerified, Verified
from mfa.domain.errors import (
    AlreadyVerified,
    DeliveryFailed,
    DeviceNotFound,
    NoChallenge,
    NotDispatchable,
    ResendTooSoon,
    Throttled,
)
from mfa.domain.events import ChallengeDispatched, DispatchFailed, SendLimitReached, VerificationRejected
from mfa.domain.verdicts import Reason
from tests.unit.application.world import ANNA, BERTS, LAPTOP, MAIL, PHONE, WRONG, World

SECOND = timedelta(seconds=1)
INTERVAL = timedelta(seconds=30)


class Onlooker(Sender):
    """Looks, while it sends, at what is stored."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen: list[bytes | None] = []

    def send(self, message: Message) -> None:
        challenge = self.world.repository.of(ANNA, PHONE.id).challenge(0)
        self.seen.append(None if challenge is None else challenge.sent)


class TestSending:
    def test_a_code_goes_to_the_devices_address(self, world: World) -> None:
        index = world.mailbox(PHONE, name="work mail")
        world.clock.advance(INTERVAL)
        happened = len(world.events(ChallengeDispatched))

        world.dispatch(LAPTOP, index)

        message = world.outbox.messages[-1]
        assert (message.method, message.destination, message.user_id) == ("email", MAIL, ANNA)
        assert message.lifetime == timedelta(minutes=10)
        assert message.code.isdecimal()
        assert len(message.code) == 6
        assert message.challenge == SentChallenge(token=LAPTOP, index=index, dispatched_at=world.clock.now())
        assert world.events(ChallengeDispatched)[happened:] == [
            ChallengeDispatched(user_id=ANNA, at=world.clock.now(), index=index, method="email")
        ]

    def test_an_address_that_nobody_has_proved_is_sent_no_word_of_whoever_registered_it(self, world: World) -> None:
        index = world.register(PHONE, "email", name="Account frozen! See evil.example").device.index

        code = world.dispatch(PHONE, index)
        assert world.outbox.messages[-1].device_name == ""

        world.verify(PHONE, index, code)
        world.later(seconds=30)
        world.dispatch(PHONE, index, again=True)
        assert world.outbox.messages[-1].device_name == "Account frozen! See evil.example"

    def test_a_message_tells_which_site_was_asked(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index

        world.dispatch_challenge(RequestChallenge(token=PHONE, index=index, site="example.com"))

        assert world.outbox.messages[-1].site == "example.com"

    def test_each_method_has_its_own_sender_and_its_own_settings(self) -> None:
        world = World(sms_code_digits=8, sms_code_lifetime=timedelta(minutes=2))
        index = world.register(PHONE, "sms", number="+31612345678").device.index

        code = world.dispatch(PHONE, index)

        assert len(code) == 8
        world.later(seconds=119)
        assert isinstance(world.verify(PHONE, index, code), Verified)

    def test_it_is_kept_as_long_as_the_code_is_good_for(self) -> None:
        world = World(email_code_lifetime=timedelta(minutes=3))
        index = world.mailbox(PHONE)
        world.later(minutes=1)

        world.dispatch(LAPTOP, index)

        [challenge] = world.repository.of(ANNA, LAPTOP.id).challenges
        assert challenge.expires_at == world.clock.now() + timedelta(minutes=3)

    def test_the_challenge_is_stored_before_it_is_sent(self, world: World) -> None:
        onlooker = Onlooker(world)
        world.container.outbox.override(onlooker)
        index = world.register(PHONE, "email").device.index

        world.dispatch_challenge(RequestChallenge(token=PHONE, index=index))

        assert onlooker.seen
        assert onlooker.seen[0] is not None

    def test_the_code_is_nowhere_in_what_is_stored(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        code = world.dispatch(PHONE, index)

        challenge = world.repository.of(ANNA, PHONE.id).challenge(index)

        assert challenge is not None
        assert challenge.sent is not None
        assert code.encode() not in challenge.sent

    @pytest.mark.parametrize("method", ["totp", "hotp", "key"])
    def test_a_method_that_sends_nothing_has_nothing_to_dispatch(self, world: World, method: str) -> None:
        index = world.register(PHONE, method).device.index

        with pytest.raises(NotDispatchable):
            world.dispatch(PHONE, index)

    def test_neither_have_recovery_codes(self, world: World) -> None:
        world.enrolled(PHONE)
        index, _ = world.codes(PHONE)

        with pytest.raises(NotDispatchable):
            world.dispatch(PHONE, index)

    def test_an_index_that_is_not_the_users_own_is_not_there(self, world: World) -> None:
        index = world.mailbox(PHONE)

        for token, other in ((BERTS, index), (PHONE, 7), (PHONE, -1)):
            with pytest.raises(DeviceNotFound):
                world.dispatch(token, other)
        assert len(world.outbox.messages) == 1

    def test_what_is_confirmed_is_sent_again_only_on_request(self, world: World) -> None:
        index = world.mailbox(PHONE)
        world.clock.advance(INTERVAL)

        with pytest.raises(AlreadyVerified):
            world.dispatch(PHONE, index)
        confirmed_at = world.clock.now() + SECOND
        code = world.dispatch(PHONE, index, again=True)
        world.clock.advance(SECOND)

        assert world.confirmed(PHONE) == [index]
        assert isinstance(world.verify(PHONE, index, code), Verified)
        assert [each.at for each in world.assess(PHONE).confirmations] == [confirmed_at]

    def test_what_was_confirmed_too_long_ago_is_sent_again(self) -> None:
        world = World(verification_lifetime=timedelta(hours=1))
        index = world.mailbox(PHONE)
        world.later(minutes=59)
        with pytest.raises(AlreadyVerified):
            world.dispatch(PHONE, index)

        world.later(minutes=1)

        assert world.dispatch(PHONE, index)

    def test_what_another_token_confirmed_is_sent_to_this_one(self, world: World) -> None:
        index = world.mailbox(PHONE)
        world.clock.advance(INTERVAL)

        code = world.dispatch(LAPTOP, index)

        assert isinstance(world.verify(PHONE, index, code), NotVerified)
        assert isinstance(world.verify(LAPTOP, index, code), Verified)


class TestLimits:
    def test_within_the_interval_no_other_code_is_sent(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        world.dispatch(PHONE, index)
        world.later(seconds=12)

        with pytest.raises(Throttled) as refusal:
            world.dispatch(PHONE, index)
        assert refusal.value.retry_after == timedelta(seconds=18)
        world.clock.advance(refusal.value.retry_after)
        world.dispatch(PHONE, index)

        assert len(world.outbox.messages) == 2

    def test_the_interval_holds_for_all_tokens_and_devices_of_the_method(self, world: World) -> None:
        index = world.mailbox(PHONE)
        other = world.register(PHONE, "email", address="other@example.com").device.index
        number = world.register(PHONE, "sms", number="+31612345678").device.index
        world.later(seconds=29)

        for token, each in ((LAPTOP, index), (PHONE, other)):
            with pytest.raises(Throttled) as refusal:
                world.dispatch(token, each)
            assert refusal.value.retry_after == SECOND

        world.dispatch(PHONE, number)
        bert = world.register(BERTS, "email", address="bert@example.com").device.index
        world.dispatch(BERTS, bert)

    def test_registering_anew_does_not_end_it(self, world: World) -> None:
        world.dispatch(PHONE, world.register(PHONE, "email").device.index)

        index = world.register(PHONE, "email").device.index
        with pytest.raises(Throttled):
            world.dispatch(PHONE, index)
        world.remove(PHONE, index)
        index = world.register(LAPTOP, "email").device.index
        with pytest.raises(Throttled):
            world.dispatch(LAPTOP, index)

    def test_neither_does_a_right_value(self, world: World) -> None:
        index = world.mailbox(PHONE)

        with pytest.raises(Throttled):
            world.dispatch(PHONE, index, again=True)

    def test_so_many_codes_an_hour_and_no_more(self, world: World) -> None:
        first = world.mailbox(PHONE)
        world.clock.advance(INTERVAL)
        for number in range(9):
            # Over tokens, and over devices that are registered anew.
            index = world.register(PHONE, "email").device.index if number % 2 else first
            world.dispatch(PHONE if number % 2 else LAPTOP, index)
            world.clock.advance(INTERVAL)
        assert len(world.outbox.messages) == 10

        assert [each.index for each in world.events(SendLimitReached)] == [first]
        with pytest.raises(ResendTooSoon) as refusal:
            world.dispatch(LAPTOP, first)
        assert refusal.value.retry_after == timedelta(hours=1) - 10 * INTERVAL
        world.clock.advance(refusal.value.retry_after - SECOND)
        with pytest.raises(Throttled):
            world.dispatch(LAPTOP, first)
        world.clock.advance(SECOND)
        world.dispatch(LAPTOP, first)
        world.clock.advance(INTERVAL - SECOND)
        with pytest.raises(Throttled):
            world.dispatch(LAPTOP, first)

    def test_while_locked_nothing_is_sent(self, world: World) -> None:
        index = world.mailbox(PHONE)
        world.wrong(PHONE, index, 5)
        world.later(seconds=10)

        with pytest.raises(Throttled) as refusal:
            world.dispatch(LAPTOP, index)
        assert refusal.value.retry_after == timedelta(seconds=20)

        world.later(seconds=20)
        assert world.dispatch(LAPTOP, index)

    def test_a_dispatch_takes_no_failure_back(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        world.dispatch(PHONE, index)
        world.wrong(PHONE, index, 4)
        world.clock.advance(INTERVAL)

        world.dispatch(PHONE, index)
        world.wrong(PHONE, index, 1)

        assert world.assess(PHONE).locked


class TestReplacement:
    def test_the_next_dispatch_replaces_the_code(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        old = world.dispatch(PHONE, index)
        world.clock.advance(INTERVAL)
        new = world.dispatch(PHONE, index)

        assert old != new
        assert isinstance(world.verify(PHONE, index, old), NotVerified)
        assert isinstance(world.verify(PHONE, index, new), Verified)

    def test_one_tokens_code_leaves_anothers_alone(self, world: World) -> None:
        index = world.mailbox(PHONE)
        world.clock.advance(INTERVAL)
        laptops = world.dispatch(LAPTOP, index)
        world.clock.advance(INTERVAL)
        world.dispatch(PHONE, index, again=True)

        assert isinstance(world.verify(LAPTOP, index, laptops), Verified)


class TestFailingSenders:
    def test_the_challenge_is_void_and_the_user_may_ask_again_at_once(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        world.outbox.failure = ConnectionRefusedError("no gateway")

        with pytest.raises(DeliveryFailed):
            world.dispatch(PHONE, index)

        challenge = world.repository.of(ANNA, PHONE.id).challenge(index)
        assert challenge is not None
        assert challenge.sent is None
        assert world.history[-1] == DispatchFailed(user_id=ANNA, at=world.clock.now(), index=index, method="email")
        world.outbox.failure = None
        assert isinstance(world.verify(PHONE, index, world.dispatch(PHONE, index)), Verified)

    def test_the_code_before_is_void_as_well(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        code = world.dispatch(PHONE, index)
        world.clock.advance(INTERVAL)
        world.outbox.failure = ConnectionRefusedError()
        with pytest.raises(DeliveryFailed):
            world.dispatch(PHONE, index)

        assert isinstance(world.verify(PHONE, index, code), NotVerified)

    @pytest.mark.parametrize("failure", [ConnectionRefusedError(), DeliveryTimedOut()], ids=str)
    def test_every_try_counts_and_after_the_second_the_interval_holds(self, failure: Exception) -> None:
        world = World(email_hourly_limit=3)
        index = world.register(PHONE, "email").device.index
        world.outbox.failure = failure
        for _ in range(2):
            with pytest.raises(DeliveryFailed):
                world.dispatch(PHONE, index)
        with pytest.raises(ResendTooSoon) as refusal:
            world.dispatch(PHONE, index)
        assert refusal.value.retry_after == INTERVAL
        world.clock.advance(INTERVAL)
        with pytest.raises(DeliveryFailed):
            world.dispatch(PHONE, index)
        with pytest.raises(ResendTooSoon) as refusal:
            world.dispatch(PHONE, index)

        assert refusal.value.retry_after == timedelta(hours=1) - INTERVAL
        assert len(world.events(SendLimitReached)) == 1

    def test_a_method_without_a_sender_fails_likewise(self, world: World) -> None:
        nobody = attrs.evolve(world.dispatch_challenge, senders={})
        index = world.register(PHONE, "email").device.index

        with pytest.raises(DeliveryFailed):
            nobody(RequestChallenge(token=PHONE, index=index))

    def test_what_the_sender_raised_is_not_handed_on(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        world.outbox.failure = ConnectionRefusedError("could not send 123456 to anna@example.com")

        with pytest.raises(DeliveryFailed) as failure:
            world.dispatch(PHONE, index)

        assert failure.value.args == ()
        assert failure.value.__cause__ is None
        assert failure.value.__context__ is None


class TestVoiding:
    def test_a_late_failure_voids_the_challenge(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        code = world.dispatch(PHONE, index)
        sent = world.outbox.messages[-1].challenge
        assert sent is not None
        world.later(seconds=5)

        world.void_challenge(sent)

        assert world.history[-1] == DispatchFailed(user_id=ANNA, at=world.clock.now(), index=index, method="email")
        assert world.container.audit().rows[-1].actor == "system"
        assert isinstance(world.verify(PHONE, index, code), NotVerified)
        assert isinstance(world.verify(PHONE, index, world.dispatch(PHONE, index)), Verified)

    def test_it_leaves_a_later_challenge_alone(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        world.dispatch(PHONE, index)
        old = world.outbox.messages[-1].challenge
        assert old is not None
        world.clock.advance(INTERVAL)
        code = world.dispatch(PHONE, index)

        world.void_challenge(old)

        with pytest.raises(Throttled):
            world.dispatch(PHONE, index)
        assert isinstance(world.verify(PHONE, index, code), Verified)

    def test_it_takes_no_verification_away(self, world: World) -> None:
        index = world.mailbox(PHONE)
        sent = world.outbox.messages[-1].challenge
        assert sent is not None

        world.void_challenge(sent)

        assert world.confirmed(PHONE) == [index]

    def test_of_a_device_that_is_gone_there_is_nothing_to_void(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        world.dispatch(PHONE, index)
        sent = world.outbox.messages[-1].challenge
        assert sent is not None
        world.remove(PHONE, index)
        before, happened = world.repository.of(ANNA, PHONE.id), world.history

        world.void_challenge(sent)

        assert world.repository.of(ANNA, PHONE.id) == before
        assert world.history == happened

    def test_a_challenge_that_is_gone_with_its_token_is_no_trouble(self, world: World) -> None:
        index = world.mailbox(PHONE)

        world.void_challenge(SentChallenge(token=LAPTOP, index=index, dispatched_at=world.clock.now()))

        assert world.repository.of(ANNA, LAPTOP.id).challenge(index) is None


class TestSentCodes:
    def test_before_anything_was_dispatched_there_is_no_challenge(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index

        with pytest.raises(NoChallenge):
            world.verify(PHONE, index, WRONG)
        assert world.failures() == 0

    def test_a_challenge_of_another_token_is_none(self, world: World) -> None:
        index = world.mailbox(PHONE)
        world.clock.advance(INTERVAL)
        code = world.dispatch(PHONE, index, again=True)

        with pytest.raises(NoChallenge):
            world.verify(LAPTOP, index, code)
        assert world.failures() == 0

    def test_a_code_works_once(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        code = world.dispatch(PHONE, index)
        assert isinstance(world.verify(PHONE, index, code), Verified)

        assert world.verify(PHONE, index, code) == NotVerified(reason=Reason.USED_UP)
        assert world.failures() == 1
        assert world.confirmed(PHONE) == [index]

    def test_a_code_lives_so_long_and_no_longer(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        code = world.dispatch(PHONE, index)

        world.later(minutes=10)

        assert world.verify(PHONE, index, code) == NotVerified(reason=Reason.EXPIRED)
        assert world.verify(PHONE, index, code) == NotVerified(reason=Reason.EXPIRED)

    def test_it_lives_until_the_last_moment(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        code = world.dispatch(PHONE, index)

        world.clock.advance(timedelta(minutes=10) - timedelta.resolution)

        assert isinstance(world.verify(PHONE, index, code), Verified)

    @pytest.mark.parametrize(("wrong", "right"), [(4, Verified), (5, NotVerified)])
    def test_it_is_void_after_five_wrong_values(self, wrong: int, right: type) -> None:
        world = World(verification_throttle_tryouts=100)
        index = world.register(PHONE, "email").device.index
        code = world.dispatch(PHONE, index)

        world.wrong(PHONE, index, wrong)

        assert isinstance(world.verify(PHONE, index, code), right)

    def test_then_it_is_used_up_and_the_next_one_has_five_of_its_own(self) -> None:
        world = World(verification_throttle_tryouts=100)
        index = world.register(PHONE, "email").device.index
        code = world.dispatch(PHONE, index)
        world.wrong(PHONE, index, 5)
        assert world.verify(PHONE, index, code) == NotVerified(reason=Reason.USED_UP)
        assert {event.reason for event in world.events(VerificationRejected)} == {Reason.WRONG, Reason.USED_UP}
        world.clock.advance(INTERVAL)

        code = world.dispatch(PHONE, index)
        world.wrong(PHONE, index, 4)

        assert isinstance(world.verify(PHONE, index, code), Verified)

    def test_a_wrong_value_for_one_token_leaves_anothers_code_alone(self) -> None:
        world = World(verification_throttle_tryouts=100)
        index = world.mailbox(PHONE)
        world.clock.advance(INTERVAL)
        code = world.dispatch(LAPTOP, index)

        world.wrong(PHONE, index, 6)

        assert isinstance(world.verify(LAPTOP, index, code), Verified)

    def test_a_code_goes_with_its_device(self, world: World) -> None:
        index = world.register(PHONE, "email").device.index
        code = world.dispatch(PHONE, index)

        anew = world.register(PHONE, "email").device.index

        with pytest.raises(DeviceNotFound):
            world.verify(PHONE, index, code)
        with pytest.raises(NoChallenge):
            world.verify(PHONE, anew, code)
