"""The demo as a visitor meets it: everything that there is to try, clicked through once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.browser.chromium import Page, text_of
from tests.integration.browser.looking import PICTURES, Look, looking

SHOWN = ["devices-light"]
"""What the docs show."""

pytestmark = pytest.mark.skipif(
    os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="the demo has a database of its own"
)


@pytest.fixture
def look(page: Page, tmp_path: Path) -> Iterator[Look]:
    with looking(page.chrome, tmp_path, "demo", SHOWN) as look:
        yield look


@contextmanager
def phone(page: Page) -> Iterator[None]:
    """Have a look at the phone, which is beside the page."""
    here = page.chrome.current_window_handle
    page.find("a[target=phone]").click()
    page.wait_for(lambda: len(page.chrome.window_handles) > 1)
    [beside] = {*page.chrome.window_handles} - {here}
    page.chrome.switch_to.window(beside)
    page.open("phone/")  # what it showed before may still be there
    yield
    page.chrome.switch_to.window(here)


def code_that_came(page: Page) -> str:
    """The code of a message, which comes to a phone that somebody looks at."""
    with phone(page):
        letter: str = page.wait_for(lambda: _letter(page))
        return next(word for word in letter.split() if len(word) == 6 and word.isdigit())


def _letter(page: Page) -> str:
    letter = text_of(page.chrome, ".demo-letter")
    return letter if "verification code" in letter else ""


def log_in(page: Page, name: str) -> None:
    page.open()
    if page.chrome.find_elements("css selector", "form[data-mfa=logout]"):
        page.press("form[data-mfa=logout] button")
    page.press(f"[data-person={name}]")


def test_a_visitor_sees_everything(page: Page, look: Look) -> None:
    page.open()
    look("home")
    log_in(page, "demo")
    look("home-in")
    _an_app_opens_the_bank(page, look)
    key = _every_other_method(page, look)
    _a_transfer_asks_once_more(page, key)
    _staff_sees_the_admin(page)
    for name in SHOWN:
        assert (PICTURES / f"demo-{name}.png").exists()


def _an_app_opens_the_bank(page: Page, look: Look) -> None:
    page.press("a.mfa-card[href='/bank/']")
    page.press("[data-mfa=add]")
    page.press("[data-mfa=add-totp]")
    page.send("register", name="Pixel 9")
    secret = page.find("[data-mfa=secret]").text
    with phone(page):
        page.find("summary").click()
        page.send("enter", secret="1", name="Pixel 9")
        assert "A secret has the letters" in page.text()
        page.send("enter", secret=secret, name="Pixel 9")
        code = page.find("[data-app='Pixel 9']").text
    page.send("confirm", value=code)
    assert "Account of demo" in page.text()
    page.send("pay", amount="12")
    assert "12 € are on their way" in page.text()
    look("bank")


def _every_other_method(page: Page, look: Look) -> str:
    page.open("security/add/email/")
    page.send("register")
    page.send("confirm", value=code_that_came(page))
    page.open("security/add/sms/")
    page.send("register", number="+31 6 1234 5678")
    page.send("confirm", value=code_that_came(page))
    page.open("security/recovery/")
    page.send("renew")
    key = page.plug_in()
    page.open("security/add/webauthn/")
    page.send("register", name="Laptop")
    page.press("[data-mfa=passkey]")
    assert "Laptop" in page.text()
    page.hold(key)  # or else the browser would log in by it at once
    look("devices")
    page.open("phone/")
    look("phone")
    return key


def _a_transfer_asks_once_more(page: Page, key: str) -> None:
    log_in(page, "demo")
    page.press("a.mfa-card[href='/bank/']")
    page.find("[name=trust]").click()
    page.touch(key)
    page.press("[data-mfa=passkey]")
    page.hold(key)
    log_in(page, "demo")
    page.press("a.mfa-card[href='/bank/']")
    assert "This browser is remembered." in page.text()
    page.press("[data-mfa=trusted] button")
    page.send("pay")
    assert "Nothing was changed yet." in page.text()
    page.touch(key)
    page.press("[data-mfa=passkey]")
    page.hold(key)
    page.send("pay")
    assert "are on their way" in page.text()
    page.open("security/browsers/")
    assert "this one" in page.text()
    page.open("security/activity/")
    assert "browser" in page.text()


def _staff_sees_the_admin(page: Page) -> None:
    log_in(page, "chief")
    page.press("a.mfa-card[href='/admin/']")
    with phone(page):
        code = page.find("[data-app='App of chief']").text
    page.send("verify", value=code)
    page.open("admin/multi_factor/auditrecord/")
    assert "browser" in page.find("#content").text
    assert page.complaints() == []


def test_the_console(page: Page, look: Look) -> None:
    page.open("console/")
    _step(page, "login", "POST /login/", "200 OK")
    _step(page, "status", "GET /multi-factor/status/?requirement=transfer", '"verified": false')

    _step(page, "transfer", "POST /transfer/", "403 Forbidden", 'max_age="60"')
    assert "a verification of the last 60 seconds" in page.text()
    look("console-refused")
    page.find("#leave").click()
    page.wait_for(lambda: not page.find("#asked").is_displayed())

    _step(page, "transfer", "403 Forbidden")
    page.wait_for(lambda: page.find("#asked").is_displayed())
    page.find("#take").click()
    page.wait_for(lambda: page.find("#value").get_attribute("value"))
    _step(page, "verify", "POST /multi-factor/0/", "200 OK", "the money is on its way")
    look("console")

    page.plug_in()
    page.find("#method [value=webauthn]").click()
    _step(page, "register", "201 Created", '"options"')
    _step(page, "verify", "dispatch/", '"active": true')
    page.find("#body").send_keys("{")
    _step(page, "any", "This was not sent", "JSON")
    page.find("#body").clear()
    _step(page, "any", "GET /multi-factor/trust/", "[]")
    assert page.complaints() == []


def _step(page: Page, name: str, *told: str) -> None:
    """Press a button, and wait until all of that stands below it."""
    page.find(f"[data-step={name}]").click()
    page.wait_for(lambda: all(words in page.find("#wire").text for words in told), " ".join(told))
