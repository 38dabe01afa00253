"""Django's system checks: what is wrong with a project, and what to write instead; each is in ``docs/checks.md``."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from inspect import get_annotations
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - what Django calls it
from django.db import connections, router
from django.db.models import Count, Exists, Model, OuterRef
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, is_valid_path, reverse
from django.utils.module_loading import import_string
from django.views import View

from mfa.adapters import links
from mfa.adapters.accessor import APP_LABEL
from mfa.adapters.django import conf
from mfa.adapters.django.database import database
from mfa.adapters.django.models import ChallengeRecord, DeviceRecord
from mfa.adapters.django.users import model_of_groups
from mfa.adapters.requests import DEMANDED
from mfa.application.ports.delivery import Sender
from mfa.application.ports.metadata import MetadataUnavailable
from mfa.application.ports.tokens import TokenIssuer, TokenProvider
from mfa.config import FEWEST_LABELS, PORTS, Config
from mfa.domain.methods.base import Method, Methods
from mfa.domain.methods.names import METHOD_NAMES
from mfa.domain.methods.security_keys import SecurityKeys
from mfa.domain.methods.webauthn import ALGORITHM_NAMES
from mfa.domain.policies import Requirement, VerificationPolicy
from mfa.domain.throttling import ThrottlePolicy

TAG = "mfa"

_EXTRAS = {
    "knox": "knox",
    "jwt": "rest_framework_simplejwt",
    "metadata": "jwt",
    "sms": "phonenumbers",
    "webauthn": "fido2",
}
"""What needs the extra of its name, and the package that this brings."""

_APPS = {"authtoken": "rest_framework.authtoken", "knox": "knox"}
"""What needs tables of its own: the app that brings them."""

AUTHENTICATION = {
    "authtoken": "rest_framework.authentication.TokenAuthentication",
    "knox": "knox.auth.TokenAuthentication",
    "jwt": "rest_framework_simplejwt.authentication.JWTAuthentication",
    "session": "rest_framework.authentication.SessionAuthentication",
}
"""Who recognises the tokens of a provider."""

_SESSION_MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)
_CACHED = ("django.contrib.sessions.backends.cache", "django.contrib.sessions.backends.cached_db")
_UNSHARED = ("django.core.cache.backends.locmem.LocMemCache", "django.core.cache.backends.dummy.DummyCache")

_WELL_KNOWN = {
    "/.well-known/webauthn": ("WEBAUTHN_RELATED_ORIGINS",),
    "/.well-known/passkey-endpoints": ("PASSKEY_ENROLL_URL", "PASSKEY_MANAGE_URL"),
}
"""What is looked for at the root of a site, and the settings that say what is there."""

_GATE = "mfa.adapters.django.middleware.VerifiedMiddleware"

_SENTENCES = {
    "E002": "MFA uses {name!r}, but the package {package!r} is not installed.\nRun: pip install drf-mfa[{name}]",
    "E003": "MFA names something that cannot be made: {kind}: {error}\n"
    "Check the paths in MFA of classes, each of which takes the Config (a sender: nothing), and of folders.",
    "E004": "MFA names {name}, which lacks {missing}.\nInherit from {port}, and write what is missing.",
    "E005a": "MFA has more than one method by the name of {name!r}.\n"
    'Give one another name, or take it out of MFA["METHODS"].',
    "E005b": "MFA has a method by the name of {name!r}, which is to stand in URLs.\n"
    "Begin with a letter, and write at most 64 letters, digits, hyphens, dots and underscores.",
    "E005c": "The method {name!r} sends codes, but nobody sends them.\n"
    "Give the method a send() of its own (mfa.application.ports.delivery.Sender), or limits = None.",
    "E006": "MFA takes its tokens from {name!r}, but {app!r} is not in INSTALLED_APPS.\n"
    "Add {app!r} to INSTALLED_APPS and migrate, or name another TOKEN_PROVIDER in MFA.",
    "E007a": "{owner} has a {kind} in the place of a requirement.\n"
    'Write a Requirement, a key of MFA["REQUIREMENTS"], or a list of these that all have to be met.',
    "E007b": "{owner} requires {name!r}, which MFA['REQUIREMENTS'] does not name.\n"
    "Write one of {keys}, or add {name!r} to it.",
    "E008": "Nobody can meet the requirement of {place}: it {flaw}.\n{hint}",
    "E009": 'MFA["VERIFY_URL"] is {name!r}, but no route is called so.\n'
    'Write the path of the page, or add path("security/", include("mfa.pages.urls")) and write "mfa_pages:verify".',
    "E010": 'MFA["WEBAUTHN_ALGORITHMS"] has {names}, which the installed libraries do not know.\n'
    "Install fido2 2.2.1, and cryptography 48 on OpenSSL 3.5, or newer ones; or leave out what cannot be had.",
    "E011": 'MFA["MAX_DEVICES_PER_METHOD"] names {unknown}, which no method is called.\n'
    "Write some of {names}, or one number for all.",
    "W001": "{name} is one of DEFAULT_AUTHENTICATION_CLASSES, but makes no token of {providers}: what it lets in can "
    "never be verified.\n"
    "Keep only {expected} or a subclass, or name another TOKEN_PROVIDER in MFA.",
    "W002": "The route {route!r} logs in by ObtainAuthToken of Django REST framework, which hands out the token that "
    "exists: whoever knows the password gets it as verified as its owner left it.\n"
    "Use mfa.adapters.tokens.authtoken.ObtainAuthToken, which replaces the token at every login.",
    "W003": "MFA lets a passkey log in, but how often an address may try is not limited.\n"
    'Put {{"mfa_passkey": "30/min"}} or the like into REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"].',
    "W004": "SIMPLE_JWT[{key!r}] is not {path}: tokens that are made by {other} belong to no login, and can never be "
    "verified.\n"
    "Write {path!r}, or the path of a subclass.",
    "W005": "SIMPLE_JWT rotates refresh tokens, but lets the old ones live: a logout ends only the last.\n"
    'Set "BLACKLIST_AFTER_ROTATION" to True, and add "rest_framework_simplejwt.token_blacklist" to INSTALLED_APPS.',
    "W006": "MFA takes its tokens from sessions, but SESSION_ENGINE keeps them in cookies: whoever has read a cookie "
    "before the verification shares in it, and goes on after the logout.\n"
    "Choose another SESSION_ENGINE, such as django.contrib.sessions.backends.cached_db.",
    "W007": "No route leads to multi-factor authentication: nobody can register a device, or verify one.\n"
    'Add path("multi-factor/", include("mfa.urls")) to the URLconf.',
    "W008": "MFA takes its tokens from {name!r}, but its own routes do not: no class that they authenticate by is "
    "{path}.\n"
    "Add {path} to DEFAULT_AUTHENTICATION_CLASSES, or name another TOKEN_PROVIDER in MFA.",
    "W009": "The admin {name!r} opens to a password alone: what MFA demands is not asked for there.\n"
    'Write "mfa.adapters.django.admin_config.AdminConfig" in INSTALLED_APPS in the place of "django.contrib.admin" and '
    '"session" into MFA["TOKEN_PROVIDER"]; or add "{gate}" to the end of MIDDLEWARE, or give the AdminSite a '
    "has_permission() of its own that asks for more.",
    "W010": 'MFA["REGISTRATION_DEADLINE"] is in the past ({deadline}).\n'
    'Leave it out, if users without a device are to be refused; or write one to come, or a duration ("14d").',
    "W011": "MFA[{key!r}] has a colon, with which no app shows it: the format of its URI has no room for one.\n"
    "Write another sign in its place, such as {better!r}.",
    "W012a": 'MFA["POLICY_GROUPS"] names groups, but {users} has none: nobody is a member.\n'
    'Inherit from PermissionsMixin, or name a policy of your own in MFA["VERIFICATION_POLICY"].',
    "W012b": 'MFA["POLICY_GROUPS"] names {missing}, but there is no such group: nobody is a member.\n'
    "Make the group, or write one of {there}.",
    "W013": "MFA takes its tokens from sessions, but MIDDLEWARE has no {path}: nobody is ever logged in.\n"
    "Add {expected} to MIDDLEWARE.",
    "W014": 'There are {devices} active devices of the method {method!r}, which is not in MFA["METHODS"]: they cannot '
    "be verified. {alone} users have no other device: they can neither verify nor register.\n"
    'Put {method!r} back into MFA["METHODS"] until its users have another device, or remove theirs.',
    "W015": "The admin {name!r} lets nobody in: it wants verified sessions, but MFA takes no tokens from them.\n"
    'Add "session" to MFA["TOKEN_PROVIDER"].',
    "W016": "There are {values} values that are sealed under the key {key}, which is not the first.\n"
    "Run manage.py mfa_rotate_keys, and take no key out before it has ended well.",
    "W017a": "The route {route!r} logs in by dj-rest-auth, which hands out the token that exists: whoever knows the "
    "password gets it as verified as its owner left it.\n"
    'Write "mfa.adapters.tokens.authtoken.create_token" as "TOKEN_CREATOR" into REST_AUTH: it replaces the token at '
    "every login.",
    "W017b": "The route {route!r} logs in by djoser, which hands out the token that exists: whoever knows the password "
    "gets it as verified as its owner left it.\n"
    "Use mfa.adapters.tokens.authtoken.ObtainAuthToken, which replaces the token at every login, or a view of yours.",
    "W018": "The route {route!r} runs inside ATOMIC_REQUESTS, where no second factor can be counted: a login that "
    "brings one is refused.\n"
    "Use mfa.adapters.tokens.jwt.TokenObtainPairView, or decorate the view with non_atomic_requests.",
    "W019": 'The pages of "mfa.pages" are for sessions, but MFA takes no tokens from them: nobody gets in.\n'
    'Add "session" to MFA["TOKEN_PROVIDER"].',
    "W020": 'MFA has no "ENCRYPTION_KEYS": what it seals opens to whoever learns SECRET_KEY, and to nobody once that '
    "and its fallbacks have been replaced.\n"
    "Write a list of one key, kept as SECRET_KEY is: python -c "
    "'import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())'",
    "W021": "MFA has no {key!r}: apps and mails call the site by the host of a request.\n"
    'Write the name of the site, as in MFA = {{"{key}": "Example"}}.',
    "W022": "The database {alias!r} is in the memory of one process: each has devices and failures of its own.\n"
    "Name a file, or a database server, in DATABASES.",
    "W023": "MFA lets a passkey log in, but the cache in which tries are counted is not shared: each process counts "
    "anew.\n"
    'Name a cache that all processes share as "default" in CACHES, such as Redis or the database.',
    "W024": "MFA takes its tokens from sessions, but the cache {cache!r} is not shared: what one process ends lives on "
    "in the others.\n"
    "Name a cache that all processes share as {cache!r} in CACHES, or sessions.backends.db as SESSION_ENGINE.",
    "W025": "MFA mails users what happens to their accounts, but the mails have no link to say that it was somebody "
    "else: {flaw}.\n{hint}",
    "W026": 'MFA["WEBAUTHN_RELATED_ORIGINS"] has pages of {count} names ({names}): a browser need look at no more than '
    "the first {most}, and refuses a passkey to the others.\n"
    "Put those that people use most first, or leave some out.",
    "W027": 'MFA has "{key}", but no route answers to {path}, where browsers look for that.\n'
    'Add path("", include("mfa.adapters.drf.well_known.urls")) to the root URLconf of the domain of WEBAUTHN_RP_ID.',
    "W028": 'MFA["WEBAUTHN_MODELS"] says which authenticators may register, but without an attestation nobody knows '
    "which model one is, or whether it copies its keys: it may say anything.\n"
    'Write "WEBAUTHN_ATTESTATION": "direct", or leave WEBAUTHN_MODELS out.',
    "W029": "The metadata of authenticators, number {number}, should have been replaced on {day}: what has been "
    "reported of models since is not known.\n"
    "Run manage.py mfa_metadata once a day.",
    "W030": 'MFA["WEBAUTHN_MODELS"] allows {models}, of which the metadata know nothing: they cannot register.\n'
    'Correct the AAGUID, or trust the certificates of its maker by MFA["WEBAUTHN_TRUST_ROOTS"].',
    "W031": "There are no metadata of authenticators, so nobody can register a security key or a passkey: {flaw}\n"
    "Run manage.py mfa_metadata, or write another WEBAUTHN_METADATA into MFA.",
    "W032": "Accounts are written to the database {accounts!r} and users to {users!r}: a key between them leads "
    "nowhere, so nobody can register a device.\n"
    "Have the router in DATABASE_ROUTERS send the app multi_factor, users and their tokens to one database.",
}
"""What is wrong, and on the next line what to write instead, by id; a letter tells sentences of the same id apart."""


_STOCK_LOGINS = {
    "dj_rest_auth.views.LoginView": ("W017a", "login"),
    "djoser.views.TokenCreateView": ("W017b", "_action"),
}
"""Views of other packages that hand out the token that exists: what is said of them, and their method that does it."""


def register() -> None:
    """Hand the checks to Django."""
    checks.register(check_settings, TAG)
    checks.register(check_deployment, TAG, deploy=True)
    checks.register(check_database, checks.Tags.database)


def check_settings(**_: object) -> list[CheckMessage]:
    """Tell what keeps the package from working, and then what nobody could meet, or takes from what it promises.

    Where settings cannot be used, of the rest might be said what is not true.
    """
    config, problems = conf.read_config()
    if problems:
        return [
            Error(each.message, hint=_with_place(each.hint, "E001"), obj=each.key, id=f"{APP_LABEL}.E001")
            for each in problems
        ]
    return [*_absent(config)] or [
        *([*_unusable()] or [*_demands(config), *_over(config), *_unread(config), *_models(config)]),
        *_tokens(config),
        *_settings(config),
        *_databases(),
        *_routes(config),
    ]


def check_deployment(**_: object) -> list[CheckMessage]:
    """Warn of keys, names and stores that do for development alone."""
    config, problems = conf.read_config()
    return [] if problems or [*_absent(config)] else [*_deployment(config)]


def check_database(*, databases: Collection[str] | None = None, **_: object) -> list[CheckMessage]:
    """Warn of groups that are not there, of devices that are, but whose method is gone, and of keys to be replaced."""
    config, problems = conf.read_config()
    if not databases or problems or [*_absent(config)] or [*_unusable()] or [*_demands(config)]:
        return []
    return [*_missing_groups(config, databases), *_stranded(databases), *_sealed_under_others(databases)]


def _message(key: str, /, **values: object) -> CheckMessage:
    message, hint = (line.format(**values) for line in _SENTENCES[key].split("\n"))
    kind = Error if key.startswith("E") else Warning
    return kind(message, hint=_with_place(hint, key[:4]), id=f"{APP_LABEL}.{key[:4]}")


def _with_place(hint: str, number: str) -> str:
    """Name the place of the documentation that says more, on a line of its own, so that a command can be copied."""
    return f"{hint}\n\tMore: docs/checks.md#{number.lower()}"


def _container() -> Any:  # noqa: ANN401 - the container of whatever deployment
    app: Any = apps.get_app_config(APP_LABEL)
    return app.container


def _name(thing: object) -> str:
    return f"{getattr(thing, '__module__', '')}.{getattr(thing, '__qualname__', type(thing).__qualname__)}"


def _absent(config: Config) -> Iterator[CheckMessage]:
    """Tell what is not installed; nothing works without it, as with all that is an error."""
    metadata = ["metadata"] if config.fido_metadata and "webauthn" in config.methods else []
    for name in (*config.token_providers, *config.methods, *metadata):
        package = _EXTRAS.get(name, "mfa")
        if find_spec(package) is None:
            yield _message("E002", name=name, package=package)
    for name in config.token_providers:
        app = _APPS.get(name)
        if app is not None and not apps.is_installed(app):
            yield _message("E006", name=name, app=app)


def _unusable() -> Iterator[CheckMessage]:
    try:
        container = _container()
        container.check_dependencies()
        methods = tuple(container.methods())
        provider = container.token_provider()
        # Those of a list one by one: together they seem to have what any of them might.
        known: Sequence[object] = getattr(provider, "providers", (provider,))
        issues = any(isinstance(each, TokenIssuer) for each in known)
        # In the place of these adapters the settings have put others.
        replaced = [name for name in PORTS if container.providers[name].overridden]
        lacking = [
            *_lacking(methods, Method),
            *_lacking([container.policy()], VerificationPolicy),
            *_lacking([container.throttle()], ThrottlePolicy),
            *_lacking(known, TokenProvider),
            *(_lacking(known, TokenIssuer) if container.config().passkey_login and not issues else ()),
            *(each for name in replaced for each in _lacking([container.providers[name]()], PORTS[name])),
        ]
        senders = {} if lacking else container.use_cases().dispatch_challenge.senders
        lacking += _lacking(senders.values(), Sender)
    except Exception as error:  # noqa: BLE001 - whatever a project's own class raises when it is made
        yield _message("E003", kind=type(error).__name__, error=error)
        return
    yield from lacking or _confused(methods, senders)


def _lacking(things: Iterable[object], port: type) -> Iterator[CheckMessage]:
    """Tell of what a thing would need to be what the settings take it for."""
    names: set[str] = {*port.__abstractmethods__, *get_annotations(port)}  # type: ignore[attr-defined] # of protocols
    for thing in things:
        missing = sorted(name for name in names if not hasattr(thing, name))
        if missing:
            yield _message("E004", name=_name(type(thing)), missing=", ".join(missing), port=_name(port))


def _confused(methods: Sequence[Method], senders: Mapping[str, object]) -> Iterator[CheckMessage]:
    """Tell of methods that cannot be told apart, whose name fits into no route or row, or which nobody sends for."""
    names = [method.name for method in methods]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield _message("E005a", name=name)
    for method in methods:
        if not re.fullmatch(r"[A-Za-z][\w.-]{0,63}", method.name, re.ASCII):
            yield _message("E005b", name=method.name)
        if method.limits is not None and method.name not in senders:
            yield _message("E005c", name=method.name)


def _demands(config: Config) -> Iterator[CheckMessage]:
    """Tell of requirements, named in the settings or written on a view, that are none, or that nobody can meet."""
    methods = _container().use_cases().methods
    if isinstance(config.max_devices_per_method, Mapping):
        unknown = METHOD_NAMES.unknown(config.max_devices_per_method)
        if unknown:
            yield _message("E011", unknown=", ".join(unknown), names=", ".join(each.name for each in methods))
    for name, requirement in config.requirements.items():
        yield from _unmet(f"MFA['REQUIREMENTS'][{name!r}]", requirement, methods, config)
    seen: list[tuple[str, object]] = []
    for view in (*(callback for callback, _ in _views()), *conf.middleware()):
        owner = _name(_made_from(view))
        for demanded in _demanded(view):
            if demanded is None or (owner, demanded) in seen:
                continue
            seen.append((owner, demanded))
            yield from _undemandable(owner, demanded, methods, config)


def _undemandable(owner: str, demanded: object, methods: Methods, config: Config) -> Iterator[CheckMessage]:
    for each in demanded if isinstance(demanded, list | tuple) else [demanded]:
        if isinstance(each, Requirement):
            yield from _unmet(owner, each, methods, config)
        elif not isinstance(each, str):
            yield _message("E007a", owner=owner, kind=type(each).__name__)
        elif each not in config.requirements:
            yield _message("E007b", owner=owner, name=each, keys=", ".join(config.requirements) or "its keys")


def _unmet(place: str, requirement: Requirement, methods: Methods, config: Config) -> Iterator[CheckMessage]:
    names = [method.name for method in methods]
    wanted = names if requirement.methods is None else sorted(requirement.methods)
    unknown = METHOD_NAMES.unknown(wanted)
    if unknown:
        flaw, hint = f"names {', '.join(unknown)}, which no method is called", f"Write some of {', '.join(names)}."
    elif not {*names} & {*wanted}:
        flaw = f'wants one of {", ".join(wanted)}, none of which is in MFA["METHODS"]'
        hint = f'Write some of {", ".join(names)}, or add one of them to MFA["METHODS"].'
    elif requirement.phishing_resistant and not any(map(methods.phishing_resistant, wanted)):
        flaw = f"wants what resists phishing, as none of {', '.join(wanted)} does"
        hint = 'Add "webauthn" to MFA["METHODS"] and to the methods that it names, or leave phishing_resistant out.'
    elif (requirement.verifications or 0) > config.most_devices:
        flaw = f"wants verifications by {requirement.verifications} devices, of which nobody can have that many"
        hint = f'Write {config.most_devices} or less, or more in MFA["MAX_DEVICES_PER_METHOD"].'
    else:
        return
    yield _message("E008", place=place, flaw=flaw, hint=hint)


def _over(config: Config) -> Iterator[CheckMessage]:
    """Warn of a period of grace that was over before anybody was in it."""
    deadline = config.registration_deadline
    if isinstance(deadline, datetime) and deadline <= _container().clock().now():
        yield _message("W010", deadline=deadline.isoformat())


def _unread(config: Config) -> Iterator[CheckMessage]:
    """Tell of algorithms that the installed libraries do not know, which nobody is offered then."""
    for method in _container().methods():
        if isinstance(method, SecurityKeys):
            offered = method.relying_party.offered
            names = [name for name in config.webauthn_algorithms if ALGORITHM_NAMES[name] not in offered]
            if names:
                yield _message("E010", names=", ".join(names))


def _models(config: Config) -> Iterator[CheckMessage]:
    """Tell of metadata that are not there or old, and warn of models that nobody knows."""
    if "webauthn" not in config.methods:
        return
    admitted, direct = config.webauthn_models, config.webauthn_attestation == "direct"
    if admitted is not None and not direct:
        yield _message("W028")
    site = _container().use_cases().operations.show_metadata
    # Without an attestation they are asked for one thing alone: which models copy their keys without telling.
    if site.metadata is None or not (direct or (admitted is not None and admitted.device_bound)):
        return
    try:
        edition = site()
    except MetadataUnavailable as error:
        yield _message("W031", flaw=error)
        return
    if edition.overdue(_container().clock().now().date()):
        yield _message("W029", number=edition.number, day=edition.next_update)
    if admitted is not None and config.webauthn_trust_roots is None:
        unknown = [each for each in admitted.allowed or () if any(each) and site.metadata.model_of(each, ()) is None]
        if unknown:
            yield _message("W030", models=", ".join(sorted(str(UUID(bytes=each)) for each in unknown)))


def _tokens(config: Config) -> Iterator[CheckMessage]:
    """Warn of what keeps the tokens of a provider from being verified, or from ending."""
    names = config.token_providers
    if AUTHENTICATION.keys() >= {*names}:
        expected = [AUTHENTICATION[name] for name in names]
        own = tuple(map(import_string, expected))
        for each in conf.authentication_classes():
            if not issubclass(each, own):
                yield _message(
                    "W001", name=_name(each), providers=" or ".join(map(repr, names)), expected=" and ".join(expected)
                )
    if "jwt" in names:
        yield from _jwt()
    if "session" in names:
        yield from _sessions()


def _jwt() -> Iterator[CheckMessage]:
    settings = import_string("rest_framework_simplejwt.settings.api_settings")
    for key, serializer in {
        "TOKEN_OBTAIN_SERIALIZER": "TokenObtainPairSerializer",
        "TOKEN_REFRESH_SERIALIZER": "TokenRefreshSerializer",
    }.items():
        path = f"mfa.adapters.tokens.jwt.{serializer}"
        if not issubclass(import_string(getattr(settings, key)), import_string(path)):
            yield _message("W004", key=key, path=path, other=getattr(settings, key))
    if settings.ROTATE_REFRESH_TOKENS and not settings.BLACKLIST_AFTER_ROTATION:
        yield _message("W005")


def _sessions() -> Iterator[CheckMessage]:
    if conf.session_engine() == "django.contrib.sessions.backends.signed_cookies":
        yield _message("W006")
    for path in _SESSION_MIDDLEWARE:
        if not conf.has_middleware(import_string(path)):
            yield _message("W013", path=path, expected=" and then ".join(_SESSION_MIDDLEWARE))


def _databases() -> Iterator[CheckMessage]:
    users, accounts = router.db_for_write(get_user_model()), database()
    if users != accounts:
        yield _message("W032", users=users, accounts=accounts)


def _settings(config: Config) -> Iterator[CheckMessage]:
    if config.passkey_login and conf.throttle_rate("mfa_passkey") is None:
        yield _message("W003")
    for key, name in {"TOTP_ISSUER": config.totp_issuer, "HOTP_ISSUER": config.hotp_issuer}.items():
        # Apps would cut it in two: in the label of an otpauth URI a colon ends the issuer.
        if ":" in name:
            yield _message("W011", key=key, better=" ".join(name.replace(":", " - ").split()))


def _views(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[Any, str]]:
    """Find every view that the project answers by, with its route; none where it answers to no path at all."""
    if resolver is None and not conf.has_routes():
        return
    for pattern in (resolver or get_resolver()).url_patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            yield pattern.callback, route
        else:
            yield from _views(pattern, route)


def _made_from(view: Any) -> Any:  # noqa: ANN401 - whatever Django calls, and its class
    """Return the class that a view was made from, where it has one."""
    return getattr(view, "cls", getattr(view, "view_class", view))


def _demanded(view: Any) -> Iterator[object]:  # noqa: ANN401 - as above
    """Yield what a view demands: by an argument of ``as_view`` or of ``@action``, by its class, and by decorators."""
    given = getattr(view, "initkwargs", None) or getattr(view, "view_initkwargs", {})
    kind = _made_from(view)
    yield given.get("mfa_requirement", getattr(kind, "mfa_requirement", None))
    for decorated in (view, *(getattr(kind, name, None) for name in View.http_method_names)):
        while decorated is not None:
            yield getattr(decorated, DEMANDED, None)
            decorated = getattr(decorated, "__wrapped__", None)  # noqa: PLW2901 - from one decorator to the next


def _routes(config: Config) -> Iterator[CheckMessage]:
    """Warn of a project where nobody can verify, or where somebody gets in by the password alone."""
    views = [*_views()]
    if conf.has_routes():
        yield from _own_routes(config, [_made_from(view) for view, _ in views])
        yield from _pages(config)
        yield from _well_known(config)
    if "authtoken" in config.token_providers:
        stock = import_string("rest_framework.authtoken.views.ObtainAuthToken")
        for view, route in views:
            if getattr(_made_from(view), "post", None) is stock.post:
                yield _message("W002", route=route)
            yield from _stock_login(view, route)
    if "jwt" in config.token_providers:
        yield from _atomic_logins(views)
    sites = {site.name: site for view, _ in views if (site := getattr(view, "admin_site", None))}
    yield from _admins(config, sites)


def _stock_login(view: Any, route: str) -> Iterator[CheckMessage]:  # noqa: ANN401 - whatever Django calls
    """Warn of the login of another package, unless a project has made it do something else."""
    kind = _made_from(view)
    for base in getattr(kind, "__mro__", ()):
        said, method = _STOCK_LOGINS.get(_name(base), ("", ""))
        if said and getattr(kind, method) is getattr(base, method) and not (said == "W017a" and _replaces()):
            yield _message(said, route=route)


def _replaces() -> bool:
    """Tell whether dj-rest-auth makes tokens as a project says, or none of this kind."""
    settings = import_string("dj_rest_auth.app_settings.api_settings")
    stock = import_string("dj_rest_auth.utils.default_create_token")
    return settings.TOKEN_CREATOR is not stock or settings.TOKEN_MODEL is None or bool(settings.USE_JWT)


def _atomic_logins(views: Iterable[tuple[Any, str]]) -> Iterator[CheckMessage]:
    """Warn of simplejwt's own view where a second factor is to be counted in a transaction that may be undone."""
    alias = router.db_for_write(DeviceRecord)
    stock = import_string("rest_framework_simplejwt.views.TokenObtainPairView")
    if not connections[alias].settings_dict["ATOMIC_REQUESTS"]:
        return
    for view, route in views:
        kind = _made_from(view)
        logs_in = isinstance(kind, type) and issubclass(kind, stock)
        if logs_in and alias not in getattr(view, "_non_atomic_requests", ()):
            yield _message("W018", route=route)


