import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from mfa.domain.identifiers import UserId


@pytest.fixture
def anna(db: None) -> User:
    return get_user_model().objects.create_user("anna", "anna@example.com", "a password")


@pytest.fixture
def bert(db: None) -> User:
    return get_user_model().objects.create_user("bert", "bert@example.com", "a password")


@pytest.fixture
def user_id(anna: User) -> UserId:
    return UserId(str(anna.pk))
