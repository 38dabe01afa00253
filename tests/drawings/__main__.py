"""Draws the diagrams of the pages into docs/images, by day and by night: ``make drawings``.

The site shows these, and is not made where one of them is older than its diagram; so nothing is drawn in CI.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from docs.site.staging import DRAWING, digest, name_of
from tests import npm
from tests.docs.pages import PAGES
from tests.integration.browser.chromium import running_chromium
from tests.integration.browser.looking import PICTURES

HERE = Path(__file__).parent
FONT = "system-ui, sans-serif"
DRAW = """
    const [theme, name, text, font, done] = arguments;
    mermaid.initialize({
      startOnLoad: false, theme, fontFamily: font, htmlLabels: false,
      flowchart: { htmlLabels: false, useMaxWidth: false },
      sequence: { useMaxWidth: false, actorMargin: 16, width: 120, noteMargin: 6, messageMargin: 30 },
    });
    mermaid.render(name, text).then(({ svg }) => done(svg), (error) => done(`${error}`));
"""


def main() -> None:
    script = (npm.modules(HERE) / "mermaid" / "dist" / "mermaid.min.js").read_text()
    with TemporaryDirectory() as folder, running_chromium(Path(folder)) as chrome:
        chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
        for text in (match["text"] for page in PAGES for match in DRAWING.finditer(page.read_text())):
            name = name_of(text)
            for scheme, theme in (("light", "neutral"), ("dark", "dark")):
                chrome.get("data:text/html,<meta charset=utf-8>")
                drawn = chrome.execute_async_script(DRAW, theme, name, text, FONT)
                if not drawn.startswith("<svg"):
                    raise ValueError(f"{name}: {drawn}")
                file = PICTURES / f"{name}-{scheme}.svg"
                file.write_text(f"<!-- {digest(text)} -->\n{drawn}\n")
                print(file.relative_to(PICTURES.parents[1]))


main()