def _admins(config: Config, sites: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Warn of an admin that opens to a password alone, or that opens to nobody."""
    gated, closed = conf.has_middleware(import_string(_GATE)), not _takes_sessions(config)
    for name, site in sites.items():
        if not gated and _is_stock(site):
            yield _message("W009", name=name, gate=_GATE)
        if closed and isinstance(site, import_string("mfa.adapters.django.admin_site.VerifiedAdminSite")):
            yield _message("W015", name=name)


def _own_routes(config: Config, classes: Collection[Any]) -> Iterator[CheckMessage]:
    viewsets = "mfa.adapters.drf.viewsets"
    own = [each for each in classes if any(base.__module__ == viewsets for base in getattr(each, "__mro__", ()))]
    if not own:
        yield _message("W007")
        return
    inherited = import_string("rest_framework.views.APIView").authentication_classes
    chosen = [view.authentication_classes for view in own if view.authentication_classes is not inherited]
    authenticating = {*conf.authentication_classes()}.union(*chosen)
    for name in config.token_providers:
        path = AUTHENTICATION.get(name)
        if path is not None and not any(issubclass(each, import_string(path)) for each in authenticating):
            yield _message("W008", name=name, path=path)


def _pages(config: Config) -> Iterator[CheckMessage]:
    """Tell of a page that a browser cannot be led to, and warn of pages that nobody gets into."""
    name = config.verify_url or ""
    try:
        if name and not name.startswith("/"):
            reverse(name)
    except NoReverseMatch:
        yield _message("E009", name=name)
    if apps.is_installed("mfa.pages") and not _takes_sessions(config):
        yield _message("W019")


def _well_known(config: Config) -> Iterator[CheckMessage]:
    """Warn of what browsers and password managers are to find, but do not, or do not look at."""
    labels = config.related_labels
    if len(labels) > FEWEST_LABELS:
        yield _message("W026", count=len(labels), names=", ".join(labels), most=FEWEST_LABELS)
    for path, keys in _WELL_KNOWN.items():
        given = [key for key in keys if getattr(config, key.lower())]
        if given and not is_valid_path(path):
            yield _message("W027", key=given[0], path=path)


def _takes_sessions(config: Config) -> bool:
    """Tell whether sessions are tokens, as far as that is known: a project's own provider may take them as well."""
    names = {*config.token_providers}
    return "session" in names or not names <= AUTHENTICATION.keys()


def _is_stock(site: Any) -> bool:  # noqa: ANN401 - an AdminSite
    """Tell whether an admin admits as Django's does; one with a login or a permission of its own knows why."""
    stock = import_string("django.contrib.admin.AdminSite")
    admitting = ("has_permission", "login")
    return all(getattr(getattr(site, name), "__func__", None) is getattr(stock, name) for name in admitting)


def _deployment(config: Config) -> Iterator[CheckMessage]:
    if config.encryption_keys is None:
        yield _message("W020")
    for key, methods in {"TOTP_ISSUER": {"totp", "email"}, "HOTP_ISSUER": {"hotp"}}.items():
        if not getattr(config, key.lower()) and methods & {*config.methods}:
            yield _message("W021", key=key)
    # What is counted, kept or ended for all processes has to be where each can see it.
    alias = router.db_for_write(DeviceRecord)
    connection: Any = connections[alias]
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        yield _message("W022", alias=alias)
    if config.passkey_login and conf.cache_backend("default") in _UNSHARED:
        yield _message("W023")
    cache = conf.session_cache() if "session" in config.token_providers and conf.session_engine() in _CACHED else None
    if cache is not None and conf.cache_backend(cache) in _UNSHARED:
        yield _message("W024", cache=cache)
    if config.notify and config.notify_url is None:
        hint = 'Write where the site answers, as in MFA = {"NOTIFY_URL": "https://example.com"}, or "NOTIFY": False.'
        yield _message("W025", flaw='MFA has no "NOTIFY_URL"', hint=hint)
    elif config.notify and not links.path_to("token"):
        hint = 'Add path("multi-factor/", include("mfa.urls")) to the URLconf, without a namespace.'
        yield _message("W025", flaw=f"no route is called {links.ROUTE!r}", hint=hint)


def _readable(model: type[Model], databases: Collection[str]) -> str | None:
    """Return the database in which a model is, where that may be asked and has its table yet."""
    alias = router.db_for_write(model)
    there = alias in databases and model._meta.db_table in connections[alias].introspection.table_names()  # noqa: SLF001 - Django's name for it
    return alias if there else None


def _missing_groups(config: Config, databases: Collection[str]) -> Iterator[CheckMessage]:
    model: Any = model_of_groups(get_user_model())
    if config.policy_groups and model is None:
        yield _message("W012a", users=_name(get_user_model()))
    alias = _readable(model, databases) if config.policy_groups and model is not None else None
    if alias is None:
        return
    there = {*model._default_manager.using(alias).values_list("name", flat=True)}  # noqa: SLF001 - as above
    missing = [name for name in config.policy_groups if name not in there]
    if missing:
        yield _message(
            "W012b",
            missing=", ".join(map(repr, missing)),
            there=", ".join(map(repr, sorted(there))) or "those that you make",
        )


def _stranded(databases: Collection[str]) -> Iterator[CheckMessage]:
    alias = _readable(DeviceRecord, databases)
    if alias is None:
        return
    methods = _container().use_cases().methods
    active = DeviceRecord.objects.using(alias).filter(activated_at__isnull=False)
    usable = active.filter(
        account=OuterRef("account"), method__in=[method.name for method in methods if not method.backup]
    )
    gone = active.exclude(method__in=[method.name for method in methods]).values_list("method").order_by("method")
    alone = dict(gone.filter(~Exists(usable)).annotate(Count("account", distinct=True)))
    for method, devices in gone.annotate(Count("pk")):
        yield _message("W014", method=method, devices=devices, alone=alone.get(method, 0))


def _sealed_under_others(databases: Collection[str]) -> Iterator[CheckMessage]:
    if _readable(ChallengeRecord, databases) is None:
        return
    for each in _container().use_cases().operations.count_seals():
        if not each.first:
            yield _message("W016", values=each.values, key=each.key)
