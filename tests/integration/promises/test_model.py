"""Whatever people do, in whatever order: the use cases answer as the contract says, and its promises hold.

A machine does at random what people, thieves and time do, on the memory adapters and on the database, and asks a plain
model of the contract what each answer must be. Its invariants are the promises, by their numbers in section 5, as far
as they can be told when one request comes after another.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import attrs
import pytest
from dependency_injector import providers
from django.contrib.auth import get_user_model
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from mfa.adapters.memory.delivery import OutboxSender
from mfa.adapters.memory.repositories import MemoryAccountRepository
from mfa.adapters.memory.system import FrozenClock, SeededEntropy
from mfa.application.devices import Remove, Rename
from mfa.application.dispatching import RequestChallenge
from mfa.application.ports.delivery import DeliveryTimedOut
from mfa.application.registration import Register
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.config import Config
from mfa.containers.django import DjangoContainer
from mfa.containers.memory import MemoryContainer
from mfa.domain.accounts import Account
from mfa.domain.challenges import SpentLogin
from mfa.domain.errors import MfaError
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.policies import Profile
from mfa.domain.throttling import Failures
from tests.integration.promises.conftest import Record
from tests.integration.promises.model import (
    ACCEPTED,
    BACKUP,
    DONE,
    GUESSABLE,
    METHODS,
    REJECTED,
    SENT,
    TOUCH,
    Device,
    Expected,
    Limits,
    Model,
    password,
    plain,
    values,
    window,
)
from tests.integration.promises.table import DATABASE
from tests.unit.application.world import SecurityKey

NAMES = {
    1: "1 a value is accepted once (any order of requests)",
    2: "2 a counter never moves back (any order of requests)",
    3: "3 guesses are counted (any order of requests)",
    4: "4 a challenge belongs to one token, user and device (any order of requests)",
    5: "5 a sent code lives once and briefly (any order of requests)",
}

MOST_TOKENS = 2
STEP = timedelta(seconds=30)
FIELDS: dict[str, dict[str, str]] = {"email": {"address": "anna@example.com"}, "sms": {"number": "+31612345678"}}
CONFIGURED = tuple(
    f"{SecurityKey.__module__}.{SecurityKey.__qualname__}" if method == "key" else method for method in METHODS
)


def configured(limits: Limits) -> Config:
    return Config(
        methods=CONFIGURED,
        required_verifications=limits.required,
        verification_lifetime=limits.verification,
        verification_throttle="recursive" if limits.recursive else "simple",
        verification_throttle_tryouts=limits.tryouts,
        verification_throttle_timeout=limits.timeout,
        max_failures=limits.most_failures,
        failure_memory=timedelta(days=3650),
        max_devices_per_method=limits.most_devices,
        registration_lifetime=limits.pending,
        change_max_age=limits.change,
        email_code_lifetime=limits.code,
        email_resend_interval=limits.interval,
        email_hourly_limit=limits.hourly,
        sms_code_lifetime=limits.code,
        sms_resend_interval=limits.interval,
        sms_hourly_limit=limits.hourly,
        sms_default_region="NL",
    )


class InMemory:
    """Processes that share a store in memory; a repository with a flaw may stand in its place."""

    database = "memory"

    def __init__(self, repository: Callable[[], MemoryAccountRepository] = MemoryAccountRepository) -> None:
        self.repository = repository

    def begin(self) -> None:
        self.accounts, self.vault = self.repository(), MemoryContainer().vault()

    def user(self) -> UserId:
        self.users = getattr(self, "users", 0) + 1
        return UserId(str(self.users))

    def process(self, config: Config, clock: FrozenClock, outbox: OutboxSender, entropy: SeededEntropy) -> Any:  # noqa: ANN401 - as the container makes it
        container = MemoryContainer()
        container.config.override(config)
        container.clock.override(clock)
        container.outbox.override(outbox)
        container.entropy.override(entropy)
        container.accounts.override(self.accounts)
        container.vault.override(self.vault)
        container.users().add(UserId("1"), Profile(name="anna"))
        return container.use_cases()


class OnDatabase:
    """Processes that share Django's database."""

    database = DATABASE

    def begin(self) -> None:
        get_user_model().objects.all().delete()

    def user(self) -> UserId:
        users = get_user_model().objects
        return UserId(str(users.create_user(f"user {users.count()}").pk))

    def process(self, config: Config, clock: FrozenClock, outbox: OutboxSender, entropy: SeededEntropy) -> Any:  # noqa: ANN401 - as the container makes it
        container: Any = DjangoContainer(config=providers.Object(config), secret_keys=providers.Object(("a key",)))
        container.clock.override(clock)
        container.email_sender.override(outbox)
        container.sms_sender.override(outbox)
        container.entropy.override(entropy)
        return container.use_cases()


