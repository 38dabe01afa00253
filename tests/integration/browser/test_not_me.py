"""The page behind *this was not me* as a person meets it, on a narrow screen and a wide one, by day and by night."""

from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.contrib.auth import get_user_model
from django.core.wsgi import get_wsgi_application
from pytest_django import Settings
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from mfa.adapters import links
from mfa.adapters.django.models import AccountRecord
from mfa.adapters.system.clock import SystemClock
from mfa.adapters.system.entropy import SystemEntropy
from mfa.domain.identifiers import UserId
from tests.integration.browser.chromium import PATIENCE, text_of

NARROW, WIDE = (320, 640), (1280, 800)

pytestmark = pytest.mark.django_db(transaction=True)


class Server(ThreadingMixIn, WSGIServer):
    """Answers a browser, which opens connections before it has anything to ask."""

    daemon_threads = True


class Handler(WSGIRequestHandler):
    timeout = 5  # seconds

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the library
        """Say nothing."""


@pytest.fixture
def site(settings: Settings) -> Iterator[str]:
    """Where the tests' own project answers."""
    with make_server("127.0.0.1", 0, get_wsgi_application(), Server, Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(settings: Settings, site: str) -> str:
    """Where Anna's page is."""
    settings.MFA = {"TOTP_ISSUER": "Example Bank"}
    anna = get_user_model().objects.create_user("anna", "anna@example.com")
    token = links.made(UserId(str(anna.pk)), SystemEntropy(), SystemClock().now())
    return f"{site}{links.path_to(token)}"


def show(chrome: Chrome, size: tuple[int, int], scheme: str) -> None:
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width == NARROW[0]}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", media)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_a_person_is_asked_and_thanked(
    chrome: Chrome, page: str, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    show(chrome, size, scheme)
    chrome.get(page)
    button = chrome.find_element(By.CSS_SELECTOR, "button")
    seen = [looked_at(chrome, tmp_path / "ask.png")]
    assert button.size["height"] >= 44
    assert button.size["width"] <= size[0]

    button.click()
    says(chrome, "Thank you")
    assert AccountRecord.objects.get().locked_down
    seen.append(looked_at(chrome, tmp_path / "done.png"))

    chrome.get(page)
    says(chrome, "This link no longer works")
    seen.append(looked_at(chrome, tmp_path / "over.png"))
    chrome.get(page.removesuffix("/") + "x/")
    says(chrome, "not complete")
    seen.append(looked_at(chrome, tmp_path / "unknown.png"))
    assert chrome.get_cookies() == []
    assert {dark for dark, _ in seen} == {scheme == "dark"}
    assert all(fits for _, fits in seen)


def says(chrome: Chrome, words: str) -> None:
    WebDriverWait(chrome, PATIENCE).until(lambda _: words in text_of(chrome, "h1"))


def looked_at(chrome: Chrome, picture: Path) -> tuple[bool, bool]:
    """Return whether the page is dark, and whether all of it fits into the width; the picture is for a person."""
    chrome.save_screenshot(str(picture))
    shade = chrome.execute_script("return getComputedStyle(document.body).backgroundColor")
    fits = chrome.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    red = int(shade.removeprefix("rgb(").split(",")[0])
    return red < 128, bool(fits)
