"""What users are mailed of, by the use cases of a deployment whose mail goes into a list."""

import logging
import re
from pathlib import Path
from typing import cast

import attrs
import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.utils import translation
from pytest_django import Settings

from mfa.adapters import accessor
from mfa.adapters.django.models import DeviceRecord
from mfa.adapters.django.notices import TOLD, MailNotifier, folder
from mfa.adapters.django.users import DjangoUserDirectory
from mfa.adapters.templates import TEMPLATES
from mfa.application.devices import Remove
from mfa.application.operations import IssuedPass, Operator, PassWanted, Reset
from mfa.application.ports.audit import Client, Origin, acting
from mfa.application.ports.delivery import DeliveryTimedOut, Message, Notice
from mfa.application.registration import Register
from mfa.application.verification import Verified, Verify
from mfa.domain import events
from mfa.domain.errors import StoreBusy
from mfa.domain.identifiers import Token, UserId
from mfa.domain.policies import Profile
from tests.integration.django.world import App, World, token_of

pytestmark = pytest.mark.django_db(transaction=True)

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HOME = Origin(client=Client(address="203.0.113.9", user_agent=FIREFOX))
DESK = Operator(name="Dora of the desk", why="called us at noon", client=Client(address="198.51.100.7"))
SITE = "https://site.example"

Outbox = list[EmailMultiAlternatives]


@pytest.fixture
def world(settings: Settings) -> World:
    settings.TIME_ZONE = "UTC"
    return World(settings, TOTP_ISSUER="Example", NOTIFY_URL=SITE, TRUST_LIFETIME="30d")


@pytest.fixture
def app(world: World, phone: Token, mailoutbox: Outbox) -> App:
    """Anna's app, whose activation is no news any more."""
    app = world.enrolled(phone)
    mailoutbox.clear()
    return app


def email(world: World, token: Token, address: str) -> int:
    """Register an address and prove it."""
    index = world.register(token, "email", address=address).device.index
    assert isinstance(world.verify(token, index, world.dispatch(token, index)), Verified)
    return index


def codes(world: World, token: Token) -> list[str]:
    shown = world.register(token, "recovery").shown
    return cast("list[str]", shown["codes"])


def given_pass(user_id: UserId) -> IssuedPass:
    return accessor.use_cases().operations.issue_pass(PassWanted(user_id=user_id), DESK)


def remove(token: Token, index: int) -> None:
    accessor.use_cases().remove_device(Remove(token=token, index=index))


def html(letter: EmailMultiAlternatives) -> str:
    return str(letter.alternatives[0][0])


def both(letter: EmailMultiAlternatives) -> tuple[str, str]:
    """What both parts say, without what sets a direction apart."""
    return str(letter.body), re.sub("</?bdi[^>]*>", "", html(letter))


