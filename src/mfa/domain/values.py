"""What is a value: the same as whatever is of the same class and says the same, and shown by its fields."""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

import attrs


class ValueObject:
    """Compares, hashes and shows a frozen class of attrs, as attrs would have it done by methods for each class.

    To compile those takes more than half of what a class costs at import, and one with slots is made twice
    (``docs/decisions/0019-only-values-are-compared-and-shown.md``), so the classes under this one are
    ``@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)``. What a field says of ``repr``, ``eq`` and
    ``hash`` still holds, but for a key to compare by.
    """

    __slots__ = ()


def _equal(self: ValueObject, other: object) -> Any:  # noqa: ANN401 - as attrs has it, for NotImplemented
    if other.__class__ is not self.__class__:
        return NotImplemented
    kind: Any = self.__class__
    compared = _compared(kind)
    return compared(self) == compared(other)


def _hash(self: ValueObject) -> int:
    kind: Any = self.__class__
    return hash((kind, _hashed(kind)(self)))


def _show(self: ValueObject) -> str:
    kind: Any = self.__class__
    shown = [
        f"{field.name}={(repr if field.repr is True else field.repr)(getattr(self, field.name))}"
        for field in attrs.fields(kind)
        if field.repr
    ]
    return f"{kind.__qualname__}({', '.join(shown)})"


# Not in the class itself: mypy tells of a comparison that is never true only where it sees no ``__eq__``.
for _name, _method in {"__eq__": _equal, "__hash__": _hash, "__repr__": _show}.items():
    setattr(ValueObject, _name, _method)


class Confidential(ValueObject):
    """A value of which nothing is shown but what it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Name the class."""
        return f"{self.__class__.__qualname__}(...)"


def _getter(names: list[str]) -> Callable[[object], object]:
    return attrgetter(*names) if names else lambda _: ()


@cache
def _compared(kind: type[Any]) -> Callable[[object], object]:
    return _getter([field.name for field in attrs.fields(kind) if field.eq])


@cache
def _hashed(kind: type[Any]) -> Callable[[object], object]:
    return _getter([field.name for field in attrs.fields(kind) if (field.eq if field.hash is None else field.hash)])
