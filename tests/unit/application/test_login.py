"""Logging in by a passkey through the use cases, driven by an authenticator in software."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, cast

import attrs
import pytest

from mfa.application.devices import Remove
from mfa.application.dispatching import RequestChallenge
from mfa.application.login import LoggedIn, LogIn, NotLoggedIn
from mfa.application.ports.tokens import IssuedToken, TokenIssuer
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.domain.errors import MalformedValue, StoreBusy, Unavailable
from mfa.domain.events import VerificationAccepted, VerificationRejected
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.policies import Profile
from mfa.domain.verdicts import Reason
from tests.authenticator import SoftwareAuthenticator
from tests.unit.application.test_security_keys import ANNA, BEN, LAPTOP, ORIGIN, PHONE, Site

ANY = NotLoggedIn(reason=Reason.WRONG)


class LoginSite(Site):
    """A site that lets passkeys log in, and what browsers do there."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"passkey_login": True, **settings})
        self.users = self.container.users()
        self.users.add(ANNA, Profile(name="anna", active=True))

    def begin(self) -> tuple[Mapping[str, Any], str]:
        begun = self.core.begin_passkey_login()()
        options = begun.shown["options"]
        assert isinstance(options, dict)
        return options, begun.state

    def log_in(self, state: str, value: object, request: object = None) -> LoggedIn | NotLoggedIn:
        answer = self.core.log_in_by_passkey()(LogIn(state=state, value=value, request=request))
        assert isinstance(answer, LoggedIn | NotLoggedIn)
        return answer

    def logged_in_by(self, key: SoftwareAuthenticator) -> LoggedIn | NotLoggedIn:
        options, state = self.begin()
        return self.log_in(state, key.get(options))


@pytest.fixture
def site() -> Iterator[LoginSite]:
    site = LoginSite()
    yield site
    site.container.config.reset_override()


@pytest.fixture
def key() -> SoftwareAuthenticator:
    return SoftwareAuthenticator(origin=ORIGIN)


