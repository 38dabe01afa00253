from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser, User
from rest_framework_simplejwt.models import TokenUser
from rest_framework_simplejwt.tokens import AccessToken

from mfa.adapters.requests import user_name
from mfa.domain.identifiers import Token, TokenId, UserId
from tests.integration.drf.people import Person, World


def test_the_methods_are_listed_in_their_order(ann: Person) -> None:
    ann.enrol_app()
    ann.register_mail()  # pending, and so not counted

    answer = ann.get("register/")

    assert answer.status_code == 200
    assert answer.json() == [
        {"index": 0, "method": "totp", "verbose_name": "Authenticator app", "dispatchable": False, "registered": 1},
        {"index": 1, "method": "email", "verbose_name": "Email", "dispatchable": True, "registered": 0},
        {"index": 2, "method": "recovery", "verbose_name": "Recovery codes", "dispatchable": False, "registered": 0},
        {
            "index": 3,
            "method": "hotp",
            "verbose_name": "Counter-based authenticator",
            "dispatchable": False,
            "registered": 0,
        },
        {"index": 4, "method": "sms", "verbose_name": "Text message", "dispatchable": True, "registered": 0},
    ]


@pytest.mark.parametrize("index", ["totp", "0"])
def test_an_app_is_registered_by_name_or_position(ann: Person, world: World, index: str) -> None:
    world.container.qr_codes.reset_override()

    answer = ann.post(f"register/{index}/", {"name": "Pixel 9"})

    assert answer.status_code == 201
    registered = answer.json()
    shown = {key: registered.pop(key) for key in ("authenticator_url", "secret", "qr_code")}
    assert registered == ann.get("0/").json()
    assert shown["authenticator_url"].startswith("otpauth://totp/testserver:ann?secret=" + shown["secret"])
    assert shown["qr_code"].startswith("data:image/")


@pytest.mark.parametrize(
    ("host", "site"), [("localhost:8443", "localhost"), ("[2001:db8::1]:8000", "%5B2001-db8--1%5D")]
)
def test_the_site_is_the_host_without_the_port(ann: Person, world: World, host: str, site: str) -> None:
    world.settings.ALLOWED_HOSTS = ["*"]

    answer = ann.post("register/totp/", headers={"Host": host})

    assert answer.json()["authenticator_url"].startswith(f"otpauth://totp/{site}:ann?")


def test_a_host_that_is_not_allowed_is_a_bad_request(ann: Person) -> None:
    answer = ann.post("register/totp/", headers={"Host": "elsewhere.example"})

    assert answer.status_code == 400
    assert answer.json() == {"detail": "Malformed request.", "code": "parse_error"}


def test_a_mail_address_defaults_to_the_users_own(ann: Person) -> None:
    answer = ann.post("register/email/")

    assert answer.status_code == 201
    assert answer.json()["destination"] == "a***@example.com"
    assert set(answer.json()) == set(ann.get("0/").json())


def test_a_number_may_be_written_as_people_write_it(ann: Person) -> None:
    answer = ann.post("register/sms/", {"number": " +31 6 1234-5678 "})

    assert answer.status_code == 201
    assert answer.json()["destination"] == "+31 ** ****78"


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("email", {"address": "nobody"}, {"address": ["Enter a valid email address."]}),
        ("email", {"address": 7}, {"address": ["Enter a valid email address."]}),
        ("email", {"address": "a\x00@example.com"}, {"address": ["Null characters are not allowed."]}),
        ("email", {"address": "x" * 255}, {"address": ["Ensure this field has no more than 254 characters."]}),
        ("sms", {"number": "12"}, {"number": ["Enter a valid phone number."]}),
        ("sms", {}, {"number": ["This field is required."]}),
        ("totp", {"name": ["a"]}, {"name": ["Not a valid string."]}),
        ("totp", {"name": "a\tb"}, {"name": ["This may not hold line breaks or other control characters."]}),
    ],
)
def test_fields_are_checked(ann: Person, path: str, body: object, answer: object) -> None:
    refused = ann.post(f"register/{path}/", body)

    assert refused.status_code == 400
    assert refused.json() == answer


def test_a_user_without_an_address_has_to_give_one(ann: Person) -> None:
    ann.user.email = ""
    ann.user.save()

    assert ann.post("register/email/").json() == {"address": ["This field is required."]}


def test_unknown_fields_are_left_alone(ann: Person) -> None:
    assert ann.post("register/totp/", {"colour": "green", "state": "x"}).status_code == 201


