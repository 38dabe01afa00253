"""Containers of projects: each declares what it replaces, and nothing else."""

from typing import Any

import attrs
from dependency_injector import containers, providers

from mfa.adapters.memory.delivery import OutboxSender
from mfa.adapters.memory.system import FrozenClock, SeededEntropy
from mfa.adapters.memory.unit_of_work import MemoryPublisher
from mfa.config import Config
from mfa.containers.django import DjangoContainer


class Container(containers.DeclarativeContainer):
    clock = providers.Singleton(FrozenClock)
    email_sender: Any = providers.Singleton(OutboxSender)


class Derived(Container):
    """Replaces others as well, one by what it is given of the built-in container, and one by what is its own."""

    config: Any = providers.Dependency(instance_of=Config)
    seed: Any = providers.Callable(lambda config: config.max_failures, config)
    entropy = providers.Singleton(SeededEntropy, seed)
    publisher: Any = providers.Singleton(MemoryPublisher)


class Copy(DjangoContainer):
    """Declares everything, by what it inherits from."""

    clock: Any = providers.Singleton(FrozenClock)


class Unfinished(containers.DeclarativeContainer):
    clock: Any = providers.Singleton(dict)


class NoContainer:
    pass


@attrs.frozen
class Stopped:
    """A clock that takes the settings, and is no adapter of the package's."""

    config: Config

    def now(self) -> object:
        return self.config
