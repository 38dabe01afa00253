"""Everything in memory: no Django, no database, for scripts, tests and docs."""

from collections.abc import Mapping
from typing import cast

from dependency_injector import containers, providers

from mfa.adapters.memory.delivery import MemoryAddressing, OutboxSender
from mfa.adapters.memory.otp import MemoryOneTimePasswords
from mfa.adapters.memory.publishing import MemoryPublisher
from mfa.adapters.memory.repositories import MemoryAccountRepository
from mfa.adapters.memory.system import FrozenClock, MemoryKeyRotations, MemoryVault, SeededEntropy
from mfa.adapters.memory.tokens import MemoryTokenProvider
from mfa.adapters.memory.unit_of_work import MemoryUnitOfWork
from mfa.adapters.memory.users import MemoryUserDirectory
from mfa.application.ports.otp import QrCodes
from mfa.application.ports.webauthn import AuthenticatorCryptography
from mfa.application.use_cases import UseCases
from mfa.config import Config
from mfa.containers.core import (
    Factory,
    Loader,
    Object,
    Singleton,
    UseCasesProvider,
    compose,
    load,
    make_loader,
    make_methods,
    make_policy,
    make_throttle,
)
from mfa.domain.methods.base import Methods
from mfa.domain.policies import VerificationPolicy
from mfa.domain.throttling import ThrottlePolicy


def make_authenticator_cryptography() -> AuthenticatorCryptography:
    """Make who checks what authenticators sign: the real one, for a signature cannot be faked usefully."""
    return cast("AuthenticatorCryptography", load("mfa.adapters.webauthn.fido2.Fido2AuthenticatorCryptography")())


class MemoryContainer(containers.DeclarativeContainer):
    """Has a public fake for every port; time stands still until it is advanced."""

    config: providers.Provider[Config] = Object(Config(methods=("totp", "hotp", "email", "sms", "recovery")))
    loader: providers.Provider[Loader] = Singleton(make_loader)

    clock: providers.Provider[FrozenClock] = Singleton(FrozenClock)
    entropy: providers.Provider[SeededEntropy] = Singleton(SeededEntropy)
    vault: providers.Provider[MemoryVault] = Singleton(MemoryVault)
    rotations: providers.Provider[MemoryKeyRotations] = Singleton(MemoryKeyRotations)
    one_time_passwords: providers.Provider[MemoryOneTimePasswords] = Singleton(MemoryOneTimePasswords)
    qr_codes: providers.Provider[QrCodes | None] = Object(None)
    addressing: providers.Provider[MemoryAddressing] = Singleton(MemoryAddressing)
    outbox: providers.Provider[OutboxSender] = Singleton(OutboxSender)
    authenticator_cryptography: providers.Provider[AuthenticatorCryptography] = Singleton(
        make_authenticator_cryptography
    )
    authenticator_models: providers.Provider[Mapping[bytes, str]] = Object({})
    users: providers.Provider[MemoryUserDirectory] = Singleton(MemoryUserDirectory)
    publisher: providers.Provider[MemoryPublisher] = Singleton(MemoryPublisher)
    accounts: providers.Provider[MemoryAccountRepository] = Singleton(MemoryAccountRepository)
    unit_of_work: providers.Provider[MemoryUnitOfWork] = Factory(
        MemoryUnitOfWork, accounts=accounts, publisher=publisher
    )
    token_provider: providers.Provider[MemoryTokenProvider] = Singleton(MemoryTokenProvider)
    methods: providers.Provider[Methods] = Factory(
        make_methods,
        config=config,
        loader=loader,
        entropy=entropy,
        one_time_passwords=one_time_passwords,
        qr_codes=qr_codes,
        email_addressing=addressing.provider,
        sms_addressing=addressing.provider,
        authenticator_cryptography=authenticator_cryptography.provider,
        authenticator_models=authenticator_models.provider,
    )
    policy: providers.Provider[VerificationPolicy] = Factory(make_policy, config, loader)
    throttle: providers.Provider[ThrottlePolicy] = Factory(make_throttle, config, loader)

    use_cases: providers.Provider[UseCases] = UseCasesProvider(
        compose,
        config=config,
        methods=methods,
        policy=policy,
        throttle=throttle,
        clock=clock,
        entropy=entropy,
        vault=vault,
        rotations=rotations,
        email_sender=outbox.provider,
        sms_sender=outbox.provider,
        users=users,
        accounts=accounts,
        holders=accounts,
        unit_of_work=unit_of_work,
        token_provider=token_provider,
        token_issuer=token_provider.provider,
    )
