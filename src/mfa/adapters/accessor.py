"""The one way to the use cases for what Django or Django REST framework build without arguments.

Permissions, authentication classes, commands, the admin and routers that a project mounts itself cannot be handed
anything, so they ask here, at each use: a provider that is overridden later is then seen. Nothing else looks
anything up.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Protocol, cast

import attrs
from django.apps import apps

from mfa.application.devices import ListDevices, RemoveDevice, RenameDevice
from mfa.application.dispatching import DispatchChallenge, VoidChallenge
from mfa.application.login import BeginPasskeyLogin, LogInByPasskey
from mfa.application.ports.repositories import AccountJoin
from mfa.application.ports.system import Vault
from mfa.application.ports.tokens import CredentialRenewer, StandingRecorder, TokenProvider
from mfa.application.registration import RegisterDevice
from mfa.application.standing import Assessment, AssessToken, Standing
from mfa.application.trusts import ListTrusts, RevokeTrust, TrustBrowser
from mfa.application.verification import VerifyChallenge
from mfa.domain.accounts import Account
from mfa.domain.errors import MfaError
from mfa.domain.identifiers import Token
from mfa.domain.methods.base import Methods

APP_LABEL = "multi_factor"

_ACCOUNT = "_mfa_account"

GRACE_HEADER = "MFA-Registration-Deadline"
"""Where an answer says until when its user may go without a device."""


@attrs.frozen(kw_only=True)
class Told:
    """An answer of HTTP: what a view of any framework needs to give it."""

    status: int
    body: Mapping[str, object]
    headers: Mapping[str, str]


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
    def step_up_status(self) -> int:
        """Return the status of a refusal."""

    def told(self, error: MfaError, scheme: str) -> Told:
        """Say what the core refuses as HTTP does, for views that are not of Django REST framework."""


class _Composed(Protocol):
    @property
    def use_cases(self) -> UseCases:
        """Return the use cases."""


def use_cases() -> UseCases:
    """Return the use cases of this deployment; raises ``ImproperlyConfigured`` where the settings are wrong."""
    return cast("_Composed", apps.get_app_config(APP_LABEL)).use_cases


def standing_of(request: object, token: Token) -> Standing:
    """Tell how a token stands for a gate: by what it tells itself, where that decides, or else by its account.

    Raises ``MfaError``. Without the account this is as old as the token, so nothing of this package's own asks it.
    """
    deployed = use_cases()
    recorder = deployed.standing_recorder
    recorded = None if recorder is None else recorder.recorded(request)
    if recorded is not None:
        return deployed.assess_token.recall(recorded)
    return deployed.assess_token.stand(_account_of(request, token, deployed))


def assessment_of(request: object, token: Token) -> Assessment:
    """Tell all about how a token stands, by its account. Raises ``MfaError``."""
    deployed = use_cases()
    return deployed.assess_token.judge(_account_of(request, token, deployed))


def _account_of(request: object, token: Token, deployed: UseCases) -> Account:
    """Read the account of a token once for each request, however many ask; never across requests.

    Where the authentication has read it along with the token, nothing more is read.
    """
    known = vars(request).get(_ACCOUNT)
    if known is None or known[0] != token:
        account = _account_along(getattr(request, "auth", None), token) or deployed.assess_token.account(token)
        known = vars(request)[_ACCOUNT] = (token, account)
    read: Account = known[1]
    return read


def leave_account(credentials: object, account: Account) -> None:
    """Leave an account that was read along with a token on what authentication makes of that token."""
    vars(credentials)[_ACCOUNT] = account


def _account_along(credentials: object, token: Token) -> Account | None:
    account = getattr(credentials, _ACCOUNT, None)
    if isinstance(account, Account) and (account.user_id, account.token_id) == (token.user_id, token.id):
        return account
    return None


def grace_header(standing: Standing) -> dict[str, str]:
    """Return the header that tells until when a user may go without a device, in UTC (RFC 3339); none of others."""
    until = standing.grace_until
    return {} if until is None else {GRACE_HEADER: f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
