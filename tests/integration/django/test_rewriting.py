"""A database that the first version has filled keeps everything when it is brought to the present tables."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import StateApps
from pytest_django import Settings

from mfa.adapters.accessor import APP_LABEL
from mfa.adapters.django.models import AccountRecord, ChallengeRecord, SpentLoginRecord
from mfa.adapters.django.repositories import DjangoAccountRepository
from mfa.domain.identifiers import TokenId, UserId
from mfa.domain.sends import Sends
from mfa.domain.throttling import Failures

NOW = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
TOKEN = TokenId("1f" * 32)
EVERY_BYTE = bytes(range(256))
TRUST = {
    "digest": "ab" * 32,
    "index": 0,
    "login": "digest of a password",
    "created_at": NOW.isoformat(),
    "expires_at": (NOW + timedelta(days=30)).isoformat(),
    "last_used_at": None,
    "description": "Firefox",
}


@pytest.fixture
def first_version(transactional_db: None) -> Iterator[StateApps]:
    """The models of the first version, over its tables; afterwards the tables are those of today again."""
    executor = MigrationExecutor(connection)
    latest = [node for node in executor.loader.graph.leaf_nodes() if node[0] == APP_LABEL]
    executor.migrate([(APP_LABEL, "0002_trusts")])
    yield MigrationExecutor(connection).loader.project_state((APP_LABEL, "0002_trusts")).apps
    MigrationExecutor(connection).migrate(latest)


def fill(apps: StateApps, user: User) -> None:
    accounts, devices, challenges = (
        apps.get_model(APP_LABEL, name).objects for name in ("AccountRecord", "DeviceRecord", "ChallengeRecord")
    )
    account = accounts.create(
        user_id=user.pk,
        version=7,
        next_index=4,
        carried={"hotp": [3, NOW.isoformat()]},
        sends={"email": [[NOW.isoformat()], NOW.isoformat()], "sms": [[NOW.isoformat()], None]},
        spent={"5c" * 32: (NOW + timedelta(minutes=5)).isoformat()},
        trusts=[TRUST],
    )
    for index, changes in enumerate(
        (
            {"activated_at": NOW, "failures": 4, "last_failure_at": NOW},
            {"activated_at": NOW, "unique": "c" * 64, "failures": 0},
            {"registered_by": TOKEN, "expires_at": NOW + timedelta(hours=1), "failures": 1, "last_failure_at": NOW},
        )
    ):
        devices.create(account=account, index=index, method="totp", state=EVERY_BYTE, created_at=NOW, **changes)
    for index, changes in enumerate(
        (
            {"confirmed_at": NOW, "trust": "ab" * 8},
            {"dispatched_at": NOW, "sent": EVERY_BYTE},
            {"trust": "ab" * 8, "trusted_at": NOW},
        )
    ):
        challenges.create(account=account, index=index, token=TOKEN, **changes)


def test_where_verifications_have_no_end_none_is_given_to_them(first_version: StateApps, settings: Settings) -> None:
    settings.MFA = {"VERIFICATION_LIFETIME": None}
    fill(first_version, User.objects.create_user("ann"))

    executor = MigrationExecutor(connection)
    executor.migrate([node for node in executor.loader.graph.leaf_nodes() if node[0] == APP_LABEL])

    ends = ChallengeRecord.objects.order_by("index").values_list("expires_at", flat=True)
    assert list(ends) == [None, NOW + timedelta(days=1), None]


@pytest.mark.parametrize("batch", [1, 500])
def test_devices_failures_trusts_and_challenges_are_kept(
    first_version: StateApps, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    for name in ("0004_rewrite_accounts", "0006_operations"):
        monkeypatch.setattr(f"mfa.adapters.django.migrations.{name}.BATCH", batch)
    user = User.objects.create_user("ann")
    fill(first_version, user)
    empty = User.objects.create_user("bert")
    first_version.get_model(APP_LABEL, "AccountRecord").objects.create(user_id=empty.pk, version=1, next_index=0)

    executor = MigrationExecutor(connection)
    executor.migrate([node for node in executor.loader.graph.leaf_nodes() if node[0] == APP_LABEL])

    account = DjangoAccountRepository().of(UserId(str(user.pk)), TOKEN)
    assert (account.version, account.next_index) == (7, 4)
    assert [each.failures for each in account.devices] == [
        Failures(count=4, recent=4, last_at=NOW),
        Failures(),
        Failures(count=1, recent=1, last_at=NOW),
    ]
    assert {each.state for each in account.devices} == {EVERY_BYTE}
    assert [(each.active, each.unique) for each in account.devices] == [(True, None), (True, "c" * 64), (False, None)]
    assert account.gone == (Failures(count=3, recent=3, last_at=NOW),)
    assert account.sends == {"email": Sends(recent=(NOW,), last_at=NOW), "sms": Sends(recent=(NOW,))}
    assert [(each.digest, each.created_at) for each in account.trusts] == [(TRUST["digest"], NOW)]
    assert [(each.confirmed_at, each.sent, each.trusted_at) for each in account.challenges] == [
        (NOW, None, None),
        (None, EVERY_BYTE, None),
        (None, None, NOW),
    ]
    ends = ChallengeRecord.objects.order_by("index").values_list("expires_at", flat=True)
    assert list(ends) == [NOW + timedelta(days=30), NOW + timedelta(days=1), NOW + timedelta(days=30)]
    assert list(SpentLoginRecord.objects.values_list("digest", "expires_at")) == [
        ("5c" * 32, NOW + timedelta(minutes=5))
    ]
    assert DjangoAccountRepository().of(UserId(str(empty.pk))).version == 1
    purges = AccountRecord.objects.order_by("pk").values_list("purge_at", flat=True)
    assert list(purges) == [NOW + timedelta(days=30), None], "a purge finds what was remembered before"
    assert (account.generation, account.browsers, account.locked_down, account.locked_down_at) == (0, (), False, None)
