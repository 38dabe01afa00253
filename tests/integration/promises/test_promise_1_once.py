"""Promise 1: of any number of requests that carry the same value, exactly one succeeds."""

import pyotp
import pytest

from tests.integration.promises.conftest import Record
from tests.integration.promises.deployment import Deployment
from tests.integration.promises.stage import PERIOD, Answer, at_once, tally, verifications

MANY = 20
METHODS = ["totp", "hotp", "email", "sms", "recovery"]


def flaws(answers: list[Answer], allowed: set[int], successes: int = 1) -> list[str]:
    counts = tally(answers)
    found = [f"answered {status}" for status in counts if int(status) not in {200, *allowed}]
    if counts["200"] != successes:
        found.append(f"{counts['200']} of the same value succeeded, not {successes}")
    return found


@pytest.mark.parametrize("method", METHODS)
class TestAtOnce:
    def test_with_one_token(self, deployment: Deployment, record: Record, method: str) -> None:
        person = deployment.person()
        device, value = person.ready(method)

        answers = at_once(verifications([person.browser] * MANY, device.index, [value] * MANY), deployment.port)

        violations = flaws(answers, {401, 429})
        if person.browser.verify(device.index, value).status == 200:
            violations.append("succeeded once more, later")
        record(f"1 one value at once, one token: {method}", attempts=MANY, answers=answers, violations=violations)

    def test_with_many_tokens(self, deployment: Deployment, record: Record, method: str) -> None:
        """What is sent is sent to one token: to the others it is worth nothing, and they were sent nothing."""
        person = deployment.person(tokens=MANY)
        device, value = person.ready(method)

        answers = at_once(verifications(person.browsers, device.index, [value] * MANY), deployment.port)

        violations = flaws(answers, {404} if device.destination else {401, 429})
        if device.destination and answers[0].status != 200:
            violations.append("another token than the one that it was sent to succeeded")
        passing = [browser.passes() for browser in person.browsers[1:]]
        if passing != [answer.status == 200 for answer in answers[1:]]:
            violations.append("other tokens are verified than those that succeeded")
        record(f"1 one value at once, {MANY} tokens: {method}", attempts=MANY, answers=answers, violations=violations)


def test_no_step_is_accepted_after_a_later_one(deployment: Deployment, record: Record) -> None:
    person = deployment.person(tokens=8)
    device = person.enrol("totp")
    deployment.move_on(3 * PERIOD)
    app = pyotp.TOTP(device.shown["secret"])
    now = max(device.used) + 2
    tried = [now, now - 1, now, now + 1, now, now - 1]

    answers = []
    for browser, step in zip(person.browsers, tried, strict=False):
        answers.append(browser.verify(device.index, app.at(step * PERIOD)))
        deployment.move_on(PERIOD // 10)

    expected = [200, 401, 401, 200, 401, 401]
    record(
        "1 no step of TOTP after a later one",
        attempts=len(tried),
        answers=answers,
        violations=[
            f"step {step - now:+} was answered {answer}"
            for step, answer, status in zip(tried, answers, expected, strict=True)
            if answer.status != status
        ],
    )
