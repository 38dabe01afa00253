"""Promise 5: a sent code lives its time, is used once, is void after five wrong values, and is replaced by the next."""

import pytest

from tests.integration.promises.conftest import Record
from tests.integration.promises.deployment import Deployment
from tests.integration.promises.stage import at_once, tally, verifications
from tests.projects.promises import outbox
from tests.projects.promises.faults import LINGER

MANY = 20
LIFETIME = 600  # seconds
METHODS = ["email", "sms"]

pytestmark = pytest.mark.parametrize("method", METHODS)


def test_dispatches_at_once(deployment: Deployment, record: Record, method: str) -> None:
    """The interval is between two codes of a user, whatever the token: one is sent, and its token can use it."""
    person = deployment.person(tokens=MANY)
    device = person.enrol(method)
    sent = len(outbox.codes(device.destination))
    path = f"/multi-factor/{device.index}/dispatch/"

    answers = at_once(
        [browser.wish("POST", path, {"reverify": True}, fault=LINGER) for browser in person.browsers], deployment.port
    )

    counts = tally(answers)
    codes = outbox.codes(device.destination)[sent:]
    violations = [f"answered {status}" for status in counts if status not in {"204", "429"}]
    if counts["204"] != 1 or len(codes) != 1:
        violations.append(f"{len(codes)} codes were sent, {counts['204']} answers say so")
    winner = next((number for number, answer in enumerate(answers) if answer.status == 204), 0)
    if person.browsers[winner].verify(device.index, codes[-1]).status != 200:
        violations.append("the code that was sent is worth nothing")
    record(f"5 dispatches at once: {method}", attempts=MANY, answers=answers, violations=violations)


def test_a_dispatch_while_others_verify(deployment: Deployment, record: Record, method: str) -> None:
    """The old code counts before the new one, never after it."""
    attempts, answers, violations = 0, [], []
    for _ in range(3):
        person = deployment.person()
        device, old = person.ready(method)
        deployment.move_on(31)
        dispatch = person.browser.wish(
            "POST", f"/multi-factor/{device.index}/dispatch/", {"reverify": True}, fault=LINGER
        )

        given = at_once([dispatch, *verifications([person.browser] * 3, device.index, [old] * 3)], deployment.port)

        new = outbox.codes(device.destination)[-1]
        statuses = [answer.status for answer in given]
        if statuses[0] != 204 or statuses.count(200) > 1 or not set(statuses[1:]) <= {200, 401, 429}:
            violations.append(f"answered {statuses}")
        late = [] if new == old else [person.browser.verify(device.index, old)]
        late += [person.browser.verify(device.index, new) for _ in range(2)]
        if [answer.status for answer in late][-3:] != [401, 200, 401][-len(late) :]:
            violations.append(f"old, new and new again were answered {[answer.status for answer in late]}")
        attempts += len(given) + len(late)
        answers += [*given, *late]
    record(f"5 a dispatch during verification: {method}", attempts=attempts, answers=answers, violations=violations)


def test_void_after_wrong_values_at_once(deployment: Deployment, record: Record, method: str) -> None:
    person = deployment.person()
    device, code = person.ready(method)
    wrong = [device.wrong()] * MANY

    answers = at_once(verifications([person.browser] * MANY, device.index, wrong), deployment.port)

    deployment.move_on(LIFETIME // 3)
    late = person.browser.verify(device.index, code)
    violations = [f"answered {status}" for status in tally(answers) if status not in {"401", "429"}]
    if late.status != 401:
        violations.append(f"after {tally(answers)['401']} wrong values the code was answered {late}")
    record(f"5 void after wrong values: {method}", attempts=MANY + 1, answers=[*answers, late], violations=violations)


def test_void_after_its_time(deployment: Deployment, record: Record, method: str) -> None:
    person = deployment.person()
    device, code = person.ready(method)
    deployment.move_on(LIFETIME)

    late = person.browser.verify(device.index, code)

    violations = [] if late.status == 401 else [f"answered {late}"]
    record(f"5 void after its time: {method}", attempts=1, answers=[late], violations=violations)
