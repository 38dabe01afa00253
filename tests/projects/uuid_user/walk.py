"""What holds in this project as in any other; run by ``tests/integration/django/test_projects.py``."""

import uuid
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pyotp
import pytest
from django.core.management import call_command
from rest_framework.authtoken.models import Token as AuthToken
from rest_framework.test import APIClient

from mfa.adapters import accessor
from mfa.adapters.django.models import AccountRecord, ChallengeRecord, DeviceRecord
from mfa.adapters.django.repositories import DjangoAccountRepository
from mfa.application.registration import Register
from mfa.application.verification import NotVerified, Verified, Verify
from mfa.domain.identifiers import Token, TokenId, UserId
from tests.projects.uuid_user.models import Member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def anna() -> Member:
    member: Member = Member.objects.join("anna@example.com", "a password")
    return member


def test_checks_and_migrations_find_nothing() -> None:
    call_command("check", stdout=StringIO())
    call_command("makemigrations", check_changes=True, dry_run=True, stdout=StringIO())


def test_by_use_cases(anna: Member) -> None:
    token = Token(id=TokenId("a digest"), user_id=UserId(str(anna.pk)))
    use_cases = accessor.use_cases()
    registered = use_cases.register_device(Register(token=token, method="totp"))
    code = pyotp.TOTP(str(registered.shown["secret"])).now()

    verified = use_cases.verify_challenge(Verify(token=token, index=registered.device.index, value=code))

    assert isinstance(verified, Verified)
    assert verified.device.active
    assert isinstance(use_cases.verify_challenge(Verify(token=token, index=0, value=code)), NotVerified)
    assert use_cases.assess_token(token).verified
    account = DjangoAccountRepository().of(token.user_id, token.id)
    assert account.devices[0].activated_at is not None
    assert account.devices[0].activated_at.utcoffset() == timedelta(0)
    [profile] = {use_cases.register_device.transactions.users.profile(token.user_id)}
    assert (profile.name, profile.email, profile.is_staff) == ("anna@example.com", "anna@example.com", False)
    assert use_cases.register_device.transactions.users.groups(token.user_id) == frozenset()


def test_by_http(anna: Member) -> None:
    client = APIClient()
    key = client.post("/login/", {"username": anna.email, "password": "a password"}).json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    assert client.get("/protected/").status_code == 403
    registered = client.post("/multi-factor/register/totp/").json()
    assert registered["index"] == 0
    assert datetime.fromisoformat(registered["created_at"]).utcoffset() is not None

    for _ in range(2):
        assert client.post("/multi-factor/0/", {"value": "no code"}).status_code == 401
    assert DeviceRecord.objects.get().failures == 2
    code = pyotp.TOTP(registered["secret"]).now()
    assert client.post("/multi-factor/0/", {"value": code}).status_code == 200
    assert client.get("/protected/").status_code == 200

    again = client.post("/login/", {"username": anna.email, "password": "a password"}).json()["token"]
    assert again != key
    client.credentials(HTTP_AUTHORIZATION=f"Token {again}")
    assert client.get("/protected/").status_code == 403


def test_a_member_takes_everything_along(anna: Member) -> None:
    token = Token(id=TokenId("a digest"), user_id=UserId(str(anna.pk)))
    registered = accessor.use_cases().register_device(Register(token=token, method="totp"))
    code = pyotp.TOTP(str(registered.shown["secret"])).now()
    accessor.use_cases().verify_challenge(Verify(token=token, index=0, value=code))
    assert [model.objects.count() for model in (AccountRecord, DeviceRecord, ChallengeRecord)] == [1, 1, 1]

    anna.delete()

    assert [model.objects.count() for model in (AccountRecord, DeviceRecord, ChallengeRecord)] == [0, 0, 0]


def test_identities_hold_in_local_time(anna: Member) -> None:
    user: Any = anna  # Django's own, as far as types go
    key = AuthToken.objects.create(user=user)
    provider = accessor.use_cases().token_provider

    def identity(token: AuthToken) -> Token | None:
        return provider.token_of(type("Request", (), {"auth": token})())

    first = identity(key)
    assert first is not None
    assert uuid.UUID(first.user_id) == anna.pk
    assert identity(AuthToken.objects.get(pk=key.pk)) == first
    assert key.created.tzinfo is None
    assert key.created.astimezone(UTC)
