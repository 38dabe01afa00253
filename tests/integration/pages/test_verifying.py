"""A session is verified by what stands on the page, and goes where it was needed, on this site and nowhere else."""

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.urls import URLResolver, include, path
from pytest_django import Settings

from mfa.adapters import accessor
from mfa.adapters.django.models import DeviceRecord
from mfa.application.operations import Operator, PassWanted
from mfa.domain.identifiers import UserId
from mfa.testing.authenticator import SoftwareAuthenticator
from tests.integration.pages.people import Person, Shown, Site
from tests.integration.pages.test_adding import app_on, begun, options_of

SECURITY = path("multi-factor/security/", include("mfa.pages.urls"))

ELSEWHERE = [
    *("https://evil.example/", "//evil.example/", "/\\evil.example", "http:evil.example", "javascript:alert(1)"),
    *("evil.example", "../evil.example", "?evil.example", "mfa_pages:evil.example", "/\n/evil.example"),
    *("https:///evil.example", "\\\\evil.example", "/\t/evil.example", "http://testserver@evil.example/"),
]


def test_whoever_is_not_verified_verifies_and_goes_where_it_was_needed(ann: Person) -> None:
    app = ann.enrol()
    later = ann.elsewhere()

    page = later.get("/vault/?x=1")
    assert page.where == "/security/verify/?next=/vault/?x=1"

    there = later.submit(page, "verify", value=app.code)
    assert (there.path, there.html) == ("/vault/?x=1", "the vault, by GET")


def test_nobody_is_sent_to_another_site(ann: Person) -> None:
    app = ann.enrol()
    for place in ELSEWHERE:
        ann.pass_time()
        asked = ann.get(f"/security/verify/?{urlencode({'next': place})}")
        assert "evil.example" not in asked.html

        assert ann.submit(asked, "verify", value=app.code, next=place).path == "/security/", place


def test_the_session_gets_another_key_and_another_identity(ann: Person) -> None:
    app = ann.enrol()
    later = ann.elsewhere()
    before, name = later.token, django_settings.SESSION_COOKIE_NAME
    planted = later.client.cookies[name].value
    page = later.get("/security/verify/")

    later.submit(page, "verify", value=app.code)

    assert later.client.cookies[name].value != planted
    assert not ann.site.world.assess(before).verified
    thief = ann.elsewhere()
    thief.client.cookies[name] = planted
    assert thief.once("/vault/").status_code == 302


def test_a_wrong_code_is_told_and_counted(ann: Person) -> None:
    ann.enrol()
    page = ann.get("/security/verify/?next=/vault/")
    for _ in range(5):
        page = ann.submit(page, "verify", value="1")
        assert (page.status, page.inside("error")) == (200, "This value is not valid. Try again.")

    page = ann.submit(page, "verify", value="1")
    assert page.status == 429
    assert "Wait 30 seconds." in page.inside("error")
    assert page.form("verify").fields["next"] == "/vault/"


def test_a_long_wait_is_told_in_minutes(ann: Person) -> None:
    ann.enrol()
    page = ann.get("/security/verify/")
    for _ in range(8):
        ann.site.world.clock.advance(timedelta(minutes=2))
        page = ann.submit(page, "verify", value="1")

    assert "Wait 2 minutes." in ann.submit(page, "verify", value="1").inside("error")


def test_a_code_counts_once_however_often_it_is_sent(ann: Person) -> None:
    app = ann.enrol()
    page = ann.get("/security/verify/")
    code = app.code
    assert ann.submit(page, "verify", value=code).path == "/security/"

    assert ann.submit(page, "verify", value=code).all("error")


