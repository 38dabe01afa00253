"""The second factor for a whole site."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from mfa.adapters.django.decorators import EXEMPT
from mfa.adapters.django.gate import Judgement, judge
from mfa.domain.policies import Requirement

_JUDGEMENT = "_mfa_judgement"


class VerifiedMiddleware(MiddlewareMixin):
    """Has every view see only requests whose token is verified, and answers others as the decorator ``verified`` does.

    It stands after whatever puts the token on the request, such as Django's session and authentication middleware.
    Routes of this package pass, and so do views that are ``verification_exempt``, as a login has to be. A token that
    is only found inside the view, as by an ``Authorization`` header and Django REST framework, cannot be seen here:
    there, the permission ``IsVerified`` is the gate. A subclass may set ``mfa_requirement``.
    """

    mfa_requirement: ClassVar[Requirement | None] = None

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], args: Sequence[object], kwargs: dict[str, object]
    ) -> HttpResponseBase | None:
        """Answer a request that may not pass."""
        if getattr(view, EXEMPT, False):
            return None
        judgement = judge(request, self.mfa_requirement)
        vars(request)[_JUDGEMENT] = judgement
        return judgement.refusal

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Announce the end of a period of grace to whoever passed because of it."""
        judgement: Judgement | None = vars(request).get(_JUDGEMENT)
        if judgement is not None:
            judgement.announce(response)
        return response
