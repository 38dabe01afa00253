"""Looks at what a browser shows as several people would: by day, by night, on a phone, turned and enlarged."""

import os
from base64 import b64decode
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome

from tests import npm
from tests.integration.demo.running import ROOT

WIDE, NARROW = 760, 320
PICTURES = ROOT / "docs" / "images"
AXE = Path(__file__).parent / "axe"
JUDGE = """
    const [tags, done] = arguments;
    axe.run(document, { runOnly: tags }).then(({ violations }) =>
      done(violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" ")}`)));
"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def complaints(chrome: Chrome) -> list[str]:
    """What the browser has written to its console since it was asked last, answers of refusal aside."""
    entries = [entry["message"] for entry in chrome.get_log("browser")]  # type: ignore[no-untyped-call]
    return [entry for entry in entries if "favicon" not in entry and "server responded with a status of" not in entry]


class Look:
    """Looks at a page as several people would, and keeps what is wrong with it."""

    def __init__(self, chrome: Chrome, folder: Path, prefix: str, shown: Collection[str]) -> None:
        self.chrome = chrome
        self.folder = folder
        self.prefix = prefix
        self.shown = shown
        self.wrong: list[str] = []

    def __call__(self, name: str) -> None:
        """Every rule is tried each time, since any of them may be broken by room, colours or direction alone."""
        for kind, width, scheme, zoom, way in (
            ("light", WIDE, "light", 1, "ltr"),
            ("dark", WIDE, "dark", 1, "ltr"),
            ("phone", NARROW, "light", 1, "ltr"),
            ("turned", NARROW, "light", 1, "rtl"),
            ("zoomed", WIDE // 2, "light", 2, "ltr"),
        ):
            self.show(width, scheme, zoom)
            self.chrome.execute_script("document.documentElement.dir = arguments[0]", way)
            self.wrong += [f"{name}-{kind}: {each}" for each in self.chrome.execute_async_script(JUDGE, TAGS)]
            self._measure(f"{name}-{kind}", width)
        self.show(WIDE, "light")
        self.wrong += [f"{name}: {each}" for each in complaints(self.chrome)]

    def show(self, width: int, scheme: str, zoom: int = 1) -> None:
        """Show the page in so many pixels of CSS, each of them as large as the zoom says."""
        metrics = {"width": width, "height": 640 // zoom, "deviceScaleFactor": zoom, "mobile": width == NARROW}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", media)

    def _measure(self, name: str, width: int) -> None:
        """Tell whether all fits on the screen, and take a picture where that is wanted."""
        across, height, modal = self.chrome.execute_script(
            "const { scrollWidth, scrollHeight } = document.documentElement;"
            "return [scrollWidth, scrollHeight, document.querySelector('dialog[open]') !== null]"
        )
        if across > width:
            self.wrong.append(f"{name} is {across} pixels wide")
        wanted = os.environ.get("MFA_PICTURES")
        if wanted == "all" or (wanted and name in self.shown):
            clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
            # Behind a dialog there is no more than what the screen shows.
            shot = {} if modal else {"clip": clip, "captureBeyondViewport": True}
            picture = self.chrome.execute_cdp_cmd("Page.captureScreenshot", shot)["data"]
            (self.folder / f"{self.prefix}-{name}.png").write_bytes(b64decode(picture))


@contextmanager
def looking(chrome: Chrome, folder: Path, prefix: str, shown: Collection[str] = ()) -> Iterator[Look]:
    """Look at pages, and fail in the end where anything was wrong.

    ``MFA_PICTURES=1`` puts pictures of what is ``shown`` into the docs; ``all``, one of every state into the folder.
    """
    rules = (npm.modules(AXE) / "axe-core" / "axe.min.js").read_text()
    added = chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": rules})
    chrome.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
    look = Look(chrome, PICTURES if os.environ.get("MFA_PICTURES") == "1" else folder, prefix, shown)
    yield look
    chrome.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": False})
    chrome.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
    assert not look.wrong, "\n".join(look.wrong)