@pytest.mark.parametrize("index", ["fax", "5", "-1", "00", "9" * 5000, "TOTP"])
def test_an_unknown_method_is_not_found(ann: Person, index: str) -> None:
    for answer in (
        ann.post(f"register/{index}/", {"name": 7}),
        ann.options(f"register/{index}/"),
    ):
        assert answer.status_code == 404
        assert answer.json() == {"detail": "Not found.", "code": "not_found"}


def test_recovery_codes_need_another_device(ann: Person) -> None:
    answer = ann.post("register/recovery/")

    assert answer.status_code == 409
    assert answer.json()["code"] == "device_required"


def test_recovery_codes_are_active_at_once(ann: Person) -> None:
    ann.enrol_app()

    answer = ann.post("register/recovery/", {"name": "in the safe"})

    assert answer.status_code == 201
    registered = answer.json()
    codes = registered.pop("codes")
    assert len(codes) == 10
    assert registered == ann.get("1/").json()
    assert (registered["active"], registered["confirmed"]) == (True, False)


def test_replaced_recovery_codes_stay_confirmed(ann: Person) -> None:
    ann.enrol_app()
    [code, *_] = ann.post("register/recovery/").json()["codes"]
    assert ann.verify(1, code.upper()).status_code == 200

    answer = ann.post("register/recovery/")

    registered = answer.json()
    assert code not in registered.pop("codes")
    assert registered == ann.get("1/").json()
    assert registered["confirmed"] is True


def test_devices_of_a_method_have_a_limit(ann: Person, world: World) -> None:
    world.configure(MAX_DEVICES_PER_METHOD=1)
    ann.enrol_app()

    answer = ann.post("register/totp/")

    assert answer.status_code == 409
    assert answer.json()["code"] == "already_registered"


@pytest.mark.parametrize("path", ["register/", "register/totp/", "register/fax/"])
def test_an_unverified_token_registers_nothing_once_there_is_a_device(ann: Person, path: str) -> None:
    ann.enrol_app()
    other = ann.again()

    answer = other.get(path) if path == "register/" else other.post(path)

    assert answer.status_code == 403
    assert answer.json()["code"] == "verification_required"
    assert answer.json()["verifications-left"] == 1
    assert answer.headers["WWW-Authenticate"].startswith('Token error="insufficient_user_authentication"')


def test_registering_needs_a_fresh_verification(ann: Person, world: World) -> None:
    ann.enrol_app()
    world.pass_time(timedelta(minutes=11))

    answer = ann.post("register/email/")

    assert answer.status_code == 403
    assert answer.json()["code"] == "verification_required"
    assert 'max_age="600"' in answer.headers["WWW-Authenticate"]


def test_the_second_of_two_required_devices_can_be_registered(ann: Person, world: World) -> None:
    world.configure(REQUIRED_VERIFICATIONS=2)
    app = ann.register_app()

    answer = ann.verify(app.index, app.code)

    assert answer.json()["verifications-left"] == 1
    assert ann.gate().json()["verifications-left"] == 1
    ann.enrol_mail()
    assert ann.gate().status_code == 200


def test_the_fields_of_a_method_are_described(ann: Person) -> None:
    answer = ann.options("register/email/")

    assert answer.status_code == 200
    assert answer.json()["actions"] == {
        "POST": {
            "name": {"type": "string", "required": False, "read_only": False, "label": "Name", "max_length": 64},
            "address": {
                "type": "email",
                "required": False,
                "read_only": False,
                "label": "Email address",
                "max_length": 254,
            },
        }
    }
    assert list(ann.options("register/totp/").json()["actions"]["POST"]) == ["name"]
    assert list(ann.options("register/sms/").json()["actions"]["POST"]) == ["name", "number"]
    assert "actions" not in ann.options("register/").json()


def test_a_form_registers_as_well(ann: Person) -> None:
    body = {"name": "work", "address": "ann@work.example"}

    answer = ann.client.post("/multi-factor/register/email/", body, format="multipart")

    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["destination"]) == ("work", "a***@work.example")


@pytest.mark.django_db
def test_only_a_user_who_was_read_along_with_the_token_tells_a_name() -> None:
    """No claim of a token does, nor anybody who is put into the owner's place."""
    ann, bert = (User.objects.create(username=name) for name in ("ann", "bert"))
    token = Token(id=TokenId("a digest"), user_id=UserId(str(ann.pk)))
    stateless = TokenUser(AccessToken.for_user(ann))

    told = [user_name(SimpleNamespace(user=each), token) for each in (ann, bert, AnonymousUser(), stateless, None)]

    assert told == ["ann", None, None, None, None]