class TestWhatIsTold:
    def test_a_device_is_activated(self, world: World, phone: Token, mailoutbox: Outbox) -> None:
        app = world.app(world.register(phone, "totp"))
        assert mailoutbox == []
        with acting(HOME):
            world.verify(phone, app.index, app.code)

        [letter] = mailoutbox
        assert letter.to == ["anna@example.com"]
        assert letter.subject == "A new device for your account at Example"
        assert letter.extra_headers == {"Auto-Submitted": "auto-generated"}
        for part in both(letter):
            assert "Authenticator app" in part
            assert "Jan. 31, 2026, 12:00 UTC" in part
            assert "203.0.113.9, Firefox on Linux" in part
            assert f"{SITE}/multi-factor/this-was-not-me/" in part

    def test_recovery_codes_are_made_and_used(self, world: World, app: App, phone: Token, mailoutbox: Outbox) -> None:
        values = codes(world, phone)
        assert [each.subject for each in mailoutbox] == ["A new device for your account at Example"]
        mailoutbox.clear()

        for value in values[:2]:
            world.verify(phone, 1, value)

        assert [each.subject for each in mailoutbox] == ["A recovery code was used at Example"] * 2
        assert "9 recovery codes are left." in mailoutbox[0].body
        assert "Make new ones" not in mailoutbox[0].body

    def test_the_use_that_leaves_two_is_one_mail_that_says_so(
        self, world: World, app: App, phone: Token, mailoutbox: Outbox
    ) -> None:
        values = codes(world, phone)
        mailoutbox.clear()

        for value in values:
            world.verify(phone, 1, value)

        assert len(mailoutbox) == 10
        assert mailoutbox[7].subject == "A recovery code was used at Example, and two are left"
        for part in both(mailoutbox[7]):
            assert "2 recovery codes are left." in part
            assert "Make new ones" in part
        assert "1 recovery code is left." in mailoutbox[8].body
        assert [each.subject.endswith("two are left") for each in mailoutbox].count(True) == 1

    def test_a_device_is_removed_together_with_its_backups(
        self, world: World, app: App, phone: Token, mailoutbox: Outbox
    ) -> None:
        codes(world, phone)
        mailoutbox.clear()

        remove(phone, app.index)

        [letter] = mailoutbox
        assert letter.subject == "A device of your account at Example was removed"
        assert "Authenticator app, Recovery codes" in letter.body

    def test_a_device_is_disabled_once(
        self, settings: Settings, phone: Token, mailoutbox: Outbox, world: World
    ) -> None:
        strict = World(settings, MAX_FAILURES=2, NOTIFY_URL=SITE)
        app = strict.enrolled(phone)
        mailoutbox.clear()

        for _ in range(2):
            strict.verify(phone, app.index, "0")

        [letter] = mailoutbox
        assert letter.subject == "A device of your account at site.example was disabled"
        assert "Authenticator app" in letter.body

    def test_a_pass_is_made_and_used(
        self, world: World, app: App, phone: Token, user_id: UserId, mailoutbox: Outbox
    ) -> None:
        issued = given_pass(user_id)
        world.verify(phone, issued.index, issued.value)

        assert [each.subject for each in mailoutbox] == [
            "A temporary pass for your account at Example",
            "A temporary pass was used at Example",
        ]
        for part in (*both(mailoutbox[0]), *both(mailoutbox[1])):
            assert issued.value not in part

    def test_a_browser_is_remembered(self, world: World, app: App, phone: Token, mailoutbox: Outbox) -> None:
        verify = Verify(token=phone, index=app.index, value=app.code, trust=True, browser="Ann's own words")
        accessor.use_cases().verify_challenge(verify)

        [letter] = mailoutbox
        assert letter.subject == "A browser is remembered at Example"
        assert "own words" not in "".join(both(letter))

    def test_an_operator_resets(
        self, world: World, app: App, phone: Token, user_id: UserId, mailoutbox: Outbox
    ) -> None:
        codes(world, phone)
        mailoutbox.clear()

        accessor.use_cases().operations.reset_account(Reset(user_id=user_id), DESK)

        [letter] = mailoutbox
        assert letter.subject == "Devices of your account at Example were removed"
        for part in both(letter):
            assert "the people who run the site" in part
            for word in ("Dora", "noon", "198.51.100.7", "From:"):
                assert word not in part

    def test_whatever_else_happens_is_no_mail(
        self, world: World, app: App, phone: Token, user_id: UserId, mailoutbox: Outbox
    ) -> None:
        operations = accessor.use_cases().operations
        world.verify(phone, app.index, "0")
        world.verify(phone, app.index, app.code)
        operations.unlock(user_id, DESK)
        operations.lock_down(user_id, DESK)

        assert mailoutbox == []

    def test_without_notify_nobody_is_told(self, settings: Settings, phone: Token, mailoutbox: Outbox) -> None:
        world = World(settings, NOTIFY=False)
        world.enrolled(phone)

        assert mailoutbox == []
        assert world.container.notifier() is None


