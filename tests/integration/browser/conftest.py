from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests import services
from tests.integration.browser.chromium import Page, running_chromium
from tests.integration.demo.running import Demo, running_demo


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    services.require("chromium")
    with running_chromium(tmp_path_factory.mktemp("chromium")) as chrome:
        yield chrome


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with running_demo(tmp_path) as demo:
        yield demo


@pytest.fixture
def page(chrome: Chrome, demo: Demo) -> Iterator[Page]:
    """The demo's page, and nothing plugged in."""
    page = Page(chrome, f"http://localhost:{demo.port}/")
    yield page
    chrome.get("about:blank")
    if chrome.virtual_authenticator_id is not None:
        chrome.remove_virtual_authenticator()
