from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from django.utils import translation
from pytest_django import Settings

from mfa.adapters.senders.wording import worded
from mfa.application.ports.delivery import Message

ALL = ["mfa/email/subject.txt", "mfa/email/body.txt", "mfa/email/body.html", "mfa/sms/body.txt"]
BODIES = ALL[1:]
TEXTS = ["mfa/email/body.txt", "mfa/sms/body.txt"]

ENGINE = {"BACKEND": "django.template.backends.django.DjangoTemplates"}


@pytest.fixture(params=["without templates", "with templates of apps"], autouse=True)
def engines(request: pytest.FixtureRequest, settings: Settings) -> None:
    settings.TEMPLATES = [] if request.param == "without templates" else [{**ENGINE, "APP_DIRS": True}]


@pytest.mark.parametrize("template", BODIES)
def test_a_body_holds_the_code_and_its_lifetime(template: str, message: Message) -> None:
    text = worded(template, message, "")

    assert message.code in text
    assert "10 minutes" in text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(59, "less than a minute"), (60, "1 minute."), (119, "1 minute."), (120, "2 minutes"), (3600, "60 minutes")],
)
@pytest.mark.parametrize("template", BODIES)
def test_a_code_is_never_said_to_live_longer_than_it_does(
    template: str, seconds: int, said: str, message: Message
) -> None:
    assert said in worded(template, attrs.evolve(message, lifetime=timedelta(seconds=seconds)), "")


@pytest.mark.parametrize("template", ALL)
def test_the_site_is_named_where_its_name_is_known(template: str, message: Message) -> None:
    assert "Example Bank" in worded(template, message, "Example Bank")
    assert "for ." not in worded(template, message, "")
    assert "for :" not in worded(template, message, "")


@pytest.mark.parametrize("template", ALL)
def test_the_site_is_named_by_the_settings_where_a_sender_does_not_and_else_by_its_host(
    template: str, message: Message, settings: Settings
) -> None:
    asked = attrs.evolve(message, site="www.example.com")
    assert "for www.example.com" in worded(template, asked, "")
    settings.MFA = {"WEBAUTHN_RP_ID": "example.com", "WEBAUTHN_ORIGINS": ["https://example.com"]}
    assert "for example.com" in worded(template, asked, "")
    settings.MFA = {**settings.MFA, "TOTP_ISSUER": "Example Bank"}
    assert "for Example Bank" in worded(template, asked, "")
    assert "for Example" in worded(template, asked, "Example")


def test_the_last_line_of_a_text_message_binds_the_code_to_the_site(message: Message, settings: Settings) -> None:
    def last_line(message: Message) -> str:
        return worded("mfa/sms/body.txt", message, "Example Bank").strip().splitlines()[-1]

    for nowhere in ("", "192.0.2.1", "[2001:db8::1]"):
        assert last_line(attrs.evolve(message, site=nowhere)).startswith("042195 is your verification code for Example")
    assert last_line(attrs.evolve(message, site="www.example.com")) == "@www.example.com #042195"
    settings.MFA = {"WEBAUTHN_RP_ID": "example.com", "WEBAUTHN_ORIGINS": ["https://example.com"]}
    assert last_line(attrs.evolve(message, site="www.example.com")) == "@example.com #042195"


@pytest.mark.parametrize("template", TEXTS)
def test_text_is_left_as_it_is(template: str, message: Message) -> None:
    assert "<b>Tom & Jerry's</b>" in worded(template, message, "<b>Tom & Jerry's</b>")


def test_the_subject_is_left_as_it_is(message: Message) -> None:
    assert worded(ALL[0], message, "Tom & Jerry's").strip() == "Your verification code for Tom & Jerry's"


def test_html_is_escaped_once(message: Message) -> None:
    named = attrs.evolve(message, device_name="<b>Tom & Jerry</b>")

    text = worded("mfa/email/body.html", named, "<i>Bank & Co</i>")

    assert "&lt;b&gt;Tom &amp; Jerry&lt;/b&gt;" in text
    assert "&lt;i&gt;Bank &amp; Co&lt;/i&gt;" in text
    assert "<b>" not in text
    assert "<i>" not in text


@pytest.mark.parametrize("template", ["mfa/email/body.txt", "mfa/email/body.html"])
def test_a_device_without_a_name_is_not_mentioned(template: str, message: Message) -> None:
    assert "work mail" in worded(template, message, "")
    assert "device" not in worded(template, attrs.evolve(message, device_name=""), "")


def test_a_short_message_fits_into_one_sms(message: Message) -> None:
    asked = attrs.evolve(message, site="www.bank.example.com")
    assert len(worded("mfa/sms/body.txt", asked, "Example Bank").strip()) <= 160


def test_html_names_its_language_if_it_has_one(message: Message) -> None:
    with translation.override("nl"):
        assert '<html lang="nl">' in worded("mfa/email/body.html", message, "")
    with translation.override(None):
        assert "<html>" in worded("mfa/email/body.html", message, "")


def test_html_turns_with_its_language_and_a_code_does_not(message: Message) -> None:
    with translation.override("ar"):
        text = worded("mfa/email/body.html", message, "")

    assert '<html lang="ar" dir="rtl">' in text
    assert '<bdi dir="ltr" translate="no"><strong>042195</strong></bdi>' in text


@pytest.mark.parametrize("template", ALL)
def test_a_project_words_messages_its_own_way(
    template: str, message: Message, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / template
    file.parent.mkdir(parents=True)
    file.write_text("{{ code }}/{{ minutes }}/{{ issuer }}/{{ host }}/{{ device_name }}")
    settings.TEMPLATES = [{**ENGINE, "DIRS": [tmp_path], "APP_DIRS": True}]

    asked = attrs.evolve(message, site="example.com")
    assert worded(template, asked, "Bank") == "042195/10/Bank/example.com/work mail"
