from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from mfa.application.dispatching import RequestChallenge
from mfa.application.trusts import ListedTrust, NotTrusted, Rehash, Revoke, ShowTrust, Trusted
from mfa.application.verification import MadeTrust, NotVerified, Verified, Verify
from mfa.domain.errors import (
    MfaError,
    NoChallenge,
    StaleAccount,
    Throttled,
    TrustNotFound,
    VerificationRequired,
)
from mfa.domain.events import (
    BrowserForgotten,
    BrowserNotTrusted,
    BrowserRemembered,
    BrowserTrusted,
    DeviceActivated,
    DeviceRemoved,
    VerificationAccepted,
)
from mfa.domain.identifiers import Token, TokenId
from mfa.domain.policies import Confirmation, Requirement
from mfa.domain.trusts import MOST_TRUSTS, digest_of
from mfa.testing.authenticator import SoftwareAuthenticator
from tests.unit.application.test_security_keys import ORIGIN, Site
from tests.unit.application.world import ANNA, BERT, BERTS, LAPTOP, PHONE, WRONG, App, World

LIFETIME = timedelta(days=30)
TICK = timedelta(microseconds=1)
FIREFOX = "Mozilla/5.0 Firefox/140.0"


@pytest.fixture
def world() -> World:
    return World(trust_lifetime=LIFETIME, verification_lifetime=None)


@pytest.fixture
def app(world: World) -> App:
    return world.enrolled(PHONE)


@pytest.fixture
def made(world: World, app: App) -> MadeTrust:
    """What Anna's laptop keeps, from a login that is over."""
    return world.remember(PHONE, app.index, app.fresh(), browser=FIREFOX)


def login(number: int) -> Token:
    return Token(id=TokenId(f"digest of login {number}"), user_id=ANNA)


