"""Containers of projects, as the docstring of ``mfa.containers.django`` tells them to be written."""

from typing import Any

from dependency_injector import containers, providers

from mfa.adapters.memory.delivery import OutboxSender
from mfa.adapters.memory.publishing import MemoryPublisher
from mfa.adapters.memory.system import FrozenClock, SeededEntropy
from mfa.containers.django import DjangoContainer


@containers.copy(DjangoContainer)
class Container(DjangoContainer):
    clock = providers.Singleton(FrozenClock)
    email_sender: Any = providers.Singleton(OutboxSender)


class Subclass(DjangoContainer):
    """The recipe without its first line."""

    clock = providers.Singleton(FrozenClock)


class Forgetful(containers.DeclarativeContainer):
    """Takes the settings, and holds nothing that the use cases need."""

    config: Any = providers.Dependency()
    secret_keys: Any = providers.Dependency()


@containers.copy(Container)
class CopyOfACopy(Container):
    """Replaces another provider, and something that no use case knows of."""

    entropy = providers.Singleton(SeededEntropy)
    extra: Any = providers.Singleton(dict)
    publisher: Any = providers.Singleton(MemoryPublisher)
