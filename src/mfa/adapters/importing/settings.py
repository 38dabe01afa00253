"""The settings of other packages, under their own names: what their rows mean hangs on them."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from mfa.domain.methods.adoption import NotAdopted


def setting(name: str, default: Any = None) -> Any:  # noqa: ANN401 - whatever the other package takes
    """Return a setting of Django's settings; the other package's default where it is not set."""
    return getattr(settings, name, default)


def member(name: str, key: str, default: Any = None) -> Any:  # noqa: ANN401 - as above
    """Return a member of a setting that is a dict, such as ``REST_AUTH``; the default where either is not set."""
    found = setting(name) or {}
    return found.get(key, default) if isinstance(found, Mapping) else default


def missing(name: str) -> NotAdopted:
    """Return what a row fails with where a setting is missing, or does not fit what was written by it."""
    return NotAdopted(f"setting:{name}")


def number(name: str, value: object) -> int:
    """Return a setting that has to be a whole number; raises ``NotAdopted`` that names it."""
    if not isinstance(value, int):
        raise missing(name)
    return value


def loaded(name: str, path: str) -> Callable[..., Any]:
    """Return what a setting names by its dotted path; raises ``NotAdopted`` that names the setting."""
    try:
        found: Callable[..., Any] = import_string(path)
    except Exception:  # noqa: BLE001 - a module that builds on an app which is not installed raises whatever it likes
        raise missing(name) from None
    return found