class Broken(AssertionError):
    """A promise was not kept, or an answer was another than the contract's."""

    def __init__(self, promise: int | None, said: str) -> None:
        super().__init__(f"promise {promise}: {said}" if promise else said)
        self.promise = promise


@attrs.define
class Tally:
    """What a run has tried and was answered, by promise."""

    steps: int = 0
    answers: dict[int, Counter[str]] = attrs.field(factory=lambda: {promise: Counter() for promise in NAMES})
    others: Counter[str] = attrs.field(factory=Counter)
    verified: Counter[str] = attrs.field(factory=Counter)

    def add(self, expected: Expected, act: str) -> None:
        if expected.promise is None:
            self.others[f"{act}: {expected.answer}"] += 1
        else:
            self.answers[expected.promise][expected.answer] += 1


@attrs.define
class Person:
    """A user as the machine knows them: who they are, what the contract says of them, and their tokens."""

    user_id: UserId
    model: Model
    tokens: list[Token] = attrs.field(factory=list)
    logins: int = 0

    def log_in(self) -> Token:
        self.logins += 1
        token = Token(id=TokenId(f"digest of token {self.logins} of {self.user_id}"), user_id=self.user_id)
        self.tokens = [*self.tokens[1 - MOST_TOKENS :], token]
        return token


people = st.integers(0, 1)
numbers = st.integers(0, 11)
yes_or_no = st.booleans()


