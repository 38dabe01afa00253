"""Whatever happens to an account, and in whatever order: what holds all the same."""

from collections.abc import Callable
from datetime import timedelta

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mfa.domain.accounts import Account
from mfa.domain.challenges import Challenge
from mfa.domain.devices import Device
from mfa.domain.errors import MfaError
from mfa.domain.identifiers import TokenId
from mfa.domain.methods.base import Method
from tests.unit.domain.samples import NOW, OWNER, RECOVERY, RULES, TICK, accepted, rejected

TOKENS = [TokenId("laptop"), TokenId("phone"), TokenId("thief")]
REQUIRED = 1

tokens = st.sampled_from(TOKENS)
methods = st.sampled_from(RULES.methods.all)
numbers = st.integers(0, 20)


class Histories(RuleBasedStateMachine):
    """A store of one account, as three tokens meet it; nothing but the account itself says what is allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.account = Account(user_id=OWNER)
        self.challenges: dict[TokenId, tuple[Challenge, ...]] = dict.fromkeys(TOKENS, ())
        self.given: list[int] = []

    def seen_by(self, token: TokenId) -> Account:
        return attrs.evolve(self.account, token_id=token, challenges=self.challenges[token])

    def store(self, before: Account, after: Account) -> None:
        assert before.token_id is not None
        assert (after.user_id, after.token_id, after.version) == (before.user_id, before.token_id, before.version)
        self.now += TICK
        self.account = attrs.evolve(after, token_id=None, challenges=())
        left = {device.index for device in after.devices}
        for token, challenges in self.challenges.items():
            self.challenges[token] = tuple(each for each in challenges if each.index in left)
        self.challenges[before.token_id] = after.challenges

    def pick(self, account: Account, number: int) -> Device | None:
        visible = account.visible(self.now)
        return visible[number % len(visible)] if visible else None

    def waits(self, account: Account) -> int:
        return account.remembered_failures(RULES, self.now)

    def confirmed(self, token: TokenId) -> dict[int, object]:
        return {each.index: each.at for each in self.seen_by(token).confirmations(RULES, self.now)}

    @rule(token=tokens, method=methods, lawful=st.booleans())
    def register(self, token: TokenId, method: Method, lawful: bool) -> None:  # noqa: FBT001
        before = self.seen_by(token)
        if (lawful or method.backup) and refused(lambda: before.demand_registration(method, REQUIRED, RULES, self.now)):
            return
        if method.backup and any(device.method == method.name for device in before.active):
            return
        device = Device(index=before.next_index, method=method.name, state=b"", created_at=self.now)
        if method.backup:
            device = attrs.evolve(device, activated_at=self.now)
        else:
            end = self.now + RULES.registration_lifetime
            device = attrs.evolve(device, registered_by=token, expires_at=end)

        after = before.registered(device, RULES, self.now)

        assert self.waits(after) == self.waits(before)
        assert after.device(device.index, self.now).method == method.name
        self.given.append(device.index)
        self.store(before, after)
        if method.backup:
            assert device.index not in self.confirmed(token)

    @rule(token=tokens, number=numbers)
    def reject(self, token: TokenId, number: int) -> None:
        before = self.seen_by(token)
        device = self.pick(before, number)
        if device is None:
            return
        counted = RULES.methods.guessable(device.method)
        confirmed = {each: self.confirmed(each) for each in TOKENS}

        after = rejected(before, device, state=b"next", sent=None, counted=counted, now=self.now)

        assert after.remembered_failures(RULES, self.now) == self.waits(before) + counted
        if counted:
            assert after.device(device.index, self.now).failures.last_at == self.now
        self.store(before, after)
        assert {each: self.confirmed(each) for each in TOKENS} == confirmed

    @rule(token=tokens, number=numbers, lawful=st.booleans())
    def accept(self, token: TokenId, number: int, lawful: bool) -> None:  # noqa: FBT001
        before = self.seen_by(token)
        device = self.pick(before, number)
        if device is None:
            return
        method = RULES.methods.named(device.method)
        if lawful and refused(lambda: before.demand_attempt(device, method, REQUIRED, RULES, self.now)):
            return
        confirmed, moment = self.confirmed(token), self.now

        after = accepted(before, device, state=b"next", sent=None, now=moment)

        if device.active:
            assert after.gone == before.gone
        else:
            assert after.gone == ()
            assert not any(each.failures.recent for each in after.devices if not each.active)
        self.store(before, after)
        assert self.confirmed(token) == {**confirmed, device.index: moment}
        if not device.active:
            assert {each.registered_by for each in after.devices} <= {None, token}

    @rule(token=tokens, number=numbers, lawful=st.booleans())
    def remove(self, token: TokenId, number: int, lawful: bool) -> None:  # noqa: FBT001
        before = self.seen_by(token)
        device = self.pick(before, number)
        if device is None or (lawful and refused(lambda: before.demand_removal(device, REQUIRED, RULES, self.now))):
            return
        trusted = any(
            not RULES.methods.guessable(each.method) and self.now - each.at <= RULES.change_max_age
            for each in before.confirmations(RULES, self.now)
        )

        after = before.removed(device, RULES, self.now)

        if trusted:
            assert not after.gone
        else:
            assert self.waits(after) == self.waits(before)
        assert device.index not in {each.index for each in after.devices}
        self.store(before, after)

    @rule(token=tokens, number=numbers, fails=st.booleans())
    def dispatch(self, token: TokenId, number: int, fails: bool) -> None:  # noqa: FBT001
        before = self.seen_by(token)
        device = self.pick(before, number)
        if device is None or (limits := RULES.methods.named(device.method).limits) is None:
            return
        if refused(
            lambda: before.demand_dispatch(device, RULES.methods.named(device.method), RULES, self.now, again=True)
        ):
            return

        moment = self.now
        until = moment + timedelta(minutes=10)
        sent = before.dispatched(device, RULES.methods.named(device.method), b"sent", moment, until=until)
        after = sent.undelivered(device, moment) if fails else sent

        assert (after.devices, after.gone) == (before.devices, before.gone)
        assert len(after.sends[device.method].recent) <= limits.hourly
        self.store(before, after)
        challenge = self.seen_by(token).challenge(device.index)
        assert challenge is not None
        assert (challenge.dispatched_at, challenge.sent) == (moment, None if fails else b"sent")

    @rule(seconds=st.sampled_from([1, 30, 61, 601, 3601]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def an_index_is_given_once(self) -> None:
        assert self.given == sorted(set(self.given))
        assert self.account.next_index == len(self.given)
        indexes = [device.index for device in self.account.devices]
        assert len(indexes) == len(set(indexes))
        assert set(indexes) <= set(self.given)

    @invariant()
    def a_challenge_has_a_device_and_a_device_at_most_one_of_a_token(self) -> None:
        for token, challenges in self.challenges.items():
            indexes = [challenge.index for challenge in challenges]
            assert indexes == sorted(set(indexes))
            assert set(indexes) <= {device.index for device in self.account.devices}
            assert {challenge.token_id for challenge in challenges} <= {token}

    @invariant()
    def what_is_pending_belongs_to_one_token_and_there_is_one_of_a_method(self) -> None:
        left = [(device.registered_by, device.method) for device in self.account.devices if not device.active]
        assert len(left) == len(set(left))
        assert all(registered_by for registered_by, _ in left)
        for device in self.account.active:
            assert (device.registered_by, device.expires_at) == (None, None)

    @invariant()
    def there_is_one_set_of_backups_and_never_alone(self) -> None:
        held = [device.method for device in self.account.active]
        assert held.count(RECOVERY.name) <= 1
        assert set(held) != {RECOVERY.name}

    @invariant()
    def what_cannot_be_guessed_has_no_failures(self) -> None:
        for device in self.account.devices:
            assert RULES.methods.guessable(device.method) or not device.failures

    @invariant()
    def nothing_without_failures_is_kept_of_what_is_gone(self) -> None:
        assert all(each.recent for each in self.account.gone)


def refused(demand: Callable[[], None]) -> bool:
    try:
        demand()
    except MfaError:
        return True
    return False


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=50, stateful_step_count=40)
