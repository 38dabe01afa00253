"""Who may pass: permissions for these routes and for the views of a project."""

from abc import abstractmethod

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from mfa.adapters import accessor
from mfa.adapters.drf.errors import api_exception, refusal_of
from mfa.application.verification import Standing
from mfa.domain.identifiers import Token

_STANDING = "_mfa_standing"


class IsTokenAuthenticated(BasePermission):
    """Pass requests that carry a token of the configured provider.

    Without credentials the answer is DRF's 401, or its 403 where the authentication class has no challenge.
    """

    message = _("Only a token can be verified; these credentials are none.")
    code = "token_required"

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether the credentials are such a token."""
        return _token(request) is not None


class _StandingPermission(IsTokenAuthenticated):
    """Passes tokens by their standing; the refusal is raised, because a header and a number belong to it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether the token may pass; raises ``MfaException``."""
        token = _token(request)
        if token is None:
            return False
        standing = _standing(request, token)
        if not self.suffices(standing):
            raise api_exception(refusal_of(standing), accessor.use_cases().token_provider.scheme)
        return True

    @abstractmethod
    def suffices(self, standing: Standing) -> bool:
        """Tell whether the standing is enough."""


class IsVerified(_StandingPermission):
    """Pass tokens that are verified.

    A refusal is raised rather than returned, so in a composition with ``|`` this stands last.
    """

    def suffices(self, standing: Standing) -> bool:
        """Tell whether the token has confirmed as many devices as are demanded."""
        return standing.verified


class IsVerifiedOrNoDevice(_StandingPermission):
    """Pass tokens that are verified, or that have confirmed every active device there is, recovery codes aside.

    So a user without a device can register the first one. A refusal is raised, as by ``IsVerified``.
    """

    def suffices(self, standing: Standing) -> bool:
        """Tell whether the token may register a device."""
        return standing.may_register


def _token(request: Request) -> Token | None:
    return accessor.use_cases().token_provider.token_of(request)


def _standing(request: Request, token: Token) -> Standing:
    """Assess a token once for each request, however many permissions ask; never across requests."""
    known = vars(request).get(_STANDING)
    if known is None or known[0] != token:
        known = (token, accessor.use_cases().assess_token(token))
        vars(request)[_STANDING] = known
    standing: Standing = known[1]
    return standing
