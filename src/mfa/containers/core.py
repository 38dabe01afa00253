"""The core: every port a hole, every use case filled."""

from collections.abc import Callable, Mapping
from importlib import import_module
from operator import attrgetter
from threading import RLock
from typing import Any, cast

from dependency_injector import containers, providers

from mfa.application.devices import ListDevices, RemoveDevice, RenameDevice
from mfa.application.dispatching import DispatchChallenge, VoidChallenge
from mfa.application.login import BeginPasskeyLogin, LogInByPasskey
from mfa.application.ports.delivery import Addressing, Sender
from mfa.application.ports.otp import OneTimePasswords, QrCodes
from mfa.application.ports.repositories import Holders
from mfa.application.ports.system import Clock, Entropy, Vault
from mfa.application.ports.tokens import TokenIssuer
from mfa.application.ports.unit_of_work import UnitOfWork
from mfa.application.ports.users import UserDirectory
from mfa.application.ports.webauthn import AuthenticatorCryptography
from mfa.application.registration import RegisterDevice
from mfa.application.standing import AssessToken
from mfa.application.transactions import Transactions
from mfa.application.trusts import ListTrusts, RevokeTrust, TrustBrowser
from mfa.application.verification import VerifyChallenge
from mfa.config import POLICIES, Config
from mfa.domain.accounts import Rules
from mfa.domain.methods.base import Method, Methods, RegistrationField
from mfa.domain.methods.one_time_password import OneTimePassword, Parameters
from mfa.domain.methods.out_of_band import OutOfBand
from mfa.domain.methods.recovery import RecoveryCodes
from mfa.domain.methods.security_keys import SecurityKeys
from mfa.domain.methods.webauthn import RelyingParty
from mfa.domain.policies import VerificationPolicy
from mfa.domain.sends import SendLimits
from mfa.domain.throttling import RecursiveThrottle, SimpleThrottle, ThrottlePolicy

THROTTLES: dict[str, Callable[[Config], ThrottlePolicy]] = {"recursive": RecursiveThrottle, "simple": SimpleThrottle}


def load(path: str) -> Callable[..., Any]:
    """Import what a dotted path names; raises ``ImportError`` or ``AttributeError``."""
    module, _, name = path.rpartition(".")
    return cast("Callable[..., Any]", getattr(import_module(module), name))


