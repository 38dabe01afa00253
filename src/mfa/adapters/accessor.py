"""The one way to the use cases for what Django or Django REST framework build without arguments.

Permissions, authentication classes, commands, the admin and routers that a project mounts itself cannot be handed
anything, so they ask here, at each use: a provider that is overridden later is then seen. Nothing else looks
anything up.
"""

from typing import Protocol, cast

from django.apps import apps

from mfa.application.devices import ListDevices, RemoveDevice, RenameDevice
from mfa.application.dispatching import DispatchChallenge, VoidChallenge
from mfa.application.login import BeginPasskeyLogin, LogInByPasskey
from mfa.application.ports.repositories import AccountJoin
from mfa.application.ports.system import Vault
from mfa.application.ports.tokens import CredentialRenewer, StandingRecorder, TokenProvider
from mfa.application.registration import RegisterDevice
from mfa.application.standing import AssessToken
from mfa.application.trusts import ListTrusts, RevokeTrust, TrustBrowser
from mfa.application.verification import VerifyChallenge
from mfa.config import Config
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
    def standing_recorder(self) -> StandingRecorder | None:
        """Return the provider, where its tokens tell themselves how they stand."""

    @property
    def credential_renewer(self) -> CredentialRenewer | None:
        """Return the provider, where it renews credentials."""

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

    @property
    def remembers_browsers(self) -> bool:
        """Tell whether browsers can be remembered."""

    @property
    def trust_browser(self) -> TrustBrowser:
        """Return the use case that counts a remembered browser."""

    @property
    def list_trusts(self) -> ListTrusts:
        """Return the use case that lists remembered browsers."""

    @property
    def revoke_trust(self) -> RevokeTrust:
        """Return the use case that forgets a browser."""

    @property
    def passkey_login(self) -> bool:
        """Tell whether a passkey alone logs in."""

    @property
    def begin_passkey_login(self) -> BeginPasskeyLogin:
        """Return the use case that makes options for a login."""

    @property
    def log_in_by_passkey(self) -> LogInByPasskey:
        """Return the use case that makes a token for a passkey."""

    @property
    def account_join(self) -> AccountJoin | None:
        """Return who reads accounts along with tokens; None where accounts are kept elsewhere."""

    @property
    def config(self) -> Config:
        """Return the settings."""

    @property
    def step_up_status(self) -> int:
        """Return the status of a refusal."""


class _Composed(Protocol):
    @property
    def use_cases(self) -> UseCases:
        """Return the use cases."""


def use_cases() -> UseCases:
    """Return the use cases of this deployment; raises ``ImproperlyConfigured`` where the settings are wrong."""
    return cast("_Composed", apps.get_app_config(APP_LABEL)).use_cases
