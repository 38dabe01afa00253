from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests import services
from tests.integration.browser.chromium import Page, running_chromium
from tests.integration.demo.running import Demo, running_demo


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    services.require("chromium")
    with running_chromium(tmp_path_factory.mktemp("chromium")) as chromium:
        yield chromium


@pytest.fixture
def chrome(chromium: Chrome) -> Iterator[Chrome]:
    """The one browser, which keeps nothing of an earlier test: no page, no cookie, no complaint, no size, no key."""
    size = chromium.get_window_size()
    yield chromium
    if chromium.virtual_authenticator_id is not None:
        chromium.remove_virtual_authenticator()
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium.execute_cdp_cmd("Browser.resetPermissions", {})
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    chromium.set_window_size(size["width"], size["height"])
    chromium.get("about:blank")
    chromium.get_log("browser")  # type: ignore[no-untyped-call]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with running_demo(tmp_path) as demo:
        yield demo


@pytest.fixture
def page(chrome: Chrome, demo: Demo) -> Page:
    """The demo's page, and nothing plugged in."""
    return Page(chrome, f"http://localhost:{demo.port}/")
