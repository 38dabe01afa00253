"""Addresses elsewhere: how those of the pages look, and what the command that asks them makes of the answers."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.links import Answer, addresses, ask, main, objection
from tests.services import free_port

SOON = 0.2  # seconds


class Site(BaseHTTPRequestHandler):
    """Answers by the path: a status for HEAD, one for GET, and where it leads."""

    def do_HEAD(self) -> None:
        self.tell(0)

    def do_GET(self) -> None:
        self.tell(1)

    def tell(self, which: int) -> None:
        statuses, _, leads = (f"302-302{self.path}" if self.path == "/circle" else self.path[1:]).partition("/")
        self.send_response(int(statuses.split("-")[which]))
        if leads:
            self.send_header("Location", f"/{leads}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that is overridden
        """Write nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("200-500", Answer(well=True, told="200")),
        ("405-200", Answer(well=True, told="200")),
        ("404-404", Answer(well=False, told="404")),
        ("404-200", Answer(well=True, told="200")),
        ("403-403", Answer(well=True, told="403, which may be said to programs alone")),
        ("503-503", Answer(well=False, told="503")),
        ("302-302", Answer(well=False, told="302")),
        ("302-302/200-200", Answer(well=True, told="200")),
        ("301-301/404-404", Answer(well=False, told="404")),
        ("302-302/301-301/200-200", Answer(well=True, told="200")),
        ("301-301/200-200", Answer(well=True, told="200, moved to /200-200")),
        ("circle", Answer(well=False, told="TooManyRedirects")),
    ],
)
def test_an_answer_is_told(site: str, path: str, answer: Answer) -> None:
    well, told = ask(f"{site}/{path}")
    assert (well, told.replace(site, "")) == answer


def test_whoever_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", port := free_port())):
        assert ask(f"http://127.0.0.1:{port}/", SOON) == (False, "ReadTimeout")
    assert ask(f"http://127.0.0.1:{port}/", SOON) == (False, "ConnectionError")


def test_the_command_tells_all_and_fails_where_one_is_gone(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"[One]({site}/200-200#part), and again {site}/200-200.\n\n[other]: {site}/301-301/200-200\n")
    assert main([str(page)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "3 addresses, 0 failed"

    page.write_text(f"`{site}/500-500` is code, and [this]({site}/410-410) is gone.")
    assert main([str(page)]) == 1
    assert f"FAILED {site}/410-410\n" in capsys.readouterr().out


def test_every_address_of_a_page_is_one_for_people() -> None:
    found = addresses()

    assert len(found) > 10
    assert {address: said for address in found if (said := objection(address))} == {}


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/",
        "https://user@example.com/",
        "https://example.com:8443/",
        "https://10.0.0.1/",
        "https://localhost/",
        "https://example.com/?page=1&utm_source=here",
        "https://files.pythonhosted.org/packages/any.whl",
        "https://pypi.example.com/simple/attrs/",
    ],
)
def test_what_is_no_address_for_people_is_refused(address: str) -> None:
    assert objection(address) is not None
    assert objection("https://www.w3.org/TR/webauthn-3/#sctn-related-origins") is None
