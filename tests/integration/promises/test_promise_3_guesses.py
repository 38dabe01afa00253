"""Promise 3: guesses are counted before they are answered, and nothing resets the count."""

import pytest

from tests.integration.promises.conftest import Record
from tests.integration.promises.deployment import Deployment
from tests.integration.promises.stage import Answer, at_once, tally, verifications

TRYOUTS = 5
GUESSES = 50
METHODS = ["totp", "hotp", "email", "sms"]


def flaws(answers: list[Answer]) -> list[str]:
    counts = tally(answers)
    found = [f"answered {status}" for status in counts if status not in {"401", "429"}]
    if counts["401"] > TRYOUTS:
        found.append(f"{counts['401']} guesses were answered, not {TRYOUTS}")
    return found


class TestAtOnce:
    @pytest.mark.parametrize("method", METHODS)
    def test_wrong_guesses(self, deployment: Deployment, record: Record, method: str) -> None:
        person = deployment.person()
        device, _ = person.ready(method)
        guesses = [device.wrong()] * GUESSES

        answers = at_once(verifications([person.browser] * GUESSES, device.index, guesses), deployment.port)

        violations = flaws(answers)
        if (counted := person.failures()) != tally(answers)["401"]:
            violations.append(f"{tally(answers)['401']} were answered, {counted} were counted")
        record(f"3 wrong guesses at once: {method}", attempts=GUESSES, answers=answers, violations=violations)

    def test_with_atomic_requests(self, fragile: Deployment, record: Record) -> None:
        person = fragile.person(tokens=GUESSES)
        device, _ = person.ready("totp")
        guesses = [device.wrong()] * GUESSES

        answers = at_once(verifications(person.browsers, device.index, guesses), fragile.port)

        violations = flaws(answers)
        if (counted := person.failures()) != tally(answers)["401"]:
            violations.append(f"{tally(answers)['401']} were answered, {counted} were counted")
        record("3 wrong guesses at once: ATOMIC_REQUESTS", attempts=GUESSES, answers=answers, violations=violations)

    def test_over_several_devices(self, deployment: Deployment, record: Record) -> None:
        person = deployment.person(tokens=GUESSES)
        devices = [person.enrol("totp"), person.enrol("hotp")]

        answers = at_once(
            [
                wish
                for number, browser in enumerate(person.browsers)
                for wish in verifications([browser], devices[number % 2].index, [devices[number % 2].wrong()])
            ],
            deployment.port,
        )

        record("3 wrong guesses at once: two devices", attempts=GUESSES, answers=answers, violations=flaws(answers))

    def test_the_right_one_among_them(self, deployment: Deployment, record: Record) -> None:
        """A right value clears the failures of its device, so there may be as many answers before it as after it."""
        person = deployment.person()
        device, value = person.ready("totp")
        guesses = [device.wrong()] * GUESSES
        guesses[1] = value

        answers = at_once(verifications([person.browser] * GUESSES, device.index, guesses), deployment.port)

        counts = tally(answers)
        right = answers[1]
        most = TRYOUTS * 2 - 1 if right.status == 200 else TRYOUTS
        violations = [f"answered {status}" for status in counts if status not in {"200", "401", "429"}]
        if counts["401"] > most:
            violations.append(f"{counts['401']} guesses were answered, not {most}")
        if counts["200"] != int(right.status == 200):
            violations.append("a wrong guess succeeded")
        record("3 the right one among wrong guesses", attempts=GUESSES, answers=answers, violations=violations)


def test_nothing_resets_the_count(deployment: Deployment, record: Record) -> None:
    person = deployment.person(tokens=3)
    app, mail = person.enrol("totp"), person.enrol("email")
    answers = [person.browser.verify(app.index, app.wrong()) for _ in range(2)]
    violations = []

    # A new dispatch, another token, another device, a pending device, and new processes.
    person.send(mail, person.browsers[1])
    answers.append(person.browsers[1].verify(mail.index, mail.wrong()))
    deployment.reload()
    answers.append(person.browsers[2].verify(app.index, app.wrong()))
    if (counted := person.failures()) != len(answers):
        violations.append(f"{counted} were counted of {len(answers)}")
    answers.append(person.browsers[2].verify(app.index, app.wrong()))
    last = person.browser.verify(app.index, app.value())
    violations += [f"a wrong value was answered {answer}" for answer in answers if answer.status != 401]
    if last.status != 429:
        violations.append(f"after {TRYOUTS} failures a right value was answered {last}")
    record("3 nothing resets the count", attempts=len(answers) + 1, answers=[*answers, last], violations=violations)
