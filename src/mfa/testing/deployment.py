"""The container of the deployment under test, and other adapters in it for a while."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from dependency_injector import providers
from django.apps import apps

from mfa.adapters.accessor import APP_LABEL
from mfa.application.transactions import Transactions
from mfa.application.use_cases import UseCases
from mfa.containers.core import Overridable, arguments_of

Layer = Callable[[Any, ExitStack], None]
"""What is done to a container, and how it is undone."""

_layers: list[tuple[Layer, ExitStack]] = []
"""What lies over the container now, and over each that settings make in its place; the newest comes last."""


def app_config() -> Any:  # noqa: ANN401 - the class of the app config cannot be imported before there are models
    """Return the app config of this package; raises ``LookupError`` where it is not installed."""
    return apps.get_app_config(APP_LABEL)


def use_cases() -> UseCases:
    """Return what the deployment can do, with whatever is overridden just now."""
    deployed: UseCases = app_config().use_cases
    return deployed


def transactions() -> Transactions:
    """Return what every use case stands on: the account, the clock and the rules of the deployment."""
    return use_cases().assess_token.transactions


@contextmanager
def override(**adapters: object) -> Iterator[None]:
    """Put other adapters in the place of providers of the deployment's container, as in ``clock=FrozenClock()``.

    Each is an adapter; a class, which is made once, with the settings where it takes them; or a provider. Routes,
    permissions and use cases see them at once, in all threads of the process, as behind a live server; and in the end
    everything is as it was, whatever has been overridden meanwhile. A use case that was taken from
    ``accessor.use_cases()`` before keeps what it has. Settings that change meanwhile change nothing of it.

    A decorator as well: an adapter then serves every call, a class is made for each. Raises ``TypeError`` for a name
    that the container does not have, having overridden nothing.
    """
    container = app_config().container
    for name in adapters.keys() - container.providers.keys():
        close = difflib.get_close_matches(name, container.providers, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(sorted(container.providers))}."
        raise TypeError(f"The container has no provider {name!r}: {hint}")
    with ExitStack() as stack:
        lay(lambda laid, undo: _replace(adapters, laid, undo), stack)
        yield


def lay(layer: Layer, stack: ExitStack) -> None:
    """Do something to the container, and to each that settings make in its place, until the stack is closed."""
    config = app_config()
    if "_build" not in vars(config):
        vars(config)["_build"] = lambda: _built(type(config)._build(config))  # noqa: SLF001 - the kit stands in for settings
    entry = layer, stack
    layer(config.container, stack)
    _layers.append(entry)
    stack.callback(_layers.remove, entry)


def _built(container: Any) -> Any:  # noqa: ANN401 - as the app config has it
    for layer, stack in _layers:
        layer(container, stack)
    return container


def _replace(adapters: Mapping[str, object], container: Any, stack: ExitStack) -> None:  # noqa: ANN401 - as above
    for name in adapters.keys() & container.providers.keys():
        provider = container.providers[name]
        stack.callback(_give_back, provider, provider.overridden)
        provider.override(_provider_of(adapters[name], container))
    Overridable.changed()


def _provider_of(adapter: object, container: Any) -> providers.Provider[Any]:  # noqa: ANN401 - as above
    if isinstance(adapter, providers.Provider):
        return adapter
    if isinstance(adapter, type):
        return providers.ThreadSafeSingleton(adapter, *arguments_of(adapter, container.config))
    return providers.Object(adapter)


def _give_back(provider: providers.Provider[Any], before: tuple[providers.Provider[Any], ...]) -> None:
    provider.reset_override()
    for each in before:
        provider.override(each)
    Overridable.changed()
