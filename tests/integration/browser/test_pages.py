"""The pages in a real browser: looked at in every state, by day, by night, on a phone and from right to left."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import Client
from django.test.testcases import LiveServerThread
from pytest_django import Settings
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from mfa.adapters import links
from mfa.adapters.tokens.session import IDENTITY, _token
from mfa.domain.identifiers import Token, UserId
from tests import npm
from tests.integration.browser.chromium import PATIENCE
from tests.integration.browser.chromium import Page as Plugs
from tests.integration.demo.running import ROOT
from tests.integration.django.world import App, World
from tests.integration.pages.people import Site
from tests.projects.pages.settings import MFA

WIDE, NARROW = 760, 320
PICTURES = ROOT / "docs" / "images"
AXE = Path(__file__).parent / "axe"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="a browser asks no database"),
]


@pytest.fixture(scope="session")
def axe() -> str:
    return (npm.modules(AXE) / "axe-core" / "axe.min.js").read_text()


@pytest.fixture
def thread(settings: Settings) -> Iterator[LiveServerThread]:
    Site(settings)
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    yield thread
    thread.terminate()


class Person:
    """Somebody at a browser, who has logged in by a password."""

    def __init__(self, chrome: Chrome, url: str, world: World, user: User) -> None:
        self.chrome = chrome
        self.url = url
        self.world = world
        self.user = user

    def log_in(self) -> None:
        """Log in anew, by a password alone."""
        client = Client()
        client.force_login(self.user)
        self.chrome.get(self.url + "/static/mfa/pages.css")
        self.chrome.delete_cookie("sessionid")
        self.chrome.add_cookie({"name": "sessionid", "value": client.cookies["sessionid"].value, "httpOnly": True})

    @property
    def token(self) -> Token:
        cookie = self.chrome.get_cookie("sessionid")
        assert cookie is not None
        return _token(self.user, SessionStore(cookie["value"])[IDENTITY])

    def open(self, path: str) -> None:
        self.chrome.get(f"{self.url}/security/{path}")

    def find(self, selector: str) -> WebElement:
        return self.chrome.find_element(By.CSS_SELECTOR, selector)

    def all(self, name: str) -> list[WebElement]:
        return self.chrome.find_elements(By.CSS_SELECTOR, f"[data-mfa='{name}']")

    def press(self, selector: str) -> None:
        """Press something that leads to another page, and wait for that."""
        element = self.find(selector)
        page = self.find("html")
        element.click()
        self.wait_for(staleness_of(page))
        self.wait_for(lambda chrome: chrome.execute_script("return document.readyState") == "complete")

    def send(self, does: str, **fields: str) -> None:
        for name, value in fields.items():
            element = self.find(f"form[data-mfa={does}] [name={name}]")
            element.clear()
            element.send_keys(value)
        self.press(f"form[data-mfa={does}] button[type=submit]")

    def wait_for(self, met: Callable[[Chrome], Any]) -> None:
        WebDriverWait(self.chrome, PATIENCE).until(met)

    def text(self) -> str:
        return self.find("main").text

    def complaints(self) -> list[str]:
        entries = [entry["message"] for entry in self.chrome.get_log("browser")]  # type: ignore[no-untyped-call]
        return [entry for entry in entries if "favicon" not in entry and "server responded with a status of" not in entry]


@pytest.fixture
def ann(chrome: Chrome, thread: LiveServerThread, settings: Settings) -> Person:
    url = f"http://localhost:{thread.port}"
    world = World(settings, **{**MFA, "WEBAUTHN_ORIGINS": [url]})
    user = get_user_model().objects.create_user("ann", "ann@example.com", "a password")
    ann = Person(chrome, url, world, user)
    ann.log_in()
    return ann


class Look:
    """Looks at a page as four people would, and says what is wrong."""

    def __init__(self, ann: Person, axe: str, folder: Path) -> None:
        self.ann = ann
        self.axe = axe
        self.folder = folder
        self.wrong: list[str] = []

    def __call__(self, name: str) -> None:
        for kind, width, scheme in (("light", WIDE, "light"), ("dark", WIDE, "dark"), ("phone", NARROW, "light")):
            self._show(width, scheme)
            self._judge(f"{name}-{kind}", width)
        self.ann.chrome.execute_script("document.documentElement.dir = 'rtl'")
        self._judge(f"{name}-turned", NARROW)
        self.ann.chrome.execute_script("document.documentElement.dir = 'ltr'")
        self._show(WIDE, "light")
        self.wrong += [f"{name}: {each}" for each in self.ann.complaints()]

    def _show(self, width: int, scheme: str) -> None:
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == NARROW}
        self.ann.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.ann.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", media)

    def _judge(self, name: str, width: int) -> None:
        found = self.ann.chrome.execute_async_script(
            self.axe
            + """;
            const [values, done] = arguments;
            axe.run(document, { runOnly: { type: "tag", values } }).then(({ violations }) =>
              done([document.documentElement.scrollWidth, document.documentElement.scrollHeight,
                    violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" ")}`)]));
            """,
            TAGS,
        )
        across, height, violations = found
        self.wrong += [f"{name}: {each}" for each in violations]
        if across > width:
            self.wrong.append(f"{name} is {across} pixels wide")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = {"clip": clip, "captureBeyondViewport": True}
        import base64

        picture = self.ann.chrome.execute_cdp_cmd("Page.captureScreenshot", shot)["data"]
        (self.folder / f"pages-{name}.png").write_bytes(base64.b64decode(picture))


@pytest.fixture
def look(ann: Person, axe: str, tmp_path: Path) -> Iterator[Look]:
    folder = Path(os.environ.get("MFA_LOOK", tmp_path))
    look = Look(ann, axe, folder)
    yield look
    assert look.wrong == []


def test_every_page_in_every_state(ann: Person, look: Look) -> None:
    ann.open("verify/?next=/vault/")
    look("verify-nothing")
    ann.open("")
    look("devices-none")
    ann.press("[data-mfa=add]")
    look("add")
    ann.press("[data-mfa=add-totp]")
    look("register-app")
    ann.send("register", name="Pixel 9")
    look("confirm-app")
    secret = ann.find("[data-mfa=secret]").text
    app = App(index=0, secret=secret, clock=ann.world.clock)
    ann.send("confirm", value="000")
    look("confirm-app-wrong")
    ann.send("confirm", value=app.code)
    look("devices-added")

    ann.open("add/email/")
    look("register-mail")
    ann.send("register", address="ann@nowhere")  # which only a browser takes for an address
    look("register-mail-wrong")
    ann.send("register", address="ann@example.com", name="Work mail")
    look("confirm-mail")
    ann.send("confirm", value=ann.world.outbox.messages[-1].code)

    ann.open("recovery/")
    look("recovery-none")
    ann.send("renew")
    look("recovery-codes")
    ann.open("recovery/")
    look("recovery-some")
    ann.open("add/webauthn/")
    ann.send("register", name="A key with a name that is as long as a name may be, and unbroken")
    look("confirm-passkey")
    ann.open("")
    look("devices")
    ann.open("0/rename/")
    look("rename")
    ann.open("0/remove/")
    look("remove")

    ann.world.clock.advance(timedelta(minutes=11))
    ann.log_in()
    ann.open("verify/")
    look("verify")
    ann.send("verify", value="000")
    look("verify-wrong")
    ann.find("form[data-mfa=verify] [name=trust]").click()
    ann.send("verify", value=app.code)
    ann.open("browsers/")
    look("browsers")
    ann.open("activity/")
    look("activity")
    ann.world.clock.advance(timedelta(minutes=11))
    ann.open("1/remove/")
    look("remove-stale")
    ann.send("remove")
    look("verify-not-done")
    ann.log_in()
    ann.open("verify/")
    look("verify-remembered")
    ann.open("9/remove/")
    ann.press("[data-mfa=trusted] button")
    ann.open("9/remove/")
    look("refused")
    token = links.made(UserId(str(ann.user.pk)), ann.world.container.entropy(), ann.world.clock.now())
    ann.open(f"not-me/{token}/")
    look("not-me")
    ann.press("[data-mfa=not-me] button")
    look("not-me-done")
