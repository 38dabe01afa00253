"""The admin in a real browser, as an operator meets it, and the pictures of its pages in the docs."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from pytest_django import Settings
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from mfa.adapters.django.models import AuditRecord, DeviceRecord
from mfa.adapters.tokens.session import IDENTITY, _token
from mfa.domain.identifiers import Token
from tests.integration.browser.chromium import PATIENCE
from tests.integration.browser.serving import serving
from tests.integration.demo.running import ROOT
from tests.integration.django.office import ACCOUNTS, AUDIT, DEVICES, REASON, Office
from tests.integration.django.world import token_of

WIDTH = 1600  # pixels
CHROME = 300  # what is around the page, and room below it
PICTURES = ROOT / "docs" / "images"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="a browser asks no database"),
]


@pytest.fixture
def office(settings: Settings) -> Office:
    return Office(settings)


class Desk:
    """A browser at an operator's desk."""

    def __init__(self, chrome: Chrome, url: str) -> None:
        self.chrome = chrome
        self.url = url

    def open(self, path: str) -> None:
        self.chrome.get(self.url + path)

    def find(self, selector: str) -> WebElement:
        return self.chrome.find_element(By.CSS_SELECTOR, selector)

    def press(self, element: WebElement) -> None:
        """Follow a link or a button to the page behind it, and wait until that has come."""
        element.click()
        WebDriverWait(self.chrome, PATIENCE).until(staleness_of(element))

    def read(self) -> str:
        return self.find("#content").text

    def fits(self, width: int) -> bool:
        """Tell whether a page is no wider than a screen of so many pixels, which would else cut it, or shrink it."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": True}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        found = self.chrome.execute_script("return document.documentElement.scrollWidth")
        self.chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        return bool(found <= width)

    def complaints(self) -> list[str]:
        entries = [entry["message"] for entry in self.chrome.get_log("browser")]  # type: ignore[no-untyped-call]
        return [entry for entry in entries if "favicon" not in entry and "403 (Forbidden)" not in entry]

    def token(self) -> Token:
        """The token of the session that the browser is in."""
        cookie = self.chrome.get_cookie("sessionid")
        assert cookie is not None
        session = SessionStore(cookie["value"])
        user = get_user_model().objects.get(pk=session["_auth_user_id"])
        return _token(user, session[IDENTITY])


@pytest.fixture
def url(office: Office) -> Iterator[str]:
    """Where the project answers, as long as its settings are in force."""
    with serving() as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def desk(chrome: Chrome, url: str) -> Desk:
    chrome.set_window_size(WIDTH, 900)
    return Desk(chrome, url)


@pytest.fixture
def take(desk: Desk, tmp_path: Path) -> Callable[[str], None]:
    """Takes a picture; ``MFA_PICTURES=1`` puts it into the docs."""

    def take(name: str) -> None:
        folder = PICTURES if os.environ.get("MFA_PICTURES") else tmp_path
        # As high as what is on the page, and no higher.
        script = """
            const found = [...document.querySelectorAll("#content, #nav-sidebar .module")];
            return Math.max(...found.map((each) => each.getBoundingClientRect().bottom));
        """
        height = desk.chrome.execute_script(script)
        desk.chrome.set_window_size(WIDTH, int(height) + CHROME)
        assert desk.chrome.save_screenshot(str(folder / f"admin-{name}.png"))
        assert (PICTURES / f"admin-{name}.png").exists()
        assert desk.complaints() == []

    return take


def test_an_operator_helps_somebody_who_has_lost_her_phone(
    desk: Desk, office: Office, take: Callable[[str], None]
) -> None:
    _people(office)
    office.superuser("chief")

    desk.open(ACCOUNTS)
    desk.find("#id_username").send_keys("chief")
    desk.find("#id_password").send_keys("password of chief")
    desk.press(desk.find("input[type=submit]"))
    assert "have no second factor yet" in desk.read()
    take("not-verified")

    office.world.enrolled(desk.token())
    desk.open(ACCOUNTS)
    assert "anna" in desk.read()
    take("accounts")
    desk.open(DEVICES)
    take("devices")

    desk.open(ACCOUNTS)
    desk.press(desk.chrome.find_element(By.LINK_TEXT, "anna"))
    assert "Standing of anna" in desk.read()
    take("standing")

    desk.press(desk.find("button[value=temporary_pass]"))
    desk.press(desk.find("input.default"))
    assert "Nothing was done" in desk.read()
    take("confirm")
    desk.find("#id_reason").send_keys(REASON)
    desk.press(desk.find("input.default"))
    assert len(desk.find("#mfa-pass").text) > 16
    take("pass")

    desk.open(AUDIT)
    assert "operator.pass" in desk.read()
    take("audit")

    DeviceRecord.objects.update(name="N" * 64)
    AuditRecord.objects.update(why="w" * 500)
    office.world.clock.advance(timedelta(minutes=30))
    desk.open(ACCOUNTS)
    desk.press(desk.chrome.find_element(By.LINK_TEXT, "anna"))
    assert [width for width in (390, 1200) if not desk.fits(width)] == []
    desk.press(desk.find("button[value=lockdown]"))
    assert "Verify once more" in desk.read()
    take("once-more")


def _people(office: Office) -> None:
    world = office.world
    for name in ("anna", "bert", "carol", "dora"):
        token = token_of(office.id_of(office.user(name)), name)
        app = world.enrolled(token)
        if name == "anna":
            mail = world.register(token, "email", address="anna@example.com", name="Work")
            world.verify(token, mail.device.index, world.dispatch(token, mail.device.index))
            world.register(token, "recovery")
        if name == "bert":
            for _ in range(3):
                world.verify(
                    token_of(office.id_of(get_user_model().objects.get(username=name)), "thief"), app.index, "0"
                )
