"""The gate is walked round: by other logins, by half of one, by what is left of somebody else's in the same browser."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from mfa.testing.authenticator import SoftwareAuthenticator
from tests.integration.attacks.doors import SYSTEMS, Owner, Site
from tests.integration.drf.keys import enrolled, new_key, proved
from tests.integration.drf.people import Answer
from tests.integration.tokens.login_forms import log_in
from tests.integration.tokens.systems import Client, Session


def passkey_login(client: Client, key: SoftwareAuthenticator, **changed: Any) -> Answer:
    client.client.get("/session/")
    begun = client.post("passkey/options/").json()
    return client.post("passkey/", {"state": begun["state"], "value": {**key.get(begun["options"]), **changed}})


def test_a_reset_of_the_password_is_no_second_factor(site: Site, anna: Owner) -> None:
    """Whoever reads the owner's mail is logged in by Django's view, and no further."""
    browser = Client(site.world)
    anna.user.refresh_from_db()
    key = urlsafe_base64_encode(force_bytes(anna.user.pk))
    page = browser.client.get(f"/reset/{key}/{default_token_generator.make_token(anna.user)}/")
    browser.client.get("/session/")
    answer = browser.ask(
        "post",
        page["Location"],
        data={"new_password1": "of a thief", "new_password2": "of a thief"},
        format="multipart",
    )
    assert answer.status_code == 302
    assert browser.client.session["_auth_user_id"] == str(anna.user.pk)

    assert browser.gate().status_code == 403
    assert browser.delete(f"{anna.app.index}/").status_code == 403
    assert browser.post("register/totp/").status_code == 403
    assert [each["method"] for each in browser.get().json()] == ["totp", "email", "hotp", "recovery"]


def test_one_of_two_factors_is_none(site: Site, anna: Owner) -> None:
    site.configure(REQUIRED_VERIFICATIONS=2)
    thief = site.log_in(anna.user)

    thief.prove(anna.app)
    assert (thief.gate().status_code, thief.get("status/").json()["verified"]) == (403, False)
    thief.prove(anna.app)
    assert thief.gate().status_code == 403
    assert thief.post("register/totp/").status_code == 403

    assert thief.verify(anna.printed, anna.codes[0]).status_code == 200
    assert thief.gate().status_code == 200


def test_a_passkey_login_that_fails_leaves_nothing_to_the_next_in_the_same_browser(site: Site, anna: Owner) -> None:
    site.configure(TOKEN_PROVIDER=["session", "knox", "jwt"])
    key = new_key()
    enrolled(anna.client, key)
    get_user_model().objects.filter(pk=anna.user.pk).update(is_active=False)
    bert = Owner(site, "bert")
    browser = Client(site.world)

    assert passkey_login(browser, key).status_code == 401
    Session().log_in_again(browser, bert.user)

    assert browser.gate().status_code == 403
    assert browser.get("status/").json()["verifications"] == []


def test_a_passkey_logs_in_its_own_user_whoever_is_logged_in(site: Site, anna: Owner) -> None:
    """The one who is there lends nothing to the one who comes, and is not taken for him."""
    site.configure(TOKEN_PROVIDER=["session", "knox", "jwt"])
    bert = Owner(site, "bert")
    key, other = new_key(), new_key()
    enrolled(anna.client, key)
    enrolled(bert.client, other)
    browser = Client(site.world)
    Session().log_in_again(browser, bert.user)
    begun = browser.post("passkey/options/").json()
    mine, hers = (each.get(begun["options"]) for each in (other, key))

    for forged in (
        {**mine, "id": hers["id"], "rawId": hers["rawId"]},
        {**mine, "response": {**mine["response"], "userHandle": hers["response"]["userHandle"]}},
        {**hers, "response": {**hers["response"], "userHandle": mine["response"]["userHandle"]}},
    ):
        answer = browser.post("passkey/", {"state": begun["state"], "value": forged, "user_id": anna.user.pk})
        assert answer.status_code == 401
        assert browser.gate().status_code == 403
        begun = browser.post("passkey/options/").json()
        mine, hers = (each.get(begun["options"]) for each in (other, key))

    assert passkey_login(browser, key).status_code == 200
    assert browser.client.session["_auth_user_id"] == str(anna.user.pk)
    assert browser.gate().status_code == 200


def test_a_client_lowers_no_demand_of_a_passkey(site: Site, anna: Owner) -> None:
    """What is demanded of a key, and where it may be used, is said by settings, and the challenge is the site's."""
    key = new_key()
    enrolled(anna.client, key)
    strange = Client(site.world)
    wishes = {
        "userVerification": "discouraged",
        "rpId": "evil.example",
        "challenge": "AAAA",
        "origin": "https://evil.example",
    }

    def asked(**behaviour: Any) -> Answer:
        begun = strange.post("passkey/options/", wishes, headers={"Origin": wishes["origin"]}).json()
        options = begun["options"]
        assert (options["userVerification"], options["rpId"]) == ("required", "example.com")
        value = key.behaving(**behaviour).get(options)
        return strange.post(
            "passkey/", {**wishes, "state": begun["state"], "value": value}, headers={"Origin": wishes["origin"]}
        )

    for behaviour in ({"user_verified": False}, {"origin": wishes["origin"]}, {"challenge": b"\0\0\0"}):
        assert asked(**behaviour).status_code == 401, behaviour
    assert asked().status_code == 200