def test_a_passkey_alone_gives_a_verified_token(site: LoginSite, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    options, state = site.begin()
    assert "allowCredentials" not in options
    assert options["userVerification"] == "required"
    request = object()

    answer = site.log_in(state, key.get(options), request)

    assert isinstance(answer, LoggedIn)
    assert answer.device.index == index
    assert answer.verifications_left == 0
    token = site.container.token_provider().token_of(request)
    assert token is not None
    assert answer.shown == {"token": token.id}
    standing = site.core.assess_token()(token)
    assert standing.verified
    assert [each.index for each in standing.confirmations] == [index]
    happened = site.container.publisher().events[-1]
    assert isinstance(happened, VerificationAccepted)
    assert happened.index == index
    assert not site.core.assess_token()(PHONE).verified


def test_a_site_with_passkey_login_asks_for_credentials_that_can_be_found(site: LoginSite) -> None:
    options = cast("Mapping[str, Any]", site.register(LAPTOP).shown["options"])

    assert options["authenticatorSelection"]["residentKey"] == "required"


def test_the_state_is_url_safe_and_tells_nothing(site: LoginSite) -> None:
    options, state = site.begin()

    assert state.strip("-_").isascii()
    assert all(character.isalnum() or character in "-_" for character in state)
    assert options["challenge"] not in state
    assert site.begin()[1] != state


def test_an_assertion_serves_once(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    never_counts = key.behaving(sign_count=0)
    held = next(iter(key.held.values()))
    other = SoftwareAuthenticator(origin=ORIGIN, sign_count=0)
    site.enrolled(LAPTOP, other)
    options, state = site.begin()
    value = other.get(options)

    assert isinstance(site.log_in(state, value), LoggedIn)
    assert site.log_in(state, value) == NotLoggedIn(reason=Reason.USED_UP)
    # Neither serves the same challenge another credential of the user.
    assert site.log_in(state, never_counts.assertion(held, options)) == NotLoggedIn(reason=Reason.USED_UP)


def test_a_refusal_uses_the_challenge_up(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    options, state = site.begin()
    value = key.get(options)

    assert site.log_in(state, key.behaving(user_verified=False).get(options)) == NotLoggedIn(
        reason=Reason.USER_VERIFICATION
    )
    assert site.log_in(state, value) == NotLoggedIn(reason=Reason.USED_UP)


def test_options_live_five_minutes(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    options, state = site.begin()
    site.container.clock().advance(timedelta(minutes=5))

    assert site.log_in(state, key.get(options)) == NotLoggedIn(reason=Reason.EXPIRED)


@pytest.mark.parametrize(
    ("behaviour", "reason", "step"),
    [
        ({"origin": "https://evil.example"}, Reason.ORIGIN, "7.2.12"),
        ({"rp_id": "evil.example"}, Reason.RP_ID, "7.2.15"),
        ({"user_present": False}, Reason.USER_PRESENCE, "7.2.16"),
        ({"user_verified": False}, Reason.USER_VERIFICATION, "7.2.17"),
        ({"challenge": b"another challenge, made by nobody"}, Reason.CHALLENGE, "7.2.11"),
        ({"type": "webauthn.create"}, Reason.TYPE, "7.2.10"),
        ({"user_handle": None}, Reason.USER_HANDLE, "7.2.6"),
        ({"user_handle": b""}, Reason.USER_HANDLE, "7.2.6"),
        ({"user_handle": b"somebody else"}, Reason.USER_HANDLE, "7.2.6"),
    ],
)
def test_what_is_not_right_gives_no_token(
    site: LoginSite, key: SoftwareAuthenticator, behaviour: dict[str, Any], reason: Reason, step: str
) -> None:
    site.enrolled(LAPTOP, key)

    assert site.logged_in_by(key.behaving(**behaviour)) == NotLoggedIn(reason=reason)
    happened = site.container.publisher().events[-1]
    assert isinstance(happened, VerificationRejected)
    assert (happened.reason, happened.step) == (reason, step)
    assert isinstance(site.logged_in_by(key), LoggedIn)


def test_a_count_that_goes_back_is_refused_and_said_so(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    assert isinstance(site.logged_in_by(key), LoggedIn)

    assert site.logged_in_by(key.behaving(sign_count=1)) == NotLoggedIn(reason=Reason.SIGN_COUNT)


def test_an_unknown_credential_gives_no_token(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    stranger = SoftwareAuthenticator(origin=ORIGIN)
    stranger.create(cast("Mapping[str, Any]", site.register(BEN).shown["options"]))

    assert site.logged_in_by(stranger) == ANY


@pytest.mark.parametrize("state", ["", "A", "AAAA", "é", "\ud800", "=", "A" * 200, "not base64!"])
def test_a_state_of_ones_own_making_opens_nothing(site: LoginSite, key: SoftwareAuthenticator, state: str) -> None:
    site.enrolled(LAPTOP, key)
    options, _ = site.begin()

    assert site.log_in(state, key.get(options)) == ANY


def test_the_state_of_a_device_is_no_state_of_a_login(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    options, state = site.begin()
    other_options, _ = site.begin()

    assert site.log_in(state, key.get(other_options)) == NotLoggedIn(reason=Reason.CHALLENGE)
    sealed = site.container.accounts().of(ANNA).devices[0].state.hex()
    assert site.log_in(sealed, key.get(options)) == ANY


def test_what_is_no_response_at_all_is_malformed(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    options, state = site.begin()

    right = key.get(options)
    for wrong in ("123456", {"type": "public-key"}, {**right, "response": {}}):
        with pytest.raises(MalformedValue):
            site.log_in(state, wrong)
    assert isinstance(site.log_in(state, key.get(options)), LoggedIn)


def test_options_for_a_login_verify_no_device(site: LoginSite, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    options, _ = site.begin()
    site.core.dispatch_challenge()(RequestChallenge(token=PHONE, index=index))

    refuted = site.core.verify_challenge()(Verify(token=PHONE, index=index, value=key.get(options)))

    assert refuted == NotVerified(reason=Reason.CHALLENGE)


def test_options_for_a_device_log_nobody_in(site: LoginSite, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    _, state = site.begin()

    assert site.log_in(state, key.get(site.options(PHONE, index))) == NotLoggedIn(reason=Reason.CHALLENGE)


@pytest.mark.parametrize("profile", [Profile(), Profile(name="anna", active=False)])
def test_an_inactive_user_gets_no_token(site: LoginSite, key: SoftwareAuthenticator, profile: Profile) -> None:
    site.enrolled(LAPTOP, key)
    site.users.add(ANNA, profile)

    assert site.logged_in_by(key) == ANY


def test_a_removed_device_logs_nobody_in(site: LoginSite, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    site.core.remove_device()(Remove(token=LAPTOP, index=index))

    assert site.logged_in_by(key) == ANY


class Finding:
    """Finds a holder, whatever has become of the device since."""

    def holder(self, unique: str) -> UserId | None:
        return ANNA


def test_a_device_that_goes_while_it_is_looked_for_logs_nobody_in(site: LoginSite, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    site.core.remove_device()(Remove(token=LAPTOP, index=index))
    use_case = attrs.evolve(site.core.log_in_by_passkey(), holders=Finding())
    options, state = site.begin()

    assert use_case(LogIn(state=state, value=key.get(options))) == ANY


@attrs.frozen
class Hasty(TokenIssuer):
    """Something happens while a token is made."""

    site: LoginSite
    index: int

    def issue(self, user_id: UserId, request: object) -> IssuedToken | None:
        self.site.core.remove_device()(Remove(token=LAPTOP, index=self.index))
        return IssuedToken(token=Token(id=TokenId("new"), user_id=user_id), shown={"token": "new"})


def test_a_device_that_goes_while_the_token_is_made_verifies_none(site: LoginSite, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    use_case = attrs.evolve(site.core.log_in_by_passkey(), tokens=Hasty(site, index))
    options, state = site.begin()

    assert use_case(LogIn(state=state, value=key.get(options))) == ANY


class Refusing(TokenIssuer):
    """Makes no tokens: the user is gone."""

    def issue(self, user_id: UserId, request: object) -> IssuedToken | None:
        return None


def test_where_no_token_is_made_there_is_none(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    use_case = attrs.evolve(site.core.log_in_by_passkey(), tokens=Refusing())
    options, state = site.begin()
    value = key.get(options)

    assert use_case(LogIn(state=state, value=value)) == ANY
    assert site.log_in(state, value) == NotLoggedIn(reason=Reason.USED_UP)


class Busy:
    """Has no time."""

    def holder(self, unique: str) -> UserId | None:
        raise StoreBusy


def test_a_store_that_is_busy_is_unavailable(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    use_case = attrs.evolve(site.core.log_in_by_passkey(), holders=Busy())
    options, state = site.begin()

    with pytest.raises(Unavailable):
        use_case(LogIn(state=state, value=key.get(options)))


def test_what_a_policy_demands_beyond_is_told(key: SoftwareAuthenticator) -> None:
    site = LoginSite(required_verifications=2)
    site.enrolled(LAPTOP, key)

    answer = site.logged_in_by(key)

    assert isinstance(answer, LoggedIn)
    assert answer.verifications_left == 1
    site.container.config.reset_override()


def test_nothing_secret_is_shown_by_chance(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    options, state = site.begin()
    command = LogIn(state=state, value=key.get(options), request="a request")
    answer = site.core.log_in_by_passkey()(command)

    assert state not in repr(command)
    assert "clientDataJSON" not in repr(command)
    assert "memory" not in repr(answer)
    assert state not in repr(site.core.begin_passkey_login()())
    assert isinstance(site.verify(PHONE, 0, key.get(site.options(PHONE, 0))), Verified)