class TestRemembering:
    def test_a_right_value_makes_one(self, world: World, app: App) -> None:
        code = app.fresh()

        made = world.remember(PHONE, app.index, code, browser=FIREFOX)

        [stored] = world.repository.of(ANNA).trusts
        assert made.trust == stored
        assert stored.digest == digest_of(made.token)
        assert stored.index == app.index
        assert stored.created_at == world.clock.now()
        assert stored.expires_at == world.clock.now() + LIFETIME
        assert stored.last_used_at is None
        assert stored.description == FIREFOX

    def test_it_is_made_only_on_purpose(self, world: World, app: App) -> None:
        verified = world.verify(PHONE, app.index, app.fresh())

        assert isinstance(verified, Verified)
        assert verified.trust is None
        assert not world.repository.of(ANNA).trusts
        assert world.events(BrowserRemembered) == []

    def test_none_is_made_where_none_is_remembered(self) -> None:
        world = World()
        app = world.enrolled(PHONE)

        verified = world.verify_challenge(Verify(token=PHONE, index=app.index, value=app.fresh(), trust=True))

        assert isinstance(verified, Verified)
        assert verified.trust is None
        assert not world.repository.of(ANNA).trusts

    def test_a_wrong_value_makes_none(self, world: World, app: App) -> None:
        for value in (WRONG, app.code()):
            assert isinstance(
                world.verify_challenge(Verify(token=LAPTOP, index=app.index, value=value, trust=True)), NotVerified
            )

        assert not world.repository.of(ANNA).trusts
        assert world.events(BrowserRemembered) == []

    def test_nor_does_what_was_not_looked_at(self, world: World, app: App) -> None:
        world.wrong(PHONE, app.index, 5)

        with pytest.raises(Throttled):
            world.verify_challenge(Verify(token=PHONE, index=app.index, value=app.at(app.step + 1), trust=True))
        index = world.register(PHONE, "email").device.index
        with pytest.raises(NoChallenge):
            world.verify_challenge(Verify(token=PHONE, index=index, value="000000", trust=True))

        assert not world.repository.of(ANNA).trusts

    def test_the_first_value_of_a_new_device_makes_one(self, world: World) -> None:
        app = world.app(world.register(PHONE, "totp"))

        made = world.remember(PHONE, app.index, app.code())

        assert isinstance(world.show(LAPTOP, made.token), Trusted)
        assert world.assess(LAPTOP).verified

    @pytest.mark.parametrize("method", ["totp", "hotp", "email", "sms", "recovery", "key"])
    def test_every_method_makes_one(self, world: World, method: str) -> None:
        index, value = self.ready(world, method)

        made = world.remember(PHONE, index, value)

        assert made.trust.index == index
        world.show(LAPTOP, made.token)
        assert [(each.index, each.method) for each in world.assess(LAPTOP).confirmations] == [(index, "trust")]

    def ready(self, world: World, method: str) -> tuple[int, object]:
        match method:
            case "totp" | "hotp":
                app = world.enrolled(PHONE, method)
                return app.index, app.fresh() if method == "totp" else app.at(1)
            case "recovery":
                world.enrolled(PHONE)
                index, codes = world.codes(PHONE)
                return index, codes[0]
            case "key":
                return world.register(PHONE, "key").device.index, "touch"
            case _:
                fields = {"sms": {"number": "+31612345678"}}.get(method, {})
                index = world.register(PHONE, method, **fields).device.index
                return index, world.dispatch(PHONE, index)

    def test_of_several_security_keys_it_is_of_the_one_that_signed(self) -> None:
        site = Site(trust_lifetime=LIFETIME)
        key, other = SoftwareAuthenticator(origin=ORIGIN), SoftwareAuthenticator(origin=ORIGIN)
        laptop, phone = (attrs.evolve(token, user_id=ANNA) for token in (LAPTOP, PHONE))
        first, second = site.enrolled(laptop, key), site.enrolled(laptop, other)

        value = other.get(site.options(phone, first))
        verified = site.use_cases.verify_challenge(Verify(token=phone, index=first, value=value, trust=True))

        assert verified.device.index == second
        assert verified.trust.trust.index == second
        site.container.config.reset_override()

    def test_every_one_has_a_token_of_its_own(self, world: World, app: App) -> None:
        kept = [world.remember(PHONE, app.index, app.fresh()).token for _ in range(5)]

        assert len(set(kept)) == 5

    def test_what_a_browser_says_of_itself_is_cut(self, world: World, app: App) -> None:
        made = world.remember(PHONE, app.index, app.fresh(), browser="\x1b[31m\u202eFirefox\r\n" + "x" * 1000)

        assert made.trust.description == "[31mFirefox" + "x" * 117

    def test_a_token_that_a_browser_confirmed_may_have_another_remembered_by_a_value(
        self, world: World, app: App, made: MadeTrust
    ) -> None:
        world.show(LAPTOP, made.token)

        world.remember(LAPTOP, app.index, app.fresh())

        assert len(world.repository.of(ANNA).trusts) == 2

    def test_the_oldest_goes_and_that_is_told(self, world: World, app: App) -> None:
        first, *others = [world.remember(PHONE, app.index, app.fresh()) for _ in range(MOST_TRUSTS)]
        world.show(LAPTOP, first.token)
        assert world.assess(LAPTOP).verified

        new = world.remember(PHONE, app.index, app.fresh())

        assert not world.assess(LAPTOP).verified
        assert world.events(BrowserForgotten) == [
            BrowserForgotten(user_id=ANNA, at=world.clock.now(), trust=first.trust.id)
        ]
        assert world.show(login(0), first.token) == NotTrusted()
        for number, each in enumerate([*others, new]):
            assert isinstance(world.show(login(number), each.token), Trusted)

    def test_what_had_expired_goes_without_a_word(self, world: World, app: App, made: MadeTrust) -> None:
        world.later(days=30)

        new = world.remember(PHONE, app.index, app.fresh())

        assert world.repository.of(ANNA).trusts == (new.trust,)
        assert world.events(BrowserForgotten) == []


