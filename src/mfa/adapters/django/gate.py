"""Who may pass, for views that are Django's own: judged as by the permissions for Django REST framework."""

from collections.abc import Mapping
from types import MappingProxyType

import attrs
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from mfa.adapters import accessor, requests
from mfa.adapters.answers import Answer, answer_to, grace_header, unauthenticated
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
    """Judge a request as the permission ``IsVerified`` does; without a token of the provider the answer is 401."""
    use_cases = accessor.use_cases()
    token = use_cases.token_provider.token_of(request)
    if token is None:
        return Judgement(refusal=_response(unauthenticated(use_cases.token_provider.scheme)))
    scheme = token.scheme or use_cases.token_provider.scheme
    try:
        standing = requests.standing_of(request, token)
        refused = standing.refusal(requirement)
    except MfaError as error:
        return Judgement(refusal=_response(answer_to(error, scheme, use_cases.step_up_status)))
    if refused is not None:
        return Judgement(refusal=_response(answer_to(refused, scheme, use_cases.step_up_status)))
    return Judgement(headers=grace_header(standing) if requirement is None else {})


def _response(answer: Answer) -> JsonResponse:
    response = JsonResponse(dict(answer.body), status=answer.status, headers=dict(answer.headers))
    response["Cache-Control"] = "no-store"
    return response
