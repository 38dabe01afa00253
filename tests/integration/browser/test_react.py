"""The example for React: built as its page says, and clicked through."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
import requests
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests import npm
from tests.integration.browser.chromium import PATIENCE, Page, text_of
from tests.integration.browser.looking import PICTURES, Look, complaints, looking
from tests.integration.demo.running import ROOT
from tests.services import free_port

EXAMPLE = ROOT / "examples" / "react"
OFTEN = 0.02  # seconds
SERVE = """
import os, django
from django.core.management import call_command

django.setup()
call_command("migrate", verbosity=0)
call_command("createsuperuser", interactive=False, username="ann", email="ann@example.com", verbosity=0)
call_command("runserver", f"localhost:{os.environ['PORT']}", use_reloader=False)
"""

pytestmark = pytest.mark.skipif(
    os.environ.get("MFA_TEST_DATABASE", "sqlite") != "sqlite", reason="the example has a database of its own"
)


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[str]:
    """The example as it is built and served in a copy, where nothing of a reader's own is touched."""
    modules = npm.modules(EXAMPLE)
    folder = tmp_path / "examples" / "react"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", "dist", "__pycache__", "*.sqlite3*"))
    (folder / "node_modules").symlink_to(modules)
    (tmp_path / "src").symlink_to(ROOT / "src")
    port = free_port()
    log = tmp_path / "log"
    with log.open("w") as out:
        server = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", SERVE],
            cwd=folder,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "server.settings",
                "DJANGO_SUPERUSER_PASSWORD": "ann",
                "PORT": str(port),
                "PYTHONPATH": str(ROOT / "src"),
            },
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        built = subprocess.run(
            ["npm", "run", "build"],  # noqa: S607 - on the PATH, as the probe says
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert built.returncode == 0, built.stdout + built.stderr
        until = time.monotonic() + PATIENCE
        while not answers(port):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(OFTEN)
        yield f"http://localhost:{port}/"
    finally:
        server.kill()
        server.wait()


def answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


class Ann:
    """Somebody at the page, who presses and types what is on it."""

    def __init__(self, chrome: Chrome) -> None:
        self.chrome = chrome

    def sees(self, text: str) -> None:
        WebDriverWait(self.chrome, PATIENCE, OFTEN).until(
            lambda _: text in text_of(self.chrome, "body"), f"{text!r} is not in {text_of(self.chrome, 'body')!r}"
        )

    def find(self, path: str) -> WebElement:
        return WebDriverWait(self.chrome, PATIENCE, OFTEN).until(lambda chrome: chrome.find_element(By.XPATH, path))

    def press(self, text: str) -> None:
        self.find(f"//button[normalize-space()='{text}']").click()

    def type(self, label: str, text: str) -> None:
        name = self.find(f"//label[normalize-space()='{label}']").get_attribute("for")
        field = self.find(f"//input[@id='{name}']")
        field.clear()
        field.send_keys(text)

    def signs_in(self) -> None:
        self.type("User name", "ann")
        self.type("Password", "ann")
        self.press("Sign in")

    def sends(self, amount: str) -> None:
        self.type("To", "Ben")
        self.type("Amount", amount)
        self.press("Send")


@pytest.fixture
def ann(chrome: Chrome) -> Ann:
    return Ann(chrome)


@pytest.fixture
def look(chrome: Chrome, tmp_path: Path) -> Iterator[Look]:
    with looking(chrome, tmp_path, "react", ["step-up-light"]) as look:
        yield look


def test_it_is_clicked_through(ann: Ann, bank: str, look: Look) -> None:
    Page(ann.chrome, bank).plug_in()
    ann.chrome.get(bank)
    ann.sees("Sign in")
    look("sign-in")
    ann.signs_in()
    secret, codes = _enrols(ann, look)

    ann.press("Sign out")
    ann.signs_in()
    _verifies(ann, look, secret)
    _proves_what_a_change_of_devices_asks_for(ann, look, codes[0])
    _proves_what_a_transfer_asks_for(ann, look)
    ann.press("Sign out")
    ann.sees("Password")
    assert complaints(ann.chrome) == []
    assert requests.get(bank, timeout=PATIENCE).headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert (PICTURES / "react-step-up-light.png").exists()


def _enrols(ann: Ann, look: Look) -> tuple[str, list[str]]:
    ann.sees("You have none yet.")
    ann.sends("100")
    ann.sees("Nothing was sent. Register a device first.")
    look("nothing-enrolled")

    ann.type("What you call it", "Pixel 9")
    ann.press("Authenticator app")
    ann.sees("1. Scan this with your app")
    secret = ann.find("//code").text
    ann.type("Code", "000")
    ann.press("Confirm")
    ann.sees("This value is not valid.")
    look("app")
    ann.type("Code", pyotp.TOTP(secret).now())
    ann.press("Confirm")
    ann.sees("Your account")

    ann.sends("20000")
    ann.sees("You have no device that will do.")
    look("step-up-none")
    ann.press("Cancel")

    ann.type("What you call it", "Laptop")
    ann.press("Passkey")
    ann.find("//h3[.='Laptop']")
    ann.press("Make codes")
    ann.sees("they are never shown again")
    look("codes")
    codes = [code.text for code in ann.chrome.find_elements(By.TAG_NAME, "code")]
    ann.press("I have kept them")
    ann.sees("10 left.")
    ann.sends("100")
    ann.sees("100 went to Ben.")
    look("account")
    return secret, codes


def _verifies(ann: Ann, look: Look, secret: str) -> None:
    ann.sees("Verify that it is you")
    look("verify")
    ann.type("Code", pyotp.TOTP(secret).at(time.time() + 30))  # the one of now is used
    ann.press("Verify")
    ann.sees("Your account")


def _proves_what_a_change_of_devices_asks_for(ann: Ann, look: Look, code: str) -> None:
    """By the module, which is refused as the project's own routes are."""
    ann.find("//button[@aria-label='Remove Pixel 9']").click()
    ann.press("Remove for good")
    ann.press("Recovery codes instead")
    look("step-up-codes")
    ann.type("Code", code)
    ann.press("Verify")
    ann.sees("9 left.")
    assert ann.chrome.find_elements(By.XPATH, "//h3[.='Pixel 9']") == []


def _proves_what_a_transfer_asks_for(ann: Ann, look: Look) -> None:
    ann.sends("20000")
    ann.sees("This takes a passkey or security key.")
    look("step-up")
    ann.chrome.switch_to.active_element.send_keys(Keys.ESCAPE)
    ann.sees("Nothing was sent. Verify with one of your devices first.")
    assert ann.chrome.switch_to.active_element.text == "Send"

    ann.press("Send")
    ann.press("Use your passkey")
    ann.sees("20,000 went to Ben.")
