"""Logging in by a passkey through the use cases, driven by an authenticator in software."""

from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import attrs
import pytest

from mfa.adapters.memory.system import FrozenClock
from mfa.application.devices import Remove
from mfa.application.dispatching import RequestChallenge
from mfa.application.login import LoggedIn, LogIn, NotLoggedIn
from mfa.application.ports.repositories import HeldDevice
from mfa.application.ports.tokens import PreparedToken, TokenIssuer
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.domain.accounts import Account
from mfa.domain.challenges import SPENT_MEMORY
from mfa.domain.errors import MalformedValue, StaleAccount, StoreBusy, Throttled, Unavailable
from mfa.domain.events import DeviceSynced, VerificationAccepted, VerificationRejected, VerificationReported
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.methods.webauthn import AssertionResponse
from mfa.domain.policies import Profile
from mfa.domain.verdicts import Reason
from mfa.testing.authenticator import ES256, SoftwareAuthenticator
from tests.unit.application.test_security_keys import ANNA, BEN, LAPTOP, ORIGIN, PHONE, Site


def refused(reason: Reason, step: str) -> NotLoggedIn:
    return NotLoggedIn(reason=reason, step=step, user_id=ANNA)


USED_UP = refused(Reason.USED_UP, "7.2.11")


def stranger(site: Site) -> SoftwareAuthenticator:
    """Make a credential that nobody has registered."""
    made = SoftwareAuthenticator(origin=ORIGIN)
    made.create(cast("Mapping[str, Any]", site.register(BEN).shown["options"]))
    return made


