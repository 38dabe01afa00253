"""The site of the documentation: made without a warning, whole, light, and readable by everybody."""

import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from urllib.parse import unquote

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import url_to_be
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from docs.site.layout import every_page, parts
from docs.site.versions import lay_out
from tests import services
from tests.docs.pages import FENCE, ROOT
from tests.integration.browser.chromium import PATIENCE
from tests.integration.browser.looking import looking

LOADED = {"img": "src", "script": "src", "link": "href"}
MOST = 100_000  # bytes
LOOKED_AT = (
    "index",
    "how-to/databases",
    "reference/commands",
    "reference/kit",
    "explanation/design",
    "explanation/performance",
    "search",
)
"""One of each kind: a list, code, tables and options, signatures, drawings, wide tables, and what is found."""


SOURCE = "https://example.org/owner/name"
RELEASED = {
    "0.9.0": ["index.html"],
    "0.10.0": ["index.html", "reference/commands.html"],
    "0.11.0rc1": ["index.html"],
}


class Html(HTMLParser):
    """A page, taken apart: what it is linked by, where it leads, and what it loads."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(file.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {key: value or "" for key, value in attrs}
        self.anchors |= {said[key] for key in ("id", "name") if key in said}
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        if tag in LOADED and LOADED[tag] in said and said.get("rel", "stylesheet") in ("stylesheet", "icon"):
            self.loaded.append(said[LOADED[tag]])

    def beside(self, target: str) -> Path:
        return (self.file.parent / unquote(target.partition("?")[0])).resolve() if target else self.file


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    services.require("docs")
    folder = tmp_path_factory.mktemp("site") / "html"
    paths = os.pathsep.join(map(str, (ROOT / "src", ROOT, services.SITE)))
    ended = subprocess.run(  # noqa: S603 - this Python
        [sys.executable, "-m", "docs.site", folder],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, "MFA_DOCS_VERSION": "latest", "MFA_SOURCE": SOURCE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
    return folder


@pytest.fixture(scope="module")
def published(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site beside those of two releases and of a preview, which have a page or two."""
    folder = tmp_path_factory.mktemp("published")
    archives = folder / "archives"
    archives.mkdir()
    for version, pages in RELEASED.items():
        with tarfile.open(archives / f"drf-mfa-docs-{version}.tar.gz", "w:gz") as archive:
            for page in pages:
                text = f"{version}: {page}".encode()
                member = tarfile.TarInfo(page)
                member.size = len(text)
                archive.addfile(member, BytesIO(text))
    lay_out(site, archives, folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Html]:
    return {file: Html(file) for file in site.rglob("*.html")}


def test_every_page_is_there_and_every_link_leads_somewhere(site: Path, pages: dict[Path, Html]) -> None:
    assert {site / f"{page.place}.html" for page in every_page()} <= pages.keys()
    lost = []
    for page in pages.values():
        for target, _, anchor in (link.partition("#") for link in page.links if "://" not in link):
            there = page.beside(target)
            known = pages[there].anchors if there in pages else {""}
            if not there.is_file() or (anchor and unquote(anchor) not in known):
                lost.append(f"{page.file.relative_to(site)}: {target}#{anchor}")
    assert lost == []


def test_what_is_no_page_is_looked_at_in_the_repository(pages: dict[Path, Html]) -> None:
    found = {link for page in pages.values() for link in page.links if link.startswith(SOURCE)}

    assert f"{SOURCE}/blob/HEAD/tests/integration/django/test_use_cases.py" in found
    assert [
        link for link in found if not (ROOT / link.removeprefix(f"{SOURCE}/blob/HEAD/").partition("#")[0]).exists()
    ] == []


def test_no_page_asks_another_site_and_none_tells_where_it_was_made(site: Path, pages: dict[Path, Html]) -> None:
    assert [each for page in pages.values() for each in page.loaded if "//" in each] == []
    assert [file for file in site.rglob("*.[hjm]*") if str(ROOT) in file.read_text(errors="ignore")] == []


def test_the_start_page_is_light(site: Path, pages: dict[Path, Html]) -> None:
    start = pages[site / "index.html"]
    files = {start.file, *map(start.beside, start.loaded)}

    assert len(files) > 5
    assert sum(file.stat().st_size for file in files) <= MOST


def test_models_are_told_of_every_page_as_it_was_written(site: Path) -> None:
    told = (site / "llms.txt").read_text()

    assert re.match(r"# drf-mfa\n\n> ", told)
    assert re.findall("^## (.+)$", told, re.MULTILINE) == [part.title for part in parts()]
    listed = re.findall(r"^- \[[^\]]+\]\(([^)]+)\)", told, re.MULTILINE)
    assert listed == [f"{page.place}.md" for page in every_page()][1:]
    assert [each for each in listed if not (site / each).is_file()] == []
    lost = [
        f"{file.relative_to(site)}: {target}"
        for file in [site / each for each in listed]
        for target in re.findall(r"\]\(([^)\s#]+)", FENCE.sub("", file.read_text()))
        if "://" not in target and not (file.parent / target).is_file()
    ]
    assert lost == []


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that is overridden
        """Write nothing."""


@pytest.fixture
def served(published: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(published.parent))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{published.name}"
        server.shutdown()


def test_what_is_searched_is_found(served: str, chrome: Chrome) -> None:
    chrome.get(f"{served}/latest/search.html?q=passkeys")

    def found() -> list[str]:
        return [each.text for each in chrome.find_elements(By.CSS_SELECTOR, "#search-results li a")]

    WebDriverWait(chrome, PATIENCE).until(lambda _: "Security keys and passkeys" in found())


def test_a_page_offers_the_versions_that_there_are(served: str, chrome: Chrome) -> None:
    chrome.set_window_size(1200, 900)
    for version, arrived in (("0.10.0", "reference/commands.html"), ("0.9.0", "")):
        chrome.get(f"{served}/latest/reference/commands.html")
        choice = Select(chrome.find_element(By.CSS_SELECTOR, ".versions select"))
        WebDriverWait(chrome, PATIENCE).until(
            lambda each: len(each.find_elements(By.CSS_SELECTOR, ".versions option")) > 1
        )

        assert [each.text for each in choice.options] == ["latest", "0.11.0rc1", "0.10.0", "0.9.0"]
        assert choice.first_selected_option.text == "latest"
        choice.select_by_visible_text(version)
        WebDriverWait(chrome, PATIENCE).until(url_to_be(f"{served}/{version}/{arrived}"))

    chrome.get(f"{served}/")
    WebDriverWait(chrome, PATIENCE).until(url_to_be(f"{served}/stable/"))
    assert chrome.find_element(By.TAG_NAME, "body").text == "0.10.0: index.html"


def test_everybody_can_read_it(served: str, chrome: Chrome, tmp_path: Path) -> None:
    with looking(chrome, tmp_path, "site") as look:
        for place in LOOKED_AT:
            chrome.get(f"{served}/latest/{place}.html")
            look(place.replace("/", "-"))
