"""Everything in memory: no Django, no database, for scripts, tests and docs."""

from collections.abc import Mapping
from typing import cast

from dependency_injector import containers, providers

from mfa.adapters.memory.delivery import MemoryAddressing, OutboxSender
from mfa.adapters.memory.otp import MemoryOneTimePasswords
from mfa.adapters.memory.publishing import MemoryPublisher
from mfa.adapters.memory.repositories import MemoryAccountRepository
from mfa.adapters.memory.system import FrozenClock, MemoryVault, SeededEntropy
from mfa.adapters.memory.tokens import MemoryTokenProvider
from mfa.adapters.memory.unit_of_work import MemoryUnitOfWork
from mfa.adapters.memory.users import MemoryUserDirectory
from mfa.application.ports.webauthn import AuthenticatorCryptography
from mfa.config import Config
from mfa.containers.core import CoreContainer, Workshop, load


def make_authenticator_cryptography() -> AuthenticatorCryptography:
    """Make who checks what authenticators sign: the real one, for a signature cannot be faked usefully."""
    return cast("AuthenticatorCryptography", load("mfa.adapters.webauthn.fido2.Fido2AuthenticatorCryptography")())


class MemoryContainer(containers.DeclarativeContainer):
    """Fills every hole of the core with a public fake; time stands still until it is advanced."""

    config: providers.Provider[Config] = providers.Object(Config(methods=("totp", "hotp", "email", "sms", "recovery")))

    workshop: providers.Provider[Workshop] = providers.ThreadSafeSingleton(Workshop)
    clock: providers.Provider[FrozenClock] = providers.Singleton(FrozenClock)
    entropy: providers.Provider[SeededEntropy] = providers.Singleton(SeededEntropy)
    vault: providers.Provider[MemoryVault] = providers.Singleton(MemoryVault)
    one_time_passwords: providers.Provider[MemoryOneTimePasswords] = providers.Singleton(MemoryOneTimePasswords)
    qr_codes: providers.Provider[None] = providers.Object(None)
    addressing: providers.Provider[MemoryAddressing] = providers.Singleton(MemoryAddressing)
    outbox: providers.Provider[OutboxSender] = providers.Singleton(OutboxSender)
    authenticator_cryptography: providers.Provider[AuthenticatorCryptography] = providers.Singleton(
        make_authenticator_cryptography
    )
    authenticator_models: providers.Provider[Mapping[bytes, str]] = providers.Object({})
    users: providers.Provider[MemoryUserDirectory] = providers.Singleton(MemoryUserDirectory)
    publisher: providers.Provider[MemoryPublisher] = providers.Singleton(MemoryPublisher)
    accounts: providers.Provider[MemoryAccountRepository] = providers.Singleton(MemoryAccountRepository)
    token_provider: providers.Provider[MemoryTokenProvider] = providers.Singleton(MemoryTokenProvider)
    unit_of_work: providers.Provider[MemoryUnitOfWork] = providers.Singleton(
        MemoryUnitOfWork, accounts=accounts, publisher=publisher
    )

    core = providers.Container(
        CoreContainer,
        config=config,
        clock=clock,
        entropy=entropy,
        vault=vault,
        one_time_passwords=one_time_passwords,
        qr_codes=qr_codes,
        email_addressing=addressing,
        sms_addressing=addressing,
        email_sender=outbox,
        sms_sender=outbox,
        authenticator_cryptography=authenticator_cryptography,
        authenticator_models=authenticator_models,
        users=users,
        holders=accounts,
        token_issuer=token_provider,
        unit_of_work=unit_of_work,
        workshop=workshop,
    )
