"""The one place where Django's settings are read."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework.authentication import BaseAuthentication
from rest_framework.settings import api_settings

from mfa.config import Config, Problem, read
from mfa.domain.secrets import SecretStr

USER_MODEL: Final[str] = settings.AUTH_USER_MODEL


def read_config() -> tuple[Config, tuple[Problem, ...]]:
    """Read the dict ``MFA``, and say what in it cannot be used."""
    return read(getattr(settings, "MFA", {}))


def secret_keys() -> tuple[str, ...]:
    """Return the secret key and its fallbacks, from which sealing keys are derived."""
    keys: tuple[str | bytes, ...] = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return tuple(SecretStr(key.decode("latin-1") if isinstance(key, bytes) else key) for key in keys)


def authentication_classes() -> tuple[type[BaseAuthentication], ...]:
    """Return the authentication classes that every view of Django REST framework has by default."""
    classes: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    return tuple(classes)


def throttle_rate(scope: str) -> str | None:
    """Return how often Django REST framework lets one address in under that scope; None: as often as it likes."""
    rates: Mapping[str, Any] = api_settings.DEFAULT_THROTTLE_RATES
    return rates.get(scope)


def login_url() -> str:
    """Return where people log in: a path, or the name of a page."""
    return str(settings.LOGIN_URL)


def language() -> str:
    """Return the language of the site."""
    return settings.LANGUAGE_CODE


def session_engine() -> str:
    """Return the module that keeps sessions."""
    return settings.SESSION_ENGINE


def session_cache() -> str:
    """Return the name of the cache in which sessions are kept, where they are kept in one."""
    return settings.SESSION_CACHE_ALIAS


def cache_backend(alias: str) -> str:
    """Return the class of a cache."""
    return str(settings.CACHES[alias]["BACKEND"])


def middleware() -> tuple[object, ...]:
    """Return the classes and functions in ``MIDDLEWARE``."""
    return tuple(map(import_string, settings.MIDDLEWARE))


def has_middleware(wanted: type) -> bool:
    """Tell whether a class, or one that is derived from it, is in ``MIDDLEWARE``."""
    return any(isinstance(each, type) and issubclass(each, wanted) for each in middleware())


def has_routes() -> bool:
    """Tell whether the project answers to any path at all."""
    return bool(getattr(settings, "ROOT_URLCONF", None))
