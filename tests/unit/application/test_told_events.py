"""Events that are there for people to be told of: recovery codes that run out, and logins from somewhere new."""

from collections.abc import Iterator

import pytest

from mfa.application.login import LoggedIn
from mfa.application.ports.audit import Client, Origin, acting, browser_digest
from mfa.application.verification import Verified, Verify
from mfa.domain.events import NewBrowserLoggedIn, RecoveryCodeUsed, VerificationAccepted
from mfa.testing.authenticator import SoftwareAuthenticator
from tests.unit.application.test_login import LoginSite
from tests.unit.application.test_security_keys import ANNA as OWNER
from tests.unit.application.test_security_keys import LAPTOP as LOGIN
from tests.unit.application.test_security_keys import ORIGIN
from tests.unit.application.world import ANNA, LAPTOP, PHONE, World


def browser(name: str) -> Origin:
    return Origin(client=Client(address="192.0.2.1", user_agent=name))


class TestRecoveryCodes:
    def test_each_use_tells_how_many_are_left(self, world: World) -> None:
        world.enrolled(LAPTOP)
        index, codes = world.codes(LAPTOP)

        for code in codes[:3]:
            assert isinstance(world.verify(PHONE, index, code), Verified)

        assert [
            (event.user_id, event.index, event.method, event.remaining) for event in world.events(RecoveryCodeUsed)
        ] == [(ANNA, index, "recovery", left) for left in (9, 8, 7)]
        assert {event.at for event in world.events(RecoveryCodeUsed)} == {world.clock.now()}

    def test_a_wrong_one_is_no_use(self, world: World) -> None:
        world.enrolled(LAPTOP)
        index, [code, *_] = world.codes(LAPTOP)
        world.verify(PHONE, index, code)

        world.verify(PHONE, index, code)

        assert len(world.events(RecoveryCodeUsed)) == 1

    def test_nor_is_a_value_of_anything_else(self, world: World) -> None:
        world.enrolled(LAPTOP)

        assert world.events(VerificationAccepted)
        assert world.events(RecoveryCodeUsed) == []


class TestNewBrowsers:
    @pytest.fixture
    def site(self) -> Iterator[LoginSite]:
        site = LoginSite()
        yield site
        site.container.config.reset_override()

    @pytest.fixture
    def key(self, site: LoginSite) -> SoftwareAuthenticator:
        key = SoftwareAuthenticator(origin=ORIGIN)
        with acting(browser("Firefox")):
            site.enrolled(LOGIN, key)
        return key

    def told(self, site: LoginSite, key: SoftwareAuthenticator, name: str) -> int:
        before = len(site.container.publisher().events)
        with acting(browser(name)):
            assert isinstance(site.logged_in_by(key), LoggedIn)
        happened = site.container.publisher().events[before:]
        return sum(isinstance(event, NewBrowserLoggedIn) for event in happened)

    def test_one_is_told_of_once(self, site: LoginSite, key: SoftwareAuthenticator) -> None:
        assert self.told(site, key, "Chrome") == 1
        assert self.told(site, key, "Chrome") == 0

    def test_one_that_has_verified_before_is_known(self, site: LoginSite, key: SoftwareAuthenticator) -> None:
        assert self.told(site, key, "Firefox") == 0

    def test_what_is_known_of_it_is_a_digest(self, site: LoginSite, key: SoftwareAuthenticator) -> None:
        self.told(site, key, "A browser that tells much")

        known = site.container.accounts().of(OWNER).browsers
        with acting(browser("A browser that tells much")):
            assert known[-1] == browser_digest() == "3d8356bfe9753c23"
        assert "much" not in f"{known}"
        assert len(known) == 2


def test_a_verification_has_its_browser_known(world: World) -> None:
    app = world.enrolled(LAPTOP)
    with acting(browser("Chrome")):
        world.verify_challenge(Verify(token=PHONE, index=app.index, value=app.fresh()))
        assert world.repository.of(ANNA).browsers[-1] == browser_digest()
