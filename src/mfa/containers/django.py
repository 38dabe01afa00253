"""The default deployment: Django's database, mail and signals around the core.

A project replaces an adapter in a copy of this container, named in ``MFA["CONTAINER"]``::

    @containers.copy(DjangoContainer)
    class Container(DjangoContainer):
        clock = providers.Singleton(MyClock)

What it replaces takes the place of the built-in provider for whatever depends on that, and ``container.clock`` is the
very one that the use cases have, so ``container.clock.override(…)`` reaches them.
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

from dependency_injector import containers, providers

from mfa.adapters.accessor import UseCases
from mfa.adapters.django.holders import DjangoHolders
from mfa.adapters.django.repositories import DjangoAccountRepository
from mfa.adapters.django.signals import DjangoPublisher
from mfa.adapters.django.unit_of_work import DjangoUnitOfWork
from mfa.adapters.django.users import DjangoUserDirectory
from mfa.adapters.otp.pyotp import PyotpOneTimePasswords
from mfa.adapters.senders.django_email import DjangoEmailSender
from mfa.adapters.senders.email_address import DjangoEmailAddressing
from mfa.adapters.system.clock import SystemClock
from mfa.adapters.system.entropy import SystemEntropy
from mfa.adapters.tokens.several import SeveralTokenProviders
from mfa.application.devices import ListDevices, RemoveDevice, RenameDevice
from mfa.application.dispatching import DispatchChallenge, VoidChallenge
from mfa.application.login import BeginPasskeyLogin, LogInByPasskey
from mfa.application.ports.delivery import Addressing, Sender
from mfa.application.ports.otp import OneTimePasswords, QrCodes
from mfa.application.ports.publishing import Publisher
from mfa.application.ports.repositories import AccountJoin, AccountRepository, Holders
from mfa.application.ports.system import Clock, Entropy, Vault
from mfa.application.ports.tokens import CredentialRenewer, StandingRecorder, TokenIssuer, TokenProvider
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.application.ports.users import UserDirectory
from mfa.application.ports.webauthn import AuthenticatorCryptography
from mfa.application.registration import RegisterDevice
from mfa.application.standing import AssessToken
from mfa.application.trusts import ListTrusts, RevokeTrust, TrustBrowser
from mfa.application.verification import VerifyChallenge
from mfa.config import Config
from mfa.containers.core import CoreContainer, Workshop, load
from mfa.domain.methods.base import Methods

Made = TypeVar("Made")

TOKEN_PROVIDERS = {
    "authtoken": "mfa.adapters.tokens.authtoken.AuthtokenTokenProvider",
    "knox": "mfa.adapters.tokens.knox.KnoxTokenProvider",
    "jwt": "mfa.adapters.tokens.jwt.JwtTokenProvider",
    "session": "mfa.adapters.tokens.session.SessionTokenProvider",
}


def make_vault(config: Config, secret_keys: tuple[str, ...]) -> Vault:
    """Make a vault that seals with the first key; the derived keys open what they sealed before keys were given.

    Its library is imported only now: it is as large as all else together, and a gate opens no seal.
    """
    derived = map(load("mfa.adapters.system.vault.derive_key"), secret_keys)
    return cast("Vault", load("mfa.adapters.system.vault.AesGcmVault")((*(config.encryption_keys or ()), *derived)))


def make_qr_codes() -> QrCodes | None:
    """Make who draws QR codes, where the extra ``qr`` is installed."""
    return cast("QrCodes", load("mfa.adapters.otp.segno.SegnoQrCodes")()) if find_spec("segno") else None


def make_sms_addressing(config: Config) -> Addressing:
    """Make who reads phone numbers; the extra ``sms`` is imported only now."""
    make = load("mfa.adapters.senders.phone_number.PhonenumbersAddressing")
    return cast("Addressing", make(config.sms_default_region))


def make_authenticator_cryptography(config: Config) -> AuthenticatorCryptography:
    """Make who checks what authenticators sign; the extra ``webauthn`` is imported only now."""
    roots: object = ()
    if config.webauthn_trust_roots is not None:
        roots = load("mfa.adapters.webauthn.chains.trust_roots")(Path(config.webauthn_trust_roots))
    return cast("AuthenticatorCryptography", load("mfa.adapters.webauthn.fido2.Fido2AuthenticatorCryptography")(roots))


def make_authenticator_models(config: Config) -> Mapping[bytes, str]:
    """Say what models of authenticators are called, where a metadata file is given."""
    if config.webauthn_metadata is None:
        return {}
    read = load("mfa.adapters.webauthn.models.read_models")
    return cast("Mapping[bytes, str]", read(Path(config.webauthn_metadata)))


def make_email_sender(config: Config, workshop: Workshop) -> Sender:
    """Make who sends mail: Django, or what the settings name."""
    if config.email_sender is None:
        return DjangoEmailSender(issuer=config.totp_issuer)
    return cast("Sender", workshop.make(config.email_sender))


def make_sms_sender(config: Config, workshop: Workshop) -> Sender:
    """Make who sends text messages, which only a project can say."""
    if config.sms_sender is None:
        raise LookupError('MFA["SMS_SENDER"] names nobody')
    return cast("Sender", workshop.make(config.sms_sender))


def make_token_provider(config: Config, workshop: Workshop) -> TokenProvider:
    """Make who recognises tokens: one provider, or several that are asked in their order."""
    made = tuple(workshop.make(TOKEN_PROVIDERS.get(name, name), config) for name in config.token_providers)
    return cast("TokenProvider", made[0]) if len(made) == 1 else SeveralTokenProviders(made)


def make_token_issuer(provider: TokenProvider) -> TokenIssuer:
    """Return the provider where it makes tokens as well; raises ``LookupError`` for one that only knows them."""
    if isinstance(provider, TokenIssuer):
        return provider
    raise LookupError('MFA["TOKEN_PROVIDER"] names a provider that makes no tokens')


class DjangoContainer(containers.DeclarativeContainer):
    """Fills every hole of the core; ``config`` and ``secret_keys`` come from the settings."""

    replaced: ClassVar[frozenset[str]] = frozenset()
    """The names of the providers that a copy declares itself."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls.replaced |= {name for name, value in vars(cls).items() if isinstance(value, providers.Provider)}

    def __new__(cls, **given: object) -> "DjangoContainer":  # noqa: PYI034 - a copy is not what comes back
        """Make a container, and put what a copy declares over the built-in providers.

        Left to itself, a copy has every replaced provider twice: one under its name, and one for what depends on it.
        """
        if not cls.replaced:
            return super().__new__(cls, **given)
        container, copy = DjangoContainer(**given), super().__new__(cls)
        for name, provider in copy.providers.items():
            if name in cls.replaced:
                if name in container.providers:
                    container.providers[name].override(provider)
                container.set_provider(name, provider)
            elif name != "core":
                provider.override(container.providers[name])
        return container

    config: providers.Provider[Config] = providers.Dependency()
    secret_keys: providers.Provider[tuple[str, ...]] = providers.Dependency()

    workshop: providers.Provider[Workshop] = providers.ThreadSafeSingleton(Workshop)
    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    entropy: providers.Provider[Entropy] = providers.Singleton(SystemEntropy)
    vault: providers.Provider[Vault] = providers.Singleton(make_vault, config, secret_keys)
    one_time_passwords: providers.Provider[OneTimePasswords] = providers.Singleton(PyotpOneTimePasswords)
    qr_codes: providers.Provider[QrCodes | None] = providers.Singleton(make_qr_codes)
    email_addressing: providers.Provider[Addressing] = providers.Singleton(DjangoEmailAddressing)
    sms_addressing: providers.Provider[Addressing] = providers.Singleton(make_sms_addressing, config)
    email_sender: providers.Provider[Sender] = providers.Factory(make_email_sender, config, workshop)
    sms_sender: providers.Provider[Sender] = providers.Factory(make_sms_sender, config, workshop)
    authenticator_cryptography: providers.Provider[AuthenticatorCryptography] = providers.Singleton(
        make_authenticator_cryptography, config
    )
    authenticator_models: providers.Provider[Mapping[bytes, str]] = providers.Singleton(
        make_authenticator_models, config
    )
    users: providers.Provider[UserDirectory] = providers.Singleton(DjangoUserDirectory)
    publisher: providers.Provider[Publisher] = providers.Singleton(DjangoPublisher)
    accounts: providers.Provider[AccountRepository] = providers.Singleton(DjangoAccountRepository)
    holders: providers.Provider[Holders] = providers.Singleton(DjangoHolders, accounts=accounts)
    unit_of_work: providers.Provider[UnitOfWork] = providers.Factory(
        DjangoUnitOfWork, accounts=accounts, publisher=publisher
    )
    token_provider: providers.Provider[TokenProvider] = providers.Factory(make_token_provider, config, workshop)
    token_issuer: providers.Provider[TokenIssuer] = providers.Factory(make_token_issuer, token_provider)

    core = providers.Container(
        CoreContainer,
        config=config,
        clock=clock,
        entropy=entropy,
        vault=vault,
        one_time_passwords=one_time_passwords,
        qr_codes=qr_codes,
        email_addressing=email_addressing,
        sms_addressing=sms_addressing,
        email_sender=email_sender,
        sms_sender=sms_sender,
        authenticator_cryptography=authenticator_cryptography,
        authenticator_models=authenticator_models,
        users=users,
        holders=holders,
        token_issuer=token_issuer,
        unit_of_work=unit_of_work,
        workshop=workshop,
    )


