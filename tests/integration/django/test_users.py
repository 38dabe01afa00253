"""What is known of users, whatever their model has."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from pytest_django import Settings

from mfa.adapters.django import users
from mfa.adapters.django.users import DjangoUserDirectory
from mfa.application.ports.users import UserDirectory
from mfa.domain.identifiers import UserId
from mfa.domain.policies import Profile
from tests.contracts.users import UserDirectoryContract

JOINED = datetime(2020, 2, 29, 23, 30, tzinfo=UTC)


class TestDjangoUserDirectory(UserDirectoryContract):
    @pytest.fixture
    def directory(self) -> UserDirectory:
        return DjangoUserDirectory()

    @pytest.fixture
    def user_id(self, anna: User) -> UserId:
        anna.groups.add(*(Group.objects.create(name=name) for name in ("editors", "auditors")))
        anna.is_staff, anna.date_joined = True, JOINED
        anna.save()
        return UserId(str(anna.pk))

    @pytest.fixture
    def profile(self) -> Profile:
        return Profile(
            name="anna",
            email="anna@example.com",
            is_staff=True,
            groups=frozenset({"editors", "auditors"}),
            joined_at=JOINED,
        )

    @pytest.fixture
    def gone_user_id(self, bert: User) -> UserId:
        gone = UserId(str(bert.pk))
        bert.delete()
        return gone


class Bare:
    """A user as a project may have it: a key, a name, and next to nothing else."""

    def get_username(self) -> str:
        return "anna"

    def get_email_field_name(self) -> str:
        return "mail"


def test_what_a_model_does_not_have_is_left_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(Bare(), monkeypatch) == Profile(name="anna")


def test_so_is_what_a_model_means_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    user: Any = Bare()
    user.mail, user.groups, user.date_joined = None, ["a list of the project's own"], date(2020, 2, 29)

    assert read(user, monkeypatch) == Profile(name="anna")


def test_a_local_time_becomes_a_moment(anna: User, settings: Settings) -> None:
    settings.USE_TZ, settings.TIME_ZONE = False, "Europe/Amsterdam"
    anna.date_joined = datetime(2020, 3, 1, 0, 30)  # noqa: DTZ001 - as Django has it in such a project
    anna.save()

    assert DjangoUserDirectory().profile(UserId(str(anna.pk))).joined_at == JOINED


def read(user: object, monkeypatch: pytest.MonkeyPatch) -> Profile:
    class Manager:
        def filter(self, pk: str) -> "Manager":
            return self

        def first(self) -> object:
            return user

    monkeypatch.setattr(users, "get_user_model", lambda: SimpleNamespace(_default_manager=Manager()))
    return DjangoUserDirectory().profile(UserId("1"))
