"""A real Chromium with authenticators that are none, and the demo's page as a person meets it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests import services

PATIENCE = 20  # seconds
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=760,900"),
)


@contextmanager
def running_chromium(folder: Path) -> Iterator[Chrome]:
    found = services.chromium()
    assert found is not None
    options = ChromeOptions()
    options.binary_location, driver = found
    for flag in (*FLAGS, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = Chrome(options, ChromeService(driver))
    try:
        chrome.set_script_timeout(PATIENCE)
        yield chrome
    finally:
        chrome.quit()


class Page:
    """The demo's page in one browser."""

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

    def open(self) -> "Page":
        self.chrome.get(self.url)
        return self

    def find(self, selector: str) -> WebElement:
        return self.chrome.find_element(By.CSS_SELECTOR, selector)

    @property
    def message(self) -> str:
        return self.find("#message").text

    def told(self, text: str) -> None:
        """Wait until the page says so."""
        self.wait_for(lambda: text in self.message, text)

    def wait_for(self, met: Any, what: str = "") -> None:  # noqa: ANN401 - a question
        WebDriverWait(self.chrome, PATIENCE).until(
            lambda _: met(), f"{what}: the page says {self.message!r}; the browser {self.complaints()}"
        )

    def complaints(self) -> list[str]:
        """What the browser has written to its console, answers of refusal aside."""
        entries = [entry["message"] for entry in self.chrome.get_log("browser")]  # type: ignore[no-untyped-call]
        return [entry for entry in entries if "the server responded with a status of 4" not in entry]

    @property
    def devices(self) -> list[tuple[str, str]]:
        """The name and the state of each device."""
        return [
            (item.find_element(By.CSS_SELECTOR, ".name").text, item.find_element(By.CSS_SELECTOR, ".state").text)
            for item in self.chrome.find_elements(By.CSS_SELECTOR, "#devices li")
        ]

    @property
    def verified(self) -> bool:
        return self.find("#standing").get_attribute("data-verified") == "true"

    # Doing

    def log_in(self, name: str = "demo", password: str = "demo") -> None:
        self.find("input[name=username]").send_keys(name)
        self.find("input[name=password]").send_keys(password)
        self.find("#login button:not([type])").click()
        self.told("by password alone")

    def log_out(self) -> None:
        self.find("#leave").click()
        self.wait_for(lambda: self.find("#login").is_displayed(), "logged out")

    def register(self, name: str) -> None:
        self.find("#register input").clear()
        self.find("#register input").send_keys(name)
        self.find("#register button").click()

    def registered(self, name: str) -> None:
        self.register(name)
        self.told("registered.")
        self.wait_for(lambda: (name, "verified") in self.devices, name)

    def on_device(self, name: str, button: str) -> None:
        [item] = [
            item
            for item in self.chrome.find_elements(By.CSS_SELECTOR, "#devices li")
            if item.find_element(By.CSS_SELECTOR, ".name").text == name
        ]
        item.find_element(By.CSS_SELECTOR, f".{button}").click()

    def open_the_route(self) -> None:
        self.find("#open").click()

    def run(self, script: str, **given: object) -> Mapping[str, Any]:
        """Run a script that may await, with ``mfa`` and what is given, and return its answer or what it failed with."""
        names = ", ".join(given)
        answer: Mapping[str, Any] = self.chrome.execute_async_script(
            f"""
            const [{names}{", " if names else ""}done] = arguments;
            import("/static/mfa.js").then(async (mfa) => {{ {script} }}).then(
              (answer) => done({{ answer }}),
              (error) => done({{ name: error.name, code: error.code, status: error.status, message: error.message }}),
            );
            """,
            *given.values(),
        )
        return answer