_overriding = attrgetter("last_overriding")


class _Resolved:
    """What a container was asked for, good as long as none of its providers is overridden otherwise than then."""

    def __init__(self, container: DjangoContainer) -> None:
        self._providers: tuple[providers.Provider[Any], ...] = tuple(container.traverse())
        self._overriding = [*map(_overriding, self._providers)]
        self.made: dict[object, Any] = {}

    def holds(self) -> bool:
        """Tell whether nothing has been overridden since, nor given back."""
        return [*map(_overriding, self._providers)] == self._overriding


class DeployedUseCases(UseCases):
    """The use cases of a container, made when they are first needed, and anew whenever a provider is overridden.

    To make one takes as long as everything else that the gate does (see ``docs/performance.md``).
    """

    def __init__(self, container: DjangoContainer) -> None:
        self.container = container
        self._resolved = _Resolved(container)

    def _of(self, make: Callable[[], Made]) -> Made:
        resolved = self._resolved
        if not resolved.holds():
            resolved = self._resolved = _Resolved(self.container)
        try:
            return cast("Made", resolved.made[make])
        except KeyError:
            made = resolved.made[make] = make()
            return made

    @property
    def _core(self) -> CoreContainer:
        return self.container.core()

    @property
    def methods(self) -> Methods:
        """Return the configured methods."""
        return self._of(self._core.methods)

    @property
    def token_provider(self) -> TokenProvider:
        """Return who recognises tokens."""
        return self._of(self.container.token_provider)

    @property
    def standing_recorder(self) -> StandingRecorder | None:
        """Return the provider, where its tokens tell themselves how they stand."""
        return self._of(self._standing_recorder)

    def _standing_recorder(self) -> StandingRecorder | None:
        provider = self.token_provider
        return provider if isinstance(provider, StandingRecorder) else None

    @property
    def credential_renewer(self) -> CredentialRenewer | None:
        """Return the provider, where it renews credentials."""
        return self._of(self._credential_renewer)

    def _credential_renewer(self) -> CredentialRenewer | None:
        provider = self.token_provider
        return provider if isinstance(provider, CredentialRenewer) else None

    @property
    def vault(self) -> Vault:
        """Return who seals."""
        return self._of(self.container.vault)

    @property
    def register_device(self) -> RegisterDevice:
        """Return the use case that binds a new device to a user."""
        return self._of(self._core.register_device)

    @property
    def dispatch_challenge(self) -> DispatchChallenge:
        """Return the use case that sends a code."""
        return self._of(self._core.dispatch_challenge)

    @property
    def void_challenge(self) -> VoidChallenge:
        """Return the use case that voids what could not be delivered."""
        return self._of(self._core.void_challenge)

    @property
    def verify_challenge(self) -> VerifyChallenge:
        """Return the use case that judges a value."""
        return self._of(self._core.verify_challenge)

    @property
    def assess_token(self) -> AssessToken:
        """Return the use case that tells how a token stands."""
        return self._of(self._core.assess_token)

    @property
    def list_devices(self) -> ListDevices:
        """Return the use case that lists devices."""
        return self._of(self._core.list_devices)

    @property
    def rename_device(self) -> RenameDevice:
        """Return the use case that renames a device."""
        return self._of(self._core.rename_device)

    @property
    def remove_device(self) -> RemoveDevice:
        """Return the use case that removes a device."""
        return self._of(self._core.remove_device)

    @property
    def remembers_browsers(self) -> bool:
        """Tell whether browsers can be remembered."""
        return self._of(self._core.remembers_browsers)

    @property
    def trust_browser(self) -> TrustBrowser:
        """Return the use case that counts a remembered browser."""
        return self._of(self._core.trust_browser)

    @property
    def list_trusts(self) -> ListTrusts:
        """Return the use case that lists remembered browsers."""
        return self._of(self._core.list_trusts)

    @property
    def revoke_trust(self) -> RevokeTrust:
        """Return the use case that forgets a browser."""
        return self._of(self._core.revoke_trust)

    @property
    def passkey_login(self) -> bool:
        """Tell whether a passkey alone logs in."""
        return self._of(self._core.passkey_login)

    @property
    def begin_passkey_login(self) -> BeginPasskeyLogin:
        """Return the use case that makes options for a login."""
        return self._of(self._core.begin_passkey_login)

    @property
    def log_in_by_passkey(self) -> LogInByPasskey:
        """Return the use case that makes a token for a passkey."""
        return self._of(self._core.log_in_by_passkey)

    @property
    def account_join(self) -> AccountJoin | None:
        """Return the repository of accounts, where it can read them along with tokens."""
        return self._of(self._account_join)

    def _account_join(self) -> AccountJoin | None:
        accounts = self.container.accounts()
        return accounts if isinstance(accounts, AccountJoin) else None

    @property
    def config(self) -> Config:
        """Return the settings."""
        return self._of(self.container.config)

    @property
    def step_up_status(self) -> int:
        """Return the status of a refusal."""
        return self._of(self.container.config).step_up_status
