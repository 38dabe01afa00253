"""Every event that there is, made by routes, commands and the admin, and told wherever the page on events says so."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from django.core import mail
from django.dispatch import Signal
from rest_framework.test import APIClient

from mfa.adapters.django.models import AuditRecord
from mfa.adapters.django.notices import TOLD, folder
from mfa.adapters.django.signals import SIGNALS, event_published
from mfa.adapters.serializers import TRUST_ID
from mfa.adapters.templates import rendered
from mfa.domain.events import Event, TrustEvent
from tests.docs.pages import ROOT, rows
from tests.integration.drf.doors import Commands, Door, Pages, commanded
from tests.integration.drf.keys import SITE, enrolled, new_key, proved
from tests.integration.drf.people import METHODS, MOUNT, Browser, Person, World

PAGE = ROOT / "docs" / "signals.md"
CODE = re.compile(r"`([^`]*)`")

MAILED = {
    "device.activated",
    "device.removed",
    "device.disabled",
    "recovery.used",
    "browser.remembered",
    "pass.used",
    "login.new_browser",
    "operator.reset",
    "operator.pass",
}
"""What a user is mailed, as the contract has it."""

DIFFERING = {
    **{kind.name: TRUST_ID for kind in TrustEvent.__subclasses__()},
    "upkeep.purge": r"\w+: \d+(, \w+: \d+)*",
}
"""Events whose ``reason`` differs from run to run, and how it is written."""

NOT_ME = re.compile(r"https://example\.com(/multi-factor/this-was-not-me/\S+)")


@attrs.frozen(kw_only=True)
class Told:
    """Where an event is told."""

    event: str
    log: str
    levels: frozenset[str]
    mail: bool
    activity: bool


def table(page: Path = PAGE) -> dict[str, Told]:
    found = {}
    for name, event, log, levels, mailed, listed in rows(page, "Where each is told"):
        found[CODE.findall(name)[0]] = Told(
            event=CODE.findall(event)[0],
            log=log,
            levels=frozenset(levels.split(", ")),
            mail={"yes": True, "no": False}[mailed],
            activity={"yes": True, "no": False}[listed],
        )
    return found


TABLE = table()


def leaves(kind: type[Event]) -> list[type[Event]]:
    below = kind.__subclasses__()
    return [leaf for each in below for leaf in leaves(each)] if below else [kind]


class Life:
    """Everything that can happen to somebody."""

    def __init__(self, world: World, ann: Person) -> None:
        self.world = world
        self.ann = ann
        self.key = new_key(backup_eligible=True)
        self.door: Door = Commands()

    def live(self) -> Browser:
        """Have everything happen, and return a browser that is verified in the end."""
        self.enrol()
        phone = self.remember()
        self.mail(phone)
        index = self.lose_and_find(phone)
        self.operate()
        last = Browser(self.world, self.ann.key())
        assert proved(last, index, self.key).status_code == 200
        for mood in ({"backed_up": True}, {"backed_up": False, "sign_count": 1}):
            assert proved(last, index, self.key.behaving(**mood)).status_code == 200
        return last

    def enrol(self) -> None:
        self.app = self.ann.enrol_app("Pixel 9")
        assert self.ann.patch(f"{self.app.index}/", {"name": "Pixel 10"}).status_code == 200
        assert self.ann.post("register/recovery/").status_code == 201
        codes = self.ann.post("register/recovery/").json()
        assert self.ann.verify(codes["index"], codes["codes"][0]).status_code == 200

    def remember(self) -> Browser:
        self.world.pass_time()
        made = self.ann.post(f"{self.app.index}/", {"value": self.app.code, "trust": True}).json()["trust"]
        phone = Browser(self.world, self.ann.key())
        assert phone.post("trust/", {"token": "unknown"}).status_code == 401
        assert phone.post("trust/", {"token": made["token"]}).status_code == 200
        [listed] = phone.get("trust/").json()
        phone.prove(self.app)
        assert phone.delete(f"trust/{listed['id']}/").status_code == 204
        return phone

    def mail(self, phone: Browser) -> None:
        index = phone.register_mail()
        self.world.outbox.failure = ConnectionError()
        assert phone.post(f"{index}/dispatch/").status_code == 503
        self.world.outbox.failure = None
        assert phone.post(f"{index}/dispatch/").status_code == 204
        assert phone.verify(index, self.world.code).status_code == 200
        assert phone.delete(f"{index}/").status_code == 204

    def lose_and_find(self, phone: Browser) -> int:
        index = enrolled(phone, self.key)
        client: Any = APIClient(headers={"User-Agent": "another browser"})
        begun = client.post(f"{MOUNT}passkey/options/").json()
        body = {"state": begun["state"], "value": self.key.get(begun["options"])}
        answer = client.post(f"{MOUNT}passkey/", body)
        assert answer.status_code == 200
        laptop = Browser(self.world, answer.json()["token"])
        laptop.fail(self.app.index, 5)
        value = self.door.issue_pass(self.ann.user)
        assert laptop.verify(index + 1, value).status_code == 200
        return index

    def operate(self) -> None:
        self.door.unlock(self.ann.user)
        self.door.reset(self.ann.user, self.app.index)
        self.door.lock_down(self.ann.user)
        [link] = NOT_ME.findall(str(mail.outbox[-1].body))
        assert APIClient().post(link).status_code == 200
        commanded("mfa_purge")
        commanded("mfa_rotate_keys")


@pytest.fixture
def life(world: World, ann: Person) -> Life:
    return Life(world, ann)


def configure(world: World, level: str) -> None:
    world.configure(
        **SITE,
        NOTIFY_URL="https://example.com",
        METHODS=[*METHODS, "webauthn"],
        TRUST_LIFETIME="30d",
        PASSKEY_LOGIN=True,
        WEBAUTHN_SIGN_COUNT="report",
        EMAIL_HOURLY_LIMIT=2,
        MAX_FAILURES=5,
        AUDIT=level,
    )


@pytest.fixture
def heard() -> Iterator[list[tuple[Signal, type[Event]]]]:
    """What each signal tells, in order."""
    everything: list[tuple[Signal, type[Event]]] = []
    receivers = []
    for signal in {*SIGNALS.values(), event_published}:

        def receive(signal: Signal, event: Event, **_: object) -> None:
            everything.append((signal, type(event)))

        signal.connect(receive, weak=False)
        receivers.append((signal, receive))
    yield everything
    for signal, receive in receivers:
        signal.disconnect(receive)


def activity(browser: Browser) -> set[str]:
    found, path = set[str](), f"{MOUNT}activity/"
    while path:
        page = browser.ask("get", path).json()
        found |= {each["event"] for each in page["results"]}
        path = (page["next"] or "").removeprefix("http://testserver")
    return found


def test_the_page_lists_every_event_by_its_name() -> None:
    assert {name: told.event for name, told in TABLE.items()} == {kind.name: kind.__name__ for kind in leaves(Event)}


def test_a_user_is_mailed_what_the_contract_says() -> None:
    assert {name for name, told in TABLE.items() if told.mail} == MAILED


@pytest.mark.parametrize("door", ["commands", "admin"])
def test_every_event_is_told_as_the_page_says(
    life: Life,
    heard: list[tuple[Signal, type[Event]]],
    caplog: pytest.LogCaptureFixture,
    mailoutbox: list[Any],
    door: str,
) -> None:
    if door == "admin":
        life.door = Pages(life.world.settings)
    configure(life.world, "all")

    with caplog.at_level(logging.DEBUG, logger="mfa"):
        last = life.live()

    happened = {kind for _, kind in heard}
    assert happened == set(leaves(Event))
    assert set(heard) == {(signal, kind) for kind in happened for signal in (SIGNALS[kind], event_published)}
    levels = {(record.getMessage(), record.levelname) for record in caplog.records if record.name == "mfa"}
    assert levels == {(told.event, told.log) for told in TABLE.values()}
    assert_rows(last, "all")
    assert {subjects()[letter.subject] for letter in mailoutbox} == {name for name, told in TABLE.items() if told.mail}
    assert_examples()


@pytest.mark.parametrize("level", ["changes", "off"])
def test_every_event_is_a_row_at_the_levels_that_the_page_says(life: Life, level: str) -> None:
    configure(life.world, level)

    last = life.live()

    assert_rows(last, level)


def assert_rows(browser: Browser, level: str) -> None:
    expected = {name for name, told in TABLE.items() if level in told.levels}
    assert set(AuditRecord.objects.values_list("event", flat=True)) == expected
    assert activity(browser) == {name for name in expected if TABLE[name].activity}


def subjects() -> dict[str, str]:
    """By which subject of a mail a user hears of which event."""
    context = {"issuer": SITE["WEBAUTHN_RP_ID"], "remaining": 9}
    return {rendered(f"{folder(kind)}/subject.txt", context).strip(): kind.name for kind in TOLD}


def assert_examples() -> None:
    """Each example of the page is a row as they were written."""
    shown = {CODE.findall(cells[0])[0]: cells[1:] for cells in rows(PAGE, "An example of each")}
    assert list(shown) == list(TABLE)
    for name, cells in shown.items():
        example = ["" if cell == "none" else cell.strip("`") for cell in cells]
        written = [_cells(each) for each in AuditRecord.objects.filter(event=name)]
        if name in DIFFERING:
            assert all(re.fullmatch(DIFFERING[name], each[-1]) for each in [example, *written])
            example, written = example[:-1], [each[:-1] for each in written]
        assert example in written, name


def _cells(row: AuditRecord) -> list[str]:
    index = "" if row.device_index is None else str(row.device_index)
    return [index, row.method, row.actor, row.why, row.reason]


def test_what_the_system_does_by_itself_is_the_systems(life: Life) -> None:
    ann, world = life.ann, life.world
    index = ann.register_mail()
    assert ann.post(f"{index}/dispatch/").status_code == 204

    world.container.use_cases().void_challenge(world.outbox.messages[-1].challenge)

    assert AuditRecord.objects.get(event="challenge.failed").actor == "system"
