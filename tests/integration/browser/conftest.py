from collections.abc import Iterator

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
    size, [window] = chromium.get_window_size(), chromium.window_handles
    yield chromium
    for other in {*chromium.window_handles} - {window}:
        chromium.switch_to.window(other)
        chromium.close()
    chromium.switch_to.window(window)
    if chromium.virtual_authenticator_id is not None:
        chromium.remove_virtual_authenticator()
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium.execute_cdp_cmd("Browser.resetPermissions", {})
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    chromium.set_window_size(size["width"], size["height"])
    chromium.get("about:blank")
    chromium.get_log("browser")  # type: ignore[no-untyped-call]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, which the tests of a file share."""
    services.require("chromium")
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture
def page(chrome: Chrome, demo: Demo) -> Page:
    """The demo in the browser, and nothing plugged in."""
    return Page(chrome, f"http://localhost:{demo.port}/")