def test_every_device_has_a_form_and_the_best_is_open(ann: Person) -> None:
    app = ann.enrol()
    mail = begun(ann, "email")
    ann.submit(mail, "confirm", value=ann.site.world.outbox.messages[-1].code)
    later = ann.elsewhere()
    later.pass_time()

    page = later.get("/security/verify/")
    assert [form.fields["index"] for form in page.elements.forms if form.does == "verify"] == ["0", "1"]
    assert page.html.index('id="value-0"') < page.html.index("<details")
    sent = later.submit(page, "dispatch")
    assert sent.html.index('id="value-1"') < sent.html.index("<details")
    assert "on its way to a***@example.com" in sent.text
    soon = later.submit(sent, "dispatch")
    assert soon.status == 429
    assert "on its way to a***@example.com" in soon.text
    assert "aria-invalid" not in soon.html

    value = ann.site.world.outbox.messages[-1].code
    assert later.submit(soon, "verify", {"index": "1"}, value=value).path == "/security/"
    assert app.index == 0


def test_where_a_code_is_sent_from_is_no_page(ann: Person) -> None:
    ann.enrol()

    assert ann.get("/security/0/dispatch/?next=/vault/").where == "/security/verify/?next=/vault/&index=0"


def test_nothing_was_sent_yet(ann: Person) -> None:
    ann.enrol()
    ann.submit(begun(ann, "email"), "confirm", value=ann.site.world.outbox.messages[-1].code)
    later = ann.elsewhere()

    page = later.submit(later.get("/security/verify/"), "verify", {"index": "1"}, value="123456")

    assert page.status == 404
    assert "Nothing was sent" in page.inside("error")
    assert page.form("dispatch").fields


def test_a_device_of_nobodys_is_nowhere(ann: Person) -> None:
    ann.enrol()
    page = ann.get("/security/verify/")

    assert {ann.submit(page, "verify", value="1", index=index).status for index in ("7", "x", "²", "9" * 5000)} == {404}


def test_without_an_index_the_first_is_meant(ann: Person) -> None:
    app = ann.enrol()

    assert ann.submit(ann.get("/security/verify/"), "verify", value=app.code, index="").path == "/security/"


def test_without_a_device_there_is_nothing_to_send(ann: Person) -> None:
    page = ann.get("/security/verify/")
    token = ann.get("/security/add/totp/").form("register").fields["csrfmiddlewaretoken"]

    assert [form for form in page.elements.forms if form.does == "verify"] == []
    answer = ann.client.post("/security/verify/", {"value": "1", "csrfmiddlewaretoken": token})
    assert answer.status_code == 404


def test_a_passkey_is_one_way_however_many_there_are(ann: Person) -> None:
    keys = [SoftwareAuthenticator(origin="http://localhost") for _ in range(2)]
    for key in keys:
        page = begun(ann, "webauthn")
        ann.submit(page, "confirm", value=json.dumps(key.create(options_of(ann, page))))
    later = ann.elsewhere()

    page = later.get("/security/verify/")
    assert len(page.all("passkey")) == 1
    value = json.dumps(keys[1].get(options_of(later, page, "verify")))
    assert later.submit(page, "verify", value=value).path == "/security/"


def test_a_program_that_asks_for_a_code_is_told(ann: Person) -> None:
    ann.enrol()
    token = ann.get("/security/verify/").form("verify").fields["csrfmiddlewaretoken"]

    answer = ann.client.post("/security/0/dispatch/", headers={"Accept": "application/json", "X-CSRFToken": token})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_dispatchable")


def test_what_would_not_do_is_left_out(ann: Person) -> None:
    key = SoftwareAuthenticator(origin="http://localhost")
    ann.enrol()
    page = begun(ann, "webauthn")
    ann.submit(page, "confirm", value=json.dumps(key.create(options_of(ann, page))))
    later = ann.elsewhere()

    page = later.get("/safe/")

    assert page.where == "/security/verify/?next=/safe/&methods=webauthn"
    assert page.all("passkey")
    assert 'id="value-' not in page.html


def test_what_would_do_is_still_so_when_a_code_was_sent(ann: Person) -> None:
    ann.enrol()
    ann.submit(begun(ann, "email"), "confirm", value=ann.site.world.outbox.messages[-1].code)
    later = ann.elsewhere()
    later.pass_time()

    page = later.submit(later.get("/security/verify/?next=/vault/&methods=email&not-done=1"), "dispatch")

    assert page.where == "/security/verify/?next=/vault/&methods=email&not-done=1&sent=1&index=1"
    assert [form.fields["index"] for form in page.elements.forms if form.does == "verify"] == ["1"]


