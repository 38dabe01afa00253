"""What is known of users, whatever their model has."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User, UserManager
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connections
from django.db.models import Model, QuerySet
from django.db.utils import ConnectionHandler
from pytest_django import DjangoAssertNumQueries, Settings

from mfa.adapters.django import prepared, users
from mfa.adapters.django.users import DjangoUserDirectory, DjangoUserFinder
from mfa.application.ports.users import UserDirectory
from mfa.domain.identifiers import UserId
from mfa.domain.policies import Profile
from mfa.testing.contracts.users import UserDirectoryContract

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


class Reading:
    """A router that sends every reading to a replica."""

    def db_for_read(self, model: type[Model], **hints: object) -> str:
        return "replica"


@pytest.fixture
def replica(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A database that lags, from which Django reads whatever is not read elsewhere on purpose."""
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "replica")}
    connections["replica"] = ConnectionHandler({"default": sqlite, "replica": sqlite})["replica"]
    with connections["replica"].schema_editor() as editor:
        for model in (ContentType, Permission, Group, User):
            editor.create_model(model)
    monkeypatch.setattr("django.db.router.routers", [Reading()])
    yield "replica"
    connections["replica"].close()
    del connections["replica"]


def test_users_are_read_where_they_are_written(anna: User, replica: str) -> None:
    """On a replica that lags, somebody who was dismissed would log in, and a new member of staff pass by a password."""
    User(pk=anna.pk, username=anna.username).save(using=replica, force_insert=True)
    anna.is_active, anna.is_staff = False, True
    anna.save()
    anna.groups.add(Group.objects.create(name="auditors"))
    directory, key = DjangoUserDirectory(), UserId(str(anna.pk))
    assert User.objects.get(pk=anna.pk).is_active  # as anybody else would read

    assert (directory.profile(key).active, directory.profile(key).is_staff) == (False, True)
    assert directory.groups(key) == {"auditors"}


def test_so_are_those_whom_a_manager_hides(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their tokens pass all the same, for Django follows a key to whomever it leads to."""
    anna.is_staff = True
    anna.save()
    anna.groups.add(Group.objects.create(name="auditors"))
    monkeypatch.setattr(UserManager, "get_queryset", lambda _: QuerySet(User).filter(is_staff=False))
    assert not User.objects.exists()
    directory, finder, key = DjangoUserDirectory(), DjangoUserFinder(), UserId(str(anna.pk))

    assert (directory.profile(key).active, directory.profile(key).is_staff) == (True, True)
    assert directory.groups(key) == {"auditors"}
    assert finder.by_keys([key])[key].name == "anna"
    assert finder.by_names(["anna"])["anna"].id == key


def read(user: object, monkeypatch: pytest.MonkeyPatch) -> Profile:
    monkeypatch.setattr(prepared, "one", lambda *_: user)
    return DjangoUserDirectory().profile(UserId("1"))
