from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from pytest_django import Settings

from mfa.domain.identifiers import Token, UserId
from tests.integration.django.world import World, token_of


@pytest.fixture
def anna(db: None) -> User:
    return get_user_model().objects.create_user("anna", "anna@example.com", "a password")


@pytest.fixture
def bert(db: None) -> User:
    return get_user_model().objects.create_user("bert")


@pytest.fixture
def user_id(anna: User) -> UserId:
    return UserId(str(anna.pk))


@pytest.fixture
def other_user_id(bert: User) -> UserId:
    return UserId(str(bert.pk))


@pytest.fixture
def phone(user_id: UserId) -> Token:
    return token_of(user_id, "phone")


@pytest.fixture
def laptop(user_id: UserId) -> Token:
    return token_of(user_id, "laptop")


@pytest.fixture
def world(settings: Settings) -> World:
    return World(settings)


@pytest.fixture
def make_world(settings: Settings) -> Callable[..., World]:
    """To be called with keys of ``MFA``."""
    return lambda **mfa: World(settings, **mfa)
