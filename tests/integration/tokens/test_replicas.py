"""A project that reads from replicas, which lag behind."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.db.models import Model
from knox.models import AuthToken as KnoxToken
from knox.settings import knox_settings
from rest_framework_simplejwt.settings import api_settings

from mfa.adapters.tokens.authtoken import AuthtokenTokenProvider
from mfa.adapters.tokens.jwt import JwtTokenProvider
from mfa.adapters.tokens.knox import KnoxTokenProvider
from mfa.config import Config
from mfa.domain.identifiers import UserId
from tests.integration.tokens.test_issuing import to_log_in


class Elsewhere:
    """Sends all reading to a replica that does not exist."""

    def db_for_read(self, model: type[Model], **hints: object) -> str:
        return "replica"


@pytest.fixture(autouse=True)
def replica(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "replica" not in connections
    monkeypatch.setattr("django.db.router.routers", [Elsewhere()])


@pytest.mark.parametrize("provider", [AuthtokenTokenProvider, JwtTokenProvider, KnoxTokenProvider])
def test_who_logs_in_is_read_where_users_are_written(
    provider: type[AuthtokenTokenProvider | JwtTokenProvider | KnoxTokenProvider],
    user_id: UserId,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a replica somebody who is gone would still get a token, and somebody who is new none."""
    monkeypatch.setattr(api_settings, "USER_ID_FIELD", "username")  # so that jwt looks users up once more
    issuer = provider(Config())

    prepared = issuer.prepare(user_id, to_log_in())

    assert prepared is not None
    assert prepared.issue()
    assert [*issuer.end_all(user_id).values()] == [1]


def test_how_many_tokens_there_are_is_read_where_they_are_written(
    anna: User, user_id: UserId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knox_settings, "TOKEN_LIMIT_PER_USER", 1)
    KnoxToken.objects.create(user=anna, expiry=timedelta(hours=1))

    assert KnoxTokenProvider(Config()).prepare(user_id, to_log_in()) is None