class Machine(RuleBasedStateMachine):
    """Two users with some tokens each, and all that can happen to them."""

    def __init__(self, deployment: InMemory | OnDatabase, tally: Tally) -> None:
        super().__init__()
        self.deployment, self.tally = deployment, tally
        self.clock, self.outbox, self.entropy = FrozenClock(), OutboxSender(), SeededEntropy()
        # What was accepted, told by nothing but the answers.
        self.counters: dict[tuple[UserId, int], list[int]] = {}
        self.consumed: list[object] = []
        self.given: dict[UserId, list[int]] = {}
        self.asked_at: object = None
        self.stood: list[tuple[Person, Token, Any]] = []

    @initialize(
        required=st.sampled_from([1, 1, 2]), recursive=yes_or_no, brief=yes_or_no, first=st.permutations(METHODS)
    )
    def begin(self, required: int, recursive: bool, brief: bool, first: list[str]) -> None:  # noqa: FBT001
        self.deployment.begin()
        lifetime = timedelta(hours=2) if brief else None
        self.limits = Limits(required=required, recursive=recursive, verification=lifetime)
        self.people = [Person(self.deployment.user(), Model(limits=self.limits)) for _ in range(2)]
        for person in self.people:
            person.log_in()
        self.restart()
        for method in first[:3]:
            self.enrol(0, 0, method, patient=True)
        self.enrol(1, 0, first[3], patient=True)
        self.people[0].log_in()

    @property
    def now(self) -> datetime:
        return self.clock.time

    # What people do

    @rule(who=people, number=numbers, method=st.sampled_from(METHODS), name=st.sampled_from(["", "Pixel 9"]))
    def register(self, who: int, number: int, method: str, name: str) -> None:
        self.registered(*self.pick(who, number), method, name)

    @rule(who=people, number=numbers, method=st.sampled_from(METHODS), patient=yes_or_no)
    def register_and_activate(self, who: int, number: int, method: str, patient: bool) -> None:  # noqa: FBT001
        self.enrol(who, number, method, patient=patient)

    def enrol(self, who: int, number: int, method: str, *, patient: bool) -> None:
        """Register a device and activate it with a right value."""
        person, token = self.pick(who, number)
        device = self.registered(person, token, method)
        if device is not None:
            self.prove(person, token, device, patient=patient)

    @rule(who=people, number=numbers, which=numbers, again=yes_or_no)
    def dispatch(self, who: int, number: int, which: int, again: bool) -> None:  # noqa: FBT001
        person, token = self.pick(who, number)
        self.send(person, token, self.index(person, which), again=again, failure=None)

    @rule(
        who=people,
        number=numbers,
        which=numbers,
        failure=st.sampled_from([ConnectionError("refused"), DeliveryTimedOut("in vain")]),
    )
    def dispatch_in_vain(self, who: int, number: int, which: int, failure: Exception) -> None:
        """Have a code sent while the network is down."""
        person, token = self.pick(who, number)
        devices = [index for index, device in sorted(person.model.devices.items()) if device.method in SENT]
        if devices:
            self.clock.advance(self.limits.interval)
            self.send(person, token, devices[which % len(devices)], again=True, failure=failure)

    @rule(who=people, number=numbers, which=numbers, patient=yes_or_no)
    def verify_right(self, who: int, number: int, which: int, patient: bool) -> None:  # noqa: FBT001
        person, token = self.pick(who, number)
        device = person.model.devices.get(self.index(person, which))
        if device is not None:
            self.prove(person, token, device, patient=patient)

    @rule(who=people, number=numbers, which=numbers, text=st.sampled_from(["no code", "", "\u0661" * 6, "0" * 4096]))
    def verify_wrong(self, who: int, number: int, which: int, text: str) -> None:
        person, token = self.pick(who, number)
        self.verify(person, token, self.index(person, which), text)

    @rule(who=people, number=numbers, which=numbers, value=st.sampled_from([None, 123456, {"id": "touch"}]))
    def verify_malformed(self, who: int, number: int, which: int, value: object) -> None:
        person, token = self.pick(who, number)
        device = person.model.devices.get(self.index(person, which))
        if device is not None and device.method != "key":  # its value may be anything
            self.verify(person, token, device.index, value)

    @rule(who=people, number=numbers, which=numbers, past=numbers, patient=yes_or_no)
    def verify_replayed(self, who: int, number: int, which: int, past: int, patient: bool) -> None:  # noqa: FBT001
        """Give what was right once, or was sent and replaced or meant for another token."""
        person, token = self.pick(who, number)
        device = person.model.devices.get(self.index(person, which))
        if device is None:
            return
        known = device.worked if device.method not in SENT else person.model.sent
        if known:
            if patient:
                self.await_unlocked(person)
            self.verify(person, token, device.index, known[-1 - past % len(known)])

    @rule(who=people, number=numbers, which=numbers, far=st.sampled_from([-2, -1, 2, 3]))
    def verify_late(self, who: int, number: int, which: int, far: int) -> None:
        """Give a value that comes too late or too soon."""
        person, token = self.pick(who, number)
        device = person.model.devices.get(self.index(person, which))
        if device is None or device.method not in GUESSABLE:
            return
        if device.method in SENT:
            code = person.model.challenge(token.id, device.index).code
            if code is not None:
                self.clock.advance(self.limits.code)
                self.verify(person, token, device.index, code.text)
            return
        counters = window(device, self.now)
        counter = counters.start + far if far < 0 else counters.stop - 2 + far
        self.verify(person, token, device.index, password(device.secret, max(counter, 0)))

    @rule(who=people, number=numbers, which=numbers, other=people, whose=numbers)
    def verify_borrowed(self, who: int, number: int, which: int, other: int, whose: int) -> None:
        """Give a value that is right for another device, of the same user or of the other one."""
        person, token = self.pick(who, number)
        lender = self.people[other]
        device = lender.model.devices.get(self.index(lender, whose))
        if device is not None:
            value = self.right_value(lender, lender.tokens[0], device)
            self.verify(person, token, self.index(person, which), value)

    @rule(who=people, number=numbers, which=numbers, name=st.sampled_from(["", "work", "\u260e"]))
    def rename(self, who: int, number: int, which: int, name: str) -> None:
        person, token = self.pick(who, number)
        index = self.index(person, which)
        expected = person.model.rename(token.id, index, name, self.now)
        self.ask("rename", expected, lambda: self.core.rename_device(Rename(token=token, index=index, name=name)))

    @rule(who=people, number=numbers, which=numbers)
    def remove(self, who: int, number: int, which: int) -> None:
        person, token = self.pick(who, number)
        index = self.index(person, which)
        expected = person.model.remove(token.id, index, self.now)
        self.ask("remove", expected, lambda: self.core.remove_device(Remove(token=token, index=index)) or DONE)

    @rule(who=people)
    def log_in(self, who: int) -> None:
        """Make a new token, which has confirmed nothing; the oldest is deleted."""
        token = self.people[who].log_in()
        if self.core.assess_token(token).confirmations:
            raise Broken(4, "a new token has confirmations")

    @rule(seconds=st.sampled_from([1, 30, 31, 61, 599, 601, 3601, 7201]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @rule(who=people, number=numbers, which=numbers)
    def lock(self, who: int, number: int, which: int) -> None:
        """Guess for as long as there are answers, then give the right value."""
        person, token = self.pick(who, number)
        device = person.model.devices.get(self.index(person, which))
        if device is None or device.method not in GUESSABLE:
            return
        for _ in range(self.limits.tryouts + 1):
            self.verify(person, token, device.index, "no code")
        self.verify(person, token, device.index, self.right_value(person, token, device))

    @rule()
    def restart(self) -> None:
        """Go on in a new process, which remembers nothing."""
        self.core = self.deployment.process(configured(self.limits), self.clock, self.outbox, self.entropy)

    # How they do it

    def pick(self, who: int, number: int) -> tuple[Person, Token]:
        person = self.people[who]
        return person, person.tokens[number % len(person.tokens)]

    def index(self, person: Person, which: int) -> int:
        """Return the index of one of the user's devices, or of none."""
        indexes = [*sorted(person.model.devices), person.model.next_index]
        return indexes[which % len(indexes)] if which < 11 else which

    def await_unlocked(self, person: Person) -> None:
        self.clock.advance(person.model.wait(self.now) or timedelta(0))

    def right_value(self, person: Person, token: Token, device: Device) -> str:
        if device.method == "key":
            return TOUCH
        if device.method == BACKUP:
            return min(device.codes, default="no code is left")
        if device.method in SENT:
            code = person.model.challenge(token.id, device.index).code
            return "nothing is out" if code is None else code.text
        return next(values(device, self.now), "nothing is unspent")

    def registered(self, person: Person, token: Token, method: str, name: str = "") -> Device | None:
        expected = person.model.register(token.id, method, self.now)
        command = Register(token=token, method=method, name=name, fields=FIELDS.get(method, {}))
        registered: Any = self.ask("register", expected, lambda: self.core.register_device(command))
        if registered is None:
            return None
        device = person.model.registered(token.id, method, name, registered.shown, self.now)
        if registered.device.index != device.index:
            raise Broken(4, f"the new device is {registered.device.index}, not {device.index}")
        if device.method != BACKUP or device.index not in self.given.get(person.user_id, []):
            self.given.setdefault(person.user_id, []).append(registered.device.index)
        return device

    def prove(self, person: Person, token: Token, device: Device, *, patient: bool) -> None:
        if patient:
            self.await_unlocked(person)
            self.clock.advance(STEP)
        if device.method in SENT and person.model.challenge(token.id, device.index).code is None:
            self.send(person, token, device.index, again=True, failure=None)
        value = self.right_value(person, token, device)
        if patient and device.method != "key":
            value = f"{value[:3]} {value[3:].upper()}-"
        self.verify(person, token, device.index, value)

    def send(self, person: Person, token: Token, index: int, *, again: bool, failure: Exception | None) -> None:
        expected = person.model.dispatch(token.id, index, self.now, again=again)
        if expected.answer == DONE and failure is not None:
            expected = Expected("delivery_failed")
            person.model.undelivered(token.id, index, self.now)
        self.outbox.failure = failure
        before = len(self.outbox.messages)
        command = RequestChallenge(token=token, index=index, again=again)
        self.ask("dispatch", expected, lambda: self.core.dispatch_challenge(command) or DONE)
        sent = self.outbox.messages[before:]
        if len(sent) != (expected.answer == DONE):
            raise Broken(5, f"{len(sent)} codes went out")
        for message in sent:
            person.model.dispatched(token.id, index, message.code, self.now)

    def verify(self, person: Person, token: Token, index: int, value: object) -> None:
        device = person.model.devices.get(index)
        code = person.model.challenge(token.id, index).code
        matching: list[int] = []
        if device is not None and device.method in {"totp", "hotp"} and isinstance(value, str):
            matching = person.model.matching(device, plain(value), self.now)
        expected = person.model.verify(token.id, index, value, self.now)
        use_case = self.core.verify_challenge
        answer = self.ask("verify", expected, lambda: use_case(Verify(token=token, index=index, value=value)))
        if not isinstance(answer, Verified):
            return
        assert device is not None
        self.tally.verified[device.method] += 1
        if answer.verifications_left != person.model.left(token.id, self.now):
            raise Broken(4, f"{answer.verifications_left} verifications are left")
        place = (person.user_id, index)
        if matching:
            self.counters.setdefault(place, []).append(max(matching))
        elif device.method in SENT:
            assert code is not None
            self.consumed.append((place, token.id, code.until))
        elif device.method == BACKUP:
            self.consumed.append((place, value))

    def ask(self, act: str, expected: Expected, use_case: Callable[[], object]) -> object:
        """Compare an answer with the contract's; return it where nothing was refused."""
        self.tally.steps += 1
        self.tally.add(expected, act)
        given: object = None
        try:
            given = use_case()
        except MfaError as error:
            answer = error.code
        else:
            answer = ACCEPTED if isinstance(given, Verified) else REJECTED if isinstance(given, NotVerified) else DONE
        if answer != expected.answer:
            raise Broken(expected.promise, f"{act} was answered {answer}, and should be {expected.answer}")
        return given

    # The promises

    @invariant()
    def promises_1_and_2_no_counter_is_accepted_after_one_as_high(self) -> None:
        for (user_id, index), counters in self.counters.items():
            if any(later <= earlier for earlier, later in pairwise(counters)):
                raise Broken(1, f"device {index} of {user_id} accepted the counters {counters}")

    @invariant()
    def promises_1_and_5_no_code_is_accepted_twice(self) -> None:
        if len(self.consumed) != len(set(self.consumed)):
            raise Broken(5, "a code was accepted twice")

    @invariant()
    def promise_3_the_lock_is_the_same_for_every_token_and_as_long_as_the_guesses_earned(self) -> None:
        for person, token, standing in self.standings():
            model = person.model
            lock = (standing.locked, standing.retry_after)
            if lock != (model.locked(self.now), model.wait(self.now)):
                raise Broken(3, f"token {token} meets {lock} after {len(model.failures)} wrong values")

    @invariant()
    def promise_4_what_a_token_has_confirmed_is_its_own_and_of_devices_that_are(self) -> None:
        for person, token, standing in self.standings():
            model = person.model
            confirmed = {each.index: each.at for each in standing.confirmations}
            if confirmed != model.confirmations(token.id, self.now):
                raise Broken(4, f"token {token} has confirmed {confirmed}")
            left, enrolled = model.left(token.id, self.now), bool(model.active)
            if (standing.verified, standing.verifications_left, standing.enrolled, standing.may_register) != (
                not left,
                left,
                enrolled,
                model.may_register(token.id, self.now),
            ):
                raise Broken(4, f"token {token} stands as {standing}")

    @invariant()
    def promise_4_a_token_sees_the_devices_that_it_may_see(self) -> None:
        """Ask for one token after the other, since every answer is read from the store."""
        tokens = [(person, token) for person in self.people for token in person.tokens]
        person, token = tokens[self.tally.steps % len(tokens)]
        confirmed = person.model.confirmations(token.id, self.now)
        seen = [
            (each.device.index, each.device.method, each.device.name, each.device.active, each.confirmed)
            for each in self.core.list_devices(token)
        ]
        right = [
            (device.index, device.method, device.name, device.active, device.index in confirmed)
            for device in person.model.visible(token.id, self.now)
        ]
        if seen != right:
            raise Broken(4, f"token {token} sees {seen}, not {right}")

    @invariant()
    def promise_4_an_index_is_given_once(self) -> None:
        for given in self.given.values():
            if given != sorted(set(given)):
                raise Broken(4, f"indexes were given as {given}")

    def standings(self) -> list[tuple[Person, Token, Any]]:
        """Return how every token stands, asked once after every step."""
        tokens = [(person, token) for person in self.people for token in person.tokens]
        moment = (self.tally.steps, self.now, len(tokens), self.core)
        if self.asked_at != moment:
            assess = self.core.assess_token
            self.asked_at, self.stood = moment, [(person, token, assess(token)) for person, token in tokens]
        return self.stood


# The runs

WITHOUT_A_DATABASE = pytest.mark.skipif(DATABASE != "sqlite", reason="it knows no database, and has had its turn")


def profile(examples: int, steps: int, phases: Sequence[Phase] = (Phase.generate, Phase.shrink)) -> settings:
    """Return a profile that does the same in every run, and nothing that takes long."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=phases,
        derandomize=True,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


def run(deployment: InMemory | OnDatabase, tally: Tally, how: settings) -> None:
    class Deployed(Machine):
        def __init__(self) -> None:
            super().__init__(deployment, tally)

    run_state_machine_as_test(Deployed, settings=how)


def tell(record: Record, deployment: InMemory | OnDatabase, how: settings) -> Tally:
    """Run the machine, and enter every promise into the table."""
    tally = Tally()
    violations: dict[int, list[str]] = {}
    try:
        run(deployment, tally, how)
    except Broken as failure:
        violations = {failure.promise or 3: [str(failure)]}
    for promise, name in NAMES.items():
        answers = tally.answers[promise]
        record(
            name,
            attempts=answers.total(),
            answers=answers,
            violations=violations.get(promise, []),
            database=deployment.database,
        )
    return tally


@WITHOUT_A_DATABASE
def test_in_memory_the_answers_are_those_of_the_contract(record: Record) -> None:
    tally = tell(record, InMemory(), profile(examples=100, steps=50))

    assert tally.steps > 3500
    assert set(tally.verified) == set(METHODS)
    for promise in NAMES:
        assert len(tally.answers[promise]) == 2, "of both kinds of answers"
    assert {
        "register: device_required",
        "dispatch: delivery_failed",
        "dispatch: resend_too_soon",
        "verify: malformed_value",
        "verify: verification_required",
        "rename: done",
        "remove: done",
        "remove: verification_required",
    } <= set(tally.others)


@pytest.mark.django_db(transaction=True)
def test_on_the_database_the_answers_are_those_of_the_contract(record: Record) -> None:
    tally = tell(record, OnDatabase(), profile(examples=16, steps=50))

    assert tally.steps > 300
    assert set(tally.verified) == set(METHODS)


# Flaws put in on purpose


class Repeating(MemoryAccountRepository):
    """Forgets what a verdict says to remember."""

    def save(self, before: Account, after: Account, *, spending: SpentLogin | None = None) -> Account:
        states = {device.index: device.state for device in before.devices}
        devices = tuple(attrs.evolve(each, state=states.get(each.index, each.state)) for each in after.devices)
        return super().save(before, attrs.evolve(after, devices=devices), spending=spending)


class Uncounted(MemoryAccountRepository):
    """Stores no wrong value."""

    def save(self, before: Account, after: Account, *, spending: SpentLogin | None = None) -> Account:
        devices = tuple(attrs.evolve(each, failures=Failures()) for each in after.devices)
        return super().save(before, attrs.evolve(after, devices=devices), spending=spending)


class Unbound(MemoryAccountRepository):
    """Takes the challenges of every token for those of the one at hand."""

    def of(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        account = self._stored(user_id)
        mine = {each.index: attrs.evolve(each, token_id=token_id or TokenId("")) for each in account.challenges}
        return attrs.evolve(account, token_id=token_id, challenges=tuple(mine.values()))


class Lingering(MemoryAccountRepository):
    """Keeps a code that was used."""

    def save(self, before: Account, after: Account, *, spending: SpentLogin | None = None) -> Account:
        codes = {each.index: each.sent for each in before.challenges}
        challenges = tuple(attrs.evolve(each, sent=each.sent or codes.get(each.index)) for each in after.challenges)
        return super().save(before, attrs.evolve(after, challenges=challenges), spending=spending)


@WITHOUT_A_DATABASE
@pytest.mark.parametrize(
    ("repository", "promises"), [(Repeating, {1, 2}), (Uncounted, {3}), (Unbound, {4}), (Lingering, {5})]
)
def test_a_flaw_breaks_its_promise(repository: type[MemoryAccountRepository], promises: set[int]) -> None:
    with pytest.raises(Broken) as failure:
        run(InMemory(repository), Tally(), profile(examples=50, steps=50, phases=[Phase.generate]))

    assert failure.value.promise in promises, failure.value
