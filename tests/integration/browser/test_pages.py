"""The pages in a real browser: looked at in every state, by day, by night, on a phone, turned and enlarged."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from pytest_django import Settings
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from mfa.adapters import links
from mfa.adapters.otp.segno import SegnoQrCodes
from mfa.adapters.tokens.session import IDENTITY, _token
from mfa.domain.identifiers import Token, UserId
from mfa.pages import verifying
from mfa.pages.verifying import proved
from tests.integration.browser.chromium import PATIENCE, text_of
from tests.integration.browser.chromium import Page as Plugs
from tests.integration.browser.looking import PICTURES, Look, complaints, looking
from tests.integration.browser.serving import serving
from tests.integration.django.world import App, World
from tests.integration.pages.people import install
from tests.projects.pages.settings import MFA

OFTEN = 0.02  # seconds
MOST_STOPS = 20
"""By so many presses of the key for that all of a page is reached."""

PAGES = (
    *("verify", "devices", "add", "register-app", "confirm-app", "confirm-passkey", "passkey", "recovery-codes"),
    *("rename", "remove", "activity", "browsers", "not-me", "refused"),
)
SHOWN = [f"{page}-{kind}" for page in PAGES for kind in ("light", "dark", "phone")]
"""What the docs show."""

WRITING = "clipboardSanitizedWrite"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="a browser asks no database"),
]


@pytest.fixture
def port(settings: Settings) -> Iterator[int]:
    install(settings)
    with serving() as port:
        yield port


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

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """Wait until what is done inside has led to another page."""
        self.chrome.execute_script("window.here = true")
        yield
        gone = "return !window.here && document.readyState === 'complete'"
        self.wait_for(lambda chrome: chrome.execute_script(gone))

    def press(self, selector: str) -> None:
        """Press something that leads to another page."""
        with self.leaving():
            self.find(selector).click()

    def go_to(self, selector: str, *keys: str, leads: bool = True) -> None:
        """Go on by the key for that until something has the focus, which can be seen, and press keys."""
        for _ in range(MOST_STOPS):
            self.chrome.switch_to.active_element.send_keys(Keys.TAB)
            if self.chrome.execute_script("return document.activeElement.matches(arguments[0])", selector):
                break
        self.type(*keys, leads=leads)

    def type(self, *keys: str, leads: bool = True) -> None:
        """Type where the focus is, which can be seen; a page may give it only when it is painted."""
        self.wait_for(lambda chrome: chrome.switch_to.active_element.tag_name != "body")
        here = self.chrome.switch_to.active_element
        assert here.value_of_css_property("outline-style") == "solid", here.get_attribute("outerHTML")
        with self.leaving() if leads else nullcontext():
            here.send_keys(*keys)

    def send(self, does: str, **fields: str) -> None:
        for name, value in fields.items():
            element = self.find(f"form[data-mfa={does}] [name={name}]")
            element.clear()
            element.send_keys(value)
        self.press(f"form[data-mfa={does}] button[type=submit]")

    def wait_for(self, met: Callable[[Chrome], Any]) -> None:
        WebDriverWait(self.chrome, PATIENCE, OFTEN).until(met)

    def text(self) -> str:
        return text_of(self.chrome, "main")

    def told(self, words: str) -> None:
        """Wait until the page says so."""
        self.wait_for(lambda _: words in self.text())

    def complaints(self) -> list[str]:
        return complaints(self.chrome)


@pytest.fixture
def ann(chrome: Chrome, port: int, settings: Settings) -> Person:
    url = f"http://localhost:{port}"
    world = World(settings, **{**MFA, "WEBAUTHN_ORIGINS": [url]})
    world.container.qr_codes.override(SegnoQrCodes())
    user = get_user_model().objects.create_user("ann", "ann@example.com", "a password")
    ann = Person(chrome, url, world, user)
    ann.log_in()
    return ann


@pytest.fixture
def look(ann: Person, tmp_path: Path) -> Iterator[Look]:
    with looking(ann.chrome, tmp_path, "pages", SHOWN) as look:
        yield look


def test_every_page_in_every_state(ann: Person, look: Look) -> None:
    app = _devices(ann, look)
    _codes_and_changes(ann, look)
    _verifying(ann, look, app)
    for name in SHOWN:
        assert (PICTURES / f"pages-{name}.png").exists()


def _devices(ann: Person, look: Look) -> App:
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
    return app


def _codes_and_changes(ann: Person, look: Look) -> None:
    ann.open("recovery/")
    look("recovery-none")
    ann.send("renew")
    look("recovery-codes")
    ann.open("recovery/")
    look("recovery-some")
    ann.chrome.execute_script("document.querySelector('[name=made]').value = 'earlier'")
    ann.send("renew")
    look("recovery-repeated")
    ann.open("passkey/")
    look("passkey")
    ann.open("add/webauthn/")
    ann.send("register", name="A key with a name that is as long as a name may be, and unbroken")
    look("confirm-passkey")
    ann.open("")
    look("devices")
    ann.open("0/rename/")
    look("rename")
    ann.open("0/remove/")
    look("remove")


def _verifying(ann: Person, look: Look, app: App) -> None:
    ann.world.clock.advance(timedelta(minutes=11))
    ann.log_in()
    ann.open("verify/")
    look("verify")
    ann.send("verify", value="000")
    look("verify-wrong")
    ann.find("summary").click()
    ann.press("form[data-mfa=dispatch] button")
    look("verify-sent")
    for _ in range(5):
        ann.send("verify", value="000")
    look("verify-wait")
    ann.world.clock.advance(timedelta(minutes=1))
    ann.chrome.get(f"{ann.url}/safe/")
    look("verify-unmet")
    ann.open("verify/")
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


def test_a_passkey_is_added_once_and_does_everything(ann: Person) -> None:
    plugs = Plugs(ann.chrome, ann.url)
    plugs.plug_in()
    ann.open("add/webauthn/")
    ann.send("register", name="Laptop")
    ann.press("[data-mfa=passkey]")
    assert "Laptop" in ann.text()

    ann.open("add/webauthn/")
    ann.send("register")
    ann.find("[data-mfa=passkey]").click()
    ann.wait_for(lambda _: "registered already" in ann.text())

    ann.log_in()
    ann.chrome.get(f"{ann.url}/safe/")
    ann.find("form[data-mfa=verify] [name=trust]").click()
    ann.press("[data-mfa=passkey]")
    assert "the safe" in ann.find("body").text
    ann.log_in()
    ann.chrome.get(f"{ann.url}/vault/")
    ann.press("[data-mfa=trusted] button")
    assert "the vault" in ann.find("body").text

    ann.open("0/remove/")
    ann.send("remove")
    assert ann.all("not-done")
    ann.press("[data-mfa=passkey]")
    assert ann.all("not-done")
    ann.send("remove")
    assert "You have none yet" in ann.text()
    assert ann.complaints() == []


def test_whose_session_has_ended_is_led_to_log_in_by_a_passkey_as_by_a_form(ann: Person) -> None:
    Plugs(ann.chrome, ann.url).plug_in()
    ann.open("add/webauthn/")
    ann.send("register")
    ann.press("[data-mfa=passkey]")
    ann.open("verify/?next=/vault/")
    ann.chrome.delete_cookie("sessionid")

    ann.press("[data-mfa=passkey]")

    assert ann.chrome.current_url == f"{ann.url}/login/?next=/security/verify/%3Fnext%3D/vault/"


def test_somebody_without_a_mouse_does_everything(ann: Person) -> None:
    ann.open("")
    ann.go_to("[data-mfa=add]", Keys.ENTER)
    ann.go_to("[data-mfa=add-totp]", Keys.ENTER)
    ann.go_to("[name=name]", "Pixel 9", Keys.ENTER)
    app = App(index=0, secret=ann.find("[data-mfa=secret]").text, clock=ann.world.clock)
    ann.go_to("[name=value]", app.code, Keys.ENTER)

    ann.go_to("[data-mfa=rename]", Keys.ENTER)
    ann.type(Keys.END, " at home", Keys.ENTER)
    assert "Pixel 9 at home" in ann.text()
    ann.open("recovery/")
    ann.go_to("form[data-mfa=renew] button", Keys.SPACE)
    assert ann.all("codes")

    ann.world.clock.advance(timedelta(minutes=11))
    ann.log_in()
    ann.chrome.get(f"{ann.url}/vault/")
    ann.go_to("summary", Keys.ENTER, leads=False)
    ann.go_to("[name=trust]", Keys.SPACE, leads=False)
    ann.chrome.get(f"{ann.url}/vault/")
    ann.type(app.code, Keys.ENTER)
    assert "the vault" in ann.find("body").text

    ann.open("")
    ann.go_to("[data-mfa=remove]", Keys.ENTER)
    ann.go_to("form[data-mfa=remove] button", Keys.ENTER)
    assert "You have none yet" in ann.text()


def test_somebody_without_scripts_does_everything_that_needs_no_passkey(ann: Person) -> None:
    ann.chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        ann.open("add/totp/")
        ann.send("register")
        secret = ann.find("[data-mfa=secret]").text
        app = App(index=0, secret=secret, clock=ann.world.clock)
        assert not ann.find("[data-mfa=copy]").is_displayed()
        ann.send("confirm", value=app.code)
        assert ann.all("device")
        ann.chrome.back()
        assert secret not in ann.chrome.page_source

        ann.open("recovery/")
        ann.send("renew")
        assert "never shown again" in ann.text()
        ann.open("add/webauthn/")
        ann.send("register")
        assert "Passkeys need JavaScript" in ann.text()
        ann.open("add/email/")
        ann.send("register", address="ann@example.com")
        mail = ann.world.outbox.messages[-1]
        ann.send("confirm", value=mail.code)
        assert "a***@example.com" in ann.text()

        ann.world.clock.advance(timedelta(minutes=11))
        ann.log_in()
        ann.chrome.get(f"{ann.url}/vault/")
        ann.send("verify", value=app.code)
        assert "the vault" in ann.find("body").text
        ann.open("")
        assert "Authenticator app" in ann.text()
        ann.open("0/remove/")
        ann.send("remove")
        assert "Authenticator app" not in ann.text()
    finally:
        ann.chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


TWICE = """
    const button = document.querySelector("form[data-mfa=verify] [type=submit]");
    button.click();
    setTimeout(() => button.click(), 100);