class LoginSite(Site):
    """A site that lets passkeys log in, and what browsers do there."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"passkey_login": True, **settings})
        self.users = self.container.users()
        self.users.add(ANNA, Profile(name="anna", active=True))

    def begin(self) -> tuple[Mapping[str, Any], str]:
        begun = self.use_cases.begin_passkey_login()
        options = begun.shown["options"]
        assert isinstance(options, dict)
        return options, begun.state

    def log_in(self, state: str, value: object, request: object = None) -> LoggedIn | NotLoggedIn:
        answer = self.use_cases.log_in_by_passkey(LogIn(state=state, value=value, request=request))
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
    site.container.clock().advance(timedelta(minutes=1))
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
    standing = site.use_cases.assess_token(token)
    assert standing.verified
    assert [each.index for each in standing.confirmations] == [index]
    now = site.container.clock().now()
    assert site.container.publisher().events[-1] == VerificationAccepted(
        user_id=ANNA, at=now, index=index, method="webauthn"
    )
    assert site.container.accounts().of(ANNA).devices[0].last_used_at == now
    assert not site.use_cases.assess_token(PHONE).verified


def test_what_it_confirms_is_kept_as_long_as_it_counts(key: SoftwareAuthenticator) -> None:
    site = LoginSite(verification_lifetime=timedelta(hours=8))
    site.enrolled(LAPTOP, key)
    options, state = site.begin()
    request = object()

    site.log_in(state, key.get(options), request)

    token = site.container.token_provider().token_of(request)
    assert token is not None
    [challenge] = site.container.accounts().of(ANNA, token.id).challenges
    assert challenge.expires_at == site.container.clock().now() + timedelta(hours=8)
    site.container.config.reset_override()


def test_a_site_with_passkey_login_asks_for_credentials_that_can_be_found(site: LoginSite) -> None:
    options = cast("Mapping[str, Any]", site.register(LAPTOP).shown["options"])

    assert options["authenticatorSelection"]["residentKey"] == "required"


def test_the_state_is_url_safe_and_tells_nothing(site: LoginSite) -> None:
    options, state = site.begin()

    assert state.strip("-_").isascii()
    assert all(character.isalnum() or character in "-_" for character in state)
    assert options["challenge"] not in state
    assert site.begin()[1] != state


@pytest.mark.parametrize("sealed", [bytes([0, 0, last]) for last in range(64)])
def test_whatever_is_sealed_the_state_is_whole(site: LoginSite, sealed: bytes) -> None:
    vault = SimpleNamespace(seal=lambda *_: sealed)
    begin: Any = attrs.evolve(site.use_cases.begin_passkey_login, vault=vault)

    assert urlsafe_b64decode(begin().state) == sealed


def test_an_assertion_serves_once(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    never_counts = key.behaving(sign_count=0)
    held = next(iter(key.held.values()))
    other = SoftwareAuthenticator(origin=ORIGIN, sign_count=0)
    site.enrolled(LAPTOP, other)
    options, state = site.begin()
    value = other.get(options)

    assert isinstance(site.log_in(state, value), LoggedIn)
    assert site.log_in(state, value) == USED_UP
    # Neither serves the same challenge another credential of the user.
    assert site.log_in(state, never_counts.assertion(held, options)) == USED_UP


def test_a_refusal_uses_the_challenge_up(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    options, state = site.begin()
    value = key.get(options)

    assert isinstance(site.log_in(state, key.behaving(user_verified=False).get(options)), NotLoggedIn)
    assert site.log_in(state, value) == USED_UP
    happened = site.container.publisher().events[-1]
    assert isinstance(happened, VerificationRejected)
    assert happened.reason is Reason.USED_UP


def test_options_live_five_minutes(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    options, state = site.begin()
    site.container.clock().advance(timedelta(minutes=5))

    assert site.log_in(state, key.get(options)) == refused(Reason.EXPIRED, "7.2.11")


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
    index = site.enrolled(LAPTOP, key)

    assert site.logged_in_by(key.behaving(**behaviour)) == refused(reason, step)
    assert site.container.publisher().events[-1] == VerificationRejected(
        user_id=ANNA, at=site.container.clock().now(), index=index, method="webauthn", reason=reason, step=step
    )
    assert isinstance(site.logged_in_by(key), LoggedIn)


def test_a_count_that_goes_back_is_refused_and_said_so(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    assert isinstance(site.logged_in_by(key), LoggedIn)

    assert site.logged_in_by(key.behaving(sign_count=1)) == NotLoggedIn(
        reason=Reason.SIGN_COUNT, step="7.2.22", user_id=ANNA
    )


def test_what_the_settings_let_pass_is_told_of_a_login_as_well(key: SoftwareAuthenticator) -> None:
    site, key = LoginSite(webauthn_sign_count="report"), key.behaving(backup_eligible=True)
    index = site.enrolled(LAPTOP, key)

    assert isinstance(site.logged_in_by(key.behaving(sign_count=0, backed_up=True)), LoggedIn)

    of: dict[str, Any] = {"user_id": ANNA, "at": site.container.clock().now(), "index": index, "method": "webauthn"}
    assert site.container.publisher().events[-2:] == [
        VerificationReported(**of, reason=Reason.SIGN_COUNT, step="7.2.22"),
        DeviceSynced(**of),
    ]


def test_an_unknown_credential_gives_no_token(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)

    assert isinstance(site.logged_in_by(stranger(site)), NotLoggedIn)


@pytest.mark.parametrize("state", ["", "A", "AAAA", "é", "\ud800", "=", "A" * 200, "not base64!"])
def test_a_state_of_ones_own_making_opens_nothing(site: LoginSite, key: SoftwareAuthenticator, state: str) -> None:
    site.enrolled(LAPTOP, key)
    options, _ = site.begin()

    assert site.log_in(state, key.get(options)) == NotLoggedIn(reason=Reason.WRONG)


def test_the_state_of_a_device_is_no_state_of_a_login(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    options, state = site.begin()
    other_options, _ = site.begin()

    assert isinstance(site.log_in(state, key.get(other_options)), NotLoggedIn)
    sealed = site.container.accounts().of(ANNA).devices[0].state.hex()
    assert isinstance(site.log_in(sealed, key.get(options)), NotLoggedIn)


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
    site.use_cases.dispatch_challenge(RequestChallenge(token=PHONE, index=index))

    refuted = site.use_cases.verify_challenge(Verify(token=PHONE, index=index, value=key.get(options)))

    assert refuted == NotVerified(reason=Reason.CHALLENGE)


def test_options_for_a_device_log_nobody_in(site: LoginSite, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    _, state = site.begin()

    assert isinstance(site.log_in(state, key.get(site.options(PHONE, index))), NotLoggedIn)


@pytest.mark.parametrize("profile", [Profile(), Profile(name="anna", active=False)])
def test_an_inactive_user_gets_no_token(site: LoginSite, key: SoftwareAuthenticator, profile: Profile) -> None:
    site.enrolled(LAPTOP, key)
    site.users.add(ANNA, profile)

    assert isinstance(site.logged_in_by(key), NotLoggedIn)


def test_a_removed_device_logs_nobody_in(site: LoginSite, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    site.use_cases.remove_device(Remove(token=LAPTOP, index=index))

    assert isinstance(site.logged_in_by(key), NotLoggedIn)


class Finding:
    """Finds a device as it was once, whatever has become of it since."""

    def __init__(self, held: HeldDevice) -> None:
        self._held = held

    def held(self, unique: str) -> HeldDevice | None:
        return self._held


def test_a_device_that_goes_while_it_is_looked_for_logs_nobody_in(site: LoginSite, key: SoftwareAuthenticator) -> None:
    index = site.enrolled(LAPTOP, key)
    use_case = as_it_was(site)
    site.use_cases.remove_device(Remove(token=LAPTOP, index=index))
    options, state = site.begin()

    assert use_case(LogIn(state=state, value=key.get(options))) == refused(Reason.UNKNOWN_CREDENTIAL, "7.2.5")


def test_one_that_has_been_used_meanwhile_is_judged_as_it_is_then(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    use_case = as_it_was(site)
    earlier, later = site.begin(), site.begin()
    value = key.get(earlier[0])
    assert isinstance(site.log_in(later[1], key.get(later[0])), LoggedIn)

    assert use_case(LogIn(state=earlier[1], value=value)) == refused(Reason.SIGN_COUNT, "7.2.22")


def as_it_was(site: LoginSite) -> Callable[[LogIn], object]:
    """Return the use case, which will find the one device as it is now."""
    use_case = site.use_cases.log_in_by_passkey
    [device] = site.container.accounts().of(ANNA).devices
    held = HeldDevice(user_id=ANNA, index=device.index, method=device.method, state=device.state)
    evolved: Callable[[LogIn], object] = attrs.evolve(use_case, holders=Finding(held))
    return evolved


@attrs.define
class Prepares(TokenIssuer):
    """Prepares a token, and does something else beside that; knows whether it was made."""

    beside: Callable[[], object] = object
    prepared: bool = True
    issued: bool = False

    def prepare(self, user_id: UserId, request: object) -> PreparedToken | None:
        self.beside()
        token = Token(id=TokenId("new"), user_id=user_id)
        return PreparedToken(token=token, issue=self.issue) if self.prepared else None

    def issue(self) -> Mapping[str, object]:
        self.issued = True
        return {"token": "new"}


class TestWhatIsConfirmedFirst:
    """A login that fails leaves no token behind."""

    def log_in(self, site: LoginSite, key: SoftwareAuthenticator, tokens: TokenIssuer, **changes: object) -> object:
        use_case = attrs.evolve(site.use_cases.log_in_by_passkey, tokens=tokens, **changes)
        options, state = site.begin()
        return use_case(LogIn(state=state, value=key.get(options)))

    def test_it_is_verified_before_it_is_made(self, site: LoginSite, key: SoftwareAuthenticator) -> None:
        site.enrolled(LAPTOP, key)
        verified: list[bool] = []

        class Looks(Prepares):
            def issue(self) -> Mapping[str, object]:
                verified.append(site.use_cases.assess_token(Token(id=TokenId("new"), user_id=ANNA)).verified)
                return super().issue()

        assert isinstance(self.log_in(site, key, Looks()), LoggedIn)
        assert verified == [True]

    def test_none_is_made_where_the_device_goes_meanwhile(self, site: LoginSite, key: SoftwareAuthenticator) -> None:
        index = site.enrolled(LAPTOP, key)
        tokens = Prepares(lambda: site.use_cases.remove_device(Remove(token=LAPTOP, index=index)))

        assert isinstance(self.log_in(site, key, tokens), NotLoggedIn)
        assert not tokens.issued

    def test_nor_where_the_store_fails(self, site: LoginSite, key: SoftwareAuthenticator) -> None:
        site.enrolled(LAPTOP, key)
        tokens = Prepares()
        broken = attrs.evolve(
            site.use_cases.log_in_by_passkey.transactions, unit_of_work=Broken(site.container.unit_of_work())
        )

        with pytest.raises(Unavailable):
            self.log_in(site, key, tokens, transactions=broken)

        assert not tokens.issued
        assert not site.use_cases.assess_token(Token(id=TokenId("new"), user_id=ANNA)).verified

    def test_nor_for_whom_there_may_be_none(self, site: LoginSite, key: SoftwareAuthenticator) -> None:
        site.enrolled(LAPTOP, key)
        options, state = site.begin()
        value = key.get(options)
        use_case = attrs.evolve(site.use_cases.log_in_by_passkey, tokens=Prepares(prepared=False))

        assert isinstance(use_case(LogIn(state=state, value=value)), NotLoggedIn)
        assert site.log_in(state, value) == USED_UP


class Broken(UnitOfWork):
    """Reads, but stores nothing."""

    def __init__(self, works: UnitOfWork) -> None:
        self.works = works

    def account(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        return self.works.account(user_id, token_id)

    def commit(self, *_: object, **__: object) -> Account:
        raise Unavailable

    def record(self, *_: object, **__: object) -> None:
        raise Unavailable


class Slow(Broken):
    """Takes minutes to read."""

    def __init__(self, works: UnitOfWork, clock: FrozenClock) -> None:
        super().__init__(works)
        self.clock = clock

    def account(self, user_id: UserId, token_id: TokenId | None = None) -> Account:
        self.clock.advance(timedelta(minutes=5))
        return super().account(user_id, token_id)

    def commit(self, *given: Any, **more: Any) -> Account:
        return self.works.commit(*given, **more)


def test_what_expires_while_an_account_is_read_has_expired(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    slow = attrs.evolve(
        site.use_cases.log_in_by_passkey.transactions,
        unit_of_work=Slow(site.container.unit_of_work(), site.container.clock()),
    )
    options, state = site.begin()
    use_case = attrs.evolve(site.use_cases.log_in_by_passkey, transactions=slow)

    assert use_case(LogIn(state=state, value=key.get(options))) == refused(Reason.EXPIRED, "7.2.11")


class Busy:
    """Has no time."""

    def held(self, unique: str) -> HeldDevice | None:
        raise StoreBusy


def test_a_store_that_is_busy_is_unavailable(site: LoginSite, key: SoftwareAuthenticator) -> None:
    site.enrolled(LAPTOP, key)
    use_case = attrs.evolve(site.use_cases.log_in_by_passkey, holders=Busy())
    options, state = site.begin()

    with pytest.raises(Unavailable):
        use_case(LogIn(state=state, value=key.get(options)))


class TestOnce:
    """Options serve one login, whoever's."""

    def test_a_credential_of_nobody_uses_them_up(self, site: LoginSite, key: SoftwareAuthenticator) -> None:
        site.enrolled(LAPTOP, key)
        options, state = site.begin()

        answer = site.log_in(state, stranger(site).get(options))

        assert answer == NotLoggedIn(reason=Reason.UNKNOWN_CREDENTIAL, step="7.2.5")
        assert site.log_in(state, key.get(options)) == USED_UP

    def test_so_does_another_users(self, site: LoginSite, key: SoftwareAuthenticator) -> None:
        """Right or wrong, for one account after another."""
        site.users.add(BEN.user_id, Profile(name="ben", active=True))
        other = SoftwareAuthenticator(origin=ORIGIN)
        site.enrolled(LAPTOP, key)
        site.enrolled(BEN, other)
        for first in (key, key.behaving(origin="https://evil.example")):
            options, state = site.begin()
            site.log_in(state, first.get(options))

            answer = site.log_in(state, other.get(options))

            assert answer == attrs.evolve(USED_UP, user_id=BEN.user_id)

    def test_however_many_there_are(self, site: LoginSite, key: SoftwareAuthenticator) -> None:
        site.enrolled(LAPTOP, key)
        first = site.begin()
        site.log_in(first[1], key.behaving(user_present=False, sign_count=0).get(first[0]))
        for _ in range(60):
            assert isinstance(site.logged_in_by(key.behaving(user_present=False, sign_count=0)), NotLoggedIn)

        assert site.log_in(first[1], key.get(first[0])) == USED_UP
        assert isinstance(site.logged_in_by(key), LoggedIn)

    def test_whatever_the_clock_says_in_between(self, site: LoginSite, key: SoftwareAuthenticator) -> None:
        site.enrolled(LAPTOP, key.behaving(sign_count=0))
        clock, start = site.container.clock(), site.container.clock().time
        options, state = site.begin()
        value = key.get(options)
        assert isinstance(site.log_in(state, value), LoggedIn)

        clock.time = start + timedelta(minutes=6)
        assert isinstance(site.logged_in_by(key), LoggedIn)
        clock.time = start + timedelta(minutes=1)

        assert site.log_in(state, value) == USED_UP

    def test_and_it_is_remembered_for_longer_than_a_clock_is_wrong(
        self, site: LoginSite, key: SoftwareAuthenticator
    ) -> None:
        site.enrolled(LAPTOP, key)
        site.logged_in_by(key)

        [spent] = site.container.accounts()._spent.values()
        assert spent.expires_at - site.container.clock().time == timedelta(minutes=5) + SPENT_MEMORY

    def test_what_was_not_looked_at_leaves_them_good(self, site: LoginSite, key: SoftwareAuthenticator) -> None:
        site.enrolled(LAPTOP, key)
        options, state = site.begin()
        value = key.get(options)
        works = site.container.unit_of_work()
        use_case = site.use_cases.log_in_by_passkey
        for unit, error in ((Broken(works), Unavailable), (Contended(works), Throttled)):
            transactions = attrs.evolve(use_case.transactions, unit_of_work=unit)
            with pytest.raises(error):
                attrs.evolve(use_case, transactions=transactions)(LogIn(state=state, value=value))
        with pytest.raises(MalformedValue):
            site.log_in(state, "123456")

        assert isinstance(site.log_in(state, value), LoggedIn)


