"""Histories over HTTP, with several processes and faults, are such as one request after another could have made.

A few of those that ``make histories`` makes up for minutes; and each flaw is found that the project may have.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from tests.integration.histories.machine import Campaign, violations
from tests.integration.histories.recording import Recorder
from tests.integration.promises.deployment import Deployment, served
from tests.integration.promises.table import DATABASE
from tests.projects.histories.flaws import FLAWS, REPOSITORY, choose
from tests.projects.histories.outbox import FAILS
from tests.projects.promises.faults import LINGER

TRIES_FLAWS = DATABASE == "sqlite"
HISTORIES = 3 if TRIES_FLAWS else 2
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.projects.histories.settings"}
FLAWED = {"HISTORIES_ACCOUNTS": REPOSITORY}
LAST_STATEMENTS = range(4, 10)
LATER = [f"token {2 + number}" for number in range(len(LAST_STATEMENTS))]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where all processes find the time, and the flaw."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("histories")
        patch.setenv("PROMISES_FOLDER", str(folder))
        yield folder


@pytest.fixture(scope="module")
def deployment(folder: Path, django_db_setup: None) -> Iterator[Deployment]:
    """One for all, with the repository that has a flaw on demand where there is any demand."""
    choose("")
    with served(
        folder, str(connection.settings_dict["NAME"]), "histories", 60, **SETTINGS, **(FLAWED if TRIES_FLAWS else {})
    ) as deployment:
        yield deployment


def test_made_up(deployment: Deployment) -> None:
    choose("")
    campaign = Campaign(deployment, str(connection.settings_dict["NAME"]))

    campaign.run(histories=HISTORIES)

    assert not campaign.violations, "\n\n".join(campaign.violations)
    assert campaign.operations > 10 * HISTORIES, campaign


def values(recorder: Recorder) -> Iterator[None]:
    """All that a flaw shows in of values and what they prove, of one app, some tokens and a session, step by step."""
    recorder.register("token 0", "totp")
    [app] = recorder.held
    recorder.verify("token 0", app, 0)()
    recorder.gate("session 0")
    yield
    for _ in range(2):
        recorder.set_clock(recorder.now + 600)
        recorder.at_once([recorder.verify(token, app, 0, LINGER) for token in ["token 0", "token 1"] * 2])
        recorder.verify("token 0", app, None)()
        recorder.gate("session 0")
        yield
    recorder.set_clock(recorder.now + 600)
    recorder.verify("token 0", app, 0)()
    recorder.at_once([partial(recorder.gate, "token 0") for _ in range(8)])
    recorder.remove("token 0", app)
    recorder.at_once([partial(recorder.gate, "token 0") for _ in range(8)])
    yield
    recorder.register("token 0", "totp")
    app = recorder.held[-1]
    recorder.verify("token 0", app, 0)()
    for token, number in zip(LATER, LAST_STATEMENTS, strict=True):
        recorder.set_clock(recorder.now + 600)
        recorder.verify(token, app, 0, f"{number} before error")()
        recorder.verify([*recorder.browsers][-1], app, 0)()
        recorder.gate(token)
        yield


def codes(recorder: Recorder) -> Iterator[None]:
    """The same of codes that are sent."""
    recorder.register("token 0", "email")
    [mailed] = recorder.held
    recorder.dispatch("token 0", mailed)
    for _ in range(2):
        recorder.verify("token 0", mailed, 0)()
    yield
    for _ in range(2):
        recorder.set_clock(recorder.now + 30)
        recorder.dispatch("token 0", mailed)
    for offset in (-1, 0):
        recorder.verify("token 0", mailed, offset)()
    yield
    recorder.dispatch("token 0", mailed)
    yield
    for _ in range(2):
        recorder.set_clock(recorder.now + 30)
        recorder.dispatch("token 0", mailed)
    yield
    recorder.set_clock(recorder.now + 3600)
    recorder.dispatch("token 0", mailed, FAILS)
    recorder.verify("token 0", mailed, 0)()
    for _ in range(2):
        recorder.dispatch("token 0", mailed)
    yield
    for _ in range(5):
        recorder.verify("token 0", mailed, None)()
        recorder.set_clock(recorder.now + 300)
    recorder.verify("token 0", mailed, 0)()
    yield
    recorder.set_clock(recorder.now + 300)
    recorder.dispatch("token 0", mailed)
    recorder.set_clock(recorder.now + 1800)
    recorder.verify("token 0", mailed, 0)()
    yield


def keys(recorder: Recorder) -> Iterator[None]:
    """The same of a security key beside an app."""
    for method in ("totp", "webauthn"):
        recorder.register("token 0", method)
        recorder.verify("token 0", recorder.held[-1], 0)()
    app, key = recorder.held
    recorder.dispatch("token 0", key)
    for _ in range(2):
        recorder.verify("token 0", key, 0)()
    yield
    recorder.dispatch("token 0", key)
    for offset in (None, 0):
        recorder.verify("token 0", key, offset)()
    yield
    recorder.dispatch("token 0", key)
    recorder.verify("token 0", key, 1)()
    yield
    recorder.set_clock(recorder.now + 30)
    recorder.verify("token 1", app, 0)()
    recorder.register("token 1", "hotp")
    yield


def endings(recorder: Recorder) -> Iterator[None]:
    """The same of browsers that are remembered, and of what ends them and tokens."""
    recorder.register("token 0", "totp")
    [app] = recorder.held

    def remembered() -> str:
        recorder.set_clock(recorder.now + 60)
        recorder.verify("token 0", app, 0, trust=True)()
        return recorder.kept[-1]

    def shown(kept: str) -> None:
        recorder.show("token 1", kept)
        recorder.gate("token 1")

    shown(remembered())
    recorder.forget("token 0", recorder.kept[-1])
    shown(recorder.kept[-1])
    yield
    kept = remembered()
    recorder.change_password()
    recorder.gate("session 0")
    shown(kept)
    yield
    recorder.register("token 0", "hotp")
    recorder.verify("token 0", recorder.held[-1], 0)()
    kept = remembered()
    recorder.remove("token 0", recorder.held[-1])
    shown(kept)
    yield
    recorder.logout("token 1")
    recorder.gate("token 1")
    yield
    kept = remembered()
    recorder.lock_down()
    recorder.gate("token 0")
    yield
    recorder.login("token")
    recorder.show(recorder.alive[0], kept)
    yield
    recorder.set_clock(recorder.now + 60)
    recorder.verify(recorder.alive[0], app, 0)()
    recorder.remove(recorder.alive[0], app)
    recorder.lock_down()
    recorder.login("token")
    recorder.register(recorder.alive[0], "totp")
    yield


SHOWN_BY = {
    codes: ("", "reusable", "unreplaced", "unvoided", "unexpired", "unlimited", "uncapped", "undelivered"),
    keys: ("", "unspent", "unrisen", "weak"),
    endings: ("", "unforgotten", "unrevoked", "unchanged", "trusting", "unended", "enrolling", "logged in"),
}
OTHERS = ["", *(flaw for flaw in FLAWS if all(flaw not in flaws for flaws in SHOWN_BY.values()))]


@pytest.mark.skipif(not TRIES_FLAWS, reason="a flaw is the same on each database")
@pytest.mark.parametrize(
    ("scene", "flaw"), [(scene, flaw) for scene, flaws in {values: OTHERS, **SHOWN_BY}.items() for flaw in flaws]
)
def test_a_flaw_is_found(deployment: Deployment, scene: Callable[[Recorder], Iterator[None]], flaw: str) -> None:
    choose(flaw)
    recorder = Recorder(deployment, tokens=2 + len(LATER))
    found: list[str] = []

    for _ in scene(recorder):
        found = violations(recorder)
        if found:
            break

    assert bool(found) == bool(flaw), (found, recorder.answers)