class TestToWhom:
    def test_a_removal_goes_to_the_address_that_goes_as_well(
        self, world: World, app: App, phone: Token, mailoutbox: Outbox
    ) -> None:
        index = email(world, phone, "anna@work.example")
        mailoutbox.clear()

        remove(phone, index)

        assert [each.to for each in mailoutbox] == [["anna@work.example"], ["anna@example.com"]]
        assert mailoutbox[0].body == mailoutbox[1].body

    @pytest.mark.parametrize("address", ["anna@example.com", "Anna@Example.com"])
    def test_and_is_one_mail_where_both_are_the_same(
        self, world: World, app: App, phone: Token, mailoutbox: Outbox, address: str
    ) -> None:
        index = email(world, phone, address)
        mailoutbox.clear()

        remove(phone, index)

        assert [each.to for each in mailoutbox] == [["anna@example.com"]]

    def test_so_does_a_reset(self, world: World, app: App, phone: Token, user_id: UserId, mailoutbox: Outbox) -> None:
        email(world, phone, "anna@work.example")
        mailoutbox.clear()

        accessor.use_cases().operations.reset_account(Reset(user_id=user_id, method="email"), DESK)

        assert {each.to[0] for each in mailoutbox} == {"anna@work.example", "anna@example.com"}
        assert {each.subject for each in mailoutbox} == {"Devices of your account at Example were removed"}

    def test_another_device_of_the_user_goes_unnoticed_there(
        self, world: World, app: App, phone: Token, mailoutbox: Outbox
    ) -> None:
        email(world, phone, "anna@work.example")
        mailoutbox.clear()

        remove(phone, app.index)

        assert [each.to for each in mailoutbox] == [["anna@example.com"]]

    def test_an_address_that_nobody_proved_is_mailed_nothing(
        self, world: World, app: App, phone: Token, user_id: UserId, mailoutbox: Outbox
    ) -> None:
        index = world.register(phone, "email", address="victim@elsewhere.example").device.index
        remove(phone, index)
        assert mailoutbox == []

        world.register(phone, "email", address="victim@elsewhere.example")
        accessor.use_cases().operations.reset_account(Reset(user_id=user_id), DESK)

        assert [each.to for each in mailoutbox] == [["anna@example.com"]]

    def test_whoever_knows_the_password_alone_mails_the_owner_nothing(
        self, settings: Settings, phone: Token, mailoutbox: Outbox
    ) -> None:
        world = World(settings, MAX_FAILURES=1)
        device = world.register(phone, "totp").device
        world.verify(phone, device.index, "0")
        remove(phone, device.index)

        assert mailoutbox == []

    def test_a_user_without_an_address_is_told_nothing_but_by_the_device_that_goes(
        self, world: World, bert: User, mailoutbox: Outbox
    ) -> None:
        token = token_of(UserId(str(bert.pk)))
        index = email(world, token, "bert@work.example")
        assert mailoutbox == []

        remove(token, index)

        assert [each.to for each in mailoutbox] == [["bert@work.example"]]

    def test_a_seal_that_does_not_open_keeps_nothing_from_being_removed(
        self, world: World, app: App, phone: Token, mailoutbox: Outbox
    ) -> None:
        index = email(world, phone, "anna@work.example")
        mailoutbox.clear()
        DeviceRecord.objects.filter(index=index).update(state=b"broken")

        remove(phone, index)

        assert [each.to for each in mailoutbox] == [["anna@example.com"]]