class Counting:
    """What one login takes of everything that costs time."""

    def __init__(self, site: LoginSite) -> None:
        use_case = site.use_cases.log_in_by_passkey
        self.taken: list[str] = []
        self.given: list[tuple[object, ...]] = []
        self.use_case = attrs.evolve(
            use_case,
            holders=self.counted(use_case.holders, "held"),
            transactions=attrs.evolve(
                use_case.transactions,
                unit_of_work=self.counted(use_case.transactions.unit_of_work, "account", "commit"),
                users=self.counted(use_case.transactions.users, "profile"),
            ),
            passkeys=attrs.evolve(
                use_case.passkeys,
                relying_party=attrs.evolve(
                    use_case.passkeys.relying_party,
                    cryptography=self.counted(use_case.passkeys.relying_party.cryptography, "signed"),
                ),
            ),
        )

    def counted(self, counted: Any, *names: str) -> Any:  # noqa: ANN401 - any port
        def counting(name: str) -> Callable[..., object]:
            def call(*given: object, **more: object) -> object:
                self.taken.append(name)
                self.given.append(given)
                return getattr(counted, name)(*given, **more)

            return call

        others = {name: getattr(counted, name) for name in dir(counted) if not name.startswith("_")}
        return SimpleNamespace(**{**others, **{name: counting(name) for name in names}})

    def of(self, command: LogIn) -> list[str]:
        self.taken.clear()
        self.given.clear()
        assert isinstance(self.use_case(command), NotLoggedIn)
        return list(self.taken)