class TestShowing:
    def test_a_new_token_is_verified_by_it(self, world: World, app: App, made: MadeTrust) -> None:
        world.later(days=1)
        assert not world.assess(LAPTOP).verified

        answer = world.show(LAPTOP, made.token)

        used = attrs.evolve(made.trust, last_used_at=world.clock.now())
        assert answer == Trusted(trust=used, verifications_left=0)
        assert world.repository.of(ANNA).trusts == (used,)
        standing = world.assess(LAPTOP)
        assert standing.verified
        assert standing.refusal() is None
        assert standing.confirmations == (Confirmation(index=app.index, method="trust", at=world.clock.now()),)
        assert world.confirmed(LAPTOP) == []

    def test_the_verifications_that_are_left_are_told(self) -> None:
        world = World(trust_lifetime=LIFETIME, required_verifications=2)
        app = world.enrolled(PHONE)
        mail = world.mailbox(PHONE)
        made = world.remember(PHONE, app.index, app.fresh())

        answer = world.show(LAPTOP, made.token)

        assert isinstance(answer, Trusted)
        assert answer.verifications_left == 1
        assert not world.assess(LAPTOP).verified
        verified = world.verify(LAPTOP, app.index, app.fresh())
        assert isinstance(verified, Verified)
        assert verified.verifications_left == 1
        world.later(minutes=1)
        verified = world.verify(LAPTOP, mail, world.dispatch(LAPTOP, mail))
        assert isinstance(verified, Verified)
        assert verified.verifications_left == 0

    def test_two_browsers_are_no_two_verifications(self) -> None:
        world = World(trust_lifetime=LIFETIME, required_verifications=2)
        app = world.enrolled(PHONE)
        mail = world.mailbox(PHONE)
        world.later(minutes=1)
        kept = [
            world.remember(PHONE, app.index, app.fresh()).token,
            world.remember(PHONE, mail, world.dispatch(PHONE, mail, again=True)).token,
        ]

        answers = [world.show(LAPTOP, each) for each in kept]

        assert [isinstance(each, Trusted) and each.verifications_left for each in answers] == [1, 1]
        assert not world.assess(LAPTOP).verified

    def test_it_is_shown_as_often_as_one_likes(self, world: World, made: MadeTrust) -> None:
        for _ in range(3):
            world.later(hours=1)
            assert isinstance(world.show(LAPTOP, made.token), Trusted)
            assert [each.at for each in world.assess(LAPTOP).confirmations] == [world.clock.now()]
        assert isinstance(world.show(login(1), made.token), Trusted)

    def test_to_show_it_prolongs_nothing(self, world: World, made: MadeTrust) -> None:
        world.later(days=29)
        world.show(LAPTOP, made.token)
        world.clock.advance(timedelta(days=1) - TICK)
        assert world.assess(LAPTOP).verified

        world.clock.advance(TICK)

        assert not world.assess(LAPTOP).verified
        assert world.show(LAPTOP, made.token) == NotTrusted()

    def test_a_verification_that_is_over_is_renewed_by_it(self) -> None:
        world = World(trust_lifetime=LIFETIME, verification_lifetime=timedelta(hours=12))
        app = world.enrolled(PHONE)
        made = world.remember(PHONE, app.index, app.fresh())
        world.show(LAPTOP, made.token)
        world.later(hours=12)
        assert not world.assess(LAPTOP).verified

        world.show(LAPTOP, made.token)

        assert world.assess(LAPTOP).verified

    def test_where_browsers_are_remembered_no_more_it_is_worth_nothing(self, world: World, made: MadeTrust) -> None:
        world.show(LAPTOP, made.token)

        off = world.with_settings(trust_lifetime=None)

        assert not off.assess(LAPTOP).verified
        assert off.show(login(1), made.token) == NotTrusted()

    def test_it_is_told(self, world: World, made: MadeTrust) -> None:
        world.show(LAPTOP, made.token)

        assert world.history[-1] == BrowserTrusted(user_id=ANNA, at=world.clock.now(), trust=made.trust.id)


