"""Promise 4: a challenge belongs to one token, one user and one device."""

import pytest

from tests.integration.promises.conftest import Record
from tests.integration.promises.deployment import Deployment
from tests.integration.promises.stage import at_once, tally, verifications
from tests.projects.promises.faults import LINGER

MANY = 20
TRYOUTS = 5
METHODS = ["email", "sms"]


@pytest.mark.parametrize("method", METHODS)
def test_the_code_of_another_token(deployment: Deployment, record: Record, method: str) -> None:
    """Each token has a code of its own out, and all of them try the first one's."""
    tokens = 4
    person = deployment.person(tokens=tokens)
    device = person.enrol(method)
    codes = []
    for browser in person.browsers:
        codes.append(person.send(device, browser))
        deployment.move_on(31)
    browsers = [browser for browser in person.browsers[1:] for _ in range(MANY // tokens)]
    stolen = codes[0] if codes[0] not in codes[1:] else device.wrong()

    answers = at_once(verifications(browsers, device.index, [stolen] * len(browsers)), deployment.port)

    counts = tally(answers)
    violations = [f"answered {status}" for status in counts if status not in {"401", "429"}]
    if counts["401"] > TRYOUTS:
        violations.append(f"{counts['401']} guesses were answered, not {TRYOUTS}")
    if any(browser.passes() for browser in person.browsers[1:]):
        violations.append("another token is verified")
    record(f"4 a code of another token: {method}", attempts=len(answers), answers=answers, violations=violations)


def test_what_one_token_proved_verifies_no_other(deployment: Deployment, record: Record) -> None:
    person, other = deployment.person(tokens=MANY), deployment.person()
    app = person.enrol("totp")
    foreign = other.browser.verify(app.index, app.wrong())
    passing = [browser.passes() for browser in person.browsers]
    violations = []
    if passing != [True] + [False] * (MANY - 1):
        violations.append(f"{sum(passing)} tokens pass")
    if foreign.status != 404:
        violations.append(f"another user was answered {foreign}")

    deployment.move_on(60)
    assert person.browsers[1].verify(app.index, app.value()).status == 200
    person.enrol("hotp")
    assert person.browser.remove(app.index).status == 204
    left = [browser.passes() for browser in person.browsers[:2]]
    if left != [True, False]:
        violations.append(f"after a removal these pass: {left}")
    record(
        "4 what one token proved",
        attempts=MANY + 3,
        answers=["passes" if passes else "refused" for passes in [*passing, *left]] + [str(foreign)],
        violations=violations,
    )


def test_removal_of_a_device_while_others_verify_with_it(deployment: Deployment, record: Record) -> None:
    """The device takes its verifications with it, those of the same moment too."""
    attempts, answers, violations = 0, [], []
    for _ in range(4):
        person = deployment.person(tokens=2)
        app = person.enrol("totp")
        person.enrol("hotp")
        value = app.value()
        removal = person.browser.wish("DELETE", f"/multi-factor/{app.index}/", fault=LINGER)

        given = at_once([removal, *verifications([person.browsers[1]] * 3, app.index, [value] * 3)], deployment.port)

        state = person.state()
        if given[0].status != 204:
            violations.append(f"the removal was answered {given[0]}")
        if any(each["index"] == app.index for each in (*state["devices"], *state["challenges"])):
            violations.append("something of the device is left")
        if person.browsers[1].passes():
            violations.append("a token passes by a device that is gone")
        statuses = sorted(answer.status for answer in given[1:])
        if statuses.count(200) > 1 or not set(statuses) <= {200, 401, 404, 429}:
            violations.append(f"the verifications were answered {statuses}")
        attempts += len(given)
        answers += given
    record("4 removal during verification", attempts=attempts, answers=answers, violations=violations)
