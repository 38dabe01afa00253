"""What a project's own tests need of this package; nothing else of it imports this.

Everything is imported when it is first asked for: the plugin for pytest is loaded by projects without Django, too.
What there is, with its types, stands in ``__init__.pyi``.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

_HOMES: Mapping[str, str] = {
    "Enrolled": "mfa.testing.enrolment",
    "FrozenClock": "mfa.adapters.memory.system",
    "SoftwareAuthenticator": "mfa.testing.authenticator",
    "enrol": "mfa.testing.enrolment",
    "override": "mfa.testing.deployment",
    "verified_client": "mfa.testing.clients",
    "verify": "mfa.testing.clients",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as Python has it
    """Import what is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