SHOWN: dict[str, Callable[[MadeTrust], str]] = {
    "never made": lambda made: "never made",
    "empty": lambda made: "",
    "half a pair": lambda made: "\ud800",
    "its name": lambda made: made.trust.id,
    "its digest": lambda made: made.trust.digest,
    "cut off": lambda made: made.token[:-1],
    "padded": lambda made: f"{made.token}=",
}
ENDED: dict[str, Callable[[World, MadeTrust], None]] = {
    "expired": lambda world, made: world.later(days=30),
    "revoked": lambda world, made: world.revoke(PHONE, made.trust.id),
    "with another password": lambda world, made: world.repository.change_password(ANNA, "new"),
}


class TestWhatIsWorthNothing:
    @pytest.mark.parametrize("why", [*SHOWN, *ENDED])
    def test_it_has_one_answer_and_changes_nothing(self, world: World, made: MadeTrust, why: str) -> None:
        kept = SHOWN[why](made) if why in SHOWN else made.token
        if why in ENDED:
            ENDED[why](world, made)
        before, told = world.repository.of(ANNA, LAPTOP.id), len(world.history)

        for _ in range(10):
            assert world.show(LAPTOP, kept) == NotTrusted()

        assert world.repository.of(ANNA, LAPTOP.id) == before
        assert world.failures() == 0
        assert not world.assess(LAPTOP).locked
        assert not world.assess(LAPTOP).verified
        assert set(world.history[told:]) == {BrowserNotTrusted(user_id=ANNA, at=world.clock.now())}
        assert len(world.history) == told + 10

    def test_so_has_another_users(self, world: World, made: MadeTrust) -> None:
        theirs = world.enrolled(BERTS)
        before = world.repository.of(BERT, BERTS.id)
        fresh = attrs.evolve(BERTS, id=TokenId("another of Bert's"))

        assert world.show(fresh, made.token) == NotTrusted()

        assert world.repository.of(BERT, BERTS.id) == before
        assert not world.assess(fresh).verified
        assert world.failures(BERT) == 0
        assert isinstance(world.show(LAPTOP, world.remember(BERTS, theirs.index, theirs.fresh()).token), NotTrusted)

    def test_so_has_anything_of_who_never_registered(self, world: World, made: MadeTrust) -> None:
        assert world.show(BERTS, made.token) == NotTrusted()
        assert world.repository.of(BERT).version == 0

    def test_a_change_of_password_takes_away_what_was_confirmed(self, world: World, app: App, made: MadeTrust) -> None:
        world.show(LAPTOP, made.token)
        world.verify(login(1), app.index, app.fresh())

        world.repository.change_password(ANNA, "new")

        assert not world.assess(LAPTOP).verified
        assert world.assess(login(1)).verified
        assert isinstance(world.show(LAPTOP, world.remember(login(1), app.index, app.fresh()).token), Trusted)
        assert len(world.repository.of(ANNA).trusts) == 1


class TestLocks:
    def test_while_guesses_have_to_wait_it_is_looked_at(self, world: World, app: App, made: MadeTrust) -> None:
        world.wrong(PHONE, app.index, 5)

        assert isinstance(world.show(LAPTOP, "never made"), NotTrusted)
        assert isinstance(world.show(LAPTOP, made.token), Trusted)
        assert world.assess(LAPTOP).locked

    def test_a_lock_takes_nothing_away(self, world: World, app: App, made: MadeTrust) -> None:
        world.show(LAPTOP, made.token)

        world.wrong(PHONE, app.index, 5)

        assert world.assess(LAPTOP).verified
        assert [each.current for each in world.list_trusts(LAPTOP)] == [True]

    def test_browsers_can_be_forgotten_meanwhile(self, world: World, app: App, made: MadeTrust) -> None:
        world.wrong(PHONE, app.index, 5)

        world.revoke(PHONE, made.trust.id)

        assert not world.repository.of(ANNA).trusts

    def test_whoever_comes_in_a_crowd_is_told_to_wait(self, world: World, made: MadeTrust) -> None:
        def stale(*_: object, **__: object) -> None:
            raise StaleAccount

        world.container.unit_of_work.override(Always(world, stale))

        with pytest.raises(Throttled):
            world.show(LAPTOP, made.token)


