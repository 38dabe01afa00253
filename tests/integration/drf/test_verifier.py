import re
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import translation

from mfa.adapters.senders.django_email import DjangoEmailSender
from tests.integration.drf.people import MOUNT, STEP, Person, World

NOW = "2026-01-31T12:00:00Z"


@pytest.mark.parametrize(
    ("name", "arguments", "path"),
    [
        ("multi-factor-overview", [], ""),
        ("multi-factor-status", [], "status/"),
        ("multi-factor-specific", [7], "7/"),
        ("multi-factor-dispatch", [7], "7/dispatch/"),
        ("multi-factor-register-overview", [], "register/"),
        ("multi-factor-register", ["totp"], "register/totp/"),
    ],
)
def test_the_routes_have_names(name: str, arguments: list[object], path: str) -> None:
    assert reverse(name, args=arguments) == MOUNT + path


def test_the_overview_is_empty_at_first(ann: Person) -> None:
    answer = ann.get()

    assert answer.status_code == 200
    assert answer.json() == []


def test_a_device_is_shown_as_the_contract_has_it(ann: Person) -> None:
    ann.register_app("Pixel 9")

    answer = ann.get("0/")

    assert answer.status_code == 200
    assert answer.json() == {
        "index": 0,
        "method": "totp",
        "verbose_name": "Authenticator app",
        "name": "Pixel 9",
        "dispatchable": False,
        "active": False,
        "confirmed": False,
        "disabled": False,
        "destination": None,
        "remaining": None,
        "created_at": NOW,
        "last_used_at": None,
    }
    assert ann.get().json() == [answer.json()]


def test_a_right_value_activates_and_confirms(ann: Person, world: World) -> None:
    app = ann.register_app()
    world.pass_time()

    answer = ann.verify(app.index, app.code)

    assert answer.status_code == 200
    assert answer.json() == {"verifications-left": 0, "device": ann.get("0/").json()}
    device = answer.json()["device"]
    assert (device["active"], device["confirmed"], device["last_used_at"]) == (True, True, "2026-01-31T12:00:30Z")


def test_a_mail_to_an_unproved_address_names_the_site_and_says_no_word_of_the_users(
    ann: Person, world: World, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    """Otherwise anybody with an account would have the site mail his words to anybody."""
    world.container.email_sender.override(DjangoEmailSender())
    ann.post("register/email/", {"address": "victim@elsewhere.example", "name": "Account frozen! See evil.example"})
    assert ann.post("0/dispatch/").status_code == 204
    ann.verify(0, re.findall("[0-9]{6}", str(mailoutbox[0].body))[0])
    world.pass_time()
    assert ann.post("0/dispatch/", {"reverify": True}).status_code == 204

    first, notice, second = ((mail.subject, str(mail.body), str(mail.alternatives[0][0])) for mail in mailoutbox)
    assert not any("frozen" in part for part in notice)
    assert not any("frozen" in part for part in first)
    assert all("Account frozen!" in part for part in second[1:])
    assert all("code for testserver" in part for part in (*first, *second))


def test_a_value_may_be_pasted_as_it_stands_and_is_the_same_value(ann: Person) -> None:
    code = ann.register_app().code
    pasted = f"\u200b{code[:3]}\N{NO-BREAK SPACE}{code[3:]}\r\n".translate({48 + n: 0x660 + n for n in range(10)})

    assert ann.verify(0, pasted).status_code == 200
    assert ann.verify(0, code).status_code == 401


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart"])
def test_a_value_may_come_in_a_form(ann: Person, kind: str) -> None:
    app = ann.register_app()
    extra = (
        {"format": "multipart", "data": {"value": app.code}}
        if kind == "multipart"
        else {"data": f"value={app.code}", "content_type": kind}
    )

    assert ann.client.post(f"{MOUNT}0/", **extra).status_code == 200


def test_every_wrong_value_is_answered_with_the_same_bytes(ann: Person, world: World) -> None:
    app = ann.enrol_app()
    mail = ann.enrol_mail()
    sent = world.code
    world.pass_time()
    ann.post(f"{mail}/dispatch/", {"reverify": True})
    late = world.code
    used_up = [ann.verify(mail, sent)]  # replaced, and so simply wrong
    wrong = [ann.verify(app.index, "000000"), ann.verify(app.index, "")]
    replayed = [ann.verify(app.index, app.code) for _ in range(2)][1:]
    world.pass_time(timedelta(minutes=10))
    expired = [ann.verify(mail, late)]
    answers = [*used_up, *wrong, *replayed, *expired]

    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'JSON realm="multi factor verification"'}
    assert {answer.content for answer in answers} == {b'{"detail":"This value is not valid.","code":"invalid_value"}'}


