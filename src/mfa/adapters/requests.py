"""What every gate asks of a request: how its token stands, by an account that is read once, and what is demanded."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured

from mfa.adapters import accessor
from mfa.application.ports.audit import Origin, acting
from mfa.application.standing import Assessment, Standing
from mfa.application.use_cases import UseCases
from mfa.domain.accounts import Account
from mfa.domain.errors import Refused
from mfa.domain.identifiers import Token
from mfa.domain.policies import Requirement
from mfa.domain.proofs import Proofs

Demanded = Requirement | str | Iterable[Requirement | str]
"""What may stand in ``mfa_requirement``: a requirement, its name in the settings, or several that are all to be met."""

DEMANDED = "mfa_demanded"
"""The attribute of a view that says what its decorator demands, for the system checks to see."""

_ACCOUNT = "_mfa_account"
_PROOFS = "_mfa_proofs"


def requirements_of(demanded: Demanded | None) -> tuple[Requirement, ...]:
    """Return the requirements that are meant; raises ``ImproperlyConfigured`` for what is none."""
    if demanded is None:
        return ()
    several = (demanded,) if isinstance(demanded, (Requirement, str)) else tuple(demanded)
    return tuple(map(_requirement, several))


def _requirement(demanded: object) -> Requirement:
    if isinstance(demanded, Requirement):
        return demanded
    named = accessor.use_cases().requirements.get(demanded) if isinstance(demanded, str) else None
    if named is None:
        raise ImproperlyConfigured(f'{demanded!r} is no requirement, nor the name of one in MFA["REQUIREMENTS"]')
    return named


def first_refusal(standing: Standing, requirements: Iterable[Requirement | None]) -> Refused | None:
    """Return the refusal by the first requirement that is not met, None standing for the policy; None where all are."""
    return next(filter(None, map(standing.refusal, requirements)), None)


def standing_of(request: object, token: Token) -> Standing:
    """Tell how a token stands for a gate: by what it tells itself, where that decides, or else by its account.

    Raises ``MfaError``. Without the account this is as old as the token, so nothing of this package's own asks it.
    """
    use_cases = accessor.use_cases()
    recorder = use_cases.standing_recorder
    recorded = None if recorder is None else recorder.recorded(request)
    if recorded is not None:
        return use_cases.assess_token.recall(recorded)
    return use_cases.assess_token.stand(_proofs_of(request, token, use_cases))


def assessment_of(request: object, token: Token) -> Assessment:
    """Tell all about how a token stands, by its account. Raises ``MfaError``."""
    use_cases = accessor.use_cases()
    return use_cases.assess_token.judge(_account_of(request, token, use_cases))


def demand_operator(request: object, token: Token) -> None:
    """Refuse a token that may not act upon others, by its account. Raises ``MfaError``."""
    use_cases = accessor.use_cases()
    use_cases.assess_token.demand_operator(_account_of(request, token, use_cases))


def acting_for(request: object, use_cases: UseCases | None = None) -> AbstractContextManager[None]:
    """Have the user act from where a request comes, for as long as the block lasts: the audit trail says so."""
    return acting(Origin(client=(use_cases or accessor.use_cases()).client_address.client_of(request)))


def leave_account(credentials: object, account: Account) -> None:
    """Leave an account that was read along with a token on what authentication makes of that token."""
    vars(credentials)[_ACCOUNT] = account


def account_read(request: object, token: Token) -> Account | None:
    """Return the account of a token, where a gate or the authentication has read it for this request, or None."""
    known = _remembered(request).get(_ACCOUNT)
    if known is not None and known[0] == token:
        read: Account = known[1]
        return read
    account = getattr(getattr(request, "auth", None), _ACCOUNT, None)
    if isinstance(account, Account) and (account.user_id, account.token_id) == (token.user_id, token.id):
        return account
    return None


def user_name(request: object, token: Token) -> str | None:
    """Return what the user of a token is called, where authentication has read that for this request, or None."""
    user: Any = getattr(request, "user", None)
    stored = isinstance(user, get_user_model()) and str(user.pk) == token.user_id
    return str(user.get_username()) if stored else None


def _account_of(request: object, token: Token, use_cases: UseCases) -> Account:
    """Read the account of a token once for each request, however many ask; never across requests."""
    account = account_read(request, token) or use_cases.assess_token.account(token)
    _remembered(request)[_ACCOUNT] = (token, account)
    return account


def _proofs_of(request: object, token: Token, use_cases: UseCases) -> Proofs[Any]:
    """Read what a gate asks once for each request, however many gates there are, unless the account is known anyway."""
    account = account_read(request, token)
    if account is not None:
        return account
    known = _remembered(request).get(_PROOFS)
    if known is None or known[0] != token:
        known = _remembered(request)[_PROOFS] = (token, use_cases.assess_token.proofs(token))
    proofs: Proofs[Any] = known[1]
    return proofs


def _remembered(request: object) -> dict[str, Any]:
    """Return where a request keeps things; one of DRF stands on one of Django's, as which a gate has seen it before."""
    return vars(getattr(request, "_request", request))