@attrs.frozen
class Always:
    """A unit of work that cannot commit."""

    world: World
    commit: Callable[..., None]

    def account(self, *of: Any) -> object:
        return self.world.repository.of(*of)


class TestListing:
    def test_all_are_listed_and_the_one_that_was_made_or_shown_last_is_marked(
        self, world: World, app: App, made: MadeTrust
    ) -> None:
        other = world.remember(PHONE, app.index, app.fresh())
        world.show(LAPTOP, made.token)
        used = attrs.evolve(made.trust, last_used_at=world.clock.now())

        assert world.list_trusts(LAPTOP) == (
            ListedTrust(trust=used, current=True),
            ListedTrust(trust=other.trust, current=False),
        )
        assert world.list_trusts(PHONE) == (
            ListedTrust(trust=used, current=False),
            ListedTrust(trust=other.trust, current=True),
        )

    def test_only_what_is_worth_something_is_listed(self, world: World, app: App, made: MadeTrust) -> None:
        world.later(days=30)
        assert world.list_trusts(PHONE) == ()

        new = world.remember(PHONE, app.index, app.fresh())
        assert [each.trust for each in world.list_trusts(PHONE)] == [new.trust]
        world.repository.change_password(ANNA, "new")
        assert world.list_trusts(PHONE) == ()

    def test_other_users_see_nothing_of_it(self, world: World, made: MadeTrust) -> None:
        world.enrolled(BERTS)

        assert world.list_trusts(BERTS) == ()

    def test_who_is_not_verified_is_refused(self, world: World, made: MadeTrust) -> None:
        with pytest.raises(VerificationRequired) as refused:
            world.list_trusts(LAPTOP)

        assert refused.value.verifications_left == 1

    def test_who_has_no_device_has_nothing_to_list(self, world: World) -> None:
        assert world.list_trusts(PHONE) == ()


