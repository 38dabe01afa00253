"""What is remembered for one request: the account that a gate has judged, or that was read along with the token."""

from mfa.adapters import accessor
from mfa.application.ports.tokens import TokenProvider
from mfa.application.standing import Assessment, Standing
from mfa.application.use_cases import UseCases
from mfa.domain.accounts import Account
from mfa.domain.identifiers import Token

_ACCOUNT = "_mfa_account"


def standing_of(request: object, token: Token) -> Standing:
    """Tell how a token stands for a gate: by what it tells itself, where that decides, or else by its account.

    Raises ``MfaError``. Without the account this is as old as the token, so nothing of this package's own asks it.
    """
    use_cases = accessor.use_cases()
    recorder = use_cases.standing_recorder
    recorded = None if recorder is None else recorder.recorded(request)
    if recorded is not None:
        return use_cases.assess_token.recall(recorded)
    return use_cases.assess_token.stand(_account_of(request, token, use_cases))


def assessment_of(request: object, token: Token) -> Assessment:
    """Tell all about how a token stands, by its account. Raises ``MfaError``."""
    use_cases = accessor.use_cases()
    return use_cases.assess_token.judge(_account_of(request, token, use_cases))


def scheme_of(request: object, provider: TokenProvider) -> str:
    """Return the authentication scheme that a refusal of a request names."""
    token = None if request is None else provider.token_of(request)
    return (token.scheme if token is not None else "") or provider.scheme


def leave_account(credentials: object, account: Account) -> None:
    """Leave an account that was read along with a token on what authentication makes of that token."""
    vars(credentials)[_ACCOUNT] = account


def _account_of(request: object, token: Token, use_cases: UseCases) -> Account:
    """Read the account of a token once for each request, however many ask; never across requests.

    Where the authentication has read it along with the token, nothing more is read. A request of DRF stands on one of
    Django's, as which a gate has seen it before.
    """
    remembered = vars(getattr(request, "_request", request))
    known = remembered.get(_ACCOUNT)
    if known is None or known[0] != token:
        account = _account_left(getattr(request, "auth", None), token) or use_cases.assess_token.account(token)
        known = remembered[_ACCOUNT] = (token, account)
    read: Account = known[1]
    return read


def _account_left(credentials: object, token: Token) -> Account | None:
    account = getattr(credentials, _ACCOUNT, None)
    if isinstance(account, Account) and (account.user_id, account.token_id) == (token.user_id, token.id):
        return account
    return None
