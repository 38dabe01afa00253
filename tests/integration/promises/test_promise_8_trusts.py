"""Promise 8, of remembered browsers: whatever comes at once, the end is one that it could have come to in turn."""

from collections.abc import Sequence

from mfa.domain.trusts import MOST_TRUSTS, digest_of
from tests.integration.promises.conftest import Record
from tests.integration.promises.deployment import Deployment
from tests.integration.promises.stage import Answer, Browser, Person, Wish, at_once, tally
from tests.projects.promises.faults import LINGER

LOGINS = 25
SHOWS = 4
ROUNDS = 4
RESEND = 31  # seconds


def showing(browser: Browser, kept: str) -> Wish:
    return browser.wish("POST", "/multi-factor/trust/", {"token": kept}, fault=LINGER)


def changing(person: Person, password: str) -> Wish:
    return person.browser.wish("POST", f"/password/{person.id}/", {"password": password}, fault=LINGER)


def still_of_worth(person: Person, kept: str) -> list[str]:
    """What a browser that is remembered no more could still do; the first token has a verification of its own."""
    found = [f"token {number} passes" for number, each in enumerate(person.browsers) if number and each.passes()]
    answer = person.browsers[-1].show(kept)
    if answer.status != 401 or person.browsers[-1].passes():
        found.append(f"shown once more it was answered {answer}")
    return found


Result = tuple[list[Answer], list[str]]


def end_at_once(deployment: Deployment, person: Person, kept: str, end: Wish) -> Result:
    """Have something end the worth of what a browser keeps while others show it."""
    shows = [showing(browser, kept) for browser in person.browsers[1 : SHOWS + 1]]

    ended, *answers = at_once([end, *shows], deployment.port)

    violations = [f"answered {status}" for status in tally(answers) if status not in {"200", "401"}]
    if ended.status not in {200, 204}:
        violations.append(f"what should end it was answered {ended}")
    return [ended, *answers], [*violations, *still_of_worth(person, kept)]


def told(record: Record, promise: str, results: Sequence[Result]) -> None:
    answers = [answer for given, _ in results for answer in given]
    violations = [violation for _, found in results for violation in found]
    record(promise, attempts=len(answers), answers=answers, violations=violations)


def test_more_browsers_than_are_remembered(deployment: Deployment, record: Record) -> None:
    person = deployment.person(tokens=1 + 2 * LOGINS)
    devices = [person.enrol("email"), person.enrol("sms")]
    logins, fresh = person.browsers[1 : LOGINS + 1], person.browsers[LOGINS + 1 :]
    wishes = []
    for number, browser in enumerate(logins):
        device = devices[number % 2]
        body = {"value": person.send(device, browser), "trust": True}
        wishes.append(browser.wish("POST", f"/multi-factor/{device.index}/", body, fault=LINGER))
        if number % 2:
            deployment.move_on(RESEND)

    answers, kept = [], []
    while wishes:
        given = at_once(wishes, deployment.port)
        answers += given
        kept += [answer.body["trust"]["token"] for answer in given if answer.status == 200]
        wishes = [wish for wish, answer in zip(wishes, given, strict=True) if answer.status in {429, 503}]

    names = person.browser.trusts()
    shown = [browser.show(token) for browser, token in zip(fresh, kept, strict=False)]
    violations = [f"answered {status}" for status in tally(answers) if status not in {"200", "429", "503"}]
    if (len(kept), len(set(names)), len(names)) != (LOGINS, MOST_TRUSTS, MOST_TRUSTS):
        violations.append(f"of {len(kept)} browsers {len(names)} are remembered")
    remembered = [digest_of(token)[:16] in names for token in kept]
    if [answer.status for answer in shown] != [200 if each else 401 for each in remembered]:
        violations.append(f"{tally(shown)} of them were answered otherwise than they are remembered")
    if [browser.passes() for browser in fresh] != remembered:
        violations.append("others pass than are remembered")
    if not all(browser.passes() for browser in logins):
        violations.append("a verification went with the browser that it had remembered")
    record(f"8 {LOGINS} browsers remembered at once", attempts=len(answers), answers=answers, violations=violations)


