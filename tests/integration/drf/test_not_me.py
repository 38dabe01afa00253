"""The page behind the link of a mail: what it gives to its owner, to a mail scanner, and to whoever else comes."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import connections
from django.test import Client
from django.urls import include, path, reverse
from pytest_django import DjangoAssertNumQueries, Settings

from mfa.adapters import links
from mfa.adapters.django.models import AccountRecord, AuditRecord, SpentLoginRecord
from mfa.application.operations.access import LockDown
from mfa.application.ports import audit
from mfa.domain.errors import StoreBusy, Throttled
from tests.integration.drf.keys import enrolled, new_key, take_keys
from tests.integration.drf.people import MOUNT, Person, World

SITE = "https://site.example"
BUTTON = b'<form method="post"><button type="submit">'
OTHERS = ("put", "patch", "delete", "options", "trace")


class Mounted:
    """A URLconf that has the routes somewhere else, and nothing beside them."""

    urlpatterns = (path("a/b/", include("mfa.urls")),)


@pytest.fixture(autouse=True)
def _site(world: World) -> None:
    world.configure(NOTIFY_URL=SITE, TRUST_LIFETIME="30d")


@pytest.fixture
def client() -> Client:
    """A browser that has nothing, and that the site asks for a token against forgery."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def link(ann: Person, mailoutbox: list[EmailMultiAlternatives]) -> str:
    """The path of the link in the mail that a device of Ann's was activated."""
    ann.enrol_app()
    return path_in(mailoutbox[0])


def path_in(letter: EmailMultiAlternatives) -> str:
    [found] = re.findall(rf"{SITE}(/\S+)", str(letter.body))
    return str(found)


def locked_down(person: Person) -> bool:
    return AccountRecord.objects.get(user=person.user).locked_down


def told() -> list[tuple[str, str, str | None, str]]:
    rows = AuditRecord.objects.filter(event__endswith=".lockdown")
    return [(row.event, row.actor, row.address, row.user_agent) for row in rows]


def test_a_click_asks_and_changes_nothing_and_a_second_one_ends_everything(
    link: str, client: Client, ann: Person
) -> None:
    asked = client.get(link)
    assert asked.status_code == 200
    assert BUTTON in asked.content
    assert not locked_down(ann)
    assert ann.gate().status_code == 200

    done = client.post(link, REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT="Firefox")

    assert done.status_code == 200
    assert b"Thank you" in done.content
    assert locked_down(ann)
    assert ann.gate().status_code in {401, 403}
    assert told() == [("user.lockdown", "user", "203.0.113.9", "Firefox")]


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_scanner_changes_nothing_however_often_it_looks(link: str, client: Client, ann: Person, method: str) -> None:
    before = AccountRecord.objects.values().get(user=ann.user)
    rows = AuditRecord.objects.count()
    for headers in ({}, {"HTTP_PURPOSE": "prefetch"}, {"HTTP_SEC_PURPOSE": "prefetch;prerender"}):
        assert getattr(client, method)(link, **headers).status_code == 200

    assert AccountRecord.objects.values().get(user=ann.user) == before
    assert (AuditRecord.objects.count(), SpentLoginRecord.objects.count()) == (rows, 0)
    assert client.post(link).status_code == 200


@pytest.mark.parametrize("method", OTHERS)
def test_no_other_verb_does_anything(link: str, client: Client, ann: Person, method: str) -> None:
    answer = getattr(client, method)(link)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"
    assert guarded(answer)
    assert not locked_down(ann)


def guarded(answer: Any) -> bool:  # noqa: ANN401 - of the test client
    headers = answer.headers
    return (
        headers["Cache-Control"] == "no-store"
        and headers["X-Frame-Options"] == "DENY"
        and "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        and "default-src 'none'" in headers["Content-Security-Policy"]
        and headers["Referrer-Policy"] == "no-referrer"
        and "Set-Cookie" not in headers
        and not answer.cookies
    )


def test_no_page_is_kept_or_framed_or_names_anything_of_the_account(link: str, client: Client, ann: Person) -> None:
    key = str(ann.user.pk)
    pages = [client.get(link), client.post(link), client.get(link), client.post(link), client.get(link[:-2] + "/")]

    assert [each.status_code for each in pages] == [200, 200, 410, 410, 404]
    for page in pages:
        assert guarded(page)
        text = re.sub(r"<style>.*</style>", "", page.content.decode(), flags=re.DOTALL)
        for word in (ann.name, ann.user.email, "Authenticator", link.split("/")[-2]):
            assert word not in text
        assert not re.search(rf"\b{key}\b", re.sub(r"<[^>]*>", "", text))


def test_whoever_is_logged_in_makes_no_difference(link: str, ann: Person, bob: Person) -> None:
    client = Client()
    client.force_login(bob.user)

    assert client.post(link).status_code == 200
    assert locked_down(ann)
    assert not AccountRecord.objects.filter(user=bob.user, locked_down=True).exists()


def test_another_site_that_has_no_link_can_do_nothing_and_the_owner_may_come_from_anywhere(
    link: str, client: Client, ann: Person
) -> None:
    answer = client.post(link, HTTP_ORIGIN="null", HTTP_SEC_FETCH_SITE="cross-site")

    assert answer.status_code == 200
    assert locked_down(ann)


def test_a_link_serves_once_and_another_mail_has_another(
    link: str, client: Client, ann: Person, mailoutbox: list[EmailMultiAlternatives], world: World
) -> None:
    ann.post("register/recovery/")
    second = path_in(mailoutbox[-1])
    assert client.post(link).status_code == 200

    assert client.post(link).status_code == 410
    assert BUTTON not in client.get(link).content
    assert client.post(second).status_code == 200
    assert len(told()) == 2