class Workshop:
    """Makes what a project names by dotted path, each class once."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], Any] = {}
        self._lock = RLock()

    def make(self, path: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the path names
        """Return the one instance of the class with these arguments."""
        key = (path, *arguments)
        with self._lock:
            if key not in self._made:
                self._made[key] = load(path)(*arguments)
            return self._made[key]


def make_totp(
    config: Config, passwords: OneTimePasswords, entropy: Entropy, qr_codes: QrCodes | None
) -> OneTimePassword:
    """Make the method ``totp`` as configured."""
    return OneTimePassword(
        name="totp",
        verbose_name="Authenticator app",
        parameters=Parameters(
            digits=config.totp_digits,
            algorithm=config.totp_algorithm,
            tolerance=config.totp_tolerance,
            period=config.totp_period,
        ),
        issuer=config.totp_issuer,
        passwords=passwords,
        entropy=entropy,
        qr_codes=qr_codes,
    )


def make_hotp(
    config: Config, passwords: OneTimePasswords, entropy: Entropy, qr_codes: QrCodes | None
) -> OneTimePassword:
    """Make the method ``hotp`` as configured."""
    return OneTimePassword(
        name="hotp",
        verbose_name="Counter-based authenticator",
        parameters=Parameters(
            digits=config.hotp_digits, algorithm=config.hotp_algorithm, tolerance=config.hotp_tolerance
        ),
        issuer=config.hotp_issuer,
        passwords=passwords,
        entropy=entropy,
        qr_codes=qr_codes,
        resynchronise=config.hotp_resynchronise,
    )


def make_email(config: Config, addressing: Addressing, entropy: Entropy) -> OutOfBand:
    """Make the method ``email`` as configured."""
    return OutOfBand(
        name="email",
        verbose_name="Email",
        field=RegistrationField(name="address", label="Email address", kind="email"),
        addressing=addressing,
        entropy=entropy,
        digits=config.email_code_digits,
        lifetime=config.email_code_lifetime,
        limits=SendLimits(interval=config.email_resend_interval, hourly=config.email_hourly_limit),
        default_to_user_email=True,
    )


def make_sms(config: Config, addressing: Addressing, entropy: Entropy) -> OutOfBand:
    """Make the method ``sms`` as configured."""
    return OutOfBand(
        name="sms",
        verbose_name="Text message",
        field=RegistrationField(name="number", label="Phone number", kind="phone", required=True, max_length=64),
        addressing=addressing,
        entropy=entropy,
        digits=config.sms_code_digits,
        lifetime=config.sms_code_lifetime,
        limits=SendLimits(interval=config.sms_resend_interval, hourly=config.sms_hourly_limit),
    )


def make_recovery(config: Config, entropy: Entropy) -> RecoveryCodes:
    """Make the method ``recovery`` as configured."""
    return RecoveryCodes(count=config.recovery_codes, entropy=entropy)


def make_webauthn(
    config: Config, cryptography: AuthenticatorCryptography, entropy: Entropy, models: Mapping[bytes, str]
) -> SecurityKeys:
    """Make the method ``webauthn`` as configured."""
    relying_party = RelyingParty(
        rp_id=config.webauthn_rp_id or "",
        rp_name=config.webauthn_rp_name or config.webauthn_rp_id or "",
        origins=config.webauthn_origins,
        top_origins=config.webauthn_top_origins,
        user_verification=config.webauthn_user_verification,
        resident_key="required" if config.passkey_login else "preferred",
        attestation=config.webauthn_attestation,
        cryptography=cryptography,
    )
    return SecurityKeys(relying_party=relying_party, entropy=entropy, models=models)


def make_methods(config: Config, workshop: Workshop, built_in: Mapping[str, Callable[[], Method]]) -> Methods:
    """Make the configured methods, in their order; what is not configured is never made, nor its extra imported."""
    return Methods(
        tuple(built_in[name]() if name in built_in else workshop.make(name, config) for name in config.methods)
    )


def make_throttle(config: Config, workshop: Workshop) -> ThrottlePolicy:
    """Make the throttle that the settings name."""
    name = config.verification_throttle
    return THROTTLES[name](config) if name in THROTTLES else cast("ThrottlePolicy", workshop.make(name, config))


def make_policy(config: Config, workshop: Workshop) -> VerificationPolicy:
    """Make the policy that the settings name."""
    name = config.verification_policy
    return cast("VerificationPolicy", workshop.make(POLICIES.get(name, name), config))


def make_rules(config: Config, methods: Methods, policy: VerificationPolicy, throttle: ThrottlePolicy) -> Rules:
    """Gather what holds for every account."""
    return Rules(
        methods=methods,
        policy=policy,
        throttle=throttle,
        max_failures=config.max_failures,
        failure_memory=config.failure_memory,
        max_devices_per_method=config.max_devices_per_method,
        registration_lifetime=config.registration_lifetime,
        change_max_age=config.change_max_age,
        verification_lifetime=config.verification_lifetime,
        registration_deadline=config.registration_deadline,
        trust_lifetime=config.trust_lifetime,
    )


def remembers_browsers(config: Config) -> bool:
    """Tell whether browsers can be remembered."""
    return config.trust_lifetime is not None


def make_senders(
    methods: Methods, email_sender: Callable[[], Sender], sms_sender: Callable[[], Sender]
) -> Mapping[str, Sender]:
    """Say who sends for which method; a project's own method may be its own sender."""
    built_in = {"email": email_sender, "sms": sms_sender}
    senders: dict[str, Sender] = {}
    for method in methods:
        if isinstance(method, Sender):
            senders[method.name] = method
        elif method.name in built_in:
            senders[method.name] = built_in[method.name]()
    return senders


