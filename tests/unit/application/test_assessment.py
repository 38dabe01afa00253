from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from mfa.adapters.memory.unit_of_work import MemoryUnitOfWork
from mfa.application.ports.tokens import Recorded
from mfa.application.standing import Assessment, Standing
from mfa.config import Config
from mfa.domain.errors import RegistrationRequired, VerificationRequired
from mfa.domain.identifiers import TokenId, UserId
from mfa.domain.policies import Confirmation, Profile, Requirement, Subject
from mfa.domain.proofs import Proofs
from tests.unit.application.world import ANNA, BERT, BERTS, LAPTOP, PHONE, World


def test_a_user_without_devices_is_not_verified_but_may_register(world: World) -> None:
    assessment = world.assess(PHONE)
    assert (assessment.verified, assessment.verifications_left) == (False, 1)
    assert assessment == Assessment(
        required=1,
        enrolled=False,
        proved=False,
        may_register=True,
        locked=False,
        retry_after=None,
        confirmations=(),
        assessed_at=world.clock.now(),
    )


def test_a_token_that_confirmed_enough_is_verified(world: World) -> None:
    app = world.enrolled(PHONE)
    world.later(minutes=1)

    standing = world.assess(PHONE)

    assert (standing.verified, standing.verifications_left, standing.enrolled) == (True, 0, True)
    assert standing.confirmations == (
        Confirmation(index=app.index, method="totp", at=world.clock.now() - timedelta(minutes=1)),
    )


def test_a_gate_judges_by_what_it_reads_as_by_the_account(world: World) -> None:
    world.enrolled(PHONE)

    for token in (PHONE, LAPTOP):
        account, proofs = world.assess_token.account(token), world.assess_token.proofs(token)
        assert world.assess_token.stand(proofs) == world.assess_token.stand(account)
        assert world.repository.proofs(ANNA, token.id, trusts=True) == account


@pytest.mark.parametrize("lifetime", [timedelta(days=30), None])
def test_a_gate_reads_browsers_only_where_they_are_remembered(lifetime: timedelta | None) -> None:
    world, asked = World(trust_lifetime=lifetime), list[bool]()

    class Reading(MemoryUnitOfWork):
        def proofs(self, user_id: UserId, token_id: TokenId, *, trusts: bool) -> Proofs[Any]:
            asked.append(trusts)
            return super().proofs(user_id, token_id, trusts=trusts)

    world.container.unit_of_work.override(Reading(world.repository, world.publisher, world.container.audit()))
    world.assess_token.proofs(PHONE)

    assert asked == [lifetime is not None]


def test_a_new_token_starts_unverified(world: World) -> None:
    world.enrolled(PHONE)

    standing = world.assess(LAPTOP)

    assert (standing.verified, standing.verifications_left, standing.may_register) == (False, 1, False)
    assert standing.confirmations == ()


def test_a_token_between_two_required_devices_may_register_until_it_is_verified() -> None:
    world = World(required_verifications=2)
    app = world.enrolled(PHONE)
    assert (world.assess(PHONE).verifications_left, world.assess(PHONE).may_register) == (1, True)
    assert (world.assess(LAPTOP).verifications_left, world.assess(LAPTOP).may_register) == (2, False)
    world.mailbox(PHONE)
    world.verify(LAPTOP, app.index, app.fresh())

    assert (world.assess(PHONE).verifications_left, world.assess(PHONE).may_register) == (0, True)
    assert (world.assess(LAPTOP).verifications_left, world.assess(LAPTOP).may_register) == (1, False)


def test_recovery_codes_need_not_be_confirmed_to_register(world: World) -> None:
    app = world.enrolled(PHONE)
    world.codes(PHONE)
    stricter = world.with_settings(required_verifications=2)
    stricter.clock.time += timedelta(seconds=30)
    world.clock.time = stricter.clock.time

    stricter.verify(LAPTOP, app.index, app.code())

    assert stricter.assess(LAPTOP).may_register


def test_a_lock_is_seen_by_every_token_of_the_user_and_ends(world: World) -> None:
    app = world.enrolled(PHONE)
    world.wrong(LAPTOP, app.index, 6)
    world.later(seconds=15)

    for token in (PHONE, LAPTOP):
        assert (world.assess(token).locked, world.assess(token).retry_after) == (True, timedelta(seconds=45))
    assert world.assess(PHONE).verified
    assert not world.assess(BERTS).locked
    world.later(seconds=45)
    assert (world.assess(PHONE).locked, world.assess(PHONE).retry_after) == (False, None)


def test_assessing_changes_nothing(world: World) -> None:
    world.enrolled(PHONE)
    before, happened = world.repository.of(PHONE.user_id, PHONE.id), world.history

    world.assess(PHONE)

    assert world.repository.of(PHONE.user_id, PHONE.id) == before
    assert world.history == happened


class OfAnna:
    """Demands something of one user, whom it knows by the key."""

    def __init__(self, config: Config) -> None:
        pass

    def required(self, subject: Subject) -> int:
        return int(subject.user_id == ANNA)


