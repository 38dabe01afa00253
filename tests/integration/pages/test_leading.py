"""A browser is led to the pages, and a program is told: by the decorator, the middleware and the admin."""

from datetime import timedelta
from itertools import product
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.checks import run_checks
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from mfa.adapters.django.decorators import verified
from mfa.domain.errors import Unavailable
from tests.integration.pages.people import HTML, Person, Site

GATE = "mfa.adapters.django.middleware.VerifiedMiddleware"
PROGRAMS = ["application/json", "*/*", "", "application/json, text/html;q=0.5", "text/plain", "image/*,;q"]


@pytest.fixture
def later(ann: Person) -> Person:
    """Ann, who has an app, at a browser that has verified nothing."""
    ann.enrol()
    return ann.elsewhere()


class TestTheDecorator:
    def test_nobody_goes_to_the_login(self, site: Site, client: Client) -> None:
        answer = client.get("/vault/?x=1", headers=HTML)

        assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/vault/%3Fx%3D1")

    def test_a_program_is_told(self, later: Person) -> None:
        for path, accepted in product(("/vault/", "/security/"), PROGRAMS):
            answer = later.once(path, Accept=accepted)

            assert (answer.status_code, answer.json()["code"]) == (403, "verification_required"), accepted

    def test_a_program_that_is_nobody_is_told(self, later: Person) -> None:
        later.client.logout()
        for path, accepted in product(("/vault/", "/security/"), PROGRAMS):
            answer = later.once(path, Accept=accepted)

            assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated"), accepted

    def test_a_browser_is_sent_to_the_page_that_verifies(self, later: Person) -> None:
        answer = later.once("/vault/?x=1")

        assert (answer.status_code, answer["Location"]) == (302, "/security/verify/?next=/vault/%3Fx%3D1")
        assert answer["Cache-Control"] == "no-store"

    def test_a_form_comes_back_to_the_page_on_which_it_stood(self, later: Person) -> None:
        answer = later.client.post(
            "/vault/", {"csrfmiddlewaretoken": _csrf(later)}, headers={"Referer": "http://testserver/f/?a=b"}
        )
        asked = parse_qs(urlsplit(answer["Location"]).query)

        assert asked == {"next": ["/f/?a=b"], "not-done": ["1"]}
        assert later.get(answer["Location"]).all("not-done")

    def test_nobody_is_known_where_a_site_knows_no_users(self, site: Site) -> None:
        @verified()
        def view(request: HttpRequest) -> HttpResponse:
            return HttpResponse()

        answer = view(RequestFactory(headers=HTML).get("/vault/"))

        assert answer["Location"] == "/login/?next=/vault/"

    @pytest.mark.parametrize("referer", ["https://evil.example/f/", ""])
    def test_or_else_to_where_it_was_sent(self, later: Person, referer: str) -> None:
        headers = {"Referer": referer} if referer else {}

        answer = later.client.post("/vault/", {"csrfmiddlewaretoken": _csrf(later)}, headers=headers)

        assert parse_qs(urlsplit(answer["Location"]).query)["next"] == ["/vault/"]

    def test_other_verbs_are_told(self, later: Person) -> None:
        assert later.client.put("/vault/", headers={"X-CSRFToken": _csrf(later)}).status_code == 403

    def test_without_the_setting_all_is_as_ever(self, settings: Settings, db: None) -> None:
        ann = Site(settings, VERIFY_URL=None).person()

        assert ann.once("/vault/").status_code == 403
        assert ann.once("/security/activity/").status_code == 200
        ann.enrol()
        assert ann.elsewhere().once("/security/")["Location"] == "/security/verify/?next=/security/"

    def test_a_user_whom_the_provider_does_not_know_goes_round_in_no_circle(self, settings: Settings, db: None) -> None:
        ann = Site(settings, TOKEN_PROVIDER="authtoken").person()

        assert ann.once("/vault/").json()["code"] == "not_authenticated"
        assert ann.once("/security/").json()["code"] == "token_required"


def _csrf(person: Person) -> str:
    return person.get("/security/verify/").form("verify").fields["csrfmiddlewaretoken"]


