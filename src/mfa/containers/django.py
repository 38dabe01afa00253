"""The default deployment: Django's database, mail and signals around the core.

What a project replaces is given to this container, so that whatever depends on it has it, and an override of it
reaches everything as well.
"""

import hmac
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

from dependency_injector import containers, providers

from mfa.adapters.django.audit import DjangoAuditTrail
from mfa.adapters.django.clients import RequestClientAddress
from mfa.adapters.django.hashes import DjangoForeignHashes
from mfa.adapters.django.notices import MailNotifier, issuer_of
from mfa.adapters.django.purging import DjangoExpiredRows
from mfa.adapters.django.reports import DjangoAccountReports
from mfa.adapters.django.repositories import DjangoAccountRepository, DjangoHolders, DjangoKeyRotations
from mfa.adapters.django.signals import DjangoPublisher
from mfa.adapters.django.unit_of_work import DjangoUnitOfWork
from mfa.adapters.django.users import DjangoUserDirectory, DjangoUserFinder
from mfa.adapters.otp.pyotp import PyotpOneTimePasswords
from mfa.adapters.senders.django_email import DjangoEmailSender
from mfa.adapters.senders.email_address import DjangoEmailAddressing
from mfa.adapters.system.clock import SystemClock
from mfa.adapters.system.entropy import SystemEntropy
from mfa.adapters.system.vault import AesGcmVault, derive_key
from mfa.application.ports.audit import AuditTrail, ClientAddress
from mfa.application.ports.delivery import Addressing, NoticeSender, Sender
from mfa.application.ports.importing import ForeignHashes, SourceMaker, UserFinder
from mfa.application.ports.metadata import AuthenticatorMetadata
from mfa.application.ports.notifying import Notifier
from mfa.application.ports.otp import OneTimePasswords, QrCodes
from mfa.application.ports.publishing import Publisher
from mfa.application.ports.purging import ExpiredRows
from mfa.application.ports.reports import AccountReports
from mfa.application.ports.repositories import AccountRepository, Holders
from mfa.application.ports.system import Clock, Entropy, KeyRotations, Vault
from mfa.application.ports.tokens import TokenIssuer, TokenProvider
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.application.ports.users import UserDirectory
from mfa.application.ports.webauthn import AuthenticatorCryptography, PasskeyProviders
from mfa.application.use_cases import UseCases
from mfa.config import TOKEN_PROVIDERS, Config
from mfa.containers.core import (
    TRUST_ROOTS,
    Dependency,
    Factory,
    Loader,
    Object,
    Singleton,
    UseCasesProvider,
    arguments_of,
    compose,
    load,
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
from mfa.domain.secrets import SecretBytes
from mfa.domain.throttling import ThrottlePolicy


def make_vault(config: Config, secret_keys: tuple[str, ...], rotations: KeyRotations) -> Vault:
    """Make a vault that seals with the first key.

    Derived keys open what they sealed before keys were given, until everything is sealed under those.
    """
    derived = tuple(map(derive_key, secret_keys))
    if config.encryption_keys is None:
        return AesGcmVault(derived)
    return AesGcmVault(config.encryption_keys, former=derived, retired=rotations.completed)


def make_handle_key(secret_keys: tuple[str, ...]) -> bytes:
    """Make the key of the handles by which authenticators know users."""
    return SecretBytes(hmac.digest(secret_keys[0].encode(), b"mfa.containers.django: user handles", "sha256"))


def make_qr_codes() -> QrCodes | None:
    """Make who draws QR codes, where the extra ``qr`` is installed."""
    return cast("QrCodes", load("mfa.adapters.otp.segno.SegnoQrCodes")()) if find_spec("segno") else None


def make_sms_addressing(config: Config) -> Addressing:
    """Make who reads phone numbers; the extra ``sms`` is imported only now."""
    make = load("mfa.adapters.senders.phone_number.PhonenumbersAddressing")
    return cast("Addressing", make(config.sms_default_region))


def make_authenticator_metadata(config: Config) -> AuthenticatorMetadata | None:
    """Make who knows models of authenticators, where the settings say so; the extra is imported only now."""
    if config.webauthn_metadata is None:
        return None
    if not config.fido_metadata:
        make = load("mfa.adapters.webauthn.metadata.FolderMetadata")
        return cast("AuthenticatorMetadata", make(Path(config.webauthn_metadata)))
    blobs, own = "mfa.adapters.webauthn.blobs", config.webauthn_metadata_roots
    roots = load(f"{blobs}.fido_roots")() if own is None else load(TRUST_ROOTS)(Path(own))
    file = None if config.webauthn_metadata_file is None else Path(config.webauthn_metadata_file)
    make = load(f"{blobs}.FidoMetadata")
    return cast("AuthenticatorMetadata", make(file, roots, package=load(f"{blobs}.packaged")()))


def make_email_sender(config: Config, loader: Loader) -> Sender:
    """Make who sends mail: Django, or what the settings name."""
    if config.email_sender is None:
        return DjangoEmailSender(issuer=config.totp_issuer)
    return cast("Sender", loader(config.email_sender))


def make_notifier(config: Config, email_sender: Callable[[], Sender], **parts: Any) -> Notifier | None:
    """Make who mails users, by the sender of codes where that can, else by Django; None where nobody is to be told."""
    if not config.notify:
        return None
    sender, url = email_sender(), config.notify_url
    issuer = issuer_of(config.totp_issuer, config.webauthn_rp_id, url)
    if not isinstance(sender, NoticeSender):
        sender = DjangoEmailSender(issuer=issuer)
    return MailNotifier(sender=sender, issuer=issuer, url=url, **parts)


def make_sms_sender(config: Config, loader: Loader) -> Sender:
    """Make who sends text messages, which only a project can say."""
    if config.sms_sender is None:
        raise LookupError('MFA["SMS_SENDER"] names nobody')
    return cast("Sender", loader(config.sms_sender))


def make_token_provider(config: Config, loader: Loader) -> TokenProvider:
    """Make who recognises tokens: one provider, or several that are asked in their order."""
    made = tuple(loader(TOKEN_PROVIDERS.get(name, name), config) for name in config.token_providers)
    several = "mfa.adapters.tokens.several.SeveralTokenProviders"
    return cast("TokenProvider", made[0] if len(made) == 1 else load(several)(made))


def make_token_issuer(provider: TokenProvider) -> TokenIssuer:
    """Return the provider where it makes tokens as well; raises ``LookupError`` for one that only knows them."""
    if isinstance(provider, TokenIssuer):
        return provider
    raise LookupError('MFA["TOKEN_PROVIDER"] names a provider that makes no tokens')


class DjangoContainer(containers.DeclarativeContainer):
    """The adapters of a deployment; ``config`` and ``secret_keys`` come from the settings."""

    __self__ = providers.Self()
    config: providers.Provider[Config] = Dependency()
    secret_keys: providers.Provider[tuple[str, ...]] = Dependency()
    loader: providers.Provider[Loader] = Singleton(make_loader)

    clock: providers.Provider[Clock] = Singleton(SystemClock)
    entropy: providers.Provider[Entropy] = Singleton(SystemEntropy)
    rotations: providers.Provider[KeyRotations] = Singleton(DjangoKeyRotations)
    vault: providers.Provider[Vault] = Factory(make_vault, config, secret_keys, rotations)
    one_time_passwords: providers.Provider[OneTimePasswords] = Singleton(PyotpOneTimePasswords)
    qr_codes: providers.Provider[QrCodes | None] = Singleton(make_qr_codes)
    email_addressing: providers.Provider[Addressing] = Singleton(DjangoEmailAddressing)
    sms_addressing: providers.Provider[Addressing] = Factory(make_sms_addressing, config)
    email_sender: providers.Provider[Sender] = Factory(make_email_sender, config, loader)
    sms_sender: providers.Provider[Sender] = Factory(make_sms_sender, config, loader)
    authenticator_cryptography: providers.Provider[AuthenticatorCryptography] = Factory(
        make_authenticator_cryptography, config
    )
    authenticator_metadata: providers.Provider[AuthenticatorMetadata | None] = Factory(
        make_authenticator_metadata, config
    )
    passkey_providers: providers.Provider[PasskeyProviders] = Singleton(make_passkey_providers)
    handle_key: providers.Provider[bytes] = Factory(make_handle_key, secret_keys)
    users: providers.Provider[UserDirectory] = Singleton(DjangoUserDirectory)
    user_finder: providers.Provider[UserFinder] = Singleton(DjangoUserFinder)
    foreign_hashes: providers.Provider[ForeignHashes] = Singleton(DjangoForeignHashes)
    source_maker: providers.Provider[SourceMaker] = Object(make_source)
    publisher: providers.Provider[Publisher] = Singleton(DjangoPublisher)
    accounts: providers.Provider[AccountRepository] = Singleton(DjangoAccountRepository)
    holders: providers.Provider[Holders] = Factory(DjangoHolders, accounts=accounts)
    audit: providers.Provider[AuditTrail] = Singleton(DjangoAuditTrail)
    unit_of_work: providers.Provider[UnitOfWork] = Factory(
        DjangoUnitOfWork, accounts=accounts, publisher=publisher, audit=audit, level=config.provided.audit
    )
    client_address: providers.Provider[ClientAddress] = Factory(
        RequestClientAddress, trusted_proxies=config.provided.trusted_proxies
    )
    reports: providers.Provider[AccountReports] = Singleton(DjangoAccountReports)
    expired_rows: providers.Provider[ExpiredRows] = Singleton(DjangoExpiredRows)
    notifier: providers.Provider[Notifier | None] = Factory(
        make_notifier, config, email_sender.provider, users=users, clock=clock, entropy=entropy
    )
    token_provider: providers.Provider[TokenProvider] = Factory(make_token_provider, config, loader)
    token_issuer: providers.Provider[TokenIssuer] = Factory(make_token_issuer, token_provider)
    methods: providers.Provider[Methods] = Factory(make_methods, __self__)
    policy: providers.Provider[VerificationPolicy] = Factory(make_policy, config, loader)
    throttle: providers.Provider[ThrottlePolicy] = Factory(make_throttle, config, loader)
    use_cases: providers.Provider[UseCases] = UseCasesProvider(compose, __self__)


def deploy(config: Config, secret_keys: tuple[str, ...]) -> Any:  # noqa: ANN401 - with what a project's own declares
    """Make the container of a deployment, with what the settings replace laid over what is built in.

    Raises whatever the import of a dotted path raises, and ``TypeError`` for a container that is none.
    """
    container: Any = DjangoContainer(config=config, secret_keys=secret_keys)
    for name, path in config.adapters.items():
        getattr(container, name).override(providers.Factory(make_adapter, path, container.config, container.loader))
    if config.container is not None:
        lay_over(container, load(config.container))
    return container


def make_adapter(path: str, config: Config, loader: Loader) -> object:
    """Make what ``MFA["ADAPTERS"]`` names, once, with the settings where its class takes them."""
    return loader(path, *arguments_of(load(path), config))


def lay_over(container: Any, given: object) -> None:  # noqa: ANN401 - as the library makes it
    """Have the providers of a project's container answer in the place of those that are called the same.

    What it declares as a ``Dependency`` under a built-in name, such as ``config``, it is given.
    """
    if not (isinstance(given, type) and issubclass(given, containers.DeclarativeContainer)):
        raise TypeError('MFA["CONTAINER"] names no DeclarativeContainer')
    if issubclass(given, DjangoContainer):
        raise TypeError("A container declares only what it replaces: inherit from DeclarativeContainer")
    for name, provider in given().providers.items():
        built_in = container.providers.get(name)
        if built_in is None:
            container.set_provider(name, provider)
        elif isinstance(provider, providers.Dependency):
            provider.override(built_in)
        else:
            built_in.override(provider)