class TestRevoking:
    def test_it_is_gone_and_so_is_what_it_had_confirmed(self, world: World, app: App, made: MadeTrust) -> None:
        other = world.remember(PHONE, app.index, app.fresh())
        for number, each in enumerate((made, other)):
            world.show(login(number), each.token)

        world.revoke(PHONE, made.trust.id)

        assert [world.assess(login(number)).verified for number in range(2)] == [False, True]
        assert world.show(LAPTOP, made.token) == NotTrusted()
        assert [each.trust.id for each in world.list_trusts(PHONE)] == [other.trust.id]
        assert world.events(BrowserForgotten) == [
            BrowserForgotten(user_id=ANNA, at=world.clock.now(), trust=made.trust.id)
        ]

    def test_who_is_verified_by_a_browser_alone_may_do_it(self, world: World, app: App, made: MadeTrust) -> None:
        other = world.remember(PHONE, app.index, app.fresh())
        world.show(LAPTOP, made.token)

        world.revoke(LAPTOP, other.trust.id)
        world.revoke(LAPTOP, made.trust.id)

        assert not world.repository.of(ANNA).trusts
        assert not world.assess(LAPTOP).verified

    def test_what_is_not_there_is_not_found(self, world: World, made: MadeTrust) -> None:
        theirs = world.enrolled(BERTS)
        foreign = world.remember(BERTS, theirs.index, theirs.fresh())
        before = world.repository.of(ANNA)

        for name in (foreign.trust.id, made.trust.digest, made.token, made.trust.id[:-1], "", "0", "\ud800"):
            with pytest.raises(TrustNotFound):
                world.revoke(PHONE, name)
        world.revoke(PHONE, made.trust.id)
        with pytest.raises(TrustNotFound):
            world.revoke(PHONE, made.trust.id)

        assert attrs.evolve(world.repository.of(ANNA), version=before.version, trusts=before.trusts) == before
        assert len(world.repository.of(BERT).trusts) == 1

    def test_nor_is_what_has_expired(self, world: World, made: MadeTrust) -> None:
        world.later(days=30)

        with pytest.raises(TrustNotFound):
            world.revoke(PHONE, made.trust.id)

    @pytest.mark.parametrize("name", ["its own", "none"])
    def test_who_is_not_verified_is_refused_before_anything_is_looked_for(
        self, world: World, made: MadeTrust, name: str
    ) -> None:
        with pytest.raises(VerificationRequired):
            world.revoke(LAPTOP, made.trust.id if name == "its own" else name)

        assert len(world.repository.of(ANNA).trusts) == 1

    def test_who_is_verified_by_a_browser_that_was_revoked_is_refused(
        self, world: World, app: App, made: MadeTrust
    ) -> None:
        other = world.remember(PHONE, app.index, app.fresh())
        world.show(LAPTOP, made.token)
        world.revoke(PHONE, made.trust.id)

        for act in (lambda: world.revoke(LAPTOP, other.trust.id), lambda: world.list_trusts(LAPTOP)):
            with pytest.raises(VerificationRequired):
                act()


class TestRemovals:
    @pytest.mark.parametrize("gone", ["its own", "another", "the last"])
    def test_a_device_that_is_removed_has_all_forgotten(self, world: World, gone: str) -> None:
        app = world.enrolled(PHONE)
        mail = None if gone == "the last" else world.mailbox(PHONE)
        kept = [world.remember(PHONE, app.index, app.fresh()) for _ in range(2)]
        world.show(LAPTOP, kept[0].token)
        index = mail if gone == "another" else app.index
        assert index is not None

        world.remove(PHONE, index)

        assert not world.repository.of(ANNA).trusts
        assert not world.assess(LAPTOP).verified
        assert [type(each) for each in world.history[-3:]] == [DeviceRemoved, BrowserForgotten, BrowserForgotten]
        assert [each.trust for each in world.events(BrowserForgotten)] == [each.trust.id for each in kept]
        for each in kept:
            assert world.show(login(1), each.token) == NotTrusted()

    def test_a_pending_one_has_none_forgotten(self, world: World, made: MadeTrust) -> None:
        pending = world.register(PHONE, "totp").device.index

        world.remove(PHONE, pending)

        assert world.events(BrowserForgotten) == []
        assert isinstance(world.show(LAPTOP, made.token), Trusted)

    def test_a_removal_that_is_refused_has_none_forgotten(self, world: World, app: App, made: MadeTrust) -> None:
        with pytest.raises(VerificationRequired):
            world.remove(LAPTOP, app.index)

        assert len(world.repository.of(ANNA).trusts) == 1

    def test_codes_that_are_replaced_leave_them(self, world: World, made: MadeTrust) -> None:
        index, codes = world.codes(PHONE)
        by_code = world.remember(PHONE, index, codes[0])

        world.codes(PHONE)

        for number, each in enumerate((made, by_code)):
            assert isinstance(world.show(login(number), each.token), Trusted)


