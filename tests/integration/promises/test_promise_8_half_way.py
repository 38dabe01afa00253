"""Promise 8: a failure half-way leaves the state before or the state after, and never a value that works twice."""

import itertools
import logging
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from django.db import connection

from tests.integration.promises.conftest import Record
from tests.integration.promises.deployment import Deployment
from tests.integration.promises.stage import LOST, Answer, Device, Person, Stage
from tests.projects.promises import outbox
from tests.projects.promises.faults import REACHED, SECRET

AUTHENTICATION = 1
"""The first statement of a request finds its token: a failure there is the project's, as on any of its views."""

MOST_POINTS = 40


@attrs.frozen
class Scene:
    """A request that a fault hits, and what it is about."""

    ask: Callable[[str], Answer]
    device: Device | None = None
    value: str = ""


class Act:
    """One kind of request; ``spends`` tells of those whose value must not be worth anything a second time."""

    spends = False
    sends = False

    def prepare(self, person: Person) -> Scene:
        raise NotImplementedError


class Registers(Act):
    def prepare(self, person: Person) -> Scene:
        return Scene(lambda fault: person.browser.post("register/totp/", {}, fault=fault))


class Activates(Act):
    spends = True

    def prepare(self, person: Person) -> Scene:
        return _verification(person, device := person.register("totp"), device.value())


class Accepts(Act):
    spends = True

    def __init__(self, method: str) -> None:
        self.method = method

    def prepare(self, person: Person) -> Scene:
        return _verification(person, *person.ready(self.method))


class Rejects(Act):
    def __init__(self, method: str) -> None:
        self.method = method

    def prepare(self, person: Person) -> Scene:
        device, _ = person.ready(self.method)
        return _verification(person, device, device.wrong())


class Dispatches(Act):
    sends = True

    def prepare(self, person: Person) -> Scene:
        device = person.enrol("email")
        return Scene(lambda fault: person.browser.dispatch(device.index, fault=fault), device)


class Remembers(Act):
    spends = True

    def prepare(self, person: Person) -> Scene:
        device, value = person.ready("totp")
        body = {"value": value, "trust": True}
        return Scene(lambda fault: person.browser.post(f"{device.index}/", body, fault=fault), device, value)


class Shows(Act):
    def prepare(self, person: Person) -> Scene:
        kept = person.remembered(person.enrol("totp"))
        return Scene(lambda fault: person.browser.show(kept, fault=fault))


class Forgets(Act):
    def prepare(self, person: Person) -> Scene:
        person.remembered(person.enrol("totp"))
        [name] = person.browser.trusts()
        return Scene(lambda fault: person.browser.forget(name, fault=fault))


class Removes(Act):
    def prepare(self, person: Person) -> Scene:
        device = person.enrol("totp")
        return Scene(lambda fault: person.browser.remove(device.index, fault=fault), device)


def _verification(person: Person, device: Device, value: str) -> Scene:
    return Scene(lambda fault: person.browser.verify(device.index, value, fault=fault), device, value)


ACTS = {
    "a registration": Registers(),
    "an activation": Activates(),
    "a value accepted: totp": Accepts("totp"),
    "a value accepted: email": Accepts("email"),
    "a value accepted: recovery": Accepts("recovery"),
    "a value rejected: totp": Rejects("totp"),
    "a value rejected: email": Rejects("email"),
    "a dispatch": Dispatches(),
    "a removal": Removes(),
    "a value accepted of a browser to remember": Remembers(),
    "a remembered browser": Shows(),
    "a browser forgotten": Forgets(),
}

FEW = ["a registration", "an activation", "a value accepted: totp", "a value rejected: totp", "a dispatch"]
"""A process that is killed is the same to all, and slow to replace."""

ON_A_SERVER = connection.vendor != "sqlite"

EACH = 3 if ON_A_SERVER else 1
"""Which statements are hit: every one on SQLite, and on servers, which do the same at each, every third."""

FAILURES = [
    *(("error", act) for act in (FEW if ON_A_SERVER else ACTS)),
    *(("lost", act) for act in (ACTS if ON_A_SERVER else [])),
]
"""A failure that is only reported is the same on each database but for how it takes back what was done.

A file has no connection that could be lost.
"""


def void(after: dict[str, Any]) -> dict[str, Any]:
    """The state after a dispatch whose delivery failed: the code is void, and the try is counted."""
    challenges = [{**challenge, "sent": False} for challenge in after["challenges"]]
    return {**after, "version": after["version"] + 1, "challenges": challenges}


def total(state: dict[str, Any]) -> int:
    return int(sum(device["failures"] for device in state["devices"]))


