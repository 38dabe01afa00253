"""Devices are added, and proved, by what stands on the pages."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from pytest_django import Settings

from mfa.adapters.django.models import DeviceRecord
from mfa.adapters.otp.segno import SegnoQrCodes
from mfa.domain.errors import DeliveryFailed
from mfa.testing.authenticator import SoftwareAuthenticator
from tests.integration.django.world import App
from tests.integration.pages.people import Person, Shown, Site

JSON = {"Accept": "application/json"}


def begun(person: Person, method: str, **fields: Any) -> Shown:
    """Go from the list of devices to a new one, by links and forms alone."""
    [add] = person.get("/security/").all("add")
    [chosen] = person.get(add["href"]).all(f"add-{method}")
    return person.submit(person.get(chosen["href"]), "register", **fields)


def app_on(page: Shown, person: Person) -> App:
    index = int(page.form("confirm").fields["index"])
    return App(index=index, secret=page.inside("secret"), clock=person.site.world.clock)


def test_whoever_takes_another_method_is_led_to_the_same_place(ann: Person) -> None:
    [chosen] = ann.get("/security/add/?next=/vault/").all("add-totp")
    [cancel] = ann.get(chosen["href"]).all("cancel")
    [chosen] = ann.get(cancel["href"]).all("add-totp")
    assert chosen["href"].endswith("?next=/vault/")


class TestAnApp:
    def test_is_shown_once_and_active_when_it_was_proved(self, ann: Person) -> None:
        ann.site.world.container.qr_codes.override(SegnoQrCodes())
        page = begun(ann, "totp", name="Pixel 9")
        app = app_on(page, ann)
        assert "<svg " in page.html.partition('data-mfa="qr"')[2]
        assert "data:" not in page.html

        again = ann.get(f"/security/{app.index}/confirm/")
        assert app.secret not in again.html
        assert again.all("qr") == []

        done = ann.submit(page, "confirm", value=app.code)
        assert done.path == "/security/?added=1"
        assert "Pixel 9" in done.inside("device")
        assert ann.site.world.assess(ann.token).verified

    def test_a_wrong_code_is_told_and_the_next_is_looked_at(self, ann: Person) -> None:
        page = begun(ann, "totp")
        app = app_on(page, ann)

        wrong = ann.submit(page, "confirm", value="1")
        assert (wrong.status, wrong.inside("error")) == (200, "This value is not valid. Try again.")
        assert app.secret not in wrong.html

        assert ann.submit(wrong, "confirm", value=app.code).all("device")

    def test_it_can_be_proved_later_and_not_twice(self, ann: Person) -> None:
        app = app_on(begun(ann, "totp"), ann)
        devices = ann.get("/security/")
        [link] = devices.all("confirm")
        assert "Not confirmed yet" in devices.text

        page = ann.get(link["href"])
        assert ann.submit(page, "confirm", value=app.code).status == 200
        twice = ann.submit(page, "confirm", value=app.code)
        assert twice.path == "/security/"
        assert DeviceRecord.objects.count() == 1

    def test_the_second_of_two_clicks_replaces_the_first(self, ann: Person) -> None:
        form = ann.get("/security/add/totp/")
        ann.submit(form, "register")
        page = ann.submit(form, "register")

        assert ann.submit(page, "confirm", value=app_on(page, ann).code).all("device")
        assert DeviceRecord.objects.count() == 1

    def test_the_way_to_where_it_was_needed_is_kept(self, ann: Person) -> None:
        page = ann.get("/vault/")
        assert "no device yet" in page.text
        for name in ("add", "add-totp"):
            [link] = page.all(name)
            page = ann.get(link["href"])
        page = ann.submit(page, "register")

        assert ann.submit(page, "confirm", value=app_on(page, ann).code).html == "the vault, by GET"

    def test_what_was_left_lying_is_proved_after_a_verification(self, ann: Person) -> None:
        app = ann.enrol()
        page = begun(ann, "totp")
        new = app_on(page, ann)
        ann.site.world.clock.advance(timedelta(minutes=11))

        asked = ann.submit(page, "confirm", value=new.code)
        assert asked.all("not-done")
        back = ann.submit(asked, "verify", value=app.code)

        assert back.where == f"/security/{new.index}/confirm/?not-done=1"
        assert len(ann.submit(back, "confirm", value=new.code).all("device")) == 2

    def test_a_name_that_cannot_be_is_told_and_nothing_typed_is_lost(self, ann: Person) -> None:
        page = begun(ann, "totp", name="x" * 65)

        assert page.inside("error") == "This is too long."
        assert page.form("register").fields["name"] == "x" * 65

    def test_another_picture_than_svg_stays_an_image(self, ann: Person) -> None:
        assert '<img src="data:text/plain;base64,' in begun(ann, "totp").html


class TestMail:
    def test_a_code_is_sent_at_once_and_another_not_before_time(self, ann: Person) -> None:
        page = begun(ann, "email", address="ann@example.org")
        [message] = ann.site.world.outbox.messages
        assert message.destination == "ann@example.org"
        assert "on its way to a***@example.org" in page.text

        soon = ann.submit(page, "dispatch")
        assert soon.status == 429
        assert "Wait 30 seconds." in soon.inside("error")
        assert soon.answer["Retry-After"] == "30"

        assert "a***@example.org" in ann.submit(soon, "confirm", value=message.code).inside("device")

    def test_another_is_sent_in_time(self, ann: Person) -> None:
        page = begun(ann, "email")
        ann.pass_time()

        page = ann.submit(page, "dispatch")

        assert len(ann.site.world.outbox.messages) == 2
        assert ann.submit(page, "confirm", value=ann.site.world.outbox.messages[-1].code).all("device")

    def test_an_address_that_is_none_is_told(self, ann: Person) -> None:
        page = begun(ann, "email", address="nowhere")

        assert page.inside("error") == "Enter a valid email address."
        assert page.form("register").fields["address"] == "nowhere"

    def test_a_failure_is_told_and_one_may_try_again(self, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(type(ann.site.world.outbox), "send", _fail)
            page = begun(ann, "email")
        assert page.status == 503
        assert "Nothing could be sent" in page.inside("error")

        page = ann.submit(page, "dispatch")
        assert ann.submit(page, "confirm", value=ann.site.world.outbox.messages[-1].code).all("device")


def _fail(*_: object) -> None:
    raise DeliveryFailed


class TestAPasskey:
    def test_the_script_is_given_options_and_the_form_takes_what_they_make(self, ann: Person) -> None:
        page = begun(ann, "webauthn", name="Ring")
        assert page.all("passkey")
        key = SoftwareAuthenticator(origin="http://localhost")

        value = json.dumps(key.create(options_of(ann, page)))

        assert "Ring" in ann.submit(page, "confirm", value=value).inside("device")

    @pytest.mark.parametrize("value", ["", "{}", "[" * 100_000, "null"])
    def test_what_is_no_passkey_is_told(self, ann: Person, value: str) -> None:
        page = begun(ann, "webauthn")

        assert ann.submit(page, "confirm", value=value).all("error")


def options_of(person: Person, page: Shown, does: str = "confirm") -> dict[str, object]:
    """What the script asks for when the button is pressed."""
    [form] = [given for _, given in page.elements.found if given.get("data-mfa") == does and "data-options" in given]
    token = page.form(does).fields["csrfmiddlewaretoken"]
    answer = person.client.post(form["data-options"], headers={**JSON, "X-CSRFToken": token})
    assert answer.status_code == 200, answer.content
    options: dict[str, object] = answer.json()["options"]
    return options


class TestAMethodOfAProjectsOwn:
    @pytest.fixture
    def ann(self, settings: Settings, db: None) -> Person:
        return Site(settings, METHODS=["totp", "tests.projects.acme.ExampleMethod"]).person()

    def test_has_its_fields_and_shows_what_it_has_to_show(self, ann: Person) -> None:
        page = begun(ann, "example", start="41")

        assert "advice count" in page.text
        assert "after 4***" in ann.submit(page, "confirm", value="42").inside("device")


class TestWhatIsNot:
    @pytest.mark.parametrize("path", ["/security/add/telepathy/", "/security/7/confirm/", "/security/7/rename/"])
    def test_there_is_nothing_there(self, ann: Person, path: str) -> None:
        page = ann.get(path)

        assert page.status == 404
        assert page.inside("error") == "Not found."

    def test_nor_where_somebody_elses_is(self, site: Site, ann: Person) -> None:
        app = app_on(begun(ann, "totp"), ann)
        bob = site.person("bob")

        assert bob.get(f"/security/{app.index}/confirm/").status == 404

    def test_nobody_begins_by_codes_that_stand_in_for_a_device(self, ann: Person) -> None:
        assert ann.get("/security/add/").all("add-recovery") == []
        page = ann.get("/security/add/recovery/")
        assert page.path == "/security/recovery/"

        refused = ann.submit(page, "renew")
        assert refused.status == 409
        assert "another active device" in refused.inside("error")
        assert get_user_model().objects.count() == 1