def test_a_policy_knows_whom_it_judges() -> None:
    world = World(verification_policy=f"{OfAnna.__module__}.{OfAnna.__qualname__}")

    assert [world.assess(token).required for token in (PHONE, BERTS)] == [1, 0]


ENROLLED = "mfa.domain.policies.EnrolledUsers"
STAFF = "mfa.domain.policies.Staff"
GROUPS = "mfa.domain.policies.Groups"


class TestRequirements:
    def refused(self, world: World, **requirement: Any) -> tuple[type[object], int] | None:
        refusal = world.assess(PHONE).refusal(Requirement(**requirement))
        return None if refusal is None else (type(refusal), refusal.verifications_left)

    def test_the_larger_number_holds(self) -> None:
        world = World(required_verifications=2)
        world.enrolled(PHONE)

        assert self.refused(world, verifications=1) == (VerificationRequired, 1)
        assert self.refused(world, verifications=3) == (VerificationRequired, 2)
        world.mailbox(PHONE)
        assert self.refused(world, verifications=1) is None
        assert self.refused(world, verifications=3) == (VerificationRequired, 1)

    @pytest.mark.parametrize(("asked", "told"), [(None, 2), (1, 2), (3, 3)])
    def test_a_refusal_tells_it(self, asked: int | None, told: int) -> None:
        refusal = World(required_verifications=2).assess(PHONE).refusal(Requirement(verifications=asked))

        assert refusal is not None
        assert refusal.requirement == Requirement(verifications=told)

    def test_one_verification_is_by_a_named_method(self, world: World) -> None:
        world.enrolled(PHONE)

        assert self.refused(world, methods=["totp"]) is None
        assert self.refused(world, methods=["email"]) == (VerificationRequired, 1)
        assert self.refused(world, methods=["totp"], verifications=2) == (VerificationRequired, 1)
        world.mailbox(PHONE)
        assert self.refused(world, methods=["email"]) is None
        assert self.refused(world, methods=["totp"], verifications=2) is None

    def test_only_what_resists_phishing_counts_where_that_is_asked(self, world: World) -> None:
        app = world.enrolled(PHONE)
        assert self.refused(world, phishing_resistant=True) == (VerificationRequired, 1)
        world.verify(PHONE, app.index, app.fresh())
        key = world.register(PHONE, "key").device.index

        world.verify(PHONE, key, "touch")

        assert self.refused(world, phishing_resistant=True) is None

    def test_a_verification_counts_as_long_as_it_is_fresh(self, world: World) -> None:
        app = world.enrolled(PHONE)
        world.later(minutes=5)
        assert self.refused(world, max_age=timedelta(minutes=5)) is None
        world.later(microseconds=1)

        refusal = world.assess(PHONE).refusal(Requirement(max_age=timedelta(minutes=5), phishing_resistant=False))

        assert world.assess(PHONE).verified
        assert isinstance(refusal, VerificationRequired)
        assert (refusal.verifications_left, refusal.requirement.max_age) == (1, timedelta(minutes=5))
        world.verify(PHONE, app.index, app.fresh())
        assert self.refused(world, max_age=timedelta(minutes=5)) is None

    def test_what_has_run_out_does_not_count_again(self) -> None:
        world = World(verification_lifetime=timedelta(minutes=1))
        world.enrolled(PHONE)
        world.later(minutes=1)

        assert self.refused(world, max_age=timedelta(hours=1)) == (VerificationRequired, 1)

    def test_it_is_demanded_of_whom_the_policy_demands_nothing(self) -> None:
        world = World(verification_policy=ENROLLED)
        assert world.assess(PHONE).refusal() is None

        assert self.refused(world) == (RegistrationRequired, 1)
        assert self.refused(world, verifications=2) == (RegistrationRequired, 2)

    def test_and_of_who_has_grace(self) -> None:
        world = World(registration_deadline=timedelta(days=14))
        world.container.users().add(ANNA, Profile(joined_at=world.clock.now()))
        assert world.assess(PHONE).refusal() is None

        assert self.refused(world) == (RegistrationRequired, 1)


class TestGrace:
    @pytest.fixture
    def world(self) -> World:
        world = World(registration_deadline=timedelta(days=14))
        world.container.users().add(ANNA, Profile(joined_at=world.clock.now()))
        return world

    def end(self, world: World) -> datetime:
        return world.clock.now() + timedelta(days=14)

    def test_until_it_ends_a_user_without_a_device_passes_unverified(self, world: World) -> None:
        end = self.end(world)
        world.later(days=14, microseconds=-1)

        standing = world.assess(PHONE)

        assert (standing.verified, standing.verifications_left, standing.grace_until) == (False, 1, end)
        assert standing.refusal() is None
        world.later(microseconds=1)
        refusal = world.assess(PHONE).refusal()
        assert isinstance(refusal, RegistrationRequired)
        assert refusal.verifications_left == 1
        assert world.assess(PHONE).grace_until is None

    def test_who_has_a_device_is_asked_for_it(self, world: World) -> None:
        world.enrolled(LAPTOP)

        assert world.assess(LAPTOP).grace_until is None
        assert isinstance(world.assess(PHONE).refusal(), VerificationRequired)

    def test_a_pending_device_takes_it_from_nobody(self, world: World) -> None:
        world.register(PHONE, "totp")

        assert world.assess(PHONE).refusal() is None

    def test_who_joined_nobody_knows_when_has_none(self, world: World) -> None:
        assert isinstance(world.assess(BERTS).refusal(), RegistrationRequired)

    def test_a_moment_is_the_same_for_everybody(self, world: World) -> None:
        strict = world.with_settings(registration_deadline=world.clock.now() + timedelta(seconds=1))

        assert strict.assess(BERTS).grace_until == world.clock.now() + timedelta(seconds=1)

    def test_who_passes_anyway_is_told_of_none(self) -> None:
        world = World(registration_deadline=timedelta(days=1), verification_policy=ENROLLED)
        world.container.users().add(ANNA, Profile(joined_at=world.clock.now()))

        assert (world.assess(PHONE).verified, world.assess(PHONE).grace_until) == (True, None)


