"""What is known of users, whatever their model has."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from pytest_django import DjangoAssertNumQueries, Settings

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
            joined_at=JOINED,
            active=True,
        )

    @pytest.fixture
    def gone_user_id(self, bert: User) -> UserId:
        gone = UserId(str(bert.pk))
        bert.delete()
        return gone


class AnonymousGroups:
    """A model that calls something else its groups: text, and things that have no name."""

    class _meta:  # noqa: N801 - Django's name for it
        @staticmethod
        def get_field(name: str) -> Any:  # noqa: ANN401 - whatever Django has there
            return SimpleNamespace(many_to_many=True, related_model=Session)


class Bare:
    """A user as a project may have it: a key, a name, and next to nothing else."""

    def get_username(self) -> str:
        return "anna"

    def get_email_field_name(self) -> str:
        return "mail"


def test_what_a_model_does_not_have_is_left_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(Bare(), monkeypatch) == Profile(name="anna", active=True)


def test_so_is_what_a_model_means_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    user: Any = Bare()
    user.mail, user.date_joined = None, date(2020, 2, 29)

    assert read(user, monkeypatch) == Profile(name="anna", active=True)


def test_a_local_time_becomes_a_moment(anna: User, settings: Settings) -> None:
    settings.USE_TZ, settings.TIME_ZONE = False, "Europe/Amsterdam"
    anna.date_joined = datetime(2020, 3, 1, 0, 30)  # noqa: DTZ001 - as Django has it in such a project
    anna.save()

    assert DjangoUserDirectory().profile(UserId(str(anna.pk))).joined_at == JOINED


@pytest.mark.parametrize("part", ["profile", "groups"])
def test_each_costs_one_statement(anna: User, part: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    anna.groups.add(Group.objects.create(name="editors"))

    with django_assert_num_queries(1):
        getattr(DjangoUserDirectory(), part)(UserId(str(anna.pk)))


def test_who_is_in_no_group_is_in_none(anna: User) -> None:
    assert DjangoUserDirectory().groups(UserId(str(anna.pk))) == frozenset()


@pytest.mark.parametrize("model", [Session, Permission, AnonymousGroups])
def test_where_a_model_has_no_groups_with_names_nobody_is_asked(
    model: type[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users, "get_user_model", lambda: model)

    assert DjangoUserDirectory().groups(UserId("1")) == frozenset()


def read(user: object, monkeypatch: pytest.MonkeyPatch) -> Profile:
    class Manager:
        def filter(self, pk: str) -> "Manager":
            return self

        def first(self) -> object:
            return user

    monkeypatch.setattr(users, "get_user_model", lambda: SimpleNamespace(_default_manager=Manager()))
    return DjangoUserDirectory().profile(UserId("1"))
