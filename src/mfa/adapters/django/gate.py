"""Who may pass, for views that are Django's own: judged as by the permissions for Django REST framework."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

import attrs
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _

from mfa.adapters import accessor
from mfa.adapters.accessor import Told
from mfa.domain.errors import MfaError
from mfa.domain.policies import Requirement


@attrs.frozen(kw_only=True)
class Judgement:
    """What becomes of a request: the answer where it may not pass, or the headers of the answer where it may."""

    refusal: HttpResponseBase | None = None
    headers: Mapping[str, str] = MappingProxyType({})

    def announce(self, response: HttpResponseBase) -> None:
        """Put the headers into the answer of a view."""
        for name, value in self.headers.items():
            response.headers[name] = value


def judge(request: HttpRequest, requirement: Requirement | None) -> Judgement:
    """Judge a request as the permission ``IsVerified`` does.

    Without a token of the provider the answer is 401, with a challenge as RFC 9110 section 11.6.1 has it.
    """
    use_cases = accessor.use_cases()
    token = use_cases.token_provider.token_of(request)
    if token is None:
        body = {"detail": _("Authentication credentials were not provided."), "code": "not_authenticated"}
        challenge = {"WWW-Authenticate": use_cases.token_provider.scheme}
        return Judgement(refusal=_answer(Told(status=HTTPStatus.UNAUTHORIZED, body=body, headers=challenge)))
    scheme = token.scheme or use_cases.token_provider.scheme
    try:
        standing = accessor.standing_of(request, token)
        refused = standing.refusal(requirement)
    except MfaError as error:
        return Judgement(refusal=_answer(use_cases.told(error, scheme)))
    if refused is not None:
        return Judgement(refusal=_answer(use_cases.told(refused, scheme)))
    return Judgement(headers=accessor.grace_header(standing) if requirement is None else {})


def _answer(told: Told) -> JsonResponse:
    response = JsonResponse(dict(told.body), status=told.status, headers=dict(told.headers))
    response["Cache-Control"] = "no-store"
    return response