class TestWords:
    def test_no_word_that_anybody_chose_is_in_a_mail(self, world: World, phone: Token, mailoutbox: Outbox) -> None:
        command = Register(token=phone, method="totp", name="Frozen! Call 0900")
        app = world.app(accessor.use_cases().register_device(command))
        liar = Origin(client=Client(address="203.0.113.9", user_agent="Visit https://evil.example Firefox"))
        with acting(liar):
            world.verify(phone, app.index, app.code)

        for part in (mailoutbox[0].subject, *both(mailoutbox[0])):
            assert "0900" not in part
            assert "evil" not in part
        assert "203.0.113.9, Firefox" in mailoutbox[0].body

    def test_each_mail_has_a_link_of_its_own(self, world: World, app: App, phone: Token, mailoutbox: Outbox) -> None:
        for value in codes(world, phone)[:2]:
            world.verify(phone, 1, value)

        links = [re.findall(r"https://\S+", str(each.body)) for each in mailoutbox]
        assert [len(each) for each in links] == [1, 1, 1]
        assert len({each[0] for each in links}) == 3
        for letter, [link] in zip(mailoutbox, links, strict=True):
            assert f'href="{link}"' in html(letter)

    def test_without_the_address_of_the_site_there_is_no_link(
        self, settings: Settings, phone: Token, mailoutbox: Outbox
    ) -> None:
        World(settings).enrolled(phone)

        for part in both(mailoutbox[0]):
            assert "http" not in part
            assert "change your password" in part
        assert mailoutbox[0].subject == "A new device for your account"

    def test_nor_where_no_route_leads_to_the_page(
        self, settings: Settings, world: World, phone: Token, mailoutbox: Outbox
    ) -> None:
        settings.ROOT_URLCONF = "tests.no.such.module"
        world.enrolled(phone)

        assert "http" not in mailoutbox[0].body

    @pytest.mark.parametrize(
        ("mfa", "name"),
        [
            ({"NOTIFY_URL": "https://www.site.example/"}, "www.site.example"),
            (
                {"WEBAUTHN_RP_ID": "site.example", "WEBAUTHN_ORIGINS": [SITE], "NOTIFY_URL": SITE},
                "site.example",
            ),
        ],
    )
    def test_the_site_is_called_by_its_domain_where_it_has_no_name(
        self, settings: Settings, phone: Token, mailoutbox: Outbox, mfa: dict[str, object], name: str
    ) -> None:
        World(settings, **mfa).enrolled(phone)

        assert mailoutbox[0].subject == f"A new device for your account at {name}"
        assert "example//" not in mailoutbox[0].body

    def test_a_method_that_is_gone_is_called_by_its_short_name(
        self, settings: Settings, app: App, phone: Token, mailoutbox: Outbox
    ) -> None:
        World(settings, METHODS=["email"])

        accessor.use_cases().remove_device(Remove(token=phone, index=app.index))

        assert ": totp." in mailoutbox[0].body

    def test_times_are_those_of_the_site(
        self, settings: Settings, world: World, phone: Token, mailoutbox: Outbox
    ) -> None:
        settings.TIME_ZONE = "Asia/Tokyo"
        world.enrolled(phone)

        assert "Jan. 31, 2026, 21:00 JST (12:00 UTC)" in mailoutbox[0].body

    def test_mails_are_in_the_language_of_the_request(self, world: World, phone: Token, mailoutbox: Outbox) -> None:
        with translation.override("de"):
            world.enrolled(phone)

        assert '<html lang="de">' in html(mailoutbox[0])
        assert "31. Januar 2026" in mailoutbox[0].body

    def test_what_an_operator_reads_is_not_what_a_user_is_written_to_in(
        self, settings: Settings, user_id: UserId, app: App, mailoutbox: Outbox
    ) -> None:
        settings.LANGUAGE_CODE = "nl"
        with translation.override("de"):
            accessor.use_cases().operations.reset_account(Reset(user_id=user_id), DESK)

        assert '<html lang="nl">' in html(mailoutbox[0])

    @pytest.mark.parametrize(("known", "written"), [("pt-br", "pt-br"), ("de-AT", "de"), ("../de", "fr"), ("", "fr")])
    def test_a_project_may_know_the_language_of_a_user(
        self, world: World, phone: Token, mailoutbox: Outbox, known: str, written: str
    ) -> None:
        class Directory(DjangoUserDirectory):
            def profile(self, user_id: UserId) -> Profile:
                return attrs.evolve(super().profile(user_id), language=known)

        world.container.users.override(Directory())
        with translation.override("fr"):
            world.enrolled(phone)
            assert translation.get_language() == "fr"

        assert f'<html lang="{written}">' in html(mailoutbox[0])

    def test_a_project_words_a_mail_its_own_way(
        self, settings: Settings, world: World, phone: Token, mailoutbox: Outbox, tmp_path: Path
    ) -> None:
        place = tmp_path / folder(events.DeviceActivated)
        place.mkdir(parents=True)
        (place / "subject.txt").write_text("{{ methods }} at {{ issuer }}")
        (place / "body.txt").write_text("Welcome.\n\nBe safe & sound.")
        backend = "django.template.backends.django.DjangoTemplates"
        settings.TEMPLATES = [{"BACKEND": backend, "DIRS": [tmp_path], "APP_DIRS": True}]

        world.enrolled(phone)

        [letter] = mailoutbox
        assert letter.subject == "Authenticator app at Example"
        assert str(letter.body).startswith("Welcome.\n\nBe safe & sound.\n\nWhen:")
        assert "<p>Welcome.</p>\n\n<p>Be safe &amp; sound.</p>" in html(letter)

    @pytest.mark.parametrize("kind", TOLD, ids=lambda kind: kind.__name__)
    def test_each_kind_has_its_pair_of_templates(self, kind: type[events.AccountEvent]) -> None:
        for file in ("subject.txt", "body.txt"):
            assert (TEMPLATES / folder(kind) / file).is_file()


