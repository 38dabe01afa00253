"""What somebody who knows the password can do to the owner: next to nothing, for a year and with thirty-two hands."""

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import count

from mfa.testing.authenticator import SoftwareAuthenticator
from tests.integration.promises.conftest import Record
from tests.integration.promises.deployment import WORKERS, Deployment
from tests.integration.promises.stage import Answer, Browser, Person, Stage, tally
from tests.integration.promises.table import DATABASE
from tests.projects.promises.settings import ORIGIN

DAY = int(timedelta(days=1).total_seconds())
STRANGERS = 32 if DATABASE == "postgresql" else 2 * WORKERS
"""Elsewhere as many as keep every worker busy: more would wait for one of them, and the owner behind them all."""
REQUESTS = 100 if DATABASE == "postgresql" else 40
"""One of them may be refused, for which PostgreSQL is where it counts."""
AGAIN = 2
"""How often it is tried once more: a busy machine may refuse more of them by chance; who starves does so each time."""
MOST_FAILURES = 100


def keyed(person: Person) -> tuple[SoftwareAuthenticator, int]:
    """Enrol a security key."""
    key = SoftwareAuthenticator(origin=ORIGIN)
    device = person.register("webauthn")
    answer = person.browser.post(f"{device.index}/", {"value": key.create(device.shown["options"])})
    assert answer.status == 200, answer
    return key, device.index


def busying(browser: Browser, index: int, over: threading.Event) -> Callable[[], None]:
    """Whatever a token may ask that is not verified, again and again."""

    def act() -> None:
        for number in count():
            if over.is_set():
                return
            match number % 3:
                case 0 | 1:
                    browser.dispatch(index)
                case 2:
                    browser.post(f"{index}/", {"value": {"id": "AAAA", "type": "public-key", "response": {}}})

    return act


def test_an_owner_gets_through_whoever_else_asks(deployment: Deployment, record: Record) -> None:
    tries = [owned(deployment.person(tokens=1 + STRANGERS))]
    while tally(tries[-1])["429"] > 1 and len(tries) <= AGAIN:
        tries.append(owned(deployment.person(tokens=1 + STRANGERS)))

    answers = [answer for each in tries for answer in each]
    violations = [f"answered {status}" for status in tally(answers) if status not in {"200", "429"}]
    if (refused := tally(tries[-1])["429"]) > 1:
        violations.append(f"{refused} of the owner's {len(tries[-1])} requests were answered 429")
    record("3 the owner's requests under a stranger's load", attempts=REQUESTS, answers=answers, violations=violations)


def owned(person: Person) -> list[Answer]:
    """Have an owner ask and verify while strangers ask, and return what the owner was answered."""
    key, index = keyed(person)
    over = threading.Event()
    strangers = [threading.Thread(target=busying(each, index, over)) for each in person.browsers[1:]]
    for each in strangers:
        each.start()
    answers: list[Answer] = []
    try:
        while len(answers) < REQUESTS:
            asked = person.browser.dispatch(index)
            answers.append(asked)
            if asked.status == 200:
                value = key.get(asked.body["options"])
                answers.append(person.browser.post(f"{index}/", {"value": value}))
    finally:
        over.set()
        for each in strangers:
            each.join()
    return answers


def test_a_year_of_a_strangers_guesses(stage: Stage, record: Record) -> None:
    """The stranger takes every guess that he is given; the owner comes once a week, by an app and by mail."""
    person = stage.person(tokens=1)
    app, mail = person.enrol("totp"), person.enrol("email")
    thief = person.browser  # one token for each user here, so nobody is any worse off than the owner
    person.send(mail, thief)
    guesses: list[Answer] = []
    owner: list[Answer] = []
    for _ in range(52):
        while (answer := thief.verify(mail.index, "x")).status == 401:
            guesses.append(answer)
        guesses.append(answer)
        stage.move_on(7 * DAY)
        owner.append(person.browser.verify(app.index, app.value()))

    violations = []
    if (looked_at := tally(guesses)["401"]) != MOST_FAILURES:
        violations.append(f"{looked_at} guesses were looked at, not {MOST_FAILURES}")
    if set(tally(owner)) != {"200"}:
        violations.append(f"the owner was answered {dict(tally(owner))}")
    record("3 a stranger's guesses for a year", attempts=len(guesses), answers=guesses, violations=violations)


def test_a_clock_that_jumps(stage: Stage, record: Record) -> None:
    """A machine is a year ahead for a moment: what it wrote holds nobody up, and opens nothing."""
    person = stage.person()
    app, mail = person.enrol("totp"), person.enrol("email")
    stage.move_on(365 * DAY)
    code = person.send(mail)
    ahead = [person.browser.verify(app.index, app.wrong()) for _ in range(6)]
    stage.move_on(-365 * DAY)

    wrong = person.browser.verify(mail.index, code)
    asked = person.browser.dispatch(mail.index)
    right = person.browser.verify(app.index, app.value())
    violations = []
    if asked.status != 204:
        violations.append(f"a code was refused: {asked}")
    if wrong.status != 401:
        violations.append(f"a code of next year was answered {wrong}")
    if right.status != 200:
        violations.append(f"the owner's value was answered {right}")
    stage.move_on(30 * 60)
    changed = person.browser.ask("DELETE", f"/multi-factor/{mail.index}/")
    if changed.status != 403:
        violations.append(f"a change by an old proof was answered {changed}")
    answers = [*ahead, asked, wrong, right, changed]
    record("3 a clock that jumps", attempts=len(answers), answers=answers, violations=violations)
