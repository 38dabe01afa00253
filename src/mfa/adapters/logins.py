"""What every login does with a second factor: takes it along, and tells how the new token stands.

A login prepares its token, so that it is known before there is one. What comes along is confirmed to that, and only
then is the token made: a wrong value leaves nothing behind.
"""

import logging
from collections.abc import Mapping
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import get_language
from rest_framework.request import Request

from mfa.adapters import accessor, cookies, requests
from mfa.adapters.answers import rejection
from mfa.adapters.exceptions import MfaException, exception_to
from mfa.adapters.serializers import (
    SecondFactorSerializer,
    StandingSerializer,
    VerifiableDeviceSerializer,
    made_once,
    represented,
)
from mfa.application.ports.unit_of_work import NotDurable
from mfa.application.trusts import ShowTrust, Trusted
from mfa.application.verification import Verified, Verify
from mfa.domain.accounts import Account
from mfa.domain.errors import InvalidField, MfaError
from mfa.domain.identifiers import Token

logger = logging.getLogger("mfa")


def standing(token: Token) -> dict[str, Any]:
    """Return how a token stands, as ``status/`` tells it, and which devices it may verify, by one read.

    Raises what DRF answers where the store is busy.
    """
    return shown(account_of(token))


def account_of(token: Token) -> Account:
    """Read the account as a token meets it; raises what DRF answers where the store is busy."""
    use_cases = accessor.use_cases()
    try:
        return use_cases.assess_token.account(token)
    except MfaError as error:
        raise exception_to(error, token, use_cases) from None


def shown(account: Account) -> dict[str, Any]:
    """Return how the token stands that an account was read with."""
    assess = accessor.use_cases().assess_token
    devices = [represented(VerifiableDeviceSerializer, each) for each in assess.verifiable(account)]
    return {**represented(StandingSerializer, assess.judge(account)), "devices": devices}


def confirm(body: object, token: Token, request: object = None, *, successor: Token | None = None) -> bool:
    """Confirm to a token what a body brings along, and tell whether it brings anything.

    That is ``value``, with or without ``index``, or else ``trust_token``. Raises what DRF answers: 401 to what is
    wrong, which is counted by then, and whatever a verification is refused by. ``successor`` is as for ``Verify``.
    Inside a transaction of somebody else's, where nothing could be counted, nothing is judged: 400, and a log record.

    Where the body brings neither, the cookie of ``TRUST_COOKIE`` may. Nobody has typed or chosen that: it may be the
    one of whoever used the browser before. So nothing is raised for it, whatever is wrong; it brings nothing then.
    """
    given = made_once(SecondFactorSerializer, get_language()).run_validation(body if isinstance(body, Mapping) else {})
    use_cases = accessor.use_cases()
    by_itself = given.keys().isdisjoint({"value", "trust_token"})
    kept = cookies.kept(request, use_cases.trust_cookie) if by_itself else given.get("trust_token")
    answer: object = None
    try:
        with nullcontext() if request is None else requests.acting_for(request, use_cases):
            if "value" in given:
                index = given.get("index")
                answer = use_cases.verify_challenge(
                    Verify(token=token, index=index, value=given["value"], successor=successor)
                )
            elif kept is not None:
                answer = use_cases.trust_browser(ShowTrust(token=token, kept=kept, successor=successor))
    except MfaError as error:
        if not by_itself:
            raise exception_to(error, token, use_cases) from None
    except NotDurable as mistake:
        logger.error("A login took no second factor along: %s", mistake)  # noqa: TRY400 - it says what to do
        if not by_itself:
            field = "value" if "value" in given else "trust_token"
            raise exception_to(InvalidField(field, "not_along"), token, use_cases) from None
    confirmed = isinstance(answer, Verified | Trusted)
    if not (confirmed or by_itself):
        raise MfaException(rejection())
    return confirmed


def token_of(request: Request, user: object, credentials: object) -> Token:
    """Return the token that a login has made: a row, a JSON web token, or without either the session of the request.

    Raises ``ImproperlyConfigured`` where that is none of the provider's.
    """
    carrying = carrier(request, user, credentials)
    token = accessor.use_cases().token_provider.token_of(carrying)
    if token is None:
        raise ImproperlyConfigured(
            f'{type(credentials).__name__} is no token of MFA["TOKEN_PROVIDER"]: hand over the row of a token, an '
            "AccessToken of a login of this package, or None after django.contrib.auth.login()"
        )
    return token


def carrier(request: Request, user: object, credentials: object) -> object:
    """Return what providers take for a request that these credentials have authenticated."""
    return request._request if credentials is None else SimpleNamespace(user=user, auth=credentials)  # noqa: SLF001 - DRF's own