class Trial:
    """One request that a fault hits, and everything that must be so afterwards."""

    def __init__(self, stage: Stage, act: Act, expected: dict[str, Any]) -> None:
        self.act = act
        self.expected = expected
        self.person = stage.person()
        self.scene = act.prepare(self.person)
        self.before = self.person.state()
        self.violations: list[str] = []

    def hit(self, number: int, when: str, kind: str) -> Answer:
        self.sent = self._codes()
        answer = self.scene.ask(f"{number} {when} {kind}")
        if kind == "hang":
            # What the server answers for a process that it had to end is its own affair.
            answer = Answer(LOST)
        if answer.struck:
            self._look(answer, number)
        return answer

    def _look(self, answer: Answer, number: int) -> None:
        next_one = self.person.browser.ask("GET", "/multi-factor/status/")
        after = self.person.state()
        if next_one.status != 200:
            self.violations.append(f"the next request was answered {next_one}")
        allowed = [self.before, self.expected]
        if self.act.sends:
            allowed.append(void(self.expected))
        if after not in allowed:
            self.violations.append(f"{after} is neither before nor after")
        if answer.status in {200, 201, 204, 401} and after != self.expected:
            self.violations.append(f"answered {answer}, which is not stored")
        self._read(answer, number)
        if self.act.spends:
            self._spend(unspent=after == self.before)
        elif self.act.sends:
            self._use(out=after == self.expected)
        elif total(self.expected) > total(self.before):
            self._guess(after)

    def _read(self, answer: Answer, number: int) -> None:
        if SECRET in str(answer.body):
            self.violations.append("the answer quotes the failure")
        if answer.status == 500 and number > AUTHENTICATION:
            self.violations.append("answered 500")
        if answer.status == 503:
            told = (answer.body.get("code"), "retry-after" in answer.headers)
            if told not in {("unavailable", True), ("delivery_failed", False)}:
                self.violations.append(f"answered {told}")

    def _spend(self, *, unspent: bool) -> None:
        again = [self.scene.ask("").status for _ in range(2)]
        expected = [200 if unspent else 401, 401]
        if again != expected:
            self.violations.append(f"the same value was then answered {again}, not {expected}")

    def _use(self, *, out: bool) -> None:
        device = self.scene.device
        assert device is not None
        for code in self._codes()[len(self.sent) :]:
            statuses = [self.person.browser.verify(device.index, code).status for _ in range(2)]
            if statuses != [200 if out else 401, 401]:
                self.violations.append(f"a code that was sent was answered {statuses}")

    def _guess(self, after: dict[str, Any]) -> None:
        if self.scene.ask("").status != 401 or total(self.person.state()) != total(after) + 1:
            self.violations.append("the next failure was not counted")

    def _codes(self) -> list[str]:
        return outbox.codes(self.scene.device.destination) if self.scene.device is not None else []


def points(stage: Stage, act: Act, kind: str) -> Iterator[tuple[Answer, list[str]]]:
    """Have a fault hit before and after each statement and each send, or every so many, until there are no more."""
    twin = stage.person()
    scene = act.prepare(twin)
    assert scene.ask("").status in {200, 201, 204, 401}
    expected = twin.state()
    for when in ("before", "after"):
        for number in itertools.count(1 if when == "before" else EACH, EACH):
            assert number < MOST_POINTS
            trial = Trial(stage, act, expected)
            answer = trial.hit(number, when, kind)
            if not answer.struck:
                break
            yield answer, [f"{kind} {when} point {number}: {violation}" for violation in trial.violations]


def told(record: Record, promise: str, results: list[tuple[Answer, list[str]]]) -> None:
    record(
        promise,
        attempts=len(results),
        answers=[answer for answer, _ in results],
        violations=[violation for _, violations in results for violation in violations],
    )


@pytest.mark.parametrize(("kind", "act"), FAILURES)
def test_the_database_fails(
    stage: Stage,
    record: Record,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    *,
    kind: str,
    act: str,
) -> None:
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", kind == "error")
    caplog.set_level(logging.DEBUG, logger="mfa")

    results = list(points(stage, ACTS[act], kind))

    told(record, f"8 {'the database fails' if kind == 'error' else 'the connection is lost'} in {act}", results)
    assert not [each for each in caplog.records if each.name == "mfa" and SECRET in str(vars(each))]


@pytest.mark.parametrize("act", FEW)
def test_the_process_is_killed(fragile: Deployment, record: Record, act: str) -> None:
    results = list(points(fragile, ACTS[act], "kill"))

    assert {answer.status for answer, _ in results} == {LOST}
    told(record, f"8 the process is killed in {act}", results)


def test_a_sender_that_hangs(fragile: Deployment, record: Record) -> None:
    """The server ends the process in the end; the code that may be out is worth something once, or nothing."""
    act = Dispatches()
    twin = fragile.person()
    count = int(act.prepare(twin).ask("0 before nothing").headers[REACHED.lower()])
    expected = twin.state()
    results = []
    for when in ("before", "after"):
        trial = Trial(fragile, act, expected)
        answer = trial.hit(count, when, "hang")
        fragile.move_on(31)
        if trial.scene.ask("").status != 204:
            trial.violations.append("nothing can be sent any more")
        results.append((answer, trial.violations))

    assert fragile.printed.count("WORKER TIMEOUT") >= len(results)
    told(record, "8 the sender hangs in a dispatch", results)