def test_what_wants_a_passkey_is_opened_by_nothing_that_was_passed_on(site: Site, anna: Owner) -> None:
    """A page in between gets a code out of the owner, and from a passkey an answer for its own origin alone."""
    key = new_key()
    index = enrolled(anna.client, key)
    thief = site.log_in(anna.user, SYSTEMS[-1])

    thief.prove(anna.app)
    assert thief.verify(anna.printed, anna.codes[0]).status_code == 200
    assert (thief.gate().status_code, thief.ask("get", "/safe/").status_code) == (200, 403)
    assert proved(thief, index, key.behaving(origin="https://examp1e.com")).status_code == 401
    assert thief.ask("get", "/safe/").status_code == 403

    assert proved(thief, index, key).status_code == 200
    assert thief.ask("get", "/safe/").status_code == 200


def test_no_field_of_a_body_names_another_user(site: Site, anna: Owner) -> None:
    bert = Owner(site, "bert")
    naming = {
        **dict.fromkeys(("user", "user_id", "uid", "pk", "id"), anna.user.pk),
        **dict.fromkeys(("username", "login", "account"), "anna"),
        **dict.fromkeys(("verified", "active", "confirmed", "skip", "trust", "remember"), True),
    }
    thief = site.log_in(anna.user, SYSTEMS[1])

    assert bert.client.post(f"{bert.app.index}/", {**naming, "value": bert.app.code}).status_code == 200
    for body in (naming, {**naming, "value": "000000"}):
        assert thief.post(f"{anna.app.index}/", body).status_code in {400, 401}
    for path in ("passkey/options/", "trust/", "passkey/"):
        thief.post(path, naming)
    assert thief.gate().status_code == 403


def test_a_browser_is_remembered_by_a_right_value_alone(site: Site, anna: Owner) -> None:
    thief = site.log_in(anna.user)
    wrong = thief.post(f"{anna.app.index}/", {"value": "000000", "trust": True})
    assert (wrong.status_code, "trust" in wrong.json()) == (401, False)

    bert = Owner(site, "bert")
    own = bert.client.post(f"{bert.app.index}/", {"value": bert.app.code, "trust": True}).json()["trust"]["token"]
    for kept in (own, own[:-1], "0" * len(own)):
        assert thief.post("trust/", {"token": kept}).status_code == 401
        assert log_in(Client(site.world), SYSTEMS[1], trust_token=kept).status_code == 401
    assert thief.get("trust/").status_code == 403
    assert thief.gate().status_code == 403
    assert site.log_in(bert.user).post("trust/", {"token": own}).status_code == 200
