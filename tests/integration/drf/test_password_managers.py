"""What clients see of whose passkeys are, and what the browser may tell a password manager of them."""

from typing import Any
from uuid import UUID

import pytest

from mfa.testing.authenticator import b64decode, b64encode
from tests.integration.drf.keys import dispatched, enrolled, new_key, proved, registered, take_keys
from tests.integration.drf.people import Browser, Person, World

ONE_PASSWORD = UUID("bada5566-a7aa-401f-bd96-45619a55120d").bytes


@pytest.fixture(autouse=True)
def _keys(world: World) -> None:
    take_keys(world)


def test_a_passkey_tells_whose_it_is_and_other_devices_have_no_such_thing(ann: Person) -> None:
    app = ann.enrol_app()
    key = new_key(aaguid=ONE_PASSWORD, backup_eligible=True)
    pending = registered(ann)
    assert (pending["provider"], pending["attested"], pending["synced"]) == (None, False, False)
    assert ann.verify(pending["index"], key.create(pending["options"])).status_code == 200
    strange = enrolled(ann, new_key())

    devices = {each["index"]: each for each in ann.get().json()}

    shown = devices[pending["index"]]
    assert shown["provider"]["name"] == "1Password"
    assert shown["provider"]["icon"].startswith("data:image/svg+xml;base64,")
    assert (shown["attested"], shown["synced"]) == (False, False)
    assert devices[strange]["provider"] is None
    assert {"provider", "attested", "synced"}.isdisjoint(devices[app.index])
    answer = ann.verify(
        pending["index"], key.behaving(backed_up=True).get(dispatched(ann, pending["index"], again=True))
    )
    assert answer.json()["device"] == {**ann.get(f"{pending['index']}/").json(), "synced": True}


def test_signals_are_for_who_is_verified(world: World, ann: Person) -> None:
    assert ann.get("passkey/signals/").json()["code"] == "registration_required"
    key = new_key()
    index = enrolled(ann, key)
    enrolled(ann, other := new_key())

    answer = ann.get("passkey/signals/")

    [held] = key.held.values()
    assert answer.status_code == 200
    assert answer.json() == {
        "rp_id": "example.com",
        "user_id": b64encode(held.user_handle),
        "credential_ids": [b64encode(held.id), *map(b64encode, other.held)],
    }
    assert ann.delete(f"{index}/").status_code == 204
    assert ann.get("passkey/signals/").json()["credential_ids"] == [*map(b64encode, other.held)]
    assert ann.again().get("passkey/signals/").json()["code"] == "verification_required"
    assert Browser(world, "nobody").get("passkey/signals/").status_code == 401
    world.configure(METHODS=["totp"])
    assert ann.get("passkey/signals/").status_code == 404


def test_the_handle_outlives_the_last_passkey(ann: Person) -> None:
    app = ann.enrol_app()
    key = new_key()
    index = enrolled(ann, key)
    before = ann.get("passkey/signals/").json()
    assert proved(ann, index, key).status_code == 200
    assert ann.delete(f"{index}/").status_code == 204
    ann.prove(app)

    after = ann.get("passkey/signals/").json()

    assert after == {**before, "credential_ids": []}
    assert registered(ann)["options"]["user"]["id"] == before["user_id"]


@pytest.mark.parametrize(("body", "status"), [({"mediation": "conditional"}, 200), ({}, 401)])
def test_a_passkey_is_made_without_anybody_there_only_where_that_was_asked(
    ann: Person, body: dict[str, Any], status: int
) -> None:
    device = registered(ann, **body)
    value = new_key(user_present=False, user_verified=False).create(device["options"])

    assert ann.verify(device["index"], value).status_code == status


@pytest.mark.parametrize("mediation", ["silent", "", "\ud800", None, 1, ["conditional"], {}])
def test_another_mediation_is_none(ann: Person, mediation: object) -> None:
    answer = ann.post("register/webauthn/", {"mediation": mediation})

    assert answer.status_code == 400
    assert list(answer.json()) == ["mediation"]


def test_hints_and_an_attachment_go_to_the_browser(world: World, ann: Person) -> None:
    take_keys(world, WEBAUTHN_HINTS=["security-key"], WEBAUTHN_ATTACHMENT="cross-platform")

    options = registered(ann)["options"]

    assert options["hints"] == ["security-key"]
    assert options["authenticatorSelection"]["authenticatorAttachment"] == "cross-platform"
    assert len(b64decode(options["user"]["id"])) == 32