class TestWhatItDoesNotOpen:
    @pytest.fixture
    def trusted(self, world: World, app: App, made: MadeTrust) -> Token:
        """A token that a remembered browser has verified, of a user with codes and a pending device."""
        world.codes(PHONE)
        world.show(LAPTOP, made.token)
        assert world.assess(LAPTOP).verified
        return LAPTOP

    @pytest.mark.parametrize(
        "change",
        [
            lambda world, token: world.register(token, "totp"),
            lambda world, token: world.register(token, "email"),
            lambda world, token: world.register(token, "recovery"),
            lambda world, token: world.rename(token, 0, "mine"),
            lambda world, token: world.remove(token, 0),
            lambda world, token: world.remove(token, 1),
        ],
        ids=["register", "register what is sent to", "replace codes", "rename", "remove", "remove codes"],
    )
    def test_every_change_is_refused(
        self, world: World, trusted: Token, change: Callable[[World, Token], object]
    ) -> None:
        before, told = world.repository.of(ANNA), len(world.history)

        with pytest.raises(VerificationRequired) as refused:
            change(world, trusted)

        assert refused.value.verifications_left == 1
        assert world.repository.of(ANNA) == before
        assert len(world.history) == told

    def test_the_first_codes_are_refused_too(self, world: World, made: MadeTrust) -> None:
        world.show(LAPTOP, made.token)

        with pytest.raises(VerificationRequired):
            world.register(LAPTOP, "recovery")

    def test_a_device_that_was_left_pending_is_not_activated_by_it(
        self, world: World, made: MadeTrust, app: App
    ) -> None:
        world.verify(LAPTOP, app.index, app.fresh())
        pending = world.app(world.register(LAPTOP, "totp"))
        world.later(minutes=11)
        world.show(LAPTOP, made.token)

        with pytest.raises(VerificationRequired) as refused:
            world.verify(LAPTOP, pending.index, pending.code())

        assert refused.value.requirement.max_age == timedelta(minutes=10)
        assert world.events(DeviceActivated)[-1].index == app.index

    def test_what_it_may_is_told(self, world: World, trusted: Token) -> None:
        standing = world.assess(trusted)

        assert standing.verified
        assert not standing.proved
        assert not standing.may_register

    @pytest.mark.parametrize(
        "requirement",
        [
            Requirement(max_age=timedelta(days=1000)),
            Requirement(methods=["totp", "email"]),
            Requirement(phishing_resistant=True),
            Requirement(verifications=2),
            Requirement(verifications=1, max_age=timedelta(days=1000)),
        ],
    )
    def test_a_requirement_of_how_and_when_is_not_met(
        self, world: World, trusted: Token, requirement: Requirement
    ) -> None:
        refusal = world.assess(trusted).refusal(requirement)

        assert isinstance(refusal, VerificationRequired)
        assert refusal.verifications_left == 1
        assert refusal.requirement.max_age == requirement.max_age

    def test_nor_is_that_of_a_key_by_a_browser_that_a_key_had_remembered(self, world: World) -> None:
        made = world.remember(PHONE, world.register(PHONE, "key").device.index, "touch")
        world.show(LAPTOP, made.token)

        assert world.assess(LAPTOP).refusal(Requirement(phishing_resistant=True)) is not None
        assert world.assess(PHONE).refusal(Requirement(phishing_resistant=True)) is None

    @pytest.mark.parametrize("requirement", [None, Requirement(), Requirement(verifications=1)])
    def test_one_of_numbers_alone_is(self, world: World, trusted: Token, requirement: Requirement | None) -> None:
        assert world.assess(trusted).refusal(requirement) is None

    def test_one_of_two_is_met_beside_another_device(self, world: World, made: MadeTrust) -> None:
        mail = world.mailbox(PHONE)
        world.later(minutes=1)
        world.verify(LAPTOP, mail, world.dispatch(LAPTOP, mail))
        two = Requirement(verifications=2)
        assert world.assess(LAPTOP).refusal(two) is not None

        world.show(LAPTOP, made.token)

        assert world.assess(LAPTOP).refusal(two) is None

    def test_but_not_beside_its_own(self, world: World, app: App, made: MadeTrust) -> None:
        world.show(LAPTOP, made.token)
        world.verify(LAPTOP, app.index, app.fresh())

        assert world.assess(LAPTOP).refusal(Requirement(verifications=2)) is not None
        assert [each.method for each in world.assess(LAPTOP).confirmations] == ["totp"]