def test_whoever_has_nothing_that_would_do_is_told_and_led_to_add_it(ann: Person) -> None:
    ann.enrol()

    page = ann.get("/safe/")

    assert "you have none of them yet: Security key or passkey." in page.text
    assert page.all("add")[0]["href"] == "/security/add/?next=/safe/"
    assert "yet: Email, Recovery codes." in ann.get("/security/verify/?methods=email,recovery").text
    assert "none of them" not in ann.get("/security/verify/?methods=telepathy").text


def test_two_devices_are_asked_one_after_the_other(settings: Settings, db: None) -> None:
    ann = Site(settings, REQUIRED_VERIFICATIONS=2).person()
    app = ann.enrol()
    ann.submit(begun(ann, "email"), "confirm", value=ann.site.world.outbox.messages[-1].code)
    later = ann.elsewhere()
    later.pass_time()

    page = later.submit(later.get("/vault/"), "verify", value=app.code)
    assert page.where == "/security/verify/?next=/vault/"
    assert "One more" in page.text
    wrong = later.submit(page, "verify", value="1")
    assert wrong.all("error")
    assert "That was right" not in wrong.text
    sent = later.submit(page, "dispatch")
    there = later.submit(sent, "verify", value=ann.site.world.outbox.messages[-1].code)
    assert there.html == "the vault, by GET"


def test_whoever_has_but_one_of_two_devices_is_led_to_add_another(settings: Settings, db: None) -> None:
    ann = Site(settings, REQUIRED_VERIFICATIONS=2).person()
    ann.enrol()

    page = ann.get("/vault/")

    assert page.all("add")[0]["href"] == "/security/add/?next=/vault/"
    assert ann.submit(page, "verify", value="1").all("add") == page.all("add")
    assert ann.get("/security/").status == 200


def test_a_device_that_is_out_of_use_is_told_of(settings: Settings, db: None) -> None:
    ann = Site(settings, MAX_FAILURES=1).person()
    ann.enrol()
    page = ann.get("/security/verify/")

    page = ann.submit(page, "verify", value="1")

    assert "out of use" in page.text
    assert "Ask the people who run the site" in page.text


def test_whoever_was_given_a_pass_verifies_by_that_and_adds_a_device(ann: Person) -> None:
    wanted = PassWanted(user_id=UserId(str(ann.user.pk)), uses=2)
    issued = accessor.use_cases().operations.issue_pass(wanted, Operator(name="desk", why="lost her phone"))
    page = ann.get("/vault/")
    assert "The temporary pass" in page.text

    devices = ann.submit(page, "verify", value=issued.value, next="")
    assert "Until" in devices.inside("device")
    added = begun(ann, "totp")
    ann.submit(added, "confirm", value=app_on(added, ann).code)

    assert [each["data-index"] for each in ann.get("/security/").all("device")] == ["1"]


def test_a_device_whose_method_is_gone_is_no_way(ann: Person) -> None:
    ann.enrol()
    DeviceRecord.objects.update(method="telepathy")

    assert "None of your devices" in ann.get("/security/verify/").text