class CoreContainer(containers.DeclarativeContainer):
    """Joins the use cases; a platform's container nests it and fills the holes."""

    config: providers.Provider[Config] = providers.Dependency()
    clock: providers.Provider[Clock] = providers.Dependency()
    entropy: providers.Provider[Entropy] = providers.Dependency()
    vault: providers.Provider[Vault] = providers.Dependency()
    one_time_passwords: providers.Provider[OneTimePasswords] = providers.Dependency()
    qr_codes: providers.Provider[QrCodes | None] = providers.Dependency()
    email_addressing: providers.Provider[Addressing] = providers.Dependency()
    sms_addressing: providers.Provider[Addressing] = providers.Dependency()
    email_sender: providers.Provider[Sender] = providers.Dependency()
    sms_sender: providers.Provider[Sender] = providers.Dependency()
    authenticator_cryptography: providers.Provider[AuthenticatorCryptography] = providers.Dependency()
    authenticator_models: providers.Provider[Mapping[bytes, str]] = providers.Dependency()
    users: providers.Provider[UserDirectory] = providers.Dependency()
    holders: providers.Provider[Holders] = providers.Dependency()
    token_issuer: providers.Provider[TokenIssuer] = providers.Dependency()
    unit_of_work: providers.Provider[UnitOfWork] = providers.Dependency()
    workshop: providers.Provider[Workshop] = providers.Dependency()

    totp: providers.Provider[Method] = providers.Factory(make_totp, config, one_time_passwords, entropy, qr_codes)
    hotp: providers.Provider[Method] = providers.Factory(make_hotp, config, one_time_passwords, entropy, qr_codes)
    email: providers.Provider[Method] = providers.Factory(make_email, config, email_addressing, entropy)
    sms: providers.Provider[Method] = providers.Factory(make_sms, config, sms_addressing, entropy)
    recovery: providers.Provider[Method] = providers.Factory(make_recovery, config, entropy)
    webauthn: providers.Provider[SecurityKeys] = providers.Factory(
        make_webauthn, config, authenticator_cryptography, entropy, authenticator_models
    )
    methods: providers.Provider[Methods] = providers.Factory(
        make_methods,
        config,
        workshop,
        providers.Dict(
            totp=totp.provider,
            hotp=hotp.provider,
            email=email.provider,
            sms=sms.provider,
            recovery=recovery.provider,
            webauthn=webauthn.provider,
        ),
    )
    throttle: providers.Provider[ThrottlePolicy] = providers.Factory(make_throttle, config, workshop)
    policy: providers.Provider[VerificationPolicy] = providers.Factory(make_policy, config, workshop)
    rules: providers.Provider[Rules] = providers.Factory(make_rules, config, methods, policy, throttle)
    senders: providers.Provider[Mapping[str, Sender]] = providers.Factory(
        make_senders, methods, email_sender.provider, sms_sender.provider
    )
    transactions: providers.Provider[Transactions] = providers.Factory(
        Transactions, unit_of_work=unit_of_work, clock=clock, users=users, rules=rules
    )

    register_device: providers.Provider[RegisterDevice] = providers.Factory(
        RegisterDevice, transactions=transactions, vault=vault
    )
    dispatch_challenge: providers.Provider[DispatchChallenge] = providers.Factory(
        DispatchChallenge, transactions=transactions, vault=vault, senders=senders
    )
    void_challenge: providers.Provider[VoidChallenge] = providers.Factory(VoidChallenge, transactions=transactions)
    verify_challenge: providers.Provider[VerifyChallenge] = providers.Factory(
        VerifyChallenge, transactions=transactions, vault=vault, entropy=entropy
    )
    assess_token: providers.Provider[AssessToken] = providers.Factory(AssessToken, transactions=transactions)
    list_devices: providers.Provider[ListDevices] = providers.Factory(
        ListDevices, transactions=transactions, vault=vault
    )
    rename_device: providers.Provider[RenameDevice] = providers.Factory(
        RenameDevice, transactions=transactions, vault=vault
    )
    remove_device: providers.Provider[RemoveDevice] = providers.Factory(RemoveDevice, transactions=transactions)
    remembers_browsers: providers.Provider[bool] = providers.Callable(remembers_browsers, config)
    trust_browser: providers.Provider[TrustBrowser] = providers.Factory(
        TrustBrowser, transactions=transactions, vault=vault
    )
    list_trusts: providers.Provider[ListTrusts] = providers.Factory(ListTrusts, transactions=transactions)
    revoke_trust: providers.Provider[RevokeTrust] = providers.Factory(RevokeTrust, transactions=transactions)
    passkey_login: providers.Provider[bool] = providers.Callable(attrgetter("passkey_login"), config)
    begin_passkey_login: providers.Provider[BeginPasskeyLogin] = providers.Factory(
        BeginPasskeyLogin, passkeys=webauthn, vault=vault, clock=clock
    )
    log_in_by_passkey: providers.Provider[LogInByPasskey] = providers.Factory(
        LogInByPasskey, transactions=transactions, passkeys=webauthn, vault=vault, holders=holders, tokens=token_issuer
    )
