"""A code that somebody has seen, or that was not meant for him, is tried again at every door."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.integration.attacks.doors import DOORS, KINDS, SYSTEMS, Door, Owner, Site
from tests.integration.django.commanding import run
from tests.integration.drf.people import STEP

Typed = tuple[int, str]


@pytest.fixture(autouse=True)
def _patient(site: Site) -> None:
    """What is refused is refused for what it is, not for the number of guesses before it."""
    site.configure(VERIFICATION_THROTTLE_TRYOUTS=1000, MAX_FAILURES=1000)


def given_pass(owner: Owner) -> Typed:
    said = run("mfa_pass", owner.user.username, "--uses", "1", "--by", "desk", "--reason", "a lost phone")
    assert said.status == 0, said.err
    [index] = [each["index"] for each in owner.client.get().json() if each["method"] == "pass"]
    return index, said.out.strip()


VALUES: dict[str, Callable[[Owner], Typed]] = {
    "totp": lambda owner: (owner.app.index, owner.app.code),
    "hotp": lambda owner: (owner.counted, owner.counter.at(1)),
    "recovery": lambda owner: (owner.printed, owner.codes[0]),
    "pass": given_pass,
}


@pytest.mark.parametrize("method", VALUES)
def test_what_was_used_at_one_door_opens_no_other(site: Site, anna: Owner, method: str) -> None:
    index, value = VALUES[method](anna)
    assert DOORS[-1].opens(site, anna.user, index, value)

    for door in DOORS:
        assert not door.opens(site, anna.user, index, value), door
        assert not door.opens(site, anna.user, index, f" {value[:3]}-{value[3:]}\u200b"), door


@pytest.mark.parametrize("door", DOORS[:-1], ids=str)
def test_nor_does_what_was_used_at_any(site: Site, anna: Owner, door: Door) -> None:
    code = anna.app.code
    assert door.opens(site, anna.user, anna.app.index, code)

    assert not any(each.opens(site, anna.user, anna.app.index, code) for each in KINDS)


def test_the_code_that_activated_a_device_is_spent(site: Site) -> None:
    user = site.user("bert")
    client = site.log_in(user)
    app = client.register_app()
    assert client.verify(app.index, app.code).status_code == 200

    assert not any(door.opens(site, user, app.index, app.code) for door in DOORS)


def test_a_clock_that_is_ahead_does_not_make_a_code_serve_twice(site: Site, anna: Owner) -> None:
    """The phone shows the next step already; while that lasts, and when it has come, its code is spent."""
    site.world.pass_time(STEP)
    ahead = anna.app.code
    site.world.pass_time(-STEP)
    before = anna.app.code
    assert DOORS[0].opens(site, anna.user, anna.app.index, ahead)

    for wait in (timedelta(0), STEP, STEP):
        site.world.pass_time(wait)
        assert not DOORS[0].opens(site, anna.user, anna.app.index, ahead)
        assert not DOORS[0].opens(site, anna.user, anna.app.index, before)


def test_codes_of_one_device_open_no_other(site: Site, anna: Owner) -> None:
    """Nor does what a server might find for a user wherever it looks: each value has its device."""
    values = [VALUES[method](anna) for method in ("totp", "hotp", "recovery")]

    for index, _ in values:
        for other, value in values:
            if other != index:
                assert not DOORS[0].opens(site, anna.user, index, value)
    for index, value in values:
        assert DOORS[0].opens(site, anna.user, index, value)


@pytest.mark.parametrize("door", KINDS, ids=str)
def test_codes_of_ones_own_open_nothing_of_anothers(site: Site, anna: Owner, door: Door) -> None:
    thief = Owner(site, "bert")
    passed = given_pass(thief)
    assert (thief.printed, thief.app.index) == (anna.printed, anna.app.index)

    for index, value in (*(VALUES[method](thief) for method in ("totp", "hotp", "recovery")), passed):
        assert not door.opens(site, anna.user, index, value), index
    assert DOORS[0].opens(site, thief.user, thief.printed, thief.codes[0])


def test_a_code_is_for_the_login_that_asked_for_it(site: Site, anna: Owner) -> None:
    """Nor is it in any answer: whoever asks has to read the mail."""
    thief = site.log_in(anna.user, SYSTEMS[1])
    [mail] = [each["index"] for each in anna.client.get().json() if each["method"] == "email"]
    answer = anna.client.post(f"{mail}/dispatch/", {"reverify": True})
    assert (answer.status_code, answer.content) == (204, b"")
    code = site.world.code

    assert thief.verify(mail, code).status_code == 404
    site.world.pass_time(timedelta(seconds=31))
    assert thief.post(f"{mail}/dispatch/").status_code == 204
    assert thief.verify(mail, code).status_code == 401
    assert thief.gate().status_code == 403
    assert anna.client.verify(mail, code).status_code == 200


def test_a_code_that_was_sent_is_over_by_time_by_the_next_and_by_five_tries(site: Site, anna: Owner) -> None:
    [mail] = [each["index"] for each in anna.client.get().json() if each["method"] == "email"]

    def sent() -> str:
        site.world.pass_time(timedelta(seconds=31))
        assert anna.client.post(f"{mail}/dispatch/", {"reverify": True}).status_code == 204
        return site.world.code

    first = sent()
    second = sent()
    assert anna.client.verify(mail, first).status_code == 401
    site.world.pass_time(timedelta(minutes=10))
    assert anna.client.verify(mail, second).status_code == 401
    third = sent()
    anna.client.fail(mail, 5)
    assert anna.client.verify(mail, third).status_code == 401
    fourth = sent()
    assert anna.client.verify(mail, fourth).status_code == 200