class Failing:
    """A sender of codes and notices of which some fail."""

    def __init__(self, *failures: Exception | None) -> None:
        self.failures = [*failures]
        self.notices: list[Notice] = []

    def send(self, message: Message) -> None:
        raise AssertionError

    def send_notice(self, notice: Notice) -> None:
        failure = self.failures.pop(0)
        if failure is not None:
            raise failure
        self.notices.append(notice)


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]


class TestFailures:
    def test_a_mail_system_that_fails_is_logged_without_a_word_of_the_mail(
        self, world: World, phone: Token, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise ConnectionRefusedError("anna@example.com")

        monkeypatch.setattr(mail, "get_connection", refuse)
        monkeypatch.setattr(mail, "mailers", None, raising=False)

        world.enrolled(phone)

        assert logged(caplog) == ["A notice was not delivered: ConnectionRefusedError"]
        assert "anna@example.com" not in caplog.text

    def test_the_second_address_is_tried_all_the_same(
        self, world: World, app: App, phone: Token, caplog: pytest.LogCaptureFixture
    ) -> None:
        index = email(world, phone, "anna@work.example")
        sender = Failing(ValueError("secret"), None)
        world.container.email_sender.override(sender)

        remove(phone, index)

        assert [each.destination for each in sender.notices] == ["anna@example.com"]
        assert logged(caplog) == ["A notice was not delivered: ValueError"]

    def test_but_not_after_a_server_was_silent(
        self, world: World, app: App, phone: Token, caplog: pytest.LogCaptureFixture
    ) -> None:
        index = email(world, phone, "anna@work.example")
        sender = Failing(DeliveryTimedOut(), None)
        world.container.email_sender.override(sender)

        remove(phone, index)

        assert sender.notices == []
        assert logged(caplog) == ["A notice was not delivered: timed out"]

    def test_a_store_that_fails_afterwards_fails_nobody(
        self, world: World, phone: Token, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        notifier = world.container.notifier()
        assert isinstance(notifier, MailNotifier)

        def busy(*_: object) -> None:
            raise StoreBusy

        monkeypatch.setattr(type(notifier.users), "profile", busy)
        event = events.PassUsed(user_id=phone.user_id, at=world.clock.now(), index=0, method="pass")

        notifier.notify([event], {})

        assert logged(caplog) == ["A notice was not delivered: Unavailable"]

    def test_what_was_not_committed_is_not_told(
        self, world: World, phone: Token, mailoutbox: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = world.app(world.register(phone, "totp"))

        def fail(*_: object, **__: object) -> None:
            raise NotImplementedError

        monkeypatch.setattr(type(world.container.accounts()), "save", fail)
        with pytest.raises(NotImplementedError):
            world.verify(phone, app.index, app.code)

        assert mailoutbox == []
