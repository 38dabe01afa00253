"""Where a cookie lies, which only a path tells that a browser compares with the ones that it asks for."""

import pytest
from django.http import HttpRequest

from mfa.adapters.cookies import above, kept


@pytest.mark.parametrize(
    ("path", "levels", "mount"),
    [
        ("/multi-factor/0/", 1, "/multi-factor/"),
        ("/multi-factor/0", 1, "/multi-factor/"),
        ("/multi-factor/trust/0123456789abcdef/", 2, "/multi-factor/"),
        ("/script/api/v1/mfa/trust/", 1, "/script/api/v1/mfa/"),
        ("/0/", 1, "/"),
        (
            "/caf\N{LATIN SMALL LETTER E WITH ACUTE} 1;Domain=example.com/0/",
            1,
            "/caf%C3%A9%201%3BDomain%3Dexample.com/",
        ),
    ],
)
def test_it_is_the_mount_points_as_a_browser_writes_it(path: str, levels: int, mount: str) -> None:
    request = HttpRequest()
    request.path = path

    assert above(request, levels=levels) == mount


def test_nothing_is_kept_without_a_name_a_request_or_a_value() -> None:
    request = HttpRequest()
    request.COOKIES = {"mfa_trust": "token", "empty": ""}

    assert kept(request, "mfa_trust") == "token"
    assert [kept(request, None), kept(None, "mfa_trust"), kept(request, "empty"), kept(request, "other")] == [None] * 4
