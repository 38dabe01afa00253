"""Guesses are spread over all that a count might be kept by, and the count is made to stand in the owner's way."""

from datetime import timedelta
from typing import Any

from django.test import Client as Plain

from tests.integration.attacks.doors import DOORS, SYSTEMS, Owner, Site
from tests.integration.drf.keys import enrolled, new_key
from tests.integration.drf.people import MOUNT, written

WAIT = timedelta(seconds=31)


def disguise(number: int) -> dict[str, str]:
    """Come from elsewhere, as somebody else, and bring along what a server might believe."""
    return {
        "X-Forwarded-For": f"203.0.113.{number}",
        "Forwarded": f"for=203.0.113.{number}",
        "X-Real-IP": f"203.0.113.{number}",
        "User-Agent": f"browser {number}",
        "X-Mfa-Verified": "true",
        "X-Http-Method-Override": "GET",
    }


def test_they_are_one_count_whatever_door_login_address_and_header_they_come_by(site: Site, anna: Owner) -> None:
    site.configure(VERIFICATION_THROTTLE_TRYOUTS=len(DOORS))
    right = anna.app.code

    for number, door in enumerate(DOORS):
        assert not door.opens(site, anna.user, anna.app.index, "000000", **disguise(number))

    for number, door in enumerate(DOORS):
        assert not door.opens(site, anna.user, anna.app.index, right, **disguise(number)), door
        assert not door.opens(site, anna.user, anna.counted, anna.counter.at(1), **disguise(number)), door
    site.world.pass_time(WAIT)
    assert DOORS[0].opens(site, anna.user, anna.counted, anna.counter.at(1))


def test_a_session_cookie_from_before_brings_no_count_back(site: Site, anna: Owner) -> None:
    """Nothing of the count is with the client, so a cookie that is put back has no effect."""
    session = site.log_in(anna.user, SYSTEMS[-1])
    kept = {name: morsel.value for name, morsel in session.client.cookies.items()}

    for _ in range(5):
        session.client.cookies.load(kept)
        assert session.verify(anna.app.index, "000000").status_code == 401

    session.client.cookies.load(kept)
    assert session.verify(anna.app.index, anna.app.code).status_code == 429


def test_a_device_that_is_being_enrolled_is_guessed_no_longer_than_any(site: Site) -> None:
    """To begin anew does not begin the count anew."""
    user = site.user("bert")
    client = site.log_in(user)

    for _ in range(5):
        assert client.verify(client.register_app().index, "000000").status_code == 401

    app = client.register_app()
    assert client.verify(app.index, app.code).status_code == 429


def test_wrong_passwords_and_passkeys_keep_no_owner_waiting(site: Site, anna: Owner) -> None:
    """Who knows no password can count nothing against anybody."""
    key = new_key()
    index = enrolled(anna.client, key)
    strange: Any = Plain(REMOTE_ADDR="203.0.113.9")

    for _ in range(8):
        begun = strange.post(f"{MOUNT}passkey/options/").json()
        forged = key.behaving(origin="https://evil.example").get(begun["options"])
        answer = strange.post(f"{MOUNT}passkey/", **written({"state": begun["state"], "value": forged}))
        assert answer.status_code == 401
        body = {"username": "anna", "password": "a guess", "index": anna.app.index, "value": "000000"}
        assert strange.post("/jwt/login/", **written(body)).status_code == 401

    assert DOORS[0].opens(site, anna.user, anna.app.index, anna.app.code)
    assert anna.client.get(f"{index}/").json()["disabled"] is False


def test_a_locked_owner_gets_in_by_what_cannot_be_guessed(site: Site, anna: Owner) -> None:
    key = new_key()
    index = enrolled(anna.client, key)
    thief = site.log_in(anna.user, SYSTEMS[1])
    thief.fail(anna.app.index, 5)
    assert thief.verify(anna.app.index, anna.app.code).status_code == 429

    assert DOORS[0].opens(site, anna.user, anna.printed, anna.codes[0])
    again = site.log_in(anna.user)
    options = again.post(f"{index}/dispatch/").json()["options"]
    assert again.verify(index, key.get(options)).status_code == 200
    assert again.gate().status_code == 200


def test_logins_anew_have_no_more_messages_sent(site: Site) -> None:
    """Ten an hour, whoever of the user's tokens asks, and to however many addresses."""
    user = site.user("bert")
    sent = 0

    for number in range(30):
        client = site.log_in(user, SYSTEMS[number % len(SYSTEMS)])
        index = client.post("register/email/", {"address": f"victim{number % 2}@example.com"}).json()["index"]
        sent += client.post(f"{index}/dispatch/").status_code == 204
        site.world.pass_time(WAIT)

    assert sent == 10