class TestTheMiddleware:
    @pytest.fixture(autouse=True)
    def _gate(self, site: Site, settings: Settings) -> None:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, GATE]

    def test_a_browser_is_led_and_a_program_told(self, later: Person) -> None:
        assert later.once("/tags/")["Location"] == "/security/verify/?next=/tags/"
        assert later.once("/tags/", Accept="*/*").status_code == 403

    def test_a_page_that_is_not_exempt_is_led_nowhere(self, later: Person, settings: Settings) -> None:
        Site(settings, VERIFY_URL="/tags/")
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, GATE]
        settings.LOGIN_URL = "/bare-tags/"

        assert later.once("/tags/").status_code == 403
        later.client.logout()
        assert later.once("/bare-tags/").status_code == 401

    def test_the_pages_judge_for_themselves(self, later: Person) -> None:
        assert later.once("/security/verify/").status_code == 200


class TestTheAdmin:
    def test_a_browser_is_led_there_and_back(self, site: Site) -> None:
        chief = site.person("chief", is_staff=True, is_superuser=True)
        app = chief.enrol()
        later = chief.elsewhere()

        page = later.get("/admin/auth/")
        assert page.where == "/security/verify/?next=/admin/auth/"
        assert later.submit(page, "verify", value=app.code).path == "/admin/auth/"

    def test_a_form_is_answered_by_the_page_that_says_so(self, site: Site) -> None:
        chief = site.person("chief", is_staff=True, is_superuser=True)
        chief.enrol()
        site.world.clock.advance(timedelta(minutes=11))
        page = chief.get("/admin/multi_factor/accountrecord/")
        token = page.elements.forms[-1].fields["csrfmiddlewaretoken"]

        answer = chief.client.post(
            "/admin/multi_factor/accountrecord/",
            {"action": "unlock", "_selected_action": str(chief.user.pk), "csrfmiddlewaretoken": token},
        )

        assert answer.status_code == 403
        assert "Nothing was done" in answer.content.decode()
        assert 'data-mfa="to-verify"' in answer.content.decode()


class TestTags:
    @pytest.mark.parametrize("path", ["/tags/", "/bare-tags/"])
    def test_they_tell_whether_somebody_is_verified(self, ann: Person, path: str) -> None:
        ann.enrol()

        assert "not verified" in ann.elsewhere().get(path).text
        page = ann.get(path)
        assert page.text.startswith("verified")
        assert '<script type="module" src="/static/mfa/pages.js">' in page.html
        assert '<link rel="stylesheet" href="/static/mfa/pages.css">' in page.html

    def test_they_lead_to_the_page_that_verifies_and_back(self, ann: Person) -> None:
        assert "href='/security/verify/?next=/tags/%3Fa%3Db'" in ann.get("/tags/?a=b").html

    def test_a_requirement_can_be_named(self, settings: Settings, db: None) -> None:
        ann = Site(settings, REQUIREMENTS={"safe": {"phishing_resistant": True}}).person()
        ann.enrol()

        assert ann.get("/tags/").text.endswith("go , not for the safe")

    def test_nobody_is_verified_while_that_cannot_be_told(self, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise Unavailable

        ann.enrol()
        monkeypatch.setattr("mfa.application.standing.AssessToken.proofs", fail)

        assert "not verified" in ann.get("/tags/").text

    def test_nobody_is_verified(self, ann: Person) -> None:
        ann.client.logout()

        assert "not verified" in ann.get("/tags/").text


class TestChecks:
    def told(self, settings: Settings, **mfa: object) -> list[str]:
        Site(settings, **mfa)
        return [f"{each.id} {each.msg}" for each in run_checks(tags=["mfa"]) if "pages" in f"{each.msg} {each.hint}"]

    def test_a_site_that_is_complete_is_told_nothing(self, settings: Settings) -> None:
        assert self.told(settings) == []
        assert self.told(settings, VERIFY_URL="/elsewhere/") == []

    def test_a_page_that_there_is_not(self, settings: Settings) -> None:
        [error] = self.told(settings, VERIFY_URL="pages:verify")

        assert error.startswith("multi_factor.E009 MFA[\"VERIFY_URL\"] is 'pages:verify', but")

    def test_pages_that_nobody_gets_into(self, settings: Settings) -> None:
        [warning] = self.told(settings, TOKEN_PROVIDER="authtoken")

        assert warning.startswith("multi_factor.W019")
