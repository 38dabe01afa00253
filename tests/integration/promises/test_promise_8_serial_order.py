"""Promise 8, while others act at the same moment: the state afterwards is one that some serial order gives."""

from tests.integration.promises.conftest import Record
from tests.integration.promises.deployment import Deployment
from tests.integration.promises.stage import Browser, Wish, at_once, tally
from tests.projects.promises.faults import LINGER

ROUNDS = 5
MANY = 8


def registration(browser: Browser) -> Wish:
    return browser.wish("POST", "/multi-factor/register/totp/", {}, fault=LINGER)


def test_first_registrations_of_a_new_user(deployment: Deployment, record: Record) -> None:
    """Each gets an index of its own and stays pending; whoever was told to wait has left nothing."""
    attempts, answers, violations = 0, [], []
    for _ in range(ROUNDS):
        person = deployment.person(tokens=MANY)

        given = at_once([registration(browser) for browser in person.browsers], deployment.port)

        state, counts = person.state(), tally(given)
        indexes = [answer.body["index"] for answer in given if answer.status == 201]
        violations += [f"answered {status}" for status in counts if status not in {"201", "429", "503"}]
        if sorted(indexes) != list(range(counts["201"])) or not indexes:
            violations.append(f"these indexes were given: {sorted(indexes)}")
        if [device["index"] for device in state["devices"]] != sorted(indexes) or state["version"] != len(indexes):
            violations.append(f"told of {len(indexes)} devices, stored {state}")
        attempts += len(given)
        answers += given
    record("8 first registrations at once", attempts=attempts, answers=answers, violations=violations)


def test_registrations_with_one_token(deployment: Deployment, record: Record) -> None:
    """The later one replaces the earlier one, and no index is given twice."""
    attempts, answers, violations = 0, [], []
    for _ in range(ROUNDS):
        person = deployment.person()

        given = at_once([registration(person.browser) for _ in range(2)], deployment.port)

        state = person.state()
        indexes = sorted(answer.body["index"] for answer in given if answer.status == 201)
        if indexes != [0, 1] or [device["index"] for device in state["devices"]] != [1] or state["next_index"] != 2:
            violations.append(f"answered {[answer.status for answer in given]} with {indexes}, stored {state}")
        attempts += len(given)
        answers += given
    record("8 two registrations at once", attempts=attempts, answers=answers, violations=violations)


def test_activations_of_two_tokens(deployment: Deployment, record: Record) -> None:
    """Whoever is second was left pending when the first became active, and is gone."""
    attempts, answers, violations = 0, [], []
    for _ in range(ROUNDS):
        person = deployment.person(tokens=2)
        devices = [person.register("totp", browser) for browser in person.browsers]

        given = at_once(
            [
                browser.wish("POST", f"/multi-factor/{device.index}/", {"value": device.value()}, fault=LINGER)
                for browser, device in zip(person.browsers, devices, strict=True)
            ],
            deployment.port,
        )

        state = person.state()
        statuses = [answer.status for answer in given]
        passing = [browser.passes() for browser in person.browsers]
        if sorted(statuses) != [200, 404] or passing != [status == 200 for status in statuses]:
            violations.append(f"answered {statuses}, passing are {passing}")
        if [(device["index"], device["active"]) for device in state["devices"]] != [(statuses.index(200), True)]:
            violations.append(f"stored {state}")
        attempts += len(given)
        answers += given
    record("8 two activations at once", attempts=attempts, answers=answers, violations=violations)