def test_a_link_lives_for_seven_days(link: str, client: Client, ann: Person, world: World) -> None:
    world.pass_time(timedelta(days=7, seconds=-1))
    assert client.get(link).status_code == 200

    world.pass_time(timedelta(seconds=1))

    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 410
        assert b"This link no longer works" in answer.content
    assert not locked_down(ann)


def test_nor_does_a_clock_that_stands_still_lengthen_its_life(
    link: str, client: Client, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.time() + 7 * 86400 + 10
    monkeypatch.setattr(time, "time", lambda: later)

    assert client.post(link).status_code == 410
    assert not locked_down(ann)


def forgeries(person: Person, link: str) -> list[str]:
    claims = [str(person.user.pk), "00" * 16, 2**33]
    token = link.split("/")[-2]
    return [
        "x",
        "a:b:c",
        token[:-1],
        token.swapcase(),
        f"{token}:x",
        "\N{SNOWMAN}",
        signing.dumps(claims),
        signing.dumps(claims, salt="another"),
        signing.dumps(claims, key="another key", salt=links.SALT),
    ]


def test_what_the_site_has_not_signed_is_not_found(link: str, client: Client, ann: Person) -> None:
    for token in forgeries(ann, link):
        page = f"{MOUNT}this-was-not-me/{token}/"
        for answer in (client.get(page), client.post(page)):
            assert answer.status_code == 404, token
            assert b"This link is not complete" in answer.content
    assert not locked_down(ann)


def test_a_user_who_is_gone_is_told_like_a_link_that_is_over(link: str, client: Client, ann: Person) -> None:
    ann.user.delete()

    answer = client.post(link)

    assert (answer.status_code, guarded(answer)) == (410, True)


def test_while_too_many_ask_at_once_the_link_goes_on_serving(
    link: str, client: Client, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(LockDown, "by_user", failing(Throttled(timedelta(seconds=1))))
        answer = client.post(link)

    assert (answer.status_code, guarded(answer)) == (503, True)
    assert b"try again" in answer.content
    assert not locked_down(ann)
    assert client.post(link).status_code == 200


def test_a_store_that_is_busy_is_asked_again_before_it_is_given_up(
    link: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("mfa.adapters.django.not_me._is_spent", failing(StoreBusy()))
        answer = client.get(link)

    assert (answer.status_code, guarded(answer)) == (503, True)
    assert client.get(link).status_code == 200


def failing(failure: Exception) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise failure

    return fail


def test_it_stands_wherever_the_routes_do_and_needs_no_other_page(
    settings: Settings, world: World, ann: Person, client: Client, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    ann.enrol_app()
    settings.ROOT_URLCONF = Mounted
    settings.TEMPLATES = []
    settings.MIDDLEWARE = []
    token = path_in(mailoutbox[0]).split("/")[-2]
    page = reverse("multi-factor-not-me", args=[token])
    assert page == f"/a/b/this-was-not-me/{token}/"

    assert BUTTON in client.get(page).content
    assert client.post(page).status_code == 200
    assert locked_down(ann)


@pytest.mark.parametrize(
    "gate",
    ["mfa.adapters.django.middleware.VerifiedMiddleware", "django.contrib.auth.middleware.LoginRequiredMiddleware"],
)
def test_a_site_that_is_closed_by_default_lets_it_pass(
    link: str, client: Client, ann: Person, settings: Settings, gate: str
) -> None:
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        gate,
    ]

    answer = client.get(link)
    assert (answer.status_code, guarded(answer)) == (200, True)
    assert client.post(link).status_code == 200
    assert locked_down(ann)


def test_a_project_may_have_pages_of_its_own(
    link: str,
    client: Client,
    settings: Settings,
    tmp_path: Any,  # noqa: ANN401 - of pytest
) -> None:
    (tmp_path / "mfa" / "not_me").mkdir(parents=True)
    (tmp_path / "mfa" / "not_me" / "ask.html").write_text("Really? {{ issuer }}")
    backend = "django.template.backends.django.DjangoTemplates"
    settings.TEMPLATES = [{"BACKEND": backend, "DIRS": [tmp_path], "APP_DIRS": True}]

    assert client.get(link).content == b"Really? "
    assert b"Thank you" in client.post(link).content


def test_to_ask_costs_one_statement(
    link: str, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        client.get(link)


@pytest.mark.django_db(transaction=True)
def test_requests_that_are_transactions_make_no_difference(
    link: str, client: Client, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for alias in connections:
        monkeypatch.setitem(connections[alias].settings_dict, "ATOMIC_REQUESTS", True)  # noqa: FBT003 - a setting

    assert client.post(link).status_code == 200
    assert locked_down(ann)


def test_a_login_by_passkey_from_another_browser_is_told(
    world: World, ann: Person, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    take_keys(world, PASSKEY_LOGIN=True, NOTIFY_URL=SITE)
    key = new_key()
    enrolled(ann, key)

    def log_in(agent: str) -> list[str]:
        mailoutbox.clear()
        client = Client(headers={"user-agent": agent})
        with audit.acting(audit.Origin(client=audit.Client(user_agent=agent))):
            begun = client.post(f"{MOUNT}passkey/options/").json()
            body = {"state": begun["state"], "value": key.get(begun["options"])}
            assert client.post(f"{MOUNT}passkey/", body, content_type="application/json").status_code == 200
        return [str(each.subject) for each in mailoutbox]

    assert log_in("Firefox on Linux") == ["A login at example.com from a new browser"]
    assert "Firefox on Linux" in mailoutbox[0].body
    assert log_in("Firefox on Linux") == []
    assert log_in("Safari on Mac OS") == ["A login at example.com from a new browser"]