def test_a_wrong_value_takes_no_verification_away(ann: Person) -> None:
    app = ann.enrol_app()

    ann.fail(app.index, 1)

    assert ann.gate().status_code == 200


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": 123456}, {"value": ["1"]}, {"value": {"a": "1"}}])
def test_a_malformed_value_is_no_failure(ann: Person, body: object) -> None:
    app = ann.enrol_app()

    for _ in range(6):
        answer = ann.post(f"{app.index}/", body)
        assert answer.status_code == 400
        assert list(answer.json()) == ["value"]

    assert ann.get("status/").json()["locked"] is False


def test_a_value_has_its_limit(ann: Person) -> None:
    app = ann.enrol_app()

    assert ann.verify(app.index, "1" * 4096).status_code == 401
    assert ann.verify(app.index, "1" * 4097).json() == {"value": ["This has the wrong type or is too long."]}


def test_a_dispatchable_device_is_dispatched_first(ann: Person) -> None:
    index = ann.register_mail()

    answer = ann.verify(index, "000000")

    assert answer.status_code == 404
    assert answer.json()["code"] == "no_challenge"


def test_a_locked_account_is_told_how_long_to_wait(ann: Person, world: World) -> None:
    app = ann.enrol_app()
    ann.fail(app.index, 5)
    world.pass_time(timedelta(milliseconds=500))

    answer = ann.verify(app.index, app.code)

    assert answer.status_code == 429
    assert answer.json()["code"] == "throttled"
    assert answer.headers["Retry-After"] == "30"  # half a second is rounded up


def test_a_disabled_device_is_told_apart_and_its_values_are_not_looked_at(ann: Person, world: World) -> None:
    world.configure(MAX_FAILURES=2)
    app = ann.enrol_app()
    ann.fail(app.index, 2)

    for answer in (ann.verify(app.index, app.code), ann.verify(app.index, "000000")):
        assert (answer.status_code, answer.json()["code"]) == (409, "device_disabled")
    assert ann.get("0/").json()["disabled"]
    assert ann.get("status/").json()["verified"]


def test_the_status_of_a_stranger(ann: Person) -> None:
    assert ann.get("status/").json() == {
        "verified": False,
        "required": 1,
        "verifications-left": 1,
        "enrolled": False,
        "locked": False,
        "retry_after": None,
        "registration_deadline": None,
        "verifications": [],
    }


def test_the_status_tells_until_when_there_need_be_no_device(ann: Person, world: World) -> None:
    world.configure(REGISTRATION_DEADLINE=(world.clock.time + timedelta(days=1)).isoformat())
    gate = ann.gate()

    deadline = ann.get("status/").json()["registration_deadline"]

    assert (gate.status_code, gate.headers["MFA-Registration-Deadline"]) == (200, deadline)


def test_the_status_tells_whether_a_requirement_is_met(ann: Person, world: World) -> None:
    world.configure(REQUIREMENTS={"transfer": {"max_age": "5m", "methods": ["totp", "hotp"]}}, REQUIRED_VERIFICATIONS=1)
    app = ann.enrol_app()
    transfer = {"verifications": 1, "methods": ["hotp", "totp"], "max_age": 300, "phishing_resistant": False}

    assert ann.get("status/?requirement=transfer").json()["requirement"] == {**transfer, "met": True}
    world.pass_time(timedelta(minutes=6))
    assert ann.get("status/?requirement=transfer").json()["requirement"] == {**transfer, "met": False}
    ann.prove(app)
    assert ann.get("status/?requirement=transfer").json()["requirement"]["met"]
    for unknown in ("", "Transfer", "transfer "):
        answer = ann.get(f"status/?requirement={unknown}")
        assert (answer.status_code, list(answer.json())) == (400, ["requirement"])


def test_the_status_tells_how_long_a_lock_lasts(ann: Person) -> None:
    app = ann.enrol_app()
    ann.fail(app.index, 5)

    status = ann.get("status/").json()

    assert (status["locked"], status["retry_after"]) == (True, 30)


