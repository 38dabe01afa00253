"""A verification belongs to a token, and ends with it."""

import time

import pytest
import requests

from tests.integration.e2e.oath import Oathtool
from tests.integration.e2e.people import PATIENCE, Browser
from tests.integration.e2e.served import Site


class Enrolled:
    """A person with a counter-based token, which gives any number of codes without a wait."""

    def __init__(self, site: Site, authenticator: Oathtool) -> None:
        self.person = site.sign_up()
        self.authenticator = authenticator
        self.counter = 0
        browser = self.person.log_in()
        self.secret: str = browser.register("hotp")["secret"]
        self.browser = self.verified(browser)

    def verified(self, browser: Browser) -> Browser:
        browser.prove(0, self.authenticator.hotp(self.secret, self.counter))
        self.counter += 1
        assert browser.gate() == 200
        return browser


@pytest.fixture
def ann(site: Site, authenticator: Oathtool) -> Enrolled:
    return Enrolled(site, authenticator)


def test_a_new_token_starts_unverified(ann: Enrolled) -> None:
    ann.browser.log_out()
    again = ann.person.log_in()

    assert again.key != ann.browser.key
    assert again.gate() == 403
    assert again.status()["verifications"] == []
    assert again.status()["enrolled"]
    assert not again.mfa("get", "0/").json()["confirmed"]
    answer = again.mfa("post", "register/totp/")
    assert (answer.status_code, answer.json()["code"]) == (403, "verification_required")
    ann.verified(again)


def test_a_token_that_was_deleted_opens_nothing(ann: Enrolled) -> None:
    ann.browser.log_out()

    assert ann.browser.gate() == 401
    assert ann.browser.mfa("get").status_code == 401
    assert ann.browser.verify(0, ann.authenticator.hotp(ann.secret, 1)).status_code == 401
    # Nor was the code spent on it.
    ann.verified(ann.person.log_in())


def test_another_client_verifies_for_itself(site: Site, ann: Enrolled) -> None:
    other = ann.person.log_in()
    assert other.gate() == 403

    ann.verified(other)

    if site.provider == "knox":
        assert ann.browser.gate() == 200
        other.log_out()
        assert ann.browser.gate() == 200
    else:
        assert ann.browser.gate() == 401  # a login replaces the one token that there is


@pytest.mark.parametrize("site", ["knox", "uuid_user"], indirect=True)
def test_a_token_that_expires_takes_its_verifications_with_it(ann: Enrolled) -> None:
    until = time.monotonic() + 60
    brief = ann.verified(ann.person.log_in("login/brief/"))

    while brief.gate() == 200:
        assert time.monotonic() < until
        time.sleep(0.2)

    assert brief.gate() == 401
    assert brief.mfa("get", "status/").status_code == 401
    assert ann.person.log_in().gate() == 403
    assert ann.browser.gate() == 200


def test_without_a_token_there_is_nothing(site: Site) -> None:
    for headers in ({}, {"Authorization": "Token 0123456789abcdef"}):
        for path in (
            "protected/",
            "multi-factor/",
            "multi-factor/0/",
            "multi-factor/register/",
            "multi-factor/status/",
        ):
            answer = requests.get(f"{site.url}/{path}", headers=headers, timeout=PATIENCE)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == "Token"
