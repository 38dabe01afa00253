"""A real Chromium with authenticators that are none, and pages in it as a person meets them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests import services

PATIENCE = 60  # seconds
OFTEN = 0.02  # seconds, between two looks at what is waited for
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=760,900"),
)


@contextmanager
def running_chromium(folder: Path, *flags: str) -> Iterator[Chrome]:
    found = services.chromium()
    assert found is not None
    options = ChromeOptions()
    options.binary_location, driver = found
    for flag in (*FLAGS, *flags, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = Chrome(options, ChromeService(driver))
    try:
        chrome.set_script_timeout(PATIENCE)
        yield chrome
    finally:
        chrome.quit()


def text_of(chrome: Chrome, selector: str) -> str:
    """Read what an element shows; nothing where the page makes way for the next, which the driver tells in words."""
    try:
        return chrome.find_element(By.CSS_SELECTOR, selector).text
    except StaleElementReferenceException:
        return ""
    except WebDriverException as error:
        if "does not belong to the document" not in (error.msg or ""):
            raise
        return ""


class Page:
    """A site in one browser."""

    def __init__(self, chrome: Chrome, url: str) -> None:
        self.chrome = chrome
        self.url = url

    # Authenticators

    def plug_in(self, transport: str = "internal", *, verifies: bool = True) -> str:
        """Add an authenticator that keeps passkeys, and return its name."""
        options = VirtualAuthenticatorOptions(
            protocol=VirtualAuthenticatorOptions.Protocol.CTAP2,
            transport=VirtualAuthenticatorOptions.Transport(transport),
            has_resident_key=True,
            has_user_verification=True,
            is_user_consenting=True,
            is_user_verified=verifies,
        )
        self.chrome.add_virtual_authenticator(options)
        name = self.chrome.virtual_authenticator_id
        assert name is not None
        return name

    def unplug(self) -> None:
        self.chrome.remove_virtual_authenticator()

    def hold(self, authenticator: str) -> None:
        """Let nobody touch an authenticator for now."""
        self._presence(authenticator, present=False)

    def touch(self, authenticator: str) -> None:
        """Have somebody touch an authenticator as soon as the browser asks again."""
        self._presence(authenticator, present=True)

    def _presence(self, authenticator: str, *, present: bool) -> None:
        self.chrome.execute_cdp_cmd(
            "WebAuthn.setAutomaticPresenceSimulation", {"authenticatorId": authenticator, "enabled": present}
        )

    # Looking

    def open(self, path: str = "") -> None:
        self.chrome.get(self.url + path)

    def find(self, selector: str) -> WebElement:
        return self.chrome.find_element(By.CSS_SELECTOR, selector)

    def text(self) -> str:
        return text_of(self.chrome, "main")

    def wait_for(self, met: Callable[[], Any], what: str = "") -> Any:  # noqa: ANN401 - what was waited for
        """Wait until something is there, and return it."""
        return WebDriverWait(self.chrome, PATIENCE, OFTEN).until(
            lambda _: met(), f"{what}: the page says {self.text()!r}; the browser {self.complaints()}"
        )

    def told(self, words: str) -> None:
        """Wait until the page says so."""
        self.wait_for(lambda: words in self.text(), words)

    def complaints(self) -> list[str]:
        """What the browser has written to its console, answers of refusal aside."""
        entries = [entry["message"] for entry in self.chrome.get_log("browser")]  # type: ignore[no-untyped-call]
        return [entry for entry in entries if "the server responded with a status of 4" not in entry]

    # Doing

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """Wait until what is done inside has led to another page."""
        self.chrome.execute_script("window.here = true")
        yield
        gone = "return !window.here && document.readyState === 'complete'"
        WebDriverWait(self.chrome, PATIENCE, OFTEN).until(lambda chrome: chrome.execute_script(gone))

    def press(self, selector: str) -> None:
        """Press something that leads to another page."""
        with self.leaving():
            self.find(selector).click()

    def send(self, does: str, **fields: str) -> None:
        """Fill a form, by what it does, and send it."""
        for name, value in fields.items():
            element = self.find(f"form[data-mfa={does}] [name={name}]")
            element.clear()
            element.send_keys(value)
        self.press(f"form[data-mfa={does}] button[type=submit]")

    def run(self, script: str, **given: object) -> Mapping[str, Any]:
        """Run a script that may await, with ``mfa`` and what is given, and return its answer or what it failed with."""
        names = ", ".join(given)
        answer: Mapping[str, Any] = self.chrome.execute_async_script(
            f"""
            const [{names}{", " if names else ""}done] = arguments;
            import("/static/mfa/mfa.js").then(async (mfa) => {{ {script} }}).then(
              (answer) => done({{ answer }}),
              (error) => done({{ name: error.name, code: error.code, status: error.status, message: error.message }}),
            );
            """,
            *given.values(),
        )
        return answer