def test_a_device_is_renamed(ann: Person) -> None:
    app = ann.enrol_app("old")

    answer = ann.patch("0/", {"name": "  new  "})

    assert answer.status_code == 200
    assert answer.json() == ann.get("0/").json()
    assert answer.json()["name"] == "new"
    assert answer.json()["confirmed"] is True
    assert app.index == 0


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "This field is required."),
        ({"name": None}, "This field may not be null."),
        ({"name": 7}, "Not a valid string."),
        ({"name": "x" * 65}, "Ensure this field has no more than 64 characters."),
        ({"name": "two\nlines"}, "This may not hold line breaks or other control characters."),
        ({"name": "\x00"}, "Null characters are not allowed."),
        ({"name": "\ud800"}, "Surrogate characters are not allowed: U+D800."),
    ],
)
def test_a_name_has_its_rules(ann: Person, body: object, sentence: str) -> None:
    ann.enrol_app()

    answer = ann.patch("0/", body)

    assert answer.status_code == 400
    assert answer.json() == {"name": [sentence]}


@pytest.mark.parametrize("body", [{"name": "mine"}, {"name": 7}])
def test_renaming_needs_a_verified_token(ann: Person, body: object) -> None:
    ann.enrol_app()

    answer = ann.again().patch("0/", body)

    assert answer.status_code == 403
    assert answer.json()["code"] == "verification_required"
    assert answer.json()["verifications-left"] == 1


def test_a_device_is_removed(ann: Person) -> None:
    ann.enrol_app()

    answer = ann.delete("0/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert ann.get("0/").status_code == 404


def test_removing_needs_a_fresh_verification(ann: Person, world: World) -> None:
    ann.enrol_app()
    world.pass_time(timedelta(minutes=11))

    answer = ann.delete("0/")

    assert answer.status_code == 403
    assert answer.json() == {
        "detail": "Verify with one of your devices first.",
        "code": "verification_required",
        "verifications-left": 1,
        "requirement": {"verifications": 1, "methods": None, "max_age": 600, "phishing_resistant": False},
    }
    assert answer.headers["WWW-Authenticate"] == (
        'Token error="insufficient_user_authentication", '
        'error_description="More recent authentication is required", max_age="600"'
    )


def test_a_code_is_dispatched(ann: Person, world: World) -> None:
    index = ann.register_mail("ann@example.com")

    answer = ann.post(f"{index}/dispatch/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert world.outbox.messages[-1].destination == "ann@example.com"
    assert ann.get(f"{index}/").json()["destination"] == "a***@example.com"
    assert ann.get(f"{index}/").json()["dispatchable"] is True


def test_what_sends_nothing_is_not_dispatched(ann: Person) -> None:
    ann.register_app()

    answer = ann.post("0/dispatch/")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_dispatchable"


def test_a_verified_device_is_dispatched_only_on_purpose(ann: Person, world: World) -> None:
    index = ann.enrol_mail()
    world.pass_time(STEP)

    answer = ann.post(f"{index}/dispatch/")

    assert answer.status_code == 409
    assert answer.json()["code"] == "already_verified"
    assert ann.post(f"{index}/dispatch/", {"reverify": False}).status_code == 409
    assert ann.post(f"{index}/dispatch/", {"reverify": True}).status_code == 204


@pytest.mark.parametrize("again", [[], "perhaps", None, {}, 2])
def test_whether_to_dispatch_again_is_said_clearly(ann: Person, again: object) -> None:
    index = ann.enrol_mail()

    answer = ann.post(f"{index}/dispatch/", {"reverify": again})

    assert answer.status_code == 400
    assert list(answer.json()) == ["reverify"]


def test_dispatches_have_an_interval(ann: Person, world: World) -> None:
    index = ann.register_mail()
    ann.post(f"{index}/dispatch/")
    world.pass_time(timedelta(seconds=10))

    answer = ann.post(f"{index}/dispatch/")

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "20"
    assert answer.json()["code"] == "resend_too_soon"


def test_a_sender_that_fails_is_told_of(ann: Person, world: World) -> None:
    index = ann.register_mail()
    world.outbox.failure = ConnectionError("no route to 192.0.2.1")

    answer = ann.post(f"{index}/dispatch/")

    assert answer.status_code == 503
    assert answer.json() == {"detail": "Nothing could be sent; try again.", "code": "delivery_failed"}


def test_a_device_whose_method_is_gone_is_still_shown(ann: Person, world: World) -> None:
    ann.enrol_app()
    world.configure(METHODS=["email"])

    device = ann.get("0/").json()

    assert (device["verbose_name"], device["dispatchable"]) == ("totp", False)


def test_a_translation_is_chosen_at_each_request(ann: Person) -> None:
    with translation.override("nl"):
        answer = ann.get("5/")

    assert answer.json() == {"detail": "Niet gevonden.", "code": "not_found"}
