"""Django's system checks: what is wrong with the settings, and what to write instead."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Protocol, cast

from django.apps import apps
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.module_loading import import_string

from mfa.adapters.accessor import APP_LABEL
from mfa.adapters.django import conf
from mfa.application.ports.delivery import Sender
from mfa.application.ports.tokens import TokenIssuer, TokenProvider
from mfa.config import Config
from mfa.domain.methods.base import Method
from mfa.domain.policies import VerificationPolicy
from mfa.domain.throttling import ThrottlePolicy

_EXTRAS = {
    "knox": ("knox", "knox"),
    "jwt": ("rest_framework_simplejwt", "jwt"),
    "sms": ("phonenumbers", "sms"),
    "webauthn": ("fido2", "webauthn"),
}
"""What needs an extra: the package to look for, and the extra that brings it."""

_APPS = {"authtoken": "rest_framework.authtoken", "knox": "knox"}
"""What needs tables of its own: the app that brings them."""

_AUTHENTICATION = {
    "authtoken": "rest_framework.authentication.TokenAuthentication",
    "knox": "knox.auth.TokenAuthentication",
    "jwt": "rest_framework_simplejwt.authentication.JWTAuthentication",
    "session": "rest_framework.authentication.SessionAuthentication",
}

_STOCK_PROVIDER = "authtoken"

_SERIALIZERS = {
    "TOKEN_OBTAIN_SERIALIZER": "mfa.adapters.tokens.jwt.TokenObtainPairSerializer",
    "TOKEN_REFRESH_SERIALIZER": "mfa.adapters.tokens.jwt.TokenRefreshSerializer",
}
"""What ``SIMPLE_JWT`` has to name for its tokens to be known."""

_COOKIES = "django.contrib.sessions.backends.signed_cookies"

_PASSKEY_SCOPE = "mfa_passkey"


class _Composed(Protocol):
    @property
    def container(self) -> Any:  # noqa: ANN401 - the container of whatever deployment
        """Return what the use cases come from."""


def register() -> None:
    """Hand the checks to Django."""
    checks.register(check_settings, "mfa")
    checks.register(check_composition, "mfa")
    checks.register(check_authentication, "mfa")
    checks.register(check_login, "mfa")
    checks.register(check_jwt, "mfa")
    checks.register(check_session, "mfa")
    checks.register(check_passkey_login, "mfa")


def check_settings(**_: object) -> list[CheckMessage]:
    """Tell of every key of ``MFA`` that cannot be used."""
    problems = conf.read_config()[1]
    return [Error(problem.message, hint=problem.hint, obj=problem.key, id="mfa.E001") for problem in problems]


def check_composition(**_: object) -> list[CheckMessage]:
    """Tell what keeps the container from being built: a missing extra or app, a path that leads nowhere."""
    config, problems = conf.read_config()
    if problems:
        return []
    return [*_absent(config)] or [*_unusable()]


def check_authentication(**_: object) -> list[CheckMessage]:
    """Warn of authentication classes by which a request gets in without a token that could be verified."""
    config, _problems = conf.read_config()
    names = config.token_providers
    if not _AUTHENTICATION.keys() >= {*names} or [*_absent(config)]:
        return []
    expected = [_AUTHENTICATION[name] for name in names]
    own = tuple(import_string(path) for path in expected)
    return [
        checks.Warning(
            f"{each.__module__}.{each.__qualname__} is one of DEFAULT_AUTHENTICATION_CLASSES, but makes no token of "
            f"{' or '.join(map(repr, names))}: what it lets in can never be verified.",
            hint=f"Keep only {' and '.join(expected)} or a subclass, or name another TOKEN_PROVIDER in MFA.",
            id="mfa.W001",
        )
        for each in conf.authentication_classes()
        if not issubclass(each, own)
    ]


def check_login(**_: object) -> list[CheckMessage]:
    """Warn of the stock login view, which hands a verified token to whoever knows the password."""
    config, _problems = conf.read_config()
    if _STOCK_PROVIDER not in config.token_providers or [*_absent(config)] or not conf.has_routes():
        return []
    stock = import_string("rest_framework.authtoken.views.ObtainAuthToken")
    return [
        checks.Warning(
            f"The route {route!r} logs in by ObtainAuthToken of Django REST framework, which hands out the token that "
            "exists: whoever knows the password gets it as verified as its owner left it.",
            hint="Use mfa.adapters.tokens.authtoken.ObtainAuthToken, which replaces the token at every login.",
            id="mfa.W002",
        )
        for route, view in _views(get_resolver())
        if getattr(view, "post", None) is stock.post
    ]


def check_jwt(**_: object) -> list[CheckMessage]:
    """Warn of settings of simplejwt with which no token is known, or a logout leaves some behind."""
    config, _problems = conf.read_config()
    if "jwt" not in config.token_providers or [*_absent(config)]:
        return []
    settings = import_string("rest_framework_simplejwt.settings.api_settings")
    warnings: list[CheckMessage] = [
        checks.Warning(
            f"SIMPLE_JWT[{key!r}] is not {path}: tokens that are made by {getattr(settings, key)} belong to no login, "
            "and can never be verified.",
            hint=f"Write {path!r}, or the path of a subclass.",
            id="mfa.W004",
        )
        for key, path in _SERIALIZERS.items()
        if not issubclass(import_string(getattr(settings, key)), import_string(path))
    ]
    if settings.ROTATE_REFRESH_TOKENS and not settings.BLACKLIST_AFTER_ROTATION:
        warnings.append(
            checks.Warning(
                "SIMPLE_JWT rotates refresh tokens, but lets the old ones live: a logout ends only the last.",
                hint='Set "BLACKLIST_AFTER_ROTATION" to True, and add "rest_framework_simplejwt.token_blacklist" to '
                "INSTALLED_APPS.",
                id="mfa.W005",
            )
        )
    return warnings


def check_session(**_: object) -> list[CheckMessage]:
    """Warn of sessions that live in the browser alone, where nobody can end one."""
    config, _problems = conf.read_config()
    if "session" not in config.token_providers or conf.session_engine() != _COOKIES:
        return []
    return [
        checks.Warning(
            "MFA takes its tokens from sessions, but SESSION_ENGINE keeps them in cookies: whoever has read a cookie "
            "before the verification shares in it, and goes on after the logout.",
            hint="Choose another SESSION_ENGINE, such as django.contrib.sessions.backends.cached_db.",
            id="mfa.W006",
        )
    ]


def check_passkey_login(**_: object) -> list[CheckMessage]:
    """Warn of anonymous routes that one address may ask as often as it likes."""
    config, problems = conf.read_config()
    if problems or not config.passkey_login or conf.throttle_rate(_PASSKEY_SCOPE) is not None:
        return []
    return [
        checks.Warning(
            "MFA lets a passkey log in, but how often an address may try is not limited.",
            hint=f'Put {{"{_PASSKEY_SCOPE}": "30/min"}} or the like into REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"].',
            id="mfa.W003",
        )
    ]


def _absent(config: Config) -> Iterator[CheckMessage]:
    for name in (*config.token_providers, *config.methods):
        package, extra = _EXTRAS.get(name, ("mfa", ""))
        if find_spec(package) is None:
            yield Error(
                f"MFA uses {name!r}, but the package {package!r} is not installed.",
                hint=f"Run: pip install drf-mfa[{extra}]",
                id="mfa.E002",
            )
    for name in config.token_providers:
        app = _APPS.get(name)
        if app is not None and not apps.is_installed(app):
            yield Error(
                f"MFA takes its tokens from {name!r}, but {app!r} is not in INSTALLED_APPS.",
                hint=f"Add {app!r} to INSTALLED_APPS and migrate, or name another TOKEN_PROVIDER in MFA.",
                id="mfa.E006",
            )


def _unusable() -> Iterator[CheckMessage]:
    senders: Mapping[str, object] = {}
    try:
        container = cast("_Composed", apps.get_app_config(APP_LABEL)).container
        container.check_dependencies()
        methods = tuple(container.core.methods())
        known = _each(container.token_provider())
        issuers = [each for each in known if isinstance(each, TokenIssuer)]
        lacking = [
            *_lacking(methods, Method),
            *_lacking([container.core.policy()], VerificationPolicy),
            *_lacking([container.core.throttle()], ThrottlePolicy),
            *_lacking(known, TokenProvider),
            *(_lacking(known, TokenIssuer) if container.core.passkey_login() and not issuers else ()),
        ]
        if not lacking:
            senders = container.core.senders()
            lacking = [*_lacking(senders.values(), Sender)]
    except Exception as error:  # noqa: BLE001 - whatever a project's own class raises when it is made
        yield Error(
            f"MFA names something that cannot be made: {type(error).__name__}: {error}",
            hint="Check the dotted paths in MFA, and that each class takes the Config (a sender: nothing).",
            id="mfa.E003",
        )
        return
    yield from lacking or _confused(methods, senders)


def _each(provider: object) -> Sequence[object]:
    """Return the providers of a list one by one: together they seem to have what any of them might."""
    several: Sequence[object] = getattr(provider, "providers", (provider,))
    return several


def _lacking(things: Iterable[object], port: type) -> Iterator[CheckMessage]:
    """Tell of what a thing would need to be what the settings take it for."""
    names: frozenset[str] = port.__abstractmethods__  # type: ignore[attr-defined] # every port has some
    for thing in things:
        missing = sorted(name for name in names if not hasattr(thing, name))
        if missing:
            yield Error(
                f"MFA names {type(thing).__module__}.{type(thing).__qualname__}, which lacks {', '.join(missing)}.",
                hint=f"Inherit from {port.__module__}.{port.__qualname__}, and write what is missing.",
                id="mfa.E004",
            )


def _confused(methods: Sequence[Method], senders: Mapping[str, object]) -> Iterator[CheckMessage]:
    """Tell of methods that cannot be told apart, whose name fits into no route or row, or which nobody sends for."""
    names = [method.name for method in methods]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Error(
            f"MFA has more than one method by the name of {name!r}.",
            hint='Give one another name, or take it out of MFA["METHODS"].',
            id="mfa.E005",
        )
    for method in methods:
        if not re.fullmatch(r"[A-Za-z][\w.-]{0,63}", method.name, re.ASCII):
            yield Error(
                f"MFA has a method by the name of {method.name!r}, which is to stand in URLs.",
                hint="Begin with a letter, and write at most 64 letters, digits, hyphens, dots and underscores.",
                id="mfa.E005",
            )
        if method.limits is not None and method.name not in senders:
            yield Error(
                f"The method {method.name!r} sends codes, but nobody sends them.",
                hint="Give the method a send() of its own (mfa.application.ports.delivery.Sender), or limits = None.",
                id="mfa.E005",
            )


def _views(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, object]]:
    for pattern in resolver.url_patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            yield route, getattr(pattern.callback, "cls", getattr(pattern.callback, "view_class", None))
        else:
            yield from _views(pattern, route)
