"""The one way to the use cases for what Django or Django REST framework build without arguments.

Permissions, authentication classes, commands, the admin and routers that a project mounts itself cannot be handed
anything, so they ask here, at each use: a provider that is overridden later is then seen. Nothing else looks
anything up.
"""

from typing import Protocol, cast

from django.apps import apps

from mfa.application.devices import ListDevices, RemoveDevice, RenameDevice
from mfa.application.ports.system import Vault
from mfa.application.ports.tokens import TokenProvider
from mfa.application.registration import RegisterDevice
from mfa.application.verification import AssessToken, DispatchChallenge, VerifyChallenge, VoidChallenge
from mfa.domain.methods.base import Methods

APP_LABEL = "multi_factor"


class UseCases(Protocol):
    """What a deployment can do, as the app config answers it."""

    @property
    def methods(self) -> Methods:
        """Return the configured methods."""

    @property
    def token_provider(self) -> TokenProvider:
        """Return who recognises tokens."""

    @property
    def vault(self) -> Vault:
        """Return who seals what leaves the process, such as a message in a queue."""

    @property
    def register_device(self) -> RegisterDevice:
        """Return the use case that binds a new device to a user."""

    @property
    def dispatch_challenge(self) -> DispatchChallenge:
        """Return the use case that sends a code."""

    @property
    def void_challenge(self) -> VoidChallenge:
        """Return the use case that voids what could not be delivered."""

    @property
    def verify_challenge(self) -> VerifyChallenge:
        """Return the use case that judges a value."""

    @property
    def assess_token(self) -> AssessToken:
        """Return the use case that tells how a token stands."""

    @property
    def list_devices(self) -> ListDevices:
        """Return the use case that lists devices."""

    @property
    def rename_device(self) -> RenameDevice:
        """Return the use case that renames a device."""

    @property
    def remove_device(self) -> RemoveDevice:
        """Return the use case that removes a device."""


class _Composed(Protocol):
    @property
    def use_cases(self) -> UseCases:
        """Return the use cases."""


def use_cases() -> UseCases:
    """Return the use cases of this deployment; raises ``ImproperlyConfigured`` where the settings are wrong."""
    return cast("_Composed", apps.get_app_config(APP_LABEL)).use_cases
