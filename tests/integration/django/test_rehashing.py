"""A password that Django only hashes anew is the same password; any other change of it forgets every browser."""

from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import transaction
from pytest_django import Settings

from mfa.adapters.django.repositories import DjangoAccountRepository
from mfa.adapters.system.clock import SystemClock
from mfa.domain.errors import Throttled
from mfa.domain.identifiers import TokenId, UserId
from mfa.domain.trusts import Trust, digest_of

MD5 = "django.contrib.auth.hashers.MD5PasswordHasher"
SLOW = "django.contrib.auth.hashers.PBKDF2PasswordHasher"

pytestmark = pytest.mark.django_db(transaction=True)


def remembered(user: User) -> bool:
    account = DjangoAccountRepository().of(UserId(str(user.pk)))
    return bool(account.remembered(SystemClock().now()))


@pytest.fixture
def ann(settings: Settings) -> User:
    settings.MFA = {"TRUST_LIFETIME": "30d"}
    settings.PASSWORD_HASHERS = [MD5, SLOW]
    user = User.objects.create_user("ann", password="her password")
    repository, now = DjangoAccountRepository(), SystemClock().now()
    empty = repository.of(UserId(str(user.pk)))
    repository.save(empty, attrs.evolve(empty, next_index=1))
    before = repository.of(UserId(str(user.pk)), TokenId("a token"))
    end = now + timedelta(days=30)
    trust = Trust(digest=digest_of("kept"), index=0, login=before.login, created_at=now, expires_at=end)
    repository.save(before, before.remembering(trust, now))
    assert remembered(user)
    settings.PASSWORD_HASHERS = [SLOW, MD5]
    return user


def test_a_login_that_upgrades_the_hash_forgets_nothing(ann: User) -> None:
    stored = ann.password

    assert authenticate(username="ann", password="her password") == ann

    ann.refresh_from_db()
    assert ann.password != stored
    assert remembered(ann)


def test_nor_does_one_within_a_transaction(ann: User) -> None:
    with transaction.atomic():
        assert authenticate(username="ann", password="her password")

    assert remembered(ann)


def set_anew(user: User) -> None:
    user.set_password("her password")
    user.save()


def set_alone(user: User) -> None:
    user.set_password("another")
    user.save(update_fields=["password"])


def updated(user: User) -> None:
    User.objects.filter(pk=user.pk).update(password=make_password("her password"))


def assigned(user: User) -> None:
    user.password = make_password("another")
    user.save()


def unusable(user: User) -> None:
    user.password = "!never"
    user.save(update_fields=["password"])


@pytest.mark.parametrize("change", [set_anew, set_alone, updated, assigned, unusable])
def test_every_other_change_does(ann: User, change: Callable[[User], None]) -> None:
    change(ann)

    assert not remembered(ann)


def test_a_failure_to_follow_is_told_and_fails_no_login(
    ann: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stale(*_: object, **__: object) -> None:
        raise Throttled(timedelta(seconds=1))

    monkeypatch.setattr("mfa.application.transactions.Transactions.run", stale)

    assert authenticate(username="ann", password="her password")

    assert not remembered(ann)
    assert "Throttled" in caplog.text


def test_where_no_browser_is_remembered_nothing_is_asked(ann: User, settings: Settings) -> None:
    settings.MFA = {}

    assert authenticate(username="ann", password="her password")

    settings.MFA = {"TRUST_LIFETIME": "30d"}
    assert not remembered(ann)
