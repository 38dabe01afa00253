"""Promise 4, of sessions: a key from before a verification is never verified, not even while that runs."""

import http.client
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.promises.conftest import Record
from tests.integration.promises.deployment import Deployment
from tests.integration.promises.stage import Answer, Device, Person, SessionBrowser, Transport, Wish
from tests.projects.promises.faults import LINGER

ROUNDS = 8
THIEVES = 2

Proof = Callable[[SessionBrowser, Person, Device], Wish]


def by_value(browser: SessionBrowser, person: Person, app: Device) -> Wish:
    return browser.wish("POST", f"/multi-factor/{app.index}/", {"value": app.value()}, fault=LINGER)


def by_remembered_browser(browser: SessionBrowser, person: Person, app: Device) -> Wish:
    return browser.wish("POST", "/multi-factor/trust/", {"token": person.remembered(app)}, fault=LINGER)


def meanwhile(transport: Transport, owner: Wish, thief: Wish) -> tuple[Answer, list[Answer]]:
    """Have thieves act over and over for as long as the owner proves, and once more."""
    over = threading.Event()

    def act() -> list[Answer]:
        answers = []
        while not over.is_set():
            answers.append(thief(transport.request))
        return [*answers, thief(transport.request)]

    with ThreadPoolExecutor(THIEVES) as threads:
        acting = [threads.submit(act) for _ in range(THIEVES)]
        try:
            proved = owner(transport.request)
        finally:
            over.set()
        return proved, [answer for each in acting for answer in each.result()]


@pytest.mark.parametrize(
    ("proof", "verb", "path"),
    [
        pytest.param(by_value, "GET", "/gate/", id="gate"),
        pytest.param(by_value, "DELETE", "/multi-factor/{}/", id="removal"),
        pytest.param(by_value, "POST", "/multi-factor/register/recovery/", id="recovery codes"),
        pytest.param(by_remembered_browser, "GET", "/gate/", id="gate, by a remembered browser"),
    ],
)
def test_a_key_from_before(deployment: Deployment, record: Record, proof: Proof, verb: str, path: str) -> None:
    answers: list[Answer] = []
    violations = []
    for _ in range(ROUNDS):
        person = deployment.person()
        app = person.enrol("totp")
        browser = person.logged_in()
        theft = browser.wish(verb, path.format(app.index))

        proved, given = meanwhile(deployment.transport, proof(browser, person, app), theft)

        answers += given
        violations += [f"a thief was answered {answer}" for answer in given if answer.status not in {401, 403}]
        renewed = browser.renewed(proved)
        if proved.status != http.client.OK or renewed.key == browser.key or not renewed.passes():
            violations.append(f"the owner was answered {proved}, and is not verified under another key")
    record("4 a session's key from before", attempts=len(answers), answers=answers, violations=violations)
