"""Asks every address outside this repository that a page leads to, once: ``make links``.

An address that is gone, or is not answered twice in a row, makes it fail. Of one that has moved for good it tells where
it is now, and one that only turns programs away is told as that.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urldefrag, urlsplit

import requests

from tests.docs.pages import FENCE, ROOT, WRITTEN, name

ADDRESS = re.compile(r"https?://[^\s)>|`\"']+")
CODE = re.compile(r"`[^`]*`")
INDEXES = {"files.pythonhosted.org", "registry.npmjs.org", "registry.yarnpkg.com", "test.pypi.org"}
TRACKER = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id|ref|source")
AGENT = {"User-Agent": "drf-mfa (asks whether the links of its documentation lead somewhere)"}
TIMEOUT = 20.0  # seconds
MOVED = {301, 308}
"""For good."""

TURNED_AWAY = {401, 403, 429}
"""What sites say to programs, whatever they say to people."""


class Answer(NamedTuple):
    """What came of an address: whether it is well, and that in words."""

    well: bool
    told: str


def addresses(pages: Sequence[Path] = WRITTEN) -> Mapping[str, Sequence[str]]:
    """Return the addresses that pages lead to, without what is in code, each with the names of the pages."""
    found: dict[str, list[str]] = defaultdict(list)
    for page in pages:
        for address in ADDRESS.findall(CODE.sub("", FENCE.sub("", page.read_text()))):
            found[address.rstrip(".,;:")].append(page.name if ROOT not in page.parents else name(page))
    return found


def objection(address: str) -> str | None:
    """Return what is wrong with an address, as far as that can be seen without asking it."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "https":
        return "not https"
    if not re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", host) or parts.netloc != host:
        return "not the plain name of a host"
    if host in INDEXES or parts.path.startswith("/simple/"):
        return "what an installer asks, not what people read"
    if trackers := [key for key, _ in parse_qsl(parts.query, keep_blank_values=True) if TRACKER.fullmatch(key)]:
        return f"tells where its reader comes from: {', '.join(trackers)}"
    return None


def ask(address: str, timeout: float = TIMEOUT) -> Answer:
    """Ask by HEAD, then by GET where that is not answered well, and once more where there is no answer at all."""
    answer = Answer(well=False, told="")
    for method in ("HEAD", "GET", "GET"):
        try:
            with requests.request(
                method, address, headers=AGENT, timeout=timeout, allow_redirects=True, stream=True
            ) as response:
                answer = _judged(response)
                if answer.well or (method == "GET" and response.status_code < 500):
                    return answer
        except requests.RequestException as error:
            answer = Answer(well=False, told=type(error).__name__)
    return answer


def _judged(response: requests.Response) -> Answer:
    if response.status_code in TURNED_AWAY:
        return Answer(well=True, told=f"{response.status_code}, which may be said to programs alone")
    if not 200 <= response.status_code < 300:
        return Answer(well=False, told=str(response.status_code))
    if response.history and {each.status_code for each in response.history} <= MOVED:
        return Answer(well=True, told=f"{response.status_code}, moved to {response.url}")
    return Answer(well=True, told=str(response.status_code))


def main(arguments: Sequence[str]) -> int:
    """Ask them all, beside one another, and print a table; the arguments are pages, all of them where there is none."""
    asked = addresses([ROOT / each for each in arguments] or WRITTEN)
    whole = sorted({urldefrag(address).url for address in asked})
    with ThreadPoolExecutor(8) as pool:
        answers = dict(zip(whole, pool.map(ask, whole), strict=True))
    failed = 0
    for address, pages in sorted(asked.items()):
        well, told = answers[urldefrag(address).url]
        failed += not well
        print(f"{'ok    ' if well else 'FAILED'} {address}\n       {told}; {', '.join(sorted({*pages}))}")
    print(f"\n{len(asked)} addresses, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
