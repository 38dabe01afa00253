"""Promise 2: after counter *c* of HOTP was accepted, no counter <= *c* is."""

import pyotp

from tests.integration.promises.conftest import Record
from tests.integration.promises.deployment import Deployment
from tests.integration.promises.stage import at_once, verifications

COPIES = 4
WINDOW = 3


def test_counters_at_once(deployment: Deployment, record: Record) -> None:
    """Whichever of several counters is first, each is accepted once at most, and afterwards none that is passed."""
    attempts, answers, violations = 0, [], []
    for _ in range(3):
        person = deployment.person()
        device = person.enrol("hotp")
        app = pyotp.HOTP(device.shown["secret"])
        counters = [counter for counter in range(1, 1 + WINDOW) for _ in range(COPIES)]
        values = [app.at(counter) for counter in counters]

        given = at_once(verifications([person.browser] * len(values), device.index, values), deployment.port)

        accepted = [counter for counter, answer in zip(counters, given, strict=True) if answer.status == 200]
        violations += [f"answered {answer}" for answer in given if answer.status not in {200, 401, 429}]
        if not accepted or len(set(accepted)) < len(accepted):
            violations.append(f"accepted at once: {accepted}")
        for counter in range(1 + max(accepted, default=0)):
            deployment.move_on(3600)
            late = person.browser.verify(device.index, app.at(counter))
            answers.append(late)
            if late.status != 401:
                violations.append(f"counter {counter} was answered {late} after {accepted}")
        deployment.move_on(3600)
        ahead = person.browser.verify(device.index, app.at(1 + max(accepted, default=0)))
        answers.append(ahead)
        if ahead.status != 200:
            violations.append(f"the next counter was answered {ahead}: the look-ahead moved")
        attempts += len(given) + len(range(2 + max(accepted, default=0)))
        answers += given

    record("2 counters of HOTP at once", attempts=attempts, answers=answers, violations=violations)