class TestPolicies:
    def world(self, policy: str) -> World:
        world = World(verification_policy=policy, policy_groups=("bankers",))
        world.container.users().add(ANNA, Profile(is_staff=True), groups=["bankers"])
        world.container.users().add(BERT, Profile())
        return world

    @pytest.mark.parametrize("policy", [STAFF, GROUPS])
    def test_only_members_are_asked_until_others_have_a_device(self, policy: str) -> None:
        world = self.world(policy)
        assert isinstance(world.assess(PHONE).refusal(), RegistrationRequired)
        assert world.assess(BERTS).refusal() is None

        world.enrolled(BERTS)

        assert isinstance(world.assess(attrs.evolve(BERTS, id=LAPTOP.id)).refusal(), VerificationRequired)


class TestRecall:
    """What a token tells of itself is judged as the account would be, without a look at that."""

    def recalled(
        self,
        world: World,
        *told: tuple[str, timedelta],
        required: int = 1,
        enrolled: bool = True,
        grace_until: datetime | None = None,
    ) -> Standing:
        """Recall verifications by methods, so long ago."""
        recorded = Recorded(
            required=required,
            enrolled=enrolled,
            verifications=tuple(
                Confirmation(index=index, method=method, at=world.clock.now() - age)
                for index, (method, age) in enumerate(told)
            ),
            grace_until=grace_until,
        )
        return world.assess_token.recall(recorded)

    def test_it_is_what_was_recorded_as_of_now(self, world: World) -> None:
        standing = self.recalled(world, ("totp", timedelta(hours=1)), ("key", timedelta(0)), required=3)

        assert standing == Standing(
            required=3,
            enrolled=True,
            confirmations=(
                Confirmation(index=0, method="totp", at=world.clock.now() - timedelta(hours=1)),
                Confirmation(index=1, method="key", at=world.clock.now(), phishing_resistant=True),
            ),
            assessed_at=world.clock.now(),
        )
        assert (standing.verified, standing.verifications_left) == (False, 1)

    def test_nothing_is_read(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(type(world.repository), "of", None)

        assert self.recalled(world, ("totp", timedelta(0))).refusal() is None

    def test_what_runs_out_does_so_without_a_new_token(self) -> None:
        world = World(verification_lifetime=timedelta(minutes=1))

        assert self.recalled(world, ("totp", timedelta(minutes=1) - timedelta.resolution)).verified
        assert not self.recalled(world, ("totp", timedelta(minutes=1))).verified

    def test_what_is_yet_to_come_is_nothing(self) -> None:
        """Of another clock, a minute at most; the last moment that there is cannot be added to."""
        world = World(verification_lifetime=None)
        last = world.clock.now() - datetime.max.replace(tzinfo=world.clock.now().tzinfo)

        assert self.recalled(world, ("totp", timedelta(minutes=-1))).verified
        assert not self.recalled(world, ("totp", timedelta(minutes=-1, seconds=-1))).verified
        assert not self.recalled(world, ("totp", last)).verified

    @pytest.mark.parametrize(("enrolled", "kind"), [(True, VerificationRequired), (False, RegistrationRequired)])
    def test_the_refusal_is_of_whoever_had_a_device(self, world: World, *, enrolled: bool, kind: type) -> None:
        refusal = self.recalled(world, required=2, enrolled=enrolled).refusal()

        assert refusal is not None
        assert (type(refusal), refusal.verifications_left) == (kind, 2)

    def test_grace_ends_when_it_ends(self, world: World) -> None:
        end = world.clock.now() + timedelta(seconds=1)
        assert self.recalled(world, enrolled=False, grace_until=end).refusal() is None
        assert self.recalled(world, enrolled=False, grace_until=end).grace_until == end
        world.later(seconds=1)

        assert isinstance(self.recalled(world, enrolled=False, grace_until=end).refusal(), RegistrationRequired)
        assert self.recalled(world, enrolled=False, grace_until=end).grace_until is None

    def test_a_method_that_is_gone_resists_nothing(self, world: World) -> None:
        standing = self.recalled(world, ("acme", timedelta(0)))

        assert standing.refusal() is None
        assert standing.refusal(Requirement(phishing_resistant=True)) is not None
