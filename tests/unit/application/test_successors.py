"""A right value, or a browser that is remembered, is confirmed under the token that takes the place of the old one."""

from datetime import timedelta

import attrs
import pytest

from mfa.application.trusts import ShowTrust, Trusted
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.domain.errors import NoChallenge
from mfa.domain.identifiers import Token, TokenId
from tests.unit.application.world import ANNA, LAPTOP, PHONE, WRONG, App, World

LIFETIME = timedelta(hours=8)
NEXT = Token(id=TokenId("digest of the token that comes after the laptop's"), user_id=ANNA)


@pytest.fixture
def world() -> World:
    return World(required_verifications=2, trust_lifetime=timedelta(days=30), verification_lifetime=LIFETIME)


@pytest.fixture
def app(world: World) -> App:
    return world.enrolled(PHONE)


@pytest.fixture
def mail(world: World, app: App) -> int:
    return world.mailbox(PHONE)


def verify(world: World, app: App, value: str, successor: Token = NEXT) -> Verified | NotVerified:
    return world.verify_challenge(Verify(token=LAPTOP, index=app.index, value=value, successor=successor))


def show(world: World, kept: str, successor: Token = NEXT) -> Trusted:
    trusted = world.trust_browser(ShowTrust(token=LAPTOP, kept=kept, successor=successor))
    assert isinstance(trusted, Trusted)
    return trusted


def kept(world: World, app: App) -> str:
    """Return what a browser keeps that is remembered since an earlier login."""
    return world.remember(PHONE, app.index, app.fresh()).token


def test_a_right_value_is_confirmed_to_the_next_token_with_all_that_the_old_one_had(
    world: World, app: App, mail: int
) -> None:
    world.later(minutes=1)
    world.verify(LAPTOP, mail, world.dispatch(LAPTOP, mail))

    verified = verify(world, app, app.fresh())

    assert isinstance(verified, Verified)
    assert verified.verifications_left == 0
    assert world.confirmed(NEXT) == [app.index, mail]
    assert world.confirmed(LAPTOP) == []


def test_what_was_sent_before_is_answered_under_the_next_token_alone(world: World, app: App, mail: int) -> None:
    world.later(minutes=1)
    code = world.dispatch(LAPTOP, mail)

    verify(world, app, app.fresh())

    with pytest.raises(NoChallenge):
        world.verify(LAPTOP, mail, code)
    assert isinstance(world.verify(NEXT, mail, code), Verified)


def test_a_wrong_value_leaves_everything_with_the_old_one(world: World, app: App, mail: int) -> None:
    world.later(minutes=1)
    world.verify(LAPTOP, mail, world.dispatch(LAPTOP, mail))

    assert isinstance(verify(world, app, WRONG), NotVerified)

    assert world.confirmed(LAPTOP) == [mail]
    assert world.confirmed(NEXT) == []


def test_a_remembered_browser_counts_for_the_next_token_with_all_that_the_old_one_had(
    world: World, app: App, mail: int
) -> None:
    token = kept(world, app)
    world.later(minutes=1)
    world.verify(LAPTOP, mail, world.dispatch(LAPTOP, mail))

    assert show(world, token).verifications_left == 0

    assert [each.index for each in world.assess(NEXT).confirmations] == [mail, app.index]
    assert world.assess(LAPTOP).confirmations == ()


def test_what_was_sent_before_a_browser_was_shown_is_answered_under_the_next_token(
    world: World, app: App, mail: int
) -> None:
    token = kept(world, app)
    world.later(minutes=1)
    code = world.dispatch(LAPTOP, mail)

    show(world, token)

    assert isinstance(world.verify(NEXT, mail, code), Verified)


HOUR = timedelta(hours=1)
ENDS = pytest.mark.parametrize(("left", "lasts"), [(HOUR, HOUR), (LIFETIME + HOUR, LIFETIME), (None, LIFETIME)])
"""A verification lasts for its lifetime, or as long as the next token where that ends earlier."""


def ending(world: World, left: timedelta | None) -> Token:
    return NEXT if left is None else attrs.evolve(NEXT, expires_at=world.clock.now() + left)


@ENDS
def test_what_a_value_confirms_is_kept_as_long_as_it_counts(
    world: World, app: App, left: timedelta | None, lasts: timedelta
) -> None:
    value = app.fresh()

    verify(world, app, value, ending(world, left))

    [challenge] = world.repository.of(ANNA, NEXT.id).challenges
    assert challenge.expires_at == world.clock.now() + lasts


@ENDS
def test_and_what_a_browser_confirms(world: World, app: App, left: timedelta | None, lasts: timedelta) -> None:
    show(world, kept(world, app), ending(world, left))

    [challenge] = world.repository.of(ANNA, NEXT.id).challenges
    assert challenge.expires_at == world.clock.now() + lasts
