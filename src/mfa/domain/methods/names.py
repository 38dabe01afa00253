"""What methods are called: the built-in ones, and those that a deployment brings along."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

BUILT_IN: Final = ("totp", "hotp", "email", "sms", "recovery", "webauthn")

TRUST: Final = "trust"
"""The name under which a remembered browser stands beside the methods; no method may be called so."""


class MethodNames:
    """Tells which names no method has, so that a slip shows where it is written and not when nobody can pass.

    The names of a project's own methods are those of their instances, which are made when they are first needed. So
    a name that is not built in has them made (``load``); until they can be, as while Django starts or where its
    settings are wrong, every name may turn out to be one. A requirement of an unknown name lets nobody pass.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = {*known}
        self._load: Callable[[], bool] = lambda: True

    def __iter__(self) -> Iterator[str]:
        """Go through the names that are known, in their order."""
        return iter(sorted(self._known))

    def add(self, names: Iterable[str]) -> None:
        """Know these from now on; whatever gathers methods calls this."""
        self._known.update(names)

    def load_by(self, load: Callable[[], bool]) -> None:
        """Have the methods made by this, which tells whether it could; whatever composes a deployment calls this."""
        self._load = load

    def unknown(self, names: Collection[str]) -> list[str]:
        """Return those of the names that no method has, in their order; none where that cannot be told yet."""
        if self._known.issuperset(names) or not self._load():
            return []
        return sorted({*names} - self._known)


METHOD_NAMES: Final = MethodNames(BUILT_IN)
"""The names of this process."""
