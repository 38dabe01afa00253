"""The fakes of what operators need pass the suites of their ports."""

import pytest

from mfa.adapters.memory.audit import MemoryAuditTrail
from mfa.adapters.memory.operations import (
    MemoryAccountReports,
    MemoryClientAddress,
    MemoryExpiredRows,
    MemoryNotifier,
)
from mfa.adapters.memory.repositories import MemoryAccountRepository
from mfa.adapters.memory.tokens import MemoryTokenProvider
from mfa.adapters.memory.users import MemoryUserDirectory
from mfa.application.ports.audit import NOWHERE, Client
from mfa.application.ports.tokens import TokenEnder
from mfa.domain.events import DeviceRenamed
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.policies import Profile
from mfa.testing.contracts.audit import AuditTrailContract
from mfa.testing.contracts.purging import ExpiredRowsContract
from mfa.testing.contracts.reports import AccountReportsContract
from mfa.testing.contracts.repositories import NOW
from mfa.testing.contracts.tokens import TokenEnderContract


class TestMemoryAuditTrail(AuditTrailContract):
    @pytest.fixture
    def audit(self) -> MemoryAuditTrail:
        return MemoryAuditTrail()

    def test_a_number_is_given_once(self, audit: MemoryAuditTrail, five: list[object]) -> None:
        assert audit.drop(NOW, 1) == 1

        assert [row.number for row in audit.rows] == [2, 3, 4, 5]
        assert len(five) == 5


class TestMemoryAccountReports(AccountReportsContract):
    @pytest.fixture
    def users(self) -> tuple[UserId, UserId, UserId, UserId]:
        return UserId("1"), UserId("2"), UserId("3"), UserId("4")

    @pytest.fixture
    def repository(self) -> MemoryAccountRepository:
        return MemoryAccountRepository()

    @pytest.fixture
    def reports(
        self, repository: MemoryAccountRepository, users: tuple[UserId, UserId, UserId, UserId]
    ) -> MemoryAccountReports:
        directory = MemoryUserDirectory()
        for user_id, groups in zip(users, (["editors", "auditors"], ["editors"], [], ["editors"]), strict=True):
            directory.add(user_id, Profile(active=user_id != users[3]), groups)
        return MemoryAccountReports(repository, directory)


class TestMemoryExpiredRows(ExpiredRowsContract):
    @pytest.fixture
    def repository(self) -> MemoryAccountRepository:
        return MemoryAccountRepository()

    @pytest.fixture
    def audit(self) -> MemoryAuditTrail:
        return MemoryAuditTrail()

    @pytest.fixture
    def expired(self, repository: MemoryAccountRepository, audit: MemoryAuditTrail) -> MemoryExpiredRows:
        return MemoryExpiredRows(repository, audit)

    @pytest.fixture
    def user_id(self) -> UserId:
        return UserId("1")

    @pytest.fixture
    def other_user_id(self) -> UserId:
        return UserId("2")


class TestMemoryTokenProvider(TokenEnderContract):
    name = "memory"
    many = 2

    def living(self, user_id: UserId) -> int:
        tokens = [self.provider.token_of(request) for request in self.requests]
        return sum(token is not None and token.user_id == user_id for token in tokens)

    @pytest.fixture
    def ender(self, user_id: UserId, other_user_id: UserId) -> TokenEnder:
        self.provider, self.requests = MemoryTokenProvider(), [object(), object(), object()]
        for request, owner in zip(self.requests, (user_id, user_id, other_user_id), strict=True):
            self.provider.give(request, Token(id=TokenId(str(id(request))), user_id=owner))
        return self.provider

    @pytest.fixture
    def user_id(self) -> UserId:
        return UserId("1")

    @pytest.fixture
    def other_user_id(self) -> UserId:
        return UserId("2")


def test_every_request_comes_from_one_place() -> None:
    client = Client(address="192.0.2.1", user_agent="curl")

    assert MemoryClientAddress(client).client_of(object()) == client
    assert MemoryClientAddress().client_of(None) == NOWHERE


def test_what_users_would_be_told_is_kept() -> None:
    notifier = MemoryNotifier()
    happened = DeviceRenamed(user_id=UserId("1"), at=NOW, index=0, method="totp")

    notifier.notify([happened], {0: "anna@example.com"})

    assert notifier.told == [([happened], {0: "anna@example.com"})]
