"""Everything in memory: no Django, no database, for scripts, tests and docs."""

from dependency_injector import containers, providers

from mfa.adapters.memory.audit import MemoryAuditTrail
from mfa.adapters.memory.delivery import MemoryAddressing, OutboxSender
from mfa.adapters.memory.hashes import MemoryForeignHashes
from mfa.adapters.memory.metadata import MemoryMetadata
from mfa.adapters.memory.operations import (
    MemoryAccountReports,
    MemoryClientAddress,
    MemoryExpiredRows,
    MemoryNotifier,
)
from mfa.adapters.memory.repositories import MemoryAccountRepository
from mfa.adapters.memory.system import FrozenClock, MemoryKeyRotations, SeededEntropy
from mfa.adapters.memory.tokens import MemoryTokenProvider
from mfa.adapters.memory.unit_of_work import MemoryPublisher, MemoryUnitOfWork
from mfa.adapters.memory.users import MemoryUserDirectory
from mfa.adapters.otp.pyotp import PyotpOneTimePasswords
from mfa.adapters.system.vault import AesGcmVault, derive_key
from mfa.application.ports.importing import SourceMaker
from mfa.application.ports.otp import QrCodes
from mfa.application.ports.webauthn import AuthenticatorCryptography, PasskeyProviders
from mfa.application.use_cases import UseCases
from mfa.config import Config
from mfa.containers.core import (
    Factory,
    Loader,
    Object,
    Singleton,
    UseCasesProvider,
    compose,
    make_authenticator_cryptography,
    make_loader,
    make_methods,
    make_passkey_providers,
    make_policy,
    make_source,
    make_throttle,
)
from mfa.domain.methods.base import Methods
from mfa.domain.policies import VerificationPolicy
from mfa.domain.throttling import ThrottlePolicy


class MemoryContainer(containers.DeclarativeContainer):
    """Has a public fake for whatever reaches out of the process or changes; time stands still until it is advanced."""

    __self__ = providers.Self()
    config: providers.Provider[Config] = Object(Config(methods=("totp", "hotp", "email", "sms", "recovery")))
    loader: providers.Provider[Loader] = Singleton(make_loader)

    clock: providers.Provider[FrozenClock] = Singleton(FrozenClock)
    entropy: providers.Provider[SeededEntropy] = Singleton(SeededEntropy)
    vault: providers.Provider[AesGcmVault] = Singleton(AesGcmVault, [derive_key("in memory")])
    rotations: providers.Provider[MemoryKeyRotations] = Singleton(MemoryKeyRotations)
    one_time_passwords: providers.Provider[PyotpOneTimePasswords] = Singleton(PyotpOneTimePasswords)
    qr_codes: providers.Provider[QrCodes | None] = Object(None)
    addressing: providers.Provider[MemoryAddressing] = Singleton(MemoryAddressing)
    email_addressing: providers.Provider[MemoryAddressing] = addressing
    sms_addressing: providers.Provider[MemoryAddressing] = addressing
    outbox: providers.Provider[OutboxSender] = Singleton(OutboxSender)
    email_sender: providers.Provider[OutboxSender] = outbox
    sms_sender: providers.Provider[OutboxSender] = outbox
    authenticator_cryptography: providers.Provider[AuthenticatorCryptography] = Factory(
        make_authenticator_cryptography, config
    )
    authenticator_metadata: providers.Provider[MemoryMetadata] = Singleton(MemoryMetadata)
    passkey_providers: providers.Provider[PasskeyProviders] = Singleton(make_passkey_providers)
    handle_key: providers.Provider[bytes] = Object(b"in memory")
    users: providers.Provider[MemoryUserDirectory] = Singleton(MemoryUserDirectory)
    user_finder: providers.Provider[MemoryUserDirectory] = users
    foreign_hashes: providers.Provider[MemoryForeignHashes] = Singleton(MemoryForeignHashes)
    source_maker: providers.Provider[SourceMaker] = Object(make_source)
    publisher: providers.Provider[MemoryPublisher] = Singleton(MemoryPublisher)
    accounts: providers.Provider[MemoryAccountRepository] = Singleton(MemoryAccountRepository)
    holders: providers.Provider[MemoryAccountRepository] = accounts
    audit: providers.Provider[MemoryAuditTrail] = Singleton(MemoryAuditTrail)
    unit_of_work: providers.Provider[MemoryUnitOfWork] = Factory(
        MemoryUnitOfWork, accounts=accounts, publisher=publisher, audit=audit, level=config.provided.audit
    )
    client_address: providers.Provider[MemoryClientAddress] = Singleton(MemoryClientAddress)
    notifier: providers.Provider[MemoryNotifier] = Singleton(MemoryNotifier)
    reports: providers.Provider[MemoryAccountReports] = Factory(MemoryAccountReports, accounts=accounts, users=users)
    expired_rows: providers.Provider[MemoryExpiredRows] = Factory(MemoryExpiredRows, accounts=accounts, audit=audit)
    token_provider: providers.Provider[MemoryTokenProvider] = Singleton(MemoryTokenProvider)
    token_issuer: providers.Provider[MemoryTokenProvider] = token_provider
    methods: providers.Provider[Methods] = Factory(make_methods, __self__)
    policy: providers.Provider[VerificationPolicy] = Factory(make_policy, config, loader)
    throttle: providers.Provider[ThrottlePolicy] = Factory(make_throttle, config, loader)
    use_cases: providers.Provider[UseCases] = UseCasesProvider(compose, __self__)
