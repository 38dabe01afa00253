"""Everything in memory: no Django, no database, for scripts, tests and docs."""

from dependency_injector import containers, providers

from mfa.adapters.memory.delivery import MemoryAddressing, OutboxSender
from mfa.adapters.memory.otp import MemoryOneTimePasswords
from mfa.adapters.memory.publishing import MemoryPublisher
from mfa.adapters.memory.repositories import MemoryAccountRepository
from mfa.adapters.memory.system import FrozenClock, MemoryVault, SeededEntropy
from mfa.adapters.memory.unit_of_work import MemoryUnitOfWork
from mfa.adapters.memory.users import MemoryUserDirectory
from mfa.config import Config
from mfa.containers.core import CoreContainer, Workshop


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
    users: providers.Provider[MemoryUserDirectory] = providers.Singleton(MemoryUserDirectory)
    publisher: providers.Provider[MemoryPublisher] = providers.Singleton(MemoryPublisher)
    accounts: providers.Provider[MemoryAccountRepository] = providers.Singleton(MemoryAccountRepository)
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
        users=users,
        unit_of_work=unit_of_work,
        workshop=workshop,
    )