class TestARememberedBrowser:
    def remembered(self, ann: Person) -> Person:
        """Log in anew, by a browser that was remembered."""
        app = ann.enrol()
        first = ann.elsewhere()
        first.submit(first.get("/security/verify/"), "verify", value=app.code, trust="true")
        later = ann.elsewhere()
        cookie = first.client.cookies["mfa_trust"]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/security/")
        later.client.cookies["mfa_trust"] = cookie.value
        return later

    def test_goes_on_by_one_press(self, ann: Person) -> None:
        later = self.remembered(ann)

        there = later.submit(later.get("/vault/"), "trusted")

        assert there.html == "the vault, by GET"
        assert "this one" in later.get("/security/browsers/").inside("browser")

    def test_goes_on_by_tokens_that_are_not_renewed(self, settings: Settings, db: None) -> None:
        ann = Site(settings, TOKEN_PROVIDER="tests.projects.pages.tokens.Sessions").person()
        later = self.remembered(ann)

        assert later.submit(later.get("/vault/"), "trusted").html == "the vault, by GET"

    def test_keeps_it_where_the_site_says(self, settings: Settings, db: None) -> None:
        ann = Site(settings, TRUST_COOKIE="remembered").person()
        app = ann.enrol()

        ann.submit(ann.get("/security/verify/"), "verify", value=app.code, trust="on")

        assert ann.client.cookies["remembered"]["secure"] is True
        assert ann.get("/security/browsers/").all("browser")

    @pytest.mark.parametrize(
        ("routes", "sent_to"),
        [
            ((SECURITY, path("multi-factor/", include("mfa.urls"))), "/multi-factor/"),
            ((SECURITY,), "/multi-factor/security/"),
        ],
        ids=["with the API", "alone"],
    )
    def test_is_one_for_the_api_that_the_pages_are_mounted_below(
        self, settings: Settings, db: None, routes: tuple[URLResolver], sent_to: str
    ) -> None:
        ann = Site(settings, TRUST_COOKIE="remembered").person()
        settings.ROOT_URLCONF = routes
        app = ann.enrol()

        ann.submit(ann.get("/multi-factor/security/verify/"), "verify", value=app.code, trust="on")

        assert ann.client.cookies["remembered"]["path"] == sent_to
        ann.submit(ann.get("/multi-factor/security/browsers/"), "forget")
        assert (ann.client.cookies["remembered"]["path"], ann.client.cookies["remembered"].value) == (sent_to, "")

    def test_is_offered_only_beside_a_proof_that_would_do(self, ann: Person) -> None:
        app = ann.enrol()
        page = begun(ann, "webauthn")
        key = SoftwareAuthenticator(origin="http://localhost")
        ann.submit(page, "confirm", value=json.dumps(key.create(options_of(ann, page))))

        page = ann.elsewhere().get("/security/verify/")

        boxes = [form.does for form in page.elements.forms if form.does == "verify"], page.html.count('name="trust"')
        assert boxes == (["verify", "verify"], 1)
        assert page.html.index('name="trust"') < page.html.index(f'id="value-{app.index}"')

    def test_is_not_where_nobody_wants_that(self, ann: Person) -> None:
        app = ann.enrol()

        ann.submit(ann.get("/security/verify/"), "verify", value=app.code, trust="false")

        assert ann.get("/security/browsers/").all("browser") == []

    def test_is_forgotten_by_another(self, ann: Person) -> None:
        later = self.remembered(ann)

        page = ann.get("/security/browsers/")
        assert "Chrome on Linux" in page.inside("browser")
        assert ann.submit(page, "forget").all("browser") == []

        page = later.submit(later.get("/vault/"), "trusted")
        assert page.inside("error") == "This value is not valid. Try again."
        assert later.client.cookies["mfa_trust"].value == ""

    def test_forgets_itself(self, ann: Person) -> None:
        later = self.remembered(ann)
        later.submit(later.get("/vault/"), "trusted")

        later.submit(later.get("/security/browsers/"), "forget")

        assert later.client.cookies["mfa_trust"].value == ""

    def test_none_is_where_the_site_remembers_none(self, settings: Settings, db: None) -> None:
        ann = Site(settings, TRUST_LIFETIME=None).person()
        ann.enrol()

        assert ann.get("/security/browsers/").status == 404
        assert 'name="trust"' not in ann.get("/security/verify/").html


def test_what_is_added_here_can_be_used_here(ann: Person) -> None:
    page = begun(ann, "totp")
    app = app_on(page, ann)
    ann.submit(page, "confirm", value=app.code)
    later = ann.elsewhere()
    later.pass_time()

    assert isinstance(later.submit(later.get("/security/"), "verify", value=app.code), Shown)
