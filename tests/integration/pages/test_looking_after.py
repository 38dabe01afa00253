"""Devices are renamed and removed, recovery codes made, and what happened is shown: each time only what was pressed."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.formats import date_format
from pytest_django import Settings

from mfa.adapters.django.models import AuditRecord, DeviceRecord
from mfa.testing.authenticator import SoftwareAuthenticator
from tests.integration.pages.people import Person, Shown, Site, words
from tests.integration.pages.test_adding import begun, options_of


@pytest.fixture
def ann(ann: Person) -> Person:
    ann.enrol()
    return ann


def link(page: Shown, name: str) -> str:
    return page.all(name)[0]["href"]


class TestNames:
    def test_a_device_gets_another(self, ann: Person) -> None:
        page = ann.get(link(ann.get("/security/"), "rename"))

        assert "Pixel <b>9" in ann.submit(page, "rename", name="Pixel <b>9").inside("device")

    def test_but_none_that_cannot_be(self, ann: Person) -> None:
        page = ann.submit(ann.get("/security/0/rename/"), "rename", name="x" * 65)

        assert page.inside("error") == "This is too long."
        assert page.form("rename").fields["name"] == "x" * 65


class TestRemovals:
    def test_it_is_asked_and_then_gone(self, ann: Person) -> None:
        page = ann.get(link(ann.get("/security/"), "remove"))
        assert "your last device" in page.text
        assert DeviceRecord.objects.count() == 1

        assert ann.submit(page, "remove").path == "/security/"
        assert DeviceRecord.objects.count() == 0

    def test_the_second_of_two_clicks_removes_nothing_more(self, ann: Person) -> None:
        ann.submit(begun(ann, "email"), "confirm", value=ann.site.world.outbox.messages[-1].code)
        page = ann.get("/security/1/remove/")
        assert "your last device" not in page.text
        ann.submit(page, "remove")

        assert ann.submit(page, "remove").status == 404
        assert DeviceRecord.objects.count() == 1

    def test_a_stale_session_verifies_first_and_hears_that_nothing_was_done(self, ann: Person) -> None:
        app = ann.elsewhere()
        ann.site.world.clock.advance(timedelta(minutes=11))
        page = ann.get("/security/0/remove/")
        assert page.all("to-verify")

        asked = ann.submit(page, "remove")
        assert asked.path.startswith("/security/verify/?next=")
        assert asked.all("not-done")
        assert DeviceRecord.objects.count() == 1
        assert app.user == ann.user

    def test_and_comes_back_to_the_form_which_says_so(self, site: Site) -> None:
        bob = site.person("bob")
        app = bob.enrol()
        site.world.clock.advance(timedelta(minutes=11))
        asked = bob.submit(bob.get("/security/0/remove/"), "remove")

        back = bob.submit(asked, "verify", value=app.code)

        assert back.where == "/security/0/remove/?not-done=1"
        assert back.all("not-done")
        assert not back.all("to-verify")
        assert bob.submit(back, "remove").path == "/security/"

    @pytest.mark.parametrize(
        ("path", "does", "shown"), [("recovery/", "renew", "codes"), ("add/totp/", "register", "secret")]
    )
    def test_what_is_done_then_is_not_called_undone(self, site: Site, path: str, does: str, shown: str) -> None:
        bob = site.person("bob")
        app = bob.enrol()
        site.world.clock.advance(timedelta(minutes=11))
        back = bob.submit(bob.submit(bob.get(f"/security/{path}"), does), "verify", value=app.code)
        assert back.where == f"/security/{path}?not-done=1"

        done = bob.submit(back, does)

        assert done.all(shown)
        assert not done.all("not-done")

    def test_whoever_has_a_passkey_is_asked_for_that(self, ann: Person) -> None:
        page = begun(ann, "webauthn")
        key = SoftwareAuthenticator(origin="http://localhost")
        ann.submit(page, "confirm", value=json.dumps(key.create(options_of(ann, page))))
        ann.site.world.clock.advance(timedelta(minutes=11))

        asked = ann.submit(ann.get("/security/0/remove/"), "remove")

        assert asked.where.endswith("&methods=recovery,webauthn&not-done=1")
        assert [form.fields["index"] for form in asked.elements.forms if form.does == "verify"] == ["1"]

    def test_a_device_that_has_to_stay_stays(self, settings: Settings, db: None) -> None:
        chief = Site(settings, VERIFICATION_POLICY="staff").person("chief", is_staff=True)
        chief.enrol()

        page = chief.submit(chief.get("/security/0/remove/"), "remove")

        assert page.status == 409
        assert "another active device" in page.inside("error")

    def test_not_by_a_session_that_is_not_verified(self, ann: Person) -> None:
        later = ann.elsewhere()

        for page in ("0/remove/", "0/rename/", "add/", "add/totp/", "recovery/", "activity/", "browsers/", ""):
            assert later.get(f"/security/{page}").path.startswith("/security/verify/"), page


class TestRecoveryCodes:
    def test_they_are_shown_once_and_work(self, ann: Person) -> None:
        page = ann.submit(ann.get("/security/recovery/"), "renew")
        codes = page.inside("codes").split()
        assert len(codes) == 10
        assert page.answer["Cache-Control"] == "no-store"
        assert [page.all(each) != [] for each in ("copy", "print", "download")] == [True] * 3

        later = ann.elsewhere()
        asked = later.get("/security/verify/")
        assert later.submit(asked, "verify", {"index": "1"}, value=codes[0]).path == "/security/"
        shown = later.get("/security/").text + later.get("/security/recovery/").text
        assert "9 codes are left." in shown
        assert [code for code in codes if code in shown] == []

    def test_new_ones_make_the_old_ones_void(self, ann: Person) -> None:
        old = ann.submit(ann.get("/security/recovery/"), "renew").inside("codes").split()
        new = ann.submit(ann.get("/security/recovery/"), "renew").inside("codes").split()
        later = ann.elsewhere()
        asked = later.get("/security/verify/")

        assert later.submit(asked, "verify", {"index": "1"}, value=old[0]).all("error")
        assert later.submit(asked, "verify", {"index": "1"}, value=new[0]).path == "/security/"

    def test_a_form_that_is_sent_twice_replaces_nothing(self, ann: Person) -> None:
        form = ann.get("/security/recovery/")
        codes = ann.submit(form, "renew").inside("codes").split()

        again = ann.submit(form, "renew")

        assert again.all("codes") == []
        assert "these are still good" in again.text
        later = ann.elsewhere()
        later.submit(later.get("/security/verify/"), "verify", {"index": "1"}, value=codes[0])
        assert ann.site.world.assess(later.token).verified

    def test_to_look_makes_none(self, ann: Person) -> None:
        ann.get("/security/recovery/")

        assert DeviceRecord.objects.count() == 1

    def test_they_can_be_removed(self, ann: Person) -> None:
        ann.submit(ann.get("/security/recovery/"), "renew")

        page = ann.get(ann.get("/security/").all("remove")[-1]["href"])
        assert "then void" in page.text
        ann.submit(page, "remove")

        assert DeviceRecord.objects.get().method == "totp"

    def test_there_are_none_where_the_site_has_none(self, settings: Settings, db: None) -> None:
        ann = Site(settings, METHODS=["totp"]).person()
        ann.enrol()

        assert ann.get("/security/recovery/").status == 404
        assert "Recovery" not in ann.get("/security/").text


class TestActivity:
    def test_it_tells_what_happened_where(self, ann: Person) -> None:
        ann.submit(ann.get("/security/0/rename/"), "rename", name="Pixel 9")

        page = ann.get("/security/activity/")

        assert page.inside("event").startswith("A device was renamed. Pixel 9")
        assert "Chrome on Linux" in page.inside("event")
        assert "127.0.0.1" in page.inside("event")

    @pytest.mark.parametrize("use_tz", [True, False])
    def test_it_is_told_in_the_time_of_the_site(self, ann: Person, settings: Settings, *, use_tz: bool) -> None:
        settings.USE_TZ, settings.TIME_ZONE = use_tz, "Asia/Tokyo"
        row = AuditRecord.objects.latest("pk")

        told = ann.get("/security/activity/").inside("event")

        assert date_format(row.at.astimezone(ZoneInfo("Asia/Tokyo")), "DATETIME_FORMAT") in told

    def test_it_is_told_in_pages(self, ann: Person) -> None:
        row = AuditRecord.objects.order_by("pk").last()
        assert row is not None
        AuditRecord.objects.bulk_create(
            AuditRecord(
                **{each.attname: getattr(row, each.attname) for each in row._meta.fields if each.attname != "id"}
            )
            for _ in range(25)
        )

        first = ann.get("/security/activity/")
        assert len(first.all("event")) == 20
        [older] = [given["href"] for tag, given in first.elements.found if given.get("rel") == "next"]
        second = ann.get(f"/security/activity/{older}")
        assert 0 < len(second.all("event")) < 20
        [newer] = [given["href"] for tag, given in second.elements.found if given.get("rel") == "prev"]
        assert ann.get(f"/security/activity/{newer}").all("event") == first.all("event")

    def test_a_cursor_that_nobody_was_given_leads_nowhere(self, ann: Person) -> None:
        assert ann.get("/security/activity/?cursor=before-1").status == 404

    def test_nothing_has_happened_to_whoever_is_new(self, site: Site) -> None:
        assert "Nothing yet" in site.person("new").get("/security/activity/").text


def test_words_are_read_as_a_person_reads_them() -> None:
    assert words("<p>One<br>two &amp; <span>th</span>ree</p>") == "One two & three"
