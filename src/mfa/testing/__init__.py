"""What a project's own tests need of this package; nothing else of it imports this."""

import difflib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from dependency_injector import providers
from django.apps import apps

from mfa.adapters.accessor import APP_LABEL
from mfa.adapters.memory.system import FrozenClock as FrozenClock
from mfa.containers.core import Overridable, arguments_of


@contextmanager
def override(**adapters: object) -> Iterator[None]:
    """Put other adapters in the place of providers of the deployment's container, as in ``clock=FrozenClock()``.

    Each is an adapter; a class, which is made once, with the settings where it takes them; or a provider. Routes,
    permissions and use cases see them at once, in all threads of the process, as behind a live server; and in the end
    everything is as it was, whatever has been overridden meanwhile. A use case that was taken from
    ``accessor.use_cases()`` before keeps what it has. Settings that change make another container: change them first.

    A decorator as well: an adapter then serves every call, a class is made for each. Raises ``TypeError`` for a name
    that the container does not have, having overridden nothing.
    """
    config: Any = apps.get_app_config(APP_LABEL)
    container = config.container
    for name in adapters.keys() - container.providers.keys():
        close = difflib.get_close_matches(name, container.providers, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(sorted(container.providers))}."
        raise TypeError(f"The container has no provider {name!r}: {hint}")
    with ExitStack() as stack:
        for name, adapter in adapters.items():
            provider = container.providers[name]
            stack.callback(_give_back, provider, provider.overridden)
            provider.override(_provider_of(adapter, container))
        Overridable.changed()
        yield


def _provider_of(adapter: object, container: Any) -> providers.Provider[Any]:  # noqa: ANN401 - of a project
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
