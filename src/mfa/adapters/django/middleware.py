"""The second factor for a whole site."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from mfa.adapters.answers import answer_to
from mfa.adapters.django.decorators import EXEMPT
from mfa.adapters.django.gate import Judgement, View, judge, respond
from mfa.adapters.requests import Demanded
from mfa.domain.errors import NotFound

_JUDGEMENTS = "_mfa_judgements"


class VerifiedMiddleware(MiddlewareMixin):
    """Has every view see only requests whose token is verified, and answers others as the decorator ``verified`` does.

    It stands after whatever puts the token on the request, such as Django's session and authentication middleware. A
    view of Django REST framework is asked how it authenticates, so such a request authenticates twice. Routes of this
    package pass, and so do views that are ``verification_exempt``, as a login has to be. What is answered without a
    view, as by a middleware that finds a page of its own, is judged as well; of a page that nobody finds, whoever may
    not pass hears no more than that. A subclass may set ``mfa_requirement``, and say what ``is_exempt``.
    """

    mfa_requirement: ClassVar[Demanded | None] = None

    def is_exempt(self, request: HttpRequest, view: View | None) -> bool:
        """Tell whether everybody may pass to a view, or to what is answered without one."""
        made_from = getattr(view, "cls", getattr(view, "view_class", None))
        return bool(getattr(view, EXEMPT, False) or getattr(made_from, EXEMPT, False))

    def process_view(
        self, request: HttpRequest, view: View, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> HttpResponseBase | None:
        """Answer a request that may not pass."""
        if self.is_exempt(request, view):
            return None
        judgement = judge(request, self.mfa_requirement, view, args, kwargs)
        vars(request).setdefault(_JUDGEMENTS, {})[self] = judgement
        return judgement.refusal

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Judge what was answered without a view, and announce the end of a period of grace to who passes for that."""
        judgement: Judgement | None = vars(request).get(_JUDGEMENTS, {}).get(self)
        if judgement is None and request.resolver_match is None and not self.is_exempt(request, None):
            judgement = judge(request, self.mfa_requirement)
            if judgement.refusal is not None:
                hidden = response.status_code == HTTPStatus.NOT_FOUND
                return respond(answer_to(NotFound(), "")) if hidden else judgement.refusal
        return response if judgement is None else judgement.announced(response)
