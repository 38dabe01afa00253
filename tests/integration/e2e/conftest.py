"""Sites that are started when a test first asks for them and then stay, and what they are connected to."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from tests.integration.e2e.gateway import Gateway
from tests.integration.e2e.oath import Oathtool
from tests.integration.e2e.post import PostOffice
from tests.integration.e2e.served import Site
from tests.services import free_port

HOSTILE = 'Bank\r\nBcc: x@example.com\r\n\r\n<script src="//x.example"></script>{{ code }}{% now "Y" %}&secret=AAAA'
"""An issuer that tries everything at once."""

SITES: dict[str, dict[str, Any]] = {
    "authtoken": {"provider": "authtoken"},
    "knox": {"provider": "knox"},
    "uuid_user": {"provider": "knox", "settings": "uuid_user_settings"},
    "two of authtoken": {"provider": "authtoken", "mfa": {"REQUIRED_VERIFICATIONS": 2}},
    "two of knox": {"provider": "knox", "mfa": {"REQUIRED_VERIFICATIONS": 2}},
    "hostile": {
        "provider": "knox",
        "mfa": {"TOTP_ISSUER": HOSTILE, "HOTP_ISSUER": HOSTILE},
        "sms_issuer": HOSTILE,
    },
}


@pytest.fixture(scope="session")
def post() -> Iterator[PostOffice]:
    post = PostOffice(free_port())
    yield post
    post.close()


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    yield gateway
    gateway.close()


@pytest.fixture(scope="session")
def open_site(
    tmp_path_factory: pytest.TempPathFactory, post: PostOffice, gateway: Gateway
) -> Iterator[Callable[[str], Site]]:
    """Starts a site, or returns the one that runs already; in the end, none of them may have met with a surprise."""
    sites: dict[str, Site] = {}

    def open_(name: str) -> Site:
        if name not in sites:
            sites[name] = Site(tmp_path_factory.mktemp("site"), post, gateway, **SITES[name])
            sites[name].wait_until_ready()
        return sites[name]

    yield open_
    for site in sites.values():
        site.ask_to_end()
    endings = [(site.end(), site.said) for site in sites.values()]
    assert [said for code, said in endings if code or "Traceback" in said] == []


@pytest.fixture(params=["authtoken", "knox", "uuid_user"])
def site(request: pytest.FixtureRequest, open_site: Callable[[str], Site]) -> Site:
    return open_site(request.param)


@pytest.fixture(scope="session")
def authenticator(oathtool: str) -> Oathtool:
    return Oathtool(oathtool)


_numbers = count(10_000_000)


@pytest.fixture
def number() -> str:
    """A mobile number that no other test has."""
    return f"+316{next(_numbers)}"
