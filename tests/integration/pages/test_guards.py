"""What every page is guarded by, whatever is on it."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from mfa.adapters import links
from mfa.adapters.django.models import AccountRecord, AuditRecord, ChallengeRecord, DeviceRecord
from mfa.domain.errors import StoreBusy, Unavailable
from mfa.pages import urls
from tests.integration.pages.people import HTML, Person, Shown

PATHS = {
    "devices": "",
    "verify": "verify/",
    "add": "add/",
    "register": "add/totp/",
    "passkey": "passkey/",
    "recovery": "recovery/",
    "activity": "activity/",
    "browsers": "browsers/",
    "confirm": "1/confirm/",
    "dispatch": "1/dispatch/",
    "icon": "0/icon/",
    "rename": "0/rename/",
    "remove": "0/remove/",
    "not_me": "not-me/token/",
}
FORMS = ["verify", "register", "passkey", "recovery", "browsers", "confirm", "dispatch", "rename", "remove"]


@pytest.fixture
def ann(ann: Person) -> Person:
    """Ann, with an app that is active and an address that is not."""
    ann.enrol()
    ann.site.world.register(ann.token, "email")
    return ann


def test_these_are_all_pages() -> None:
    assert {each.name for each in urls.urlpatterns} == PATHS.keys()


def test_nobody_keeps_a_page_or_frames_it(ann: Person) -> None:
    form = {"X-CSRFToken": ann.get("/security/verify/").form("verify").fields["csrfmiddlewaretoken"]}
    for path in paths():
        for answer in (ann.once(path), ann.client.post(path, headers={**HTML, **form})):
            assert answer.status_code != 403, path
            assert answer["Cache-Control"] == "no-store", path
            assert answer["X-Frame-Options"] == "DENY"
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert answer["Referrer-Policy"] in {"same-origin", "no-referrer"}


def test_no_form_is_taken_from_another_site(ann: Person, settings: Settings) -> None:
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "Csrf" not in each]
    before = rows()

    for name in FORMS:
        assert ann.client.post(f"/security/{PATHS[name]}", {"value": "1", "name": "x"}).status_code == 403
    assert rows() == before


def test_to_look_changes_nothing(ann: Person) -> None:
    before = rows()

    for path in paths():
        ann.client.get(path, headers=HTML)
        ann.client.head(path, headers=HTML)

    assert rows() == before
    assert ann.site.world.outbox.messages == []


def test_other_verbs_are_not_known(ann: Person) -> None:
    token = ann.get("/security/verify/").form("verify").fields["csrfmiddlewaretoken"]
    for path in paths():
        for verb in ("put", "patch", "delete"):
            answer: Any = getattr(ann.client, verb)(path, headers={"X-CSRFToken": token})
            assert (answer.status_code, answer["Cache-Control"]) == (405, "no-store")


def test_nobody_is_sent_to_the_login(ann: Person) -> None:
    ann.client.logout()

    found = {path: ann.once(path) for path in paths(but={"not_me"})}

    assert {answer["Location"] for answer in found.values()} == {f"/login/?next={path}" for path in found}


def test_nothing_is_written_into_a_page(ann: Person) -> None:
    """A site may forbid scripts and styles in its pages, and pictures that are none of its files."""
    for path in paths(but={"not_me", "icon"}):
        page = ann.get(path)
        elements = page.elements.found

        assert page.status == 200
        assert [tag for tag, given in elements if tag == "style" or (tag == "script" and "src" not in given)] == []
        assert [name for _, given in elements for name in given if name == "style" or name.startswith("on")] == []
        assert page.answer["Content-Security-Policy"].startswith("default-src 'self'; ")


def paths(but: Collection[str] = ()) -> list[str]:
    return [f"/security/{path}" for name, path in PATHS.items() if name not in but]


def test_while_the_store_fails_a_page_says_so(ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr("mfa.application.standing.AssessToken.account", fail)

    page = ann.get("/security/")

    assert (page.status, page.answer["Retry-After"]) == (503, "1")
    assert "Wait 1 second." in page.inside("error")
    assert ann.once("/security/", Accept="*/*").json()["code"] == "unavailable"


def test_a_failure_is_counted_within_a_transaction_of_the_request(ann: Person) -> None:
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        ann.submit(ann.get("/security/verify/"), "verify", value="1")
        assert DeviceRecord.objects.get(index=0).failures == 1
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False


def test_a_page_turns_with_its_language(ann: Person) -> None:
    arabic = ann.once("/security/", **{"Accept-Language": "ar"}).content.decode()

    assert '<html lang="ar" dir="rtl">' in arabic
    assert '<html lang="en" dir="ltr">' in ann.get("/security/").html


def test_a_page_can_be_replaced_and_so_can_the_one_around_them_all(
    ann: Person, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "mfa" / "pages"
    folder.mkdir(parents=True)
    (folder / "base.html").write_text("The site: {% block title %}{% endblock %}, {% block content %}{% endblock %}")
    (folder / "devices.html").write_text('{% extends "mfa/pages/base.html" %}{% block content %}Our own{% endblock %}')
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]

    assert ann.get("/security/").html == "The site: , Our own"
    assert ann.get("/security/add/").html.startswith("The site: Add a device, <h1>")


class TestThisWasNotMe:
    def page(self, ann: Person, token: str = "") -> Shown:
        world = ann.site.world
        made = links.made(ann.token.user_id, world.container.entropy(), world.clock.now())
        assert links.path_to(made) == f"/security/not-me/{made}/"
        return ann.get(f"/security/not-me/{token or made}/")

    def test_it_asks_and_then_ends_all_that_is_open(self, ann: Person) -> None:
        page = self.page(ann)
        assert AccountRecord.objects.get(user=ann.user).locked_down is False

        done = ann.submit(page, "not-me")

        assert "It is ended" in done.text
        assert AccountRecord.objects.get(user=ann.user).locked_down is True
        assert "This link no longer works" in ann.get(page.path).text

    def test_what_is_no_link_is_told(self, ann: Person) -> None:
        page = self.page(ann, "token")

        assert page.status == 404
        assert "not complete" in page.text

    def test_while_the_store_fails_it_says_so(self, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise StoreBusy

        monkeypatch.setattr("mfa.adapters.django.not_me._is_spent", fail)

        assert "try again in a moment" in self.page(ann).text


def rows() -> list[object]:
    models = (AccountRecord, DeviceRecord, ChallengeRecord, AuditRecord)
    return [list(model.objects.order_by("pk").values()) for model in models]
