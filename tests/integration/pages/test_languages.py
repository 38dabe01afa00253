"""What people read is said in their language, all but names; what they type is written in one way in all of them."""

import re
from collections.abc import Iterator
from gettext import NullTranslations
from html import unescape
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.management import CommandError, call_command
from django.utils import translation
from django.utils.translation import trans_real
from pytest_django import Settings

from mfa.adapters.django.models import AccountRecord, AuditRecord, DeviceRecord
from mfa.domain.events import EVENT_NAMES
from tests.integration.pages.people import Person, Site
from tests.integration.pages.test_adding import begun

LANGUAGE = "lb"
"""One that Django has, without a way to write dates, and this package has not."""

OPEN, CLOSE = "⟦", "⟧"

SAID_BY_DJANGO = {"Search"}
"""The name of a picture in its admin."""

METHODS = {"email", "recovery", "totp", "webauthn"}
NAMES = {"ann", "bob", "example", "com", "Example", "lost", "session", "UTC", *METHODS}
EVENTS = {*re.findall("[a-z]+", " ".join(EVENT_NAMES))}
"""What is called so in every language."""

DJANGOS: Any = trans_real
"""Where Django keeps what it has loaded."""

_CONTEXT = "\x04"
_UNSEEN = re.compile(r"<(style|script|noscript)\b.*?</\1>|<code\b.*?</code>", re.DOTALL)
_SAID_BY = re.compile(r'\b(?:alt|aria-label|title)="([^"]*)"')
_LINK = re.compile(r"https?://\S+")