def test_one_browser_that_is_shown_by_many(deployment: Deployment, record: Record) -> None:
    """Twice by each token: whoever is told that it counted is verified by it, and nobody else."""
    person = deployment.person(tokens=1 + 2 * SHOWS)
    kept = person.remembered(person.enrol("totp"))
    browsers = person.browsers[1:]

    answers = at_once([showing(browser, kept) for browser in [*browsers, *browsers]], deployment.port)

    violations = [f"answered {status}" for status in tally(answers) if status not in {"200", "429", "503"}]
    counted = [200 in {one.status, other.status} for one, other in zip(answers, answers[len(browsers) :], strict=False)]
    if [browser.passes() for browser in browsers] != counted:
        violations.append("others pass than were told so")
    state = person.state()
    if state["trusts"] != [True] or sum(each["trusted"] for each in state["challenges"]) != sum(counted):
        violations.append(f"stored {state}")
    record("8 one browser shown at once", attempts=len(answers), answers=answers, violations=violations)


def test_a_browser_that_is_forgotten_while_it_is_shown(deployment: Deployment, record: Record) -> None:
    results = []
    for _ in range(ROUNDS):
        person = deployment.person(tokens=SHOWS + 2)
        kept = person.remembered(person.enrol("totp"))
        [name] = person.browser.trusts()

        end = person.browser.wish("DELETE", f"/multi-factor/trust/{name}/", fault=LINGER)
        given, found = end_at_once(deployment, person, kept, end)

        if person.browser.trusts():
            found.append("it is still listed")
        results.append((given, found))
    told(record, "8 a browser forgotten while shown", results)


def test_a_device_that_is_removed_while_its_browser_is_shown(deployment: Deployment, record: Record) -> None:
    results = []
    for _ in range(ROUNDS):
        person = deployment.person(tokens=SHOWS + 2)
        app = person.enrol("totp")
        person.enrol("hotp")
        kept = person.remembered(app)

        end = person.browser.wish("DELETE", f"/multi-factor/{app.index}/", fault=LINGER)
        given, found = end_at_once(deployment, person, kept, end)

        results.append((given, found))
    told(record, "8 a device removed while its browser is shown", results)


def test_a_password_that_is_changed_while_a_browser_is_shown(deployment: Deployment, record: Record) -> None:
    results = []
    for number in range(ROUNDS):
        person = deployment.person(tokens=SHOWS + 2)
        kept = person.remembered(person.enrol("totp"))

        given, found = end_at_once(deployment, person, kept, changing(person, f"number {number}"))

        results.append((given, found))
    told(record, "8 a password changed while a browser is shown", results)


def test_a_password_that_is_changed_while_a_browser_is_remembered(deployment: Deployment, record: Record) -> None:
    """Which of both was first nobody knows; but what is listed works, and works no more after the next change."""
    results = []
    for number in range(ROUNDS):
        person = deployment.person(tokens=3)
        app = person.enrol("totp")
        body = {"value": app.value(), "trust": True}
        verification = person.browser.wish("POST", f"/multi-factor/{app.index}/", body, fault=LINGER)

        given = at_once([verification, changing(person, f"number {number}")], deployment.port)

        assert [answer.status for answer in given] == [200, 200], given
        kept, listed = given[0].body["trust"]["token"], bool(person.browser.trusts())
        shown = person.browsers[1].show(kept)
        found = []
        if ((shown.status == 200), person.browsers[1].passes()) != (listed, listed):
            found.append(f"listed: {listed}, but shown it was answered {shown}")
        changing(person, "another")(deployment.transport.request)
        results.append((given, [*found, *still_of_worth(person, kept)]))
    told(record, "8 a password changed while a browser is remembered", results)
