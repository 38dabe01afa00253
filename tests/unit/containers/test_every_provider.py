"""Every provider of every container gives what its annotation says."""

import ast
import inspect
import sys
import textwrap
import typing
from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Any, cast

import attrs
import pytest
from dependency_injector import containers, errors, providers

from mfa.application.use_cases import UseCases, make_use_cases
from mfa.config import PORTS, Config
from mfa.containers import core
from mfa.containers.django import DjangoContainer
from mfa.containers.memory import MemoryContainer
from mfa.domain.methods.names import BUILT_IN
from mfa.domain.methods.security_keys import SecurityKeys

EVERYTHING = Config(
    methods=BUILT_IN,
    sms_sender="mfa.adapters.memory.delivery.OutboxSender",
    webauthn_rp_id="example.com",
    webauthn_origins=("https://example.com",),
    passkey_login=True,
)


Make = Callable[[], MemoryContainer | DjangoContainer]
Kind = type[containers.DeclarativeContainer]


def memory() -> MemoryContainer:
    return MemoryContainer()


def django() -> DjangoContainer:
    return DjangoContainer(config=EVERYTHING, secret_keys=("a secret key",))


def promised(container: type[containers.DeclarativeContainer]) -> dict[str, Any]:
    """Return what the annotation of each provider promises, which is to be found in the source alone."""
    module = vars(sys.modules[container.__module__])
    [body] = ast.parse(textwrap.dedent(inspect.getsource(container))).body
    assert isinstance(body, ast.ClassDef)
    promises = {}
    for line in body.body:
        if isinstance(line, ast.AnnAssign) and "providers.Provider[" in ast.unparse(line.annotation):
            assert isinstance(line.target, ast.Name)
            assert isinstance(line.annotation, ast.Subscript)
            promises[line.target.id] = eval(ast.unparse(line.annotation.slice), module)  # noqa: S307 - our own source
    return promises


def keeps(value: object, promise: Any) -> bool:  # noqa: ANN401 - whatever stands in an annotation
    """Tell whether a value is what was promised: of that class, or with all that a Protocol asks for."""
    origin, arguments = typing.get_origin(promise), typing.get_args(promise)
    if origin in {UnionType, typing.Union}:
        return any(keeps(value, each) for each in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and all(keeps(each, arguments[0]) for each in value)
    if origin is Mapping:
        return isinstance(value, Mapping) and all(keeps(each, arguments[1]) for each in value.values())
    if origin is Callable or promise in {None, NoneType}:
        return callable(value) if origin else value is None
    if getattr(promise, "_is_protocol", False):
        return all(hasattr(value, name) for name in promise.__abstractmethods__)
    return isinstance(value, promise)


@pytest.mark.parametrize("container", [MemoryContainer, DjangoContainer])
def test_every_provider_is_annotated(container: Kind) -> None:
    assert set(promised(container)) == set(container.providers)


@pytest.mark.parametrize(("make", "declared"), [(memory, MemoryContainer), (django, DjangoContainer)])
def test_every_provider_can_be_called(make: Make, declared: Kind) -> None:
    container = make()

    for name, promise in promised(declared).items():
        assert keeps(container.providers[name](), promise), name


@pytest.mark.parametrize("make", [memory, django])
def test_what_is_composed_is_of_the_type_that_is_asked_for(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """What mypy cannot see: by its name, whatever a container declares is taken for an argument."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(core, "make_use_cases", given.update)
    container = make()
    container.use_cases()
    methods: list[Any] = [*container.methods()]
    sites = [method.relying_party for method in methods if isinstance(method, SecurityKeys)]

    wanted = typing.get_type_hints(make_use_cases)
    assert given.keys() == wanted.keys() - {"return"}
    for name, value in given.items():
        assert keeps(value, wanted[name]), name
    for part in (given["rules"], *methods, *sites):
        for name, want in typing.get_type_hints(type(part)).items():
            if any(getattr(each, "_is_protocol", False) for each in (want, *typing.get_args(want))):
                assert keeps(getattr(part, name), want), name


def test_what_the_settings_may_replace_are_adapters_with_these_ports() -> None:
    promises = promised(DjangoContainer)
    others = {"config", "secret_keys", "loader", "authenticator_models", "source_maker", "methods", "use_cases"}
    others |= {"handle_key", "passkey_providers"}

    def port(promise: Any) -> Any:  # noqa: ANN401 - what stands in an annotation
        return typing.get_args(promise)[0] if isinstance(promise, UnionType) else promise

    assert {name: port(promise) for name, promise in promises.items() if name not in others} == PORTS


@pytest.mark.parametrize("make", [memory, django])
def test_no_hole_is_left(make: Make) -> None:
    make().check_dependencies()


def test_without_settings_the_deployment_has_holes() -> None:
    with pytest.raises(errors.Error, match=r"config.*secret_keys|secret_keys.*config"):
        DjangoContainer().check_dependencies()


@pytest.mark.parametrize("make", [memory, django])
def test_containers_share_nothing_with_one_another(make: Make) -> None:
    one, other = make(), make()

    for name in ("clock", "entropy", "loader", "accounts", "publisher"):
        assert one.providers[name]() is one.providers[name](), name
        assert one.providers[name]() is not other.providers[name](), name


@pytest.mark.parametrize("make", [memory, django])
@pytest.mark.parametrize("name", ["clock", "users", "unit_of_work"])
def test_an_override_reaches_every_use_case_at_once_and_so_does_its_end(make: Make, name: str) -> None:
    container, mine = make(), object()
    own = container.use_cases()

    with container.providers[name].override(providers.Object(mine)):
        assert reached(container.use_cases(), name) == {mine}

    assert mine not in reached(container.use_cases(), name)
    assert container.use_cases() is not own


def reached(use_cases: UseCases, name: str) -> set[object]:
    """Return what the use cases of a container have under a name."""
    transactions = [getattr(each, "transactions", None) for each in attrs.asdict(use_cases, recurse=False).values()]
    return {getattr(each, name) for each in transactions if each is not None}


@pytest.mark.parametrize("make", [memory, django])
def test_an_override_reaches_whatever_depends_on_it(make: Make) -> None:
    """Each provider in turn, whatever else has been made from it before."""
    container, mine = make(), object()
    container.use_cases()
    for name in ("accounts", "entropy", "policy", "publisher", "throttle", "vault"):
        with container.providers[name].override(providers.Object(mine)):
            assert mine in every_part(container.use_cases()), name
        assert mine not in every_part(container.use_cases()), name


def every_part(thing: object, depth: int = 4) -> list[object]:
    """Return all that an object holds, and what that holds."""
    held = [*vars(thing).values()] if hasattr(thing, "__dict__") else []
    if attrs.has(type(thing)):
        held += [getattr(thing, field.name) for field in attrs.fields(cast("Any", type(thing)))]
    return held if depth == 0 else [*held, *(part for each in held for part in every_part(each, depth - 1))]