class Marking(NullTranslations):
    """Puts every sentence into brackets that a catalogue has, of this package or of another that is installed."""

    def gettext(self, message: str) -> str:
        return self._marked(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._marked((msgid1, 1), msgid1 if n == 1 else msgid2)

    def _marked(self, key: str | tuple[str, int], text: str) -> str:
        catalogues = [DJANGOS.translation(each)._catalog for each in ("en", "fr", "de")]
        known = any(key in catalogue for catalogue in catalogues)
        return f"{OPEN}{text.rpartition(_CONTEXT)[2]}{CLOSE}" if known else text

    def to_language(self) -> str:
        return LANGUAGE


def unmarked(text: str) -> set[str]:
    """The words of some HTML, or of a text, that were never translated, but for names."""
    seen = _LINK.sub(" ", _UNSEEN.sub(" ", text))
    left = unescape(" ".join([re.sub(r"<[^>]*>", " ", seen), *_SAID_BY.findall(seen)]))
    found = 1
    while found:
        left, found = re.subn(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", " ", left)
    return {*re.findall(r"[^\W\d_]{2,}", left)} - NAMES


@pytest.fixture
def ann(site: Site) -> Iterator[Person]:
    """Somebody who may see everything, and has verified; what language she reads is forgotten after her."""
    ann = site.person("ann", is_staff=True, is_superuser=True)
    ann.enrol()
    with translation.override("en"):
        yield ann


@pytest.fixture
def marking(ann: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.TIME_ZONE = "UTC"
    monkeypatch.setitem(DJANGOS._translations, LANGUAGE, Marking())
    ann.client.defaults["HTTP_ACCEPT_LANGUAGE"] = LANGUAGE
    with translation.override(LANGUAGE):
        yield


def test_a_word_that_was_never_translated_is_noticed() -> None:
    html = f'<a href="some">{OPEN}A {OPEN}b c{CLOSE}{CLOSE} ann</a> <i title="Moon">and</i>'
    assert unmarked(html) == {"Moon", "and"}


def said(ann: Person) -> Iterator[tuple[str, str]]:
    """What pages say, to whoever does right and to whoever does wrong."""
    for path in ("", "add/", "add/email/", "0/rename/", "0/remove/", "browsers/", "9/remove/"):
        yield path, ann.get(f"/security/{path}").html
    yield "a name that is too long", ann.submit(ann.get("/security/0/rename/"), "rename", name="x" * 65).html
    yield "an address that is none", begun(ann, "email", address="ann").html
    yield "an app", begun(ann, "totp").html
    mailed = begun(ann, "email")
    yield "a code on its way", mailed.html
    yield "a wrong code", ann.submit(mailed, "confirm", value="1").html
    yield "another code, too soon", ann.submit(mailed, "dispatch").html
    yield "recovery codes", ann.submit(ann.get("/security/recovery/"), "renew").html
    yield "recovery codes again", ann.get("/security/recovery/").html
    yield "to verify", ann.get("/security/verify/").html
    yield "events", ann.get("/security/activity/").html
    yield "a link that is none", ann.get("/security/not-me/none/").html


@pytest.mark.usefixtures("marking")
def test_no_page_says_a_word_that_is_in_no_catalogue(ann: Person) -> None:
    pages = dict(said(ann))

    assert {name: words for name, html in pages.items() if (words := unmarked(html))} == {}
    assert all(OPEN in html for html in pages.values())


@pytest.mark.usefixtures("marking")
def test_neither_does_the_admin(ann: Person) -> None:
    bob = ann.site.person("bob")
    bob.enrol()
    device, event = DeviceRecord.objects.latest("pk").pk, AuditRecord.objects.latest("pk").pk
    names = ["devicerecord/", "auditrecord/", "accountrecord/"]
    names += [f"devicerecord/{device}/change/", f"auditrecord/{event}/change/", f"accountrecord/{bob.user.pk}/change/"]
    pages = {name: ann.get(f"/admin/multi_factor/{name}").html for name in names}
    ann.client.handler.enforce_csrf_checks = False
    for act in ("unlock", "reset", "temporary_pass", "lockdown"):
        for reason in ({}, {"reason": ""}, {"reason": "lost", "device": "0"} if act == "reset" else {"reason": "lost"}):
            posted = {"action": act, "_selected_action": [bob.user.pk], **reason}
            answer = ann.client.post("/admin/multi_factor/accountrecord/", posted, follow=True)
            pages[f"{act} {reason}"] = answer.content.decode()

    found = {
        name: words for name, html in pages.items() if (words := unmarked(_inside(html)) - SAID_BY_DJANGO - EVENTS)
    }
    assert found == {}


def _inside(html: str) -> str:
    """The part of a page of the admin that is this package's."""
    assert 'id="content"' in html, html
    return html[html.index('id="content"') :].partition(">")[2]


@pytest.mark.usefixtures("marking")
def test_neither_does_a_mail_or_a_question(
    ann: Person,
    mailoutbox: list[EmailMultiAlternatives],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mailoutbox.clear()
    ann.submit(ann.get("/security/recovery/"), "renew")
    ann.submit(ann.get("/security/0/remove/"), "remove")
    mails = [text for each in mailoutbox for text in (str(each.subject), str(each.body), str(each.alternatives[0][0]))]
    monkeypatch.setattr("builtins.input", lambda: "no")
    with pytest.raises(CommandError) as refused:
        call_command("mfa_reset", "ann")
    question = [*capsys.readouterr().err.splitlines(), str(refused.value)]

    assert len(mails) > 4
    assert len(question) > 3
    assert {word for each in (*mails, *question) for word in unmarked(each)} == set()


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_what_forms_hold_and_what_is_typed_is_written_alike_in_every_language(
    ann: Person, settings: Settings, language: str
) -> None:
    settings.USE_THOUSAND_SEPARATOR = True
    ann.client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    AccountRecord.objects.update(next_index=1234567)

    page = begun(ann, "email")

    assert page.form("confirm").fields["index"] == "1234567"
    assert "1234567" in {each["data-index"] for each in ann.get("/security/").all("device")}
    code = ann.site.world.outbox.messages[-1].code
    assert re.fullmatch("[0-9]{6}", code)
    assert ann.submit(page, "confirm", value=code).path.startswith("/security/?added")


def test_what_a_browser_is_called_is_read_in_the_direction_of_the_language(ann: Person) -> None:
    """By its first letters it would be turned, and name the browser after its system."""
    ann.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ar"
    ann.submit(ann.get("/security/0/rename/"), "rename", name="Pixel 9")

    html = ann.get("/security/activity/").html

    assert "Chrome على Linux" in html
    assert "<bdi>Chrome" not in html
