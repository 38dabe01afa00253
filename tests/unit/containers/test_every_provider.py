"""Every provider of every container gives what its annotation says."""

import ast
import inspect
import sys
import textwrap
import typing
from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Any

import pytest
from dependency_injector import containers, errors, providers

from mfa.config import Config
from mfa.containers.core import CoreContainer
from mfa.containers.django import DjangoContainer
from mfa.containers.memory import MemoryContainer
from mfa.domain.methods.names import BUILT_IN

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
    if promise in {None, NoneType}:
        return value is None
    if getattr(promise, "_is_protocol", False):
        return all(hasattr(value, name) for name in promise.__abstractmethods__)
    return isinstance(value, promise)


@pytest.mark.parametrize("container", [CoreContainer, MemoryContainer, DjangoContainer])
def test_every_provider_is_annotated(container: Kind) -> None:
    assert set(promised(container)) == set(container.providers) - {"core"}


@pytest.mark.parametrize(("make", "declared"), [(memory, MemoryContainer), (django, DjangoContainer)])
def test_every_provider_of_a_platform_can_be_called(make: Make, declared: Kind) -> None:
    container = make()

    for name, promise in promised(declared).items():
        assert keeps(container.providers[name](), promise), name


@pytest.mark.parametrize("make", [memory, django])
def test_so_can_every_provider_of_the_core_in_it(make: Make) -> None:
    core = make().core

    for name, promise in promised(CoreContainer).items():
        assert keeps(getattr(core, name)(), promise), name
        assert keeps(getattr(core(), name)(), promise), name


@pytest.mark.parametrize("make", [memory, django])
def test_no_hole_is_left(make: Make) -> None:
    make().check_dependencies()
    make().core().check_dependencies()


def test_the_core_alone_has_a_hole_for_every_port() -> None:
    core: Any = CoreContainer()
    holes = {name for name, provider in core.providers.items() if isinstance(provider, providers.Dependency)}

    assert holes == {
        *("config", "clock", "entropy", "vault", "one_time_passwords", "qr_codes", "email_addressing"),
        *(
            "sms_addressing",
            "email_sender",
            "sms_sender",
            "authenticator_cryptography",
            "authenticator_models",
            "users",
            "holders",
            "token_issuer",
            "unit_of_work",
            "workshop",
        ),
    }
    with pytest.raises(errors.Error, match="undefined dependencies"):
        core.check_dependencies()


def test_without_settings_the_deployment_has_holes() -> None:
    with pytest.raises(errors.Error, match=r"config.*secret_keys|secret_keys.*config"):
        DjangoContainer().check_dependencies()


@pytest.mark.parametrize("make", [memory, django])
def test_containers_share_nothing_with_one_another(make: Make) -> None:
    one, other = make(), make()

    for name in ("clock", "entropy", "vault", "workshop", "accounts", "publisher"):
        assert one.providers[name]() is one.providers[name](), name
        assert one.providers[name]() is not other.providers[name](), name


@pytest.mark.parametrize("make", [memory, django])
@pytest.mark.parametrize("name", ["clock", "users", "unit_of_work"])
def test_an_override_reaches_every_use_case(make: Make, name: str) -> None:
    container, mine = make(), object()
    use_cases = [
        *("register_device", "dispatch_challenge", "void_challenge", "verify_challenge"),
        *("assess_token", "list_devices", "rename_device", "remove_device", "log_in_by_passkey"),
    ]

    with container.providers[name].override(providers.Object(mine)):
        for each in use_cases:
            assert getattr(getattr(container.core, each)().transactions, name) is mine, each

    for each in use_cases:
        assert getattr(getattr(container.core, each)().transactions, name) is not mine, each
