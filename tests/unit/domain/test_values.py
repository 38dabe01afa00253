"""One class compares, hashes and shows all values as attrs would."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import attrs
import pytest

import mfa.application
import mfa.domain
from mfa.domain.values import Confidential, ValueObject


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Ours(ValueObject):
    name: str
    noted: str = attrs.field(default="", eq=False)
    secret: str = attrs.field(default="", repr=False)
    masked: str = attrs.field(default="", repr=lambda text: f"<{len(text)}>")
    tags: list[str] = attrs.field(factory=list, hash=False)


@attrs.frozen(kw_only=True)
class Theirs:
    name: str
    noted: str = attrs.field(default="", eq=False)
    secret: str = attrs.field(default="", repr=False)
    masked: str = attrs.field(default="", repr=lambda text: f"<{len(text)}>")
    tags: list[str] = attrs.field(factory=list, hash=False)


class More(Ours):
    """Another class, of the same fields."""


@attrs.frozen(kw_only=True, slots=False, eq=False, repr=False)
class Nothing(ValueObject):
    """A value without a field."""


@pytest.mark.parametrize(
    "change", [{}, *({name: "b"} for name in ("name", "noted", "secret", "masked", "tags"))], ids="".join
)
def test_it_compares_hashes_and_shows_as_attrs_does(change: dict[str, Any]) -> None:
    ours, theirs = Ours(name="a"), Theirs(name="a")
    our, their = attrs.evolve(ours, **change), attrs.evolve(theirs, **change)
    assert (our == ours, our != ours) == (their == theirs, their != theirs)
    assert (hash(our) == hash(ours)) == (hash(their) == hash(theirs))
    assert repr(our) == repr(their).replace("Theirs", "Ours")


def test_another_class_is_another_value() -> None:
    assert Ours(name="a") != More(name="a")
    assert len({Ours(name="a"), Ours(name="a"), More(name="a")}) == 2
    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())


def kinds(kind: type[Any] = ValueObject) -> Iterator[type[Any]]:
    for each in kind.__subclasses__():
        yield from (each, *kinds(each))


def test_nothing_that_is_shared_is_made_again_and_no_class_twice() -> None:
    packages = (mfa.domain, mfa.application)
    for package in packages:
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    made = {
        each.__qualname__
        for each in kinds()
        for name in ("__eq__", "__hash__", "__repr__", "__slots__")
        if each.__module__.startswith(tuple(package.__name__ for package in packages))
        and getattr(each, name) not in {getattr(ValueObject, name), getattr(Confidential, name)}
    }
    assert made == set()
