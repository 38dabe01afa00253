"""Somebody who is half-way in tries to change what stands in the way."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from mfa.adapters.django.models import AccountRecord, DeviceRecord
from tests.integration.attacks.doors import DOORS, SYSTEMS, Owner, Site
from tests.integration.drf.keys import new_key
from tests.integration.drf.people import MOUNT, Browser
from tests.integration.tokens.systems import Client

METHODS = ("totp", "hotp", "email", "sms", "recovery", "webauthn")
REFUSED = {302, 401, 403, 404, 409}
FIELDS = {
    "name": "of a thief",
    "address": "thief@example.com",
    "number": "+31612345678",
    "value": "000000",
    **dict.fromkeys(("active", "confirmed", "disabled", "verified", "reverify", "trust"), True),
}


def changes(indexes: list[int]) -> Iterator[tuple[str, str]]:
    """Whatever adds, replaces, proves or takes away a device, by routes and by pages."""
    yield from (("post", f"{MOUNT}register/{method}/") for method in METHODS)
    yield from (("post", f"/security/add/{method}/") for method in METHODS)
    for index in indexes:
        yield from (("delete", f"{MOUNT}{index}/"), ("post", f"/security/{index}/remove/"))
        yield ("post", f"/security/{index}/confirm/")
    yield from (("post", "/security/recovery/"), ("post", "/security/passkey/"))


def what_counts() -> list[Any]:
    """The devices of everybody, and whatever else opens the gate."""
    devices = DeviceRecord.objects.order_by("account", "index")
    trusts = AccountRecord.objects.order_by("pk").values_list("trusts")
    return [*devices.values("account", "index", "method", "activated_at", "destination"), *trusts]


def tries_all(thief: Client, owner: Owner) -> set[int]:
    """Try every change, and return the statuses that came of it."""
    indexes = [each["index"] for each in owner.client.get().json()]
    return {
        thief.ask(verb, path, data=FIELDS, format="multipart" if path.startswith("/security/") else "json").status_code
        for verb, path in changes(indexes)
    }


def by_the_password(site: Site, owner: Owner) -> Client:
    return site.log_in(owner.user, SYSTEMS[-1])


def by_a_stale_session(site: Site, owner: Owner) -> Client:
    thief = by_the_password(site, owner)
    thief.prove(owner.app)
    site.world.pass_time(timedelta(minutes=11))
    assert thief.gate().status_code == 200
    return thief


def by_a_remembered_browser(site: Site, owner: Owner) -> Client:
    site.world.pass_time()
    kept = owner.client.post(f"{owner.app.index}/", {"value": owner.app.code, "trust": True}).json()["trust"]["token"]
    thief = by_the_password(site, owner)
    assert thief.post("trust/", {"token": kept}).status_code == 200
    assert thief.gate().status_code == 200
    return thief


@pytest.mark.parametrize("enter", [by_the_password, by_a_stale_session, by_a_remembered_browser])
def test_without_a_fresh_proof_nothing_is_added_or_taken_away(
    site: Site, anna: Owner, enter: Callable[[Site, Owner], Client]
) -> None:
    thief = enter(site, anna)
    before = what_counts()

    assert tries_all(thief, anna) <= REFUSED

    assert what_counts() == before
    assert DOORS[0].opens(site, anna.user, anna.printed, anna.codes[0])


def test_with_one_much_is(site: Site, anna: Owner) -> None:
    """What is tried is not refused for something else."""
    before = what_counts()
    thief = by_the_password(site, anna)
    site.world.pass_time()
    thief.prove(anna.app)

    assert tries_all(thief, anna) >= {201, 204}
    assert what_counts() != before


def test_by_the_password_alone_nothing_is_seen_or_renamed(site: Site, anna: Owner) -> None:
    thief = by_the_password(site, anna)

    for path in (f"{MOUNT}activity/", f"{MOUNT}trust/", f"{MOUNT}passkey/signals/"):
        assert thief.ask("get", path).status_code == 403, path
    for path in ("/security/", "/security/activity/", "/security/browsers/", "/security/recovery/", "/security/add/"):
        assert thief.ask("get", path).status_code in {302, 403}, path
    for each in thief.get().json():
        assert thief.patch(f"{each['index']}/", FIELDS).status_code == 403
        assert thief.ask("post", f"/security/{each['index']}/rename/", data=FIELDS, format="multipart").status_code in {
            302,
            403,
        }
    assert not DeviceRecord.objects.filter(name="of a thief").exists()


def test_by_nobody_nothing_is_changed(site: Site, anna: Owner) -> None:
    nobody = Client(site.world)
    nobody.client = APIClient()
    before = what_counts()

    assert tries_all(nobody, anna) <= REFUSED
    assert what_counts() == before


def test_a_field_of_a_body_makes_no_device_active(site: Site) -> None:
    """Neither an address that nobody has proved nor an app that nobody has read counts for anything."""
    client = site.log_in(site.user("bert"))

    for method in ("totp", "email", "sms", "hotp"):
        device = client.post(f"register/{method}/", FIELDS).json()
        assert (device["active"], device["confirmed"]) == (False, False)
        client.patch(f"{device['index']}/", FIELDS)
        assert client.get(f"{device['index']}/").json()["active"] is False
    assert client.post("register/recovery/", FIELDS).status_code == 409
    assert client.gate().json()["code"] == "registration_required"


def test_what_was_begun_before_the_owner_enrolled_ends_then(site: Site) -> None:
    """A session by the password passed while nothing was asked of the user; what it left pending is dropped."""
    site.configure(VERIFICATION_POLICY="enrolled_users")
    user = site.user("bert")
    thieves: list[Browser] = [site.log_in(user, system) for system in SYSTEMS]
    planted = [thief.register_app() for thief in thieves]
    key = new_key()
    waiting = thieves[0].post("register/webauthn/").json()
    assert [thief.gate().status_code for thief in thieves] == [200] * 3

    site.log_in(user).enrol_app()

    for thief, app in zip(thieves, planted, strict=True):
        assert thief.gate().status_code == 403
        assert thief.verify(app.index, app.code).status_code == 404
        assert thief.post("register/recovery/").status_code == 403
    assert thieves[0].verify(waiting["index"], key.create(waiting["options"])).status_code == 404
    assert [each["method"] for each in thieves[0].get().json()] == ["totp"]


@pytest.mark.parametrize("policy", ["every_user", "enrolled_users"])
def test_a_device_that_is_of_no_use_any_more_is_not_none(site: Site, policy: str) -> None:
    """Neither guesses that put it out of use nor a method that the site has dropped let the password alone enrol."""
    user = site.user("bert")
    app = site.log_in(user).enrol_app()
    site.configure(MAX_FAILURES=3, VERIFICATION_POLICY=policy)
    thief = site.log_in(user, SYSTEMS[1])
    thief.fail(app.index, 3)
    assert thief.verify(app.index, app.code).json()["code"] == "device_disabled"

    for methods in (["totp", "email", "recovery", "webauthn"], ["email", "recovery", "webauthn"]):
        site.configure(METHODS=methods, VERIFICATION_POLICY=policy)
        assert thief.gate().status_code == 403
        assert thief.post("register/email/", FIELDS).status_code == 403
        assert thief.post("register/recovery/").status_code == 403
        assert thief.delete(f"{app.index}/").status_code == 403


def test_a_device_that_is_gone_shuts_whatever_it_had_opened(site: Site, anna: Owner) -> None:
    thieves = [site.log_in(anna.user, system) for system in SYSTEMS]
    for thief in thieves:
        thief.prove(anna.app)
    site.world.pass_time()
    keep = site.log_in(anna.user)
    assert keep.verify(anna.printed, anna.codes[0]).status_code == 200

    assert keep.delete(f"{anna.app.index}/").status_code == 204

    assert [thief.gate().status_code for thief in thieves] == [403] * 3
    assert keep.gate().status_code == 200
