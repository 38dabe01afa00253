"""The use cases on Django's database, without any request: transactions of callers, and many callers at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from mfa.adapters import accessor
from mfa.adapters.django.models import AccountRecord, ChallengeRecord, DeviceRecord
from mfa.application.devices import Remove, Rename
from mfa.application.registration import Registered
from mfa.application.verification import NotVerified, Verified
from mfa.domain.errors import AlreadyRegistered, StaleAccount, Throttled
from mfa.domain.identifiers import Token
from mfa.domain.verdicts import Reason
from tests.integration.django.crowd import MANY, all_at_once
from tests.integration.django.world import STEP, World, token_of

pytestmark = pytest.mark.django_db(transaction=True)


def rows() -> list[object]:
    return [list(model._default_manager.values()) for model in (AccountRecord, DeviceRecord, ChallengeRecord)]


class TestInsideTheCallersTransaction:
    @pytest.mark.parametrize(
        "act",
        [
            lambda world, token, code: world.register(token, "totp"),
            lambda world, token, code: world.verify(token, 0, code),
            lambda world, token, code: world.verify(token, 0, "000000"),
            lambda world, token, code: world.dispatch(token, 1),
            lambda world, token, code: accessor.use_cases().rename_device(Rename(token=token, index=0, name="new")),
            lambda world, token, code: accessor.use_cases().remove_device(Remove(token=token, index=0)),
        ],
        ids=["register", "verify", "verify a wrong value", "dispatch", "rename", "remove"],
    )
    def test_whatever_would_write_refuses_clearly_and_changes_nothing(
        self, world: World, phone: Token, act: Callable[[World, Token, str], object]
    ) -> None:
        app = world.enrolled(phone)
        world.register(phone, "email")
        before = rows()

        with transaction.atomic(), pytest.raises(RuntimeError, match=r"called inside atomic\(\)"):
            act(world, phone, app.code)

        assert rows() == before
        assert world.outbox.messages == []

    def test_the_callers_transaction_stays_usable_and_later_all_works(self, world: World, phone: Token) -> None:
        app = world.enrolled(phone)

        with transaction.atomic():
            with pytest.raises(RuntimeError):
                world.verify(phone, app.index, app.code)
            assert AccountRecord.objects.count() == 1

        assert isinstance(world.verify(phone, app.index, app.code), Verified)

    def test_whatever_only_reads_may_be_called(self, world: World, phone: Token) -> None:
        world.enrolled(phone)

        with transaction.atomic():
            assert world.assess(phone).verified
            assert len(accessor.use_cases().list_devices(phone)) == 1

    def test_so_is_autocommit_that_is_switched_off(self, world: World, phone: Token) -> None:
        app = world.enrolled(phone)
        before = rows()
        transaction.set_autocommit(False)
        try:
            with pytest.raises(RuntimeError, match="autocommit"):
                world.verify(phone, app.index, "000000")
        finally:
            transaction.rollback()
            transaction.set_autocommit(True)

        assert rows() == before


class TestManyAtOnce:
    def test_a_value_is_accepted_once(self, world: World, phone: Token, laptop: Token) -> None:
        app = world.enrolled(phone)
        for _ in range(3):
            world.clock.advance(STEP)
            code = app.code

            def verify(number: int, code: str = code) -> Verified | NotVerified:
                return world.verify((phone, laptop)[number % 2], app.index, code)

            answers = all_at_once(verify)

            assert sum(isinstance(answer, Verified) for answer in answers) == 1, answers
            for answer in answers:
                match answer:
                    case Verified() | Throttled():
                        pass
                    case _:
                        assert answer == NotVerified(reason=Reason.REPLAYED)
            world.clock.advance(timedelta(hours=2))
            assert isinstance(world.verify(phone, app.index, app.code), Verified)

    def test_as_many_guesses_are_answered_as_one_after_another(self, world: World, phone: Token, laptop: Token) -> None:
        """Five are allowed; a right value among those beyond is not looked at."""
        app = world.enrolled(phone)
        right, tokens = app.code, (phone, laptop)

        def guess(number: int) -> Verified | NotVerified:
            if number == MANY:
                return world.verify(tokens[number % 2], app.index, right)
            return world.verify(tokens[number % 2], app.index, f"guess {number}")

        answers = all_at_once(guess, many=MANY * 2)

        judged = [answer for answer in answers if isinstance(answer, Verified | NotVerified)]
        assert all(isinstance(answer, Verified | NotVerified | Throttled) for answer in answers), answers
        wrong = sum(isinstance(answer, NotVerified) for answer in judged)
        counted = DeviceRecord.objects.get().failures
        # A right value clears what was counted before it; without one, every answer to a wrong value is counted.
        accepted = any(isinstance(answer, Verified) for answer in judged)
        assert counted <= 5
        assert wrong <= (4 + 5 if accepted else 5)
        assert counted == wrong or accepted

    def test_devices_that_are_registered_at_once_have_indexes_of_their_own(self, world: World, phone: Token) -> None:
        answers = all_at_once(lambda number: world.register(token_of(phone.user_id, str(number)), "totp"))

        registered = [answer for answer in answers if isinstance(answer, Registered)]
        assert len(registered) + sum(isinstance(answer, Throttled) for answer in answers) == MANY
        indexes = sorted(answer.device.index for answer in registered)
        assert indexes == list(range(len(registered)))
        assert AccountRecord.objects.get().next_index == len(registered)

    def test_no_more_devices_become_active_at_once_than_are_allowed(
        self, make_world: Callable[..., World], phone: Token
    ) -> None:
        world = make_world(MAX_DEVICES_PER_METHOD=1)
        tokens = [token_of(phone.user_id, str(number)) for number in range(MANY)]
        apps = [world.app(world.register(token, "totp")) for token in tokens]

        answers = all_at_once(lambda number: world.verify(tokens[number], apps[number].index, apps[number].code))

        assert sum(isinstance(answer, Verified) for answer in answers) == 1, answers
        assert DeviceRecord.objects.filter(activated_at__isnull=False).count() == 1
        assert not any(isinstance(answer, StaleAccount | AlreadyRegistered) for answer in answers)

    def test_one_code_is_sent_within_the_interval(self, world: World, phone: Token) -> None:
        index = world.register(phone, "email").device.index

        answers = all_at_once(lambda _: world.dispatch(phone, index))

        assert sum(isinstance(answer, str) for answer in answers) == 1, answers
        assert all(isinstance(answer, str | Throttled) for answer in answers), answers
        assert len(world.outbox.messages) == 1