"""


def test_two_clicks_are_one(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second comes while the first is under way: a browser would leave that alone, and send the form again."""
    app = ann.world.enrolled(ann.token)
    sent = []

    def slowly(*given: Any) -> Any:  # noqa: ANN401 - whatever ``proved`` takes and returns
        sent.append(given)
        time.sleep(0.5)
        return proved(*given)

    monkeypatch.setattr(verifying, "proved", slowly)
    ann.open("verify/")
    ann.find("[name=value]").send_keys(app.code)
    with ann.leaving():
        ann.chrome.execute_script(TWICE)

    assert "Your devices" in ann.text()
    assert len(sent) == 1


STOPPED = """
    const button = document.querySelector("form[data-mfa=verify] [type=submit]");
    button.click();
    setTimeout(() => stop(), 100);
    setTimeout(() => button.click(), 200);
"""


def test_who_has_stopped_a_page_may_press_again(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else would tell why nothing happens any more."""
    ann.world.enrolled(ann.token)

    def slowly(*given: Any) -> Any:  # noqa: ANN401 - whatever ``proved`` takes and returns
        time.sleep(0.5)
        return proved(*given)

    monkeypatch.setattr(verifying, "proved", slowly)
    ann.open("verify/")
    ann.find("[name=value]").send_keys("nothing")
    with ann.leaving():
        ann.chrome.execute_script(STOPPED)

    ann.told("This value is not valid.")


def test_codes_are_kept_in_three_ways_and_gone_when_the_page_is_left(ann: Person, tmp_path: Path) -> None:
    ann.world.enrolled(ann.token)
    ann.open("recovery/")
    ann.send("renew")
    codes = [each.text for each in ann.chrome.find_elements(By.CSS_SELECTOR, "[data-mfa=codes] code")]
    assert len(codes) == 10

    for allowed, said in ((["clipboardReadWrite"], "Selected"), (["clipboardReadWrite", WRITING], "Copied")):
        ann.chrome.execute_cdp_cmd("Browser.grantPermissions", {"permissions": allowed})
        ann.find("[data-mfa=copy]").click()
        ann.told(said)
    copied = ann.chrome.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied.split() == codes

    behaviour = {"behavior": "allow", "downloadPath": str(tmp_path)}
    ann.chrome.execute_cdp_cmd("Browser.setDownloadBehavior", behaviour)
    ann.find("[data-mfa=download]").click()
    file = tmp_path / "recovery-codes.txt"
    ann.wait_for(lambda _: file.exists())
    assert file.read_text().split() == codes

    ann.chrome.execute_script("window.print = () => { window.printed = true }")
    ann.find("[data-mfa=print]").click()
    assert ann.chrome.execute_script("return window.printed") is True
    ann.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    on_paper = ann.find("body").text
    ann.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert [code for code in codes if code not in on_paper] == []
    assert "Example ann" in on_paper
    assert [word for word in ("Devices", "Download", "I have kept them") if word in on_paper] == []

    assert ann.complaints() == []
    ann.open("")
    ann.chrome.back()
    assert [code for code in codes if code in ann.chrome.page_source] == []

    # This browser keeps no such page, and so cannot show what others, which keep it whole, would still have in it.
    ann.open("recovery/")
    ann.send("renew")
    assert ann.all("codes")
    ann.chrome.execute_script("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    assert ann.all("codes") == []