@pytest.mark.parametrize("spent", [False, True])
@pytest.mark.parametrize(
    "behaviour",
    [{}, {"user_handle": b"somebody else"}, {"origin": "https://evil.example"}, {"authenticator_data": b"short"}],
)
def test_the_time_does_not_tell_which_credentials_there_are(
    site: LoginSite, key: SoftwareAuthenticator, behaviour: dict[str, Any], *, spent: bool
) -> None:
    """As many reads, writes and checks of a signature, whatever is wrong and whoever's the credential is.

    A check is one where the key can be read, and what was signed is what was sent: any other is over sooner.
    """
    site.enrolled(LAPTOP, key)
    counting = Counting(site)

    def taken(asserting: SoftwareAuthenticator) -> list[str]:
        options, state = site.begin()
        value = asserting.behaving(**behaviour).get(options)
        if not behaviour:
            value["response"]["signature"] = "AAAA"
        if spent:
            site.log_in(state, value)
        took, response = counting.of(LogIn(state=state, value=value)), AssertionResponse.read(value)
        public_key, *signed = counting.given[took.index("signed")]
        assert site.use_cases.log_in_by_passkey.passkeys.relying_party.cryptography.algorithm(public_key) == ES256
        assert signed == [response.message, response.signature]
        return took

    again = ["commit"] if spent else []
    assert taken(key) == taken(stranger(site)) == ["held", "signed", "commit", *again]


class Contended(Broken):
    """Somebody else is always faster."""

    def commit(self, *_: object, **__: object) -> Account:
        raise StaleAccount


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
    answer = site.use_cases.log_in_by_passkey(command)

    assert state not in repr(command)
    assert "clientDataJSON" not in repr(command)
    assert "memory" not in repr(answer)
    assert state not in repr(site.use_cases.begin_passkey_login())
    assert isinstance(site.verify(PHONE, 0, key.get(site.options(PHONE, 0))), Verified)