class TestSecrecy:
    def test_its_token_is_in_no_repr_and_in_no_event(self, world: World, app: App) -> None:
        code = app.fresh()
        wish = Verify(token=PHONE, index=app.index, value=code, trust=True)
        verified = world.verify_challenge(wish)
        assert isinstance(verified, Verified)
        assert verified.trust is not None
        kept = verified.trust.token
        shown = [ShowTrust(token=LAPTOP, kept=kept), world.show(LAPTOP, kept), world.show(LAPTOP, f"{kept}x")]
        listed = world.list_trusts(LAPTOP)
        account = world.repository.of(ANNA, LAPTOP.id)
        world.revoke(PHONE, verified.trust.trust.id)

        printed = [wish, verified, verified.trust, *shown, listed, account, *world.history, world.trust_browser]
        text = "\n".join(f"{each!r} {each}" for each in printed)
        assert [secret for secret in (kept, digest_of(kept), code) if secret in text] == []

    def test_a_refusal_does_not_hold_it(self, world: World, app: App, made: MadeTrust) -> None:
        world.wrong(PHONE, app.index, 5)
        raised: list[MfaError] = []
        for token in (LAPTOP, PHONE):
            with pytest.raises(MfaError) as failure:
                world.revoke(token, made.token)
            raised.append(failure.value)

        assert [each for each in raised if made.token in f"{each!r} {each.__dict__} {each.__cause__}"] == []


def test_what_happened_is_told_in_order(world: World) -> None:
    app = world.app(world.register(PHONE, "totp"))
    told = len(world.history)

    made = world.remember(PHONE, app.index, app.code())
    world.show(LAPTOP, made.token)
    world.show(LAPTOP, "never made")
    world.revoke(LAPTOP, made.trust.id)

    now, name = world.clock.now(), made.trust.id
    assert world.history[told:] == [
        VerificationAccepted(user_id=ANNA, at=now, index=app.index, method="totp"),
        DeviceActivated(user_id=ANNA, at=now, index=app.index, method="totp"),
        BrowserRemembered(user_id=ANNA, at=now, trust=name, index=app.index),
        BrowserTrusted(user_id=ANNA, at=now, trust=name),
        BrowserNotTrusted(user_id=ANNA, at=now),
        BrowserForgotten(user_id=ANNA, at=now, trust=name),
    ]


def test_a_dispatch_is_not_spared_by_it(world: World, made: MadeTrust) -> None:
    mail = world.mailbox(PHONE)
    world.later(minutes=1)
    by_mail = world.remember(PHONE, mail, world.dispatch(PHONE, mail, again=True))
    world.later(minutes=1)
    world.show(LAPTOP, by_mail.token)

    world.dispatch_challenge(RequestChallenge(token=LAPTOP, index=mail))

    assert world.assess(LAPTOP).verified
    assert made.trust.index != mail


def test_a_trust_is_named_by_a_command_that_tells_nothing() -> None:
    assert repr(Revoke(token=PHONE, trust="abc")).endswith("trust='abc')")


class TestRehashing:
    def test_with_the_same_password_in_another_hash_it_is_worth_what_it_was(
        self, world: World, made: MadeTrust
    ) -> None:
        told = len(world.history)
        world.repository.change_password(ANNA, "the same in another hash")

        world.use_cases.follow_rehash(Rehash(user_id=ANNA, before="", after="the same in another hash"))

        assert world.history[told:] == []
        assert isinstance(world.show(LAPTOP, made.token), Trusted)

    def test_with_another_password_it_is_not(self, world: World, made: MadeTrust) -> None:
        world.repository.change_password(ANNA, "new")

        world.use_cases.follow_rehash(Rehash(user_id=ANNA, before="another one", after="new"))

        assert world.show(LAPTOP, made.token) == NotTrusted()
