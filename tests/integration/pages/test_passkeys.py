"""Passkeys on the pages: whose they are, what the browser tells of them, and the offer after a login by a code."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from mfa.adapters import accessor
from mfa.adapters.system.vault import AesGcmVault, derive_key
from mfa.application.operations import Operator, PassWanted
from mfa.domain.identifiers import UserId
from mfa.testing.authenticator import SoftwareAuthenticator
from tests.integration.pages.people import Person, Site

ONE_PASSWORD = UUID("bada5566-a7aa-401f-bd96-45619a55120d").bytes
OFFER = "/security/passkey/"
VERIFY = "/security/verify/?next=/vault/"


@pytest.fixture
def key() -> SoftwareAuthenticator:
    return SoftwareAuthenticator(origin="http://localhost", aaguid=ONE_PASSWORD, backup_eligible=True, backed_up=True)


def asked(person: Person, where: str = OFFER) -> Any:  # noqa: ANN401 - JSON
    """What the script of the offer is given."""
    token = person.get(OFFER).form("not-now").fields["csrfmiddlewaretoken"]
    answer: Any = person.client.post(where, headers={"Accept": "application/json", "X-CSRFToken": token})
    return answer.json()


def made(person: Person, key: SoftwareAuthenticator, where: str = OFFER) -> None:
    given = asked(person, where)
    page = person.get(given["confirm"])
    assert "Done." in person.submit(page, "confirm", value=json.dumps(key.create(given["options"]))).text


def log_in(person: Person, index: int = 0, **fields: str) -> str:
    """Log in anew in the same browser, verify, and return where that leads."""
    offered = person.client.cookies.get("mfa_passkey")
    person.client.logout()  # which forgets every cookie
    person.client.force_login(person.user)
    person.client.cookies["mfa_passkey"] = "" if offered is None else offered.value
    return person.submit(person.get(VERIFY), "verify", {"index": str(index)}, **fields).where


def test_a_passkey_shows_whose_it_is(ann: Person, key: SoftwareAuthenticator) -> None:
    made(ann, key)

    page = ann.get("/security/")

    assert "1Password Security key or passkey · Synced" in page.text
    [icon] = [given["src"] for tag, given in page.elements.found if tag == "img"]
    answer = ann.once(icon)
    assert answer["Content-Type"] == "image/svg+xml"
    assert b"<svg" in answer.content
    assert "sandbox" in answer["Content-Security-Policy"]
    ann.enrol()
    assert ann.once("/security/1/icon/").status_code == 404
    renamed = ann.submit(ann.get("/security/0/rename/"), "rename", name="Home")
    assert "Home Security key or passkey · 1Password · Synced" in renamed.text


def test_a_passkey_of_nobody_known_is_called_what_it_is(ann: Person, key: SoftwareAuthenticator) -> None:
    made(ann, key.behaving(aaguid=bytes(16)))

    page = ann.get("/security/")

    assert page.inside("device").startswith("Security key or passkey Synced Last used")
    assert [tag for tag, _ in page.elements.found if tag == "img"] == []


def test_the_script_is_told_what_password_managers_are_to_know(ann: Person, key: SoftwareAuthenticator) -> None:
    def told(person: Person) -> Any:  # noqa: ANN401 - JSON
        [element] = person.get("/security/").all("signals")
        return json.loads(element["data-told"])

    before = told(ann)
    assert (before["rp_id"], before["credential_ids"], before["name"]) == ("localhost", [], "ann")
    made(ann, key)
    assert told(ann) == {**before, "credential_ids": [key.get({"rpId": "localhost", "challenge": ""})["id"]]}
    ann.submit(ann.get("/security/0/remove/"), "remove")
    assert told(ann) == before


@pytest.mark.django_db
def test_nothing_is_told_or_offered_where_there_are_no_passkeys(settings: Settings) -> None:
    bob = Site(settings, METHODS=["totp"]).person("bob")

    assert bob.get("/security/").all("signals") == []
    assert bob.once(OFFER).status_code == 404


def test_nothing_is_told_where_a_key_is_missing_and_the_devices_are_shown(
    ann: Person, key: SoftwareAuthenticator
) -> None:
    made(ann, key)
    ann.site.world.container.vault.override(AesGcmVault([derive_key("another")]))

    page = ann.get("/security/")

    assert len(page.all("device")) == 1
    assert page.all("signals") == []


@pytest.mark.django_db
def test_nothing_is_told_to_who_has_two_devices_to_verify_and_verified_one(settings: Settings) -> None:
    bob = Site(settings, REQUIRED_VERIFICATIONS=2).person("bob")
    bob.enrol()

    page = bob.get("/security/")

    assert page.status == 200
    assert page.all("signals") == []


def test_a_passkey_is_offered_once_to_who_has_logged_in_by_a_code(ann: Person) -> None:
    app = ann.enrol()
    assert log_in(ann, value=app.code, passkeys="1") == f"{OFFER}?next=/vault/"
    assert asked(ann)["options"]["user"]["name"] == "ann"
    assert len(ann.get("/security/").all("device")) == 2

    gone = ann.submit(ann.get(f"{OFFER}?next=/vault/"), "not-now")

    assert gone.where == "/vault/"
    assert len(ann.get("/security/").all("device")) == 1
    ann.pass_time()
    assert log_in(ann, value=app.code, passkeys="1") == "/vault/"


def test_what_one_was_offered_is_offered_to_another_in_the_same_browser(ann: Person) -> None:
    ann.get(OFFER)
    ben = ann.site.person("ben")
    app = ben.enrol()
    ben.client.cookies["mfa_passkey"] = ann.client.cookies["mfa_passkey"].value

    assert log_in(ben, value=app.code, passkeys="1") == f"{OFFER}?next=/vault/"


def test_nobody_is_offered_what_his_browser_cannot_do(ann: Person) -> None:
    app = ann.enrol()

    assert log_in(ann, value=app.code) == "/vault/"


@pytest.mark.django_db
def test_nobody_is_offered_what_is_part_of_a_machine_where_keys_are_carried_about(settings: Settings) -> None:
    bob = Site(settings, WEBAUTHN_ATTACHMENT="cross-platform").person("bob")
    app = bob.enrol()

    assert log_in(bob, value=app.code, passkeys="1") == "/vault/"


def test_nobody_is_held_up_in_the_middle_of_a_session(ann: Person) -> None:
    app = ann.enrol()

    assert ann.submit(ann.get(VERIFY), "verify", value=app.code, passkeys="1").where == "/vault/"


def test_who_has_a_passkey_is_offered_none(ann: Person, key: SoftwareAuthenticator) -> None:
    made(ann, key)
    ann.enrol()
    app = ann.enrol()
    ann.client.cookies["mfa_passkey"] = ""

    assert log_in(ann, app.index, value=app.code, passkeys="1") == "/vault/"


def test_who_comes_by_a_pass_is_offered_none(ann: Person) -> None:
    ann.enrol()
    wanted = PassWanted(user_id=UserId(str(ann.user.pk)))
    issued = accessor.use_cases().operations.issue_pass(wanted, Operator(name="desk", why="lost her phone"))

    assert log_in(ann, 1, value=issued.value, passkeys="1") == "/vault/"


def test_a_passkey_is_made_without_a_dialog(ann: Person, key: SoftwareAuthenticator) -> None:
    [form] = [given for tag, given in ann.get(OFFER).elements.found if given.get("data-mfa") == "register"]

    made(ann, key.behaving(user_present=False), form["data-quiet"])

    assert form["data-quiet"] == f"{OFFER}?mediation=conditional"


@pytest.mark.django_db
def test_where_users_have_to_be_verified_none_is_made_without_a_dialog(settings: Settings) -> None:
    bob = Site(settings, WEBAUTHN_USER_VERIFICATION="required").person("bob")

    [form] = [given for tag, given in bob.get(OFFER).elements.found if given.get("data-mfa") == "register"]

    assert "data-quiet" not in form


def test_a_proof_that_is_too_old_makes_no_passkey(ann: Person) -> None:
    ann.enrol()
    ann.site.world.clock.advance(timedelta(minutes=11))

    assert asked(ann)["code"] == "verification_required"
    assert ann.submit(ann.get(OFFER), "not-now").status == 200
