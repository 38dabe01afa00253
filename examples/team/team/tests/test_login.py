"""The team's newer tests, in pytest's manner."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from knox.models import AuthToken
from rest_framework.test import APIClient

from mfa.application.ports.delivery import Message
from mfa.testing import FrozenClock, enrol, verified_client
from team.models import Expense, Member

PASSWORD = "a password"


@pytest.fixture
def member(db: None) -> Member:
    """A member who has no device yet."""
    return Member.objects.join("bob@example.com", PASSWORD)


def login(**more: object) -> Any:
    """Log in as the app does."""
    return APIClient().post("/app/login/", {"email": "bob@example.com", "password": PASSWORD, **more})


def test_a_login_says_what_is_missing(member: Member) -> None:
    enrolled = enrol(member, "totp", name="Pixel")

    told = login().json()["mfa"]

    assert (told["verified"], told["verifications-left"]) == (False, 1)
    assert [(each["index"], each["name"]) for each in told["devices"]] == [(enrolled.index, "Pixel")]


def test_a_code_may_come_along(member: Member) -> None:
    enrolled = enrol(member)
    client = APIClient()

    answer = login(value=enrolled.code())

    assert answer.json()["mfa"]["verified"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
    assert client.get("/expenses/").status_code == 200


def test_a_wrong_one_leaves_no_token(member: Member) -> None:
    enrol(member)

    assert login(value="000000").status_code == 401
    assert login(password="another").status_code == 403
    assert not AuthToken.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("body", [["a list"], {"email": "bob\0@example.com", "password": PASSWORD}])
def test_what_is_no_login_is_refused_as_such(body: object) -> None:
    assert APIClient().post("/app/login/", body).status_code == 400


def test_codes_are_mailed(member: Member, mfa_outbox: list[Message]) -> None:
    enrolled, client = enrol(member, "email"), APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {login().json()['token']}")

    assert client.post(f"/multi-factor/{enrolled.index}/dispatch/").status_code == 204

    assert mfa_outbox[0].destination == "bob@example.com"
    assert client.post(f"/multi-factor/{enrolled.index}/", {"value": enrolled.code()}).status_code == 200


def test_a_payout_takes_a_verification_of_the_last_minutes(member: Member, mfa_clock: FrozenClock) -> None:
    expense, client = Expense.objects.create(member=member, amount=1), verified_client(member)
    mfa_clock.advance(timedelta(minutes=6))

    refused = client.post(f"/expenses/{expense.pk}/payout/")

    assert (refused.status_code, refused.json()["requirement"]["max_age"]) == (403, 300)
    assert client.get("/expenses/").status_code == 200


@pytest.mark.django_db
def test_django_finds_nothing_to_complain_of() -> None:
    call_command("check", fail_level="WARNING")
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
