"""The public fakes keep the promises of their ports."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from mfa.adapters.memory.audit import MemoryAuditTrail
from mfa.adapters.memory.delivery import MemoryAddressing, OutboxSender
from mfa.adapters.memory.hashes import MemoryForeignHashes
from mfa.adapters.memory.repositories import MemoryAccountRepository
from mfa.adapters.memory.system import FrozenClock, MemoryKeyRotations, SeededEntropy
from mfa.adapters.memory.tokens import MemoryTokenProvider
from mfa.adapters.memory.unit_of_work import MemoryPublisher, MemoryUnitOfWork
from mfa.adapters.memory.users import MemoryUserDirectory
from mfa.application.ports.audit import AuditLevel, AuditTrail
from mfa.application.ports.delivery import Message
from mfa.application.ports.importing import KnownUser
from mfa.application.ports.publishing import Publisher
from mfa.application.ports.tokens import TokenIssuer
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.domain.errors import StaleAccount
from mfa.domain.events import AccountLocked
from mfa.domain.identifiers import Token, TokenId, UserId
from mfa.domain.policies import Profile
from mfa.testing.contracts.delivery import AddressingContract, SenderContract
from mfa.testing.contracts.importing import ForeignHashesContract, UserFinderContract
from mfa.testing.contracts.repositories import AccountRepositoryContract
from mfa.testing.contracts.system import ClockContract, EntropyContract, KeyRotationsContract
from mfa.testing.contracts.tokens import TokenIssuerContract, TokenProviderContract
from mfa.testing.contracts.unit_of_work import UnitOfWorkContract
from mfa.testing.contracts.users import UserDirectoryContract

USER = UserId("1")
OTHER_USER = UserId("2")
ANNA = Profile(name="anna", email="anna@example.com")


class TestMemoryAccountRepository(AccountRepositoryContract):
    @pytest.fixture
    def repository(self) -> MemoryAccountRepository:
        return MemoryAccountRepository()

    @pytest.fixture
    def user_id(self) -> UserId:
        return USER

    @pytest.fixture
    def other_user_id(self) -> UserId:
        return OTHER_USER

    @pytest.fixture
    def change_password(self, repository: MemoryAccountRepository) -> Callable[[UserId, str], None]:
        return repository.change_password

    def test_of_many_threads_one_wins(self) -> None:
        for _ in range(20):
            repository = MemoryAccountRepository()
            before = repository.of(USER)

            def wins(index: int, repository: MemoryAccountRepository = repository) -> bool:
                try:
                    repository.save(before, attrs.evolve(before, next_index=index))  # noqa: B023 - all read the same
                except StaleAccount:
                    return False
                return True

            with ThreadPoolExecutor(8) as threads:
                assert sum(threads.map(wins, range(1, 33))) == 1

    def test_a_save_without_a_difference_writes_nothing(self, repository: MemoryAccountRepository) -> None:
        before = repository.of(USER)

        assert repository.save(before, before).version == 0


class TestMemoryUnitOfWork(UnitOfWorkContract):
    @pytest.fixture
    def audit(self) -> AuditTrail:
        return MemoryAuditTrail()

    @pytest.fixture
    def make(self, audit: AuditTrail) -> Callable[[Publisher, AuditLevel], UnitOfWork]:
        accounts = MemoryAccountRepository()
        return lambda publisher, level: MemoryUnitOfWork(accounts, publisher, audit, level)

    @pytest.fixture
    def user_id(self) -> UserId:
        return USER


class TestFrozenClock(ClockContract):
    @pytest.fixture
    def clock(self) -> FrozenClock:
        return FrozenClock()

    def test_time_moves_only_when_told(self, clock: FrozenClock) -> None:
        start = clock.now()
        clock.advance(timedelta(seconds=90))
        assert clock.now() == start + timedelta(seconds=90)

        clock.time = datetime(2030, 1, 1, tzinfo=UTC)
        assert clock.now() == datetime(2030, 1, 1, tzinfo=UTC)


class TestSeededEntropy(EntropyContract):
    @pytest.fixture
    def entropy(self) -> SeededEntropy:
        return SeededEntropy()

    def test_a_seed_gives_the_same_again_and_another_seed_something_else(self) -> None:
        def drawn(seed: int) -> list[object]:
            entropy = SeededEntropy(seed)
            return [entropy.token(20), entropy.digits(6), entropy.token(64)]

        assert drawn(1) == drawn(1)
        assert not set(drawn(1)) & set(drawn(2))


class TestMemoryKeyRotations(KeyRotationsContract):
    @pytest.fixture
    def rotations(self) -> MemoryKeyRotations:
        return MemoryKeyRotations()


class TestOutboxSender(SenderContract):
    @pytest.fixture
    def sender(self) -> OutboxSender:
        return OutboxSender()

    @pytest.fixture
    def arrived(self, sender: OutboxSender) -> Callable[[], list[tuple[str, str]]]:
        return lambda: [(message.destination, message.code) for message in sender.messages]

    @pytest.fixture
    def broken(self) -> OutboxSender:
        outbox = OutboxSender()
        outbox.failure = ConnectionRefusedError("no gateway")
        return outbox

    def test_a_failure_keeps_nothing_and_lasts_until_it_is_taken_away(
        self, broken: OutboxSender, message: Message
    ) -> None:
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                broken.send(message)
        broken.failure = None
        broken.send(message)

        assert broken.messages == [message]


class TestMemoryAddressingOfMail(AddressingContract):
    @pytest.fixture
    def addressing(self) -> MemoryAddressing:
        return MemoryAddressing()

    @pytest.fixture
    def typed(self) -> str:
        return " anna.b@Example.COM "

    @pytest.fixture
    def normal(self) -> str:
        return "anna.b@example.com"

    def test_the_mask_leaves_a_letter_and_the_domain(self, addressing: MemoryAddressing) -> None:
        assert addressing.read("anna@example.com", "address").masked == "a***@example.com"


class TestMemoryAddressingOfPhones(AddressingContract):
    @pytest.fixture
    def addressing(self) -> MemoryAddressing:
        return MemoryAddressing()

    @pytest.fixture
    def typed(self) -> str:
        return "0031 (6) 1234-5678"

    @pytest.fixture
    def normal(self) -> str:
        return "+31612345678"

    def test_the_mask_leaves_the_country_and_two_digits(self, addressing: MemoryAddressing) -> None:
        assert addressing.read("+31612345678", "number").masked == "+31 ** ****78"


class TestMemoryUserDirectory(UserDirectoryContract):
    @pytest.fixture
    def directory(self) -> MemoryUserDirectory:
        directory = MemoryUserDirectory({USER: ANNA})
        directory.add(USER, ANNA, groups=["editors", "auditors"])
        return directory

    @pytest.fixture
    def user_id(self) -> UserId:
        return USER

    @pytest.fixture
    def profile(self) -> Profile:
        return ANNA

    @pytest.fixture
    def gone_user_id(self) -> UserId:
        return OTHER_USER

    def test_a_user_can_be_added(self, directory: MemoryUserDirectory) -> None:
        directory.add(OTHER_USER, Profile(name="bert"))

        assert directory.profile(OTHER_USER) == Profile(name="bert")
        assert MemoryUserDirectory().profile(OTHER_USER) == Profile()


class TestMemoryTokenProvider(TokenProviderContract):
    @pytest.fixture
    def provider(self) -> MemoryTokenProvider:
        return MemoryTokenProvider()

    @pytest.fixture
    def user_id(self) -> UserId:
        return USER

    @pytest.fixture
    def request_with_token(self) -> object:
        return Token(id=TokenId("one"), user_id=USER)

    @pytest.fixture
    def request_with_other_token(self, provider: MemoryTokenProvider) -> object:
        request: dict[str, str] = {}
        provider.give(request, Token(id=TokenId("other"), user_id=USER))
        return request

    @pytest.fixture
    def request_without_token(self, request_with_other_token: object) -> object:
        return {}  # equal to one that has a token, but not the same

    def test_the_last_token_given_holds(self, provider: MemoryTokenProvider) -> None:
        request, token = object(), Token(id=TokenId("new"), user_id=USER)
        provider.give(request, Token(id=TokenId("old"), user_id=USER))
        provider.give(request, token)

        assert provider.token_of(request) == token


class TestMemoryTokenIssuer(TokenIssuerContract):
    @pytest.fixture
    def issuer(self) -> MemoryTokenProvider:
        return MemoryTokenProvider()

    @pytest.fixture
    def user_id(self) -> UserId:
        return USER

    @pytest.fixture
    def request_to_log_in(self) -> object:
        return object()

    def known(self, issuer: TokenIssuer, shown: Mapping[str, object], request: object) -> Token | None:
        assert isinstance(issuer, MemoryTokenProvider)
        return issuer.token_of(request)

    def kept(self, issuer: TokenIssuer, request: object) -> object:
        assert isinstance(issuer, MemoryTokenProvider)
        return issuer.token_of(request)


def test_a_publisher_keeps_events_in_order() -> None:
    publisher = MemoryPublisher()
    happened = [
        AccountLocked(
            user_id=USER, at=datetime(2026, 1, 31, tzinfo=UTC), failures=count, retry_after=timedelta(minutes=1)
        )
        for count in range(3)
    ]
    for event in happened:
        publisher.publish(event)

    assert publisher.events == happened


class TestMemoryUserFinder(UserFinderContract):
    @pytest.fixture
    def finder(self) -> MemoryUserDirectory:
        return MemoryUserDirectory({USER: ANNA})

    @pytest.fixture
    def known(self) -> KnownUser:
        return KnownUser(id=USER, name=ANNA.name)


class TestMemoryForeignHashes(ForeignHashesContract):
    @pytest.fixture
    def hashes(self) -> MemoryForeignHashes:
        return MemoryForeignHashes()

    @pytest.fixture
    def made(self) -> str:
        return MemoryForeignHashes.made("Ab-1")
