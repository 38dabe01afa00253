"""An admin behind the second factor, and what it answers to whoever is not let in."""

from functools import update_wrapper
from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from mfa.adapters import accessor, requests
from mfa.adapters.answers import answer_to
from mfa.adapters.django import conf, leading
from mfa.adapters.django.decorators import verification_exempt
from mfa.adapters.django.middleware import VerifiedMiddleware
from mfa.adapters.requests import Demanded
from mfa.domain.errors import MfaError, NotAllowed, Refused
from mfa.domain.identifiers import Token
from mfa.domain.policies import Requirement

NOT_VERIFIED = "mfa/admin/not_verified.html"


class VerifiedAdminSite(AdminSite):
    """Lets nobody in by a password alone; whoever has logged in and is not verified is told what to do, by a 403.

    It stands in ``default_site`` of an ``AdminConfig``, as ``mfa.adapters.django.admin_config`` has it, or is made as
    any other site is. The login and the logout are open. What it demands is demanded of everybody, also of a user of
    whom the policy demands nothing; a subclass may say more, or leave all to the policy by None.
    """

    mfa_requirement: ClassVar[Demanded | None] = Requirement()

    login = verification_exempt(AdminSite.login)
    logout = verification_exempt(AdminSite.logout)

    def has_permission(self, request: HttpRequest) -> bool:
        """Tell whether a user who may enter an admin is verified, too."""
        return super().has_permission(request) and self._refusal(request) is None

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - as in Django
        """Answer whoever may enter an admin but is not verified, without sending anybody round in a circle."""
        admitted = super().admin_view(view, cacheable)
        stock_permission = super().has_permission

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as above
            refused = self._refusal(request) if stock_permission(request) else None
            if refused is None:
                return admitted(request, *args, **kwargs)
            if view == self.logout:
                return never_cache(csrf_protect(view))(request, *args, **kwargs)
            return not_verified(self, request, refused)

        return update_wrapper(inner, view)

    def _refusal(self, request: HttpRequest) -> MfaError | None:
        token = token_of(request)
        if token is None:
            return NotAllowed()
        try:
            assessment = requests.assessment_of(request, token)
            return requests.first_refusal(assessment, requests.requirements_of(self.mfa_requirement) or (None,))
        except MfaError as error:
            return error


def token_of(request: HttpRequest) -> Token | None:
    """Return the token of whom the admin acts for; None where his login is no token of the provider."""
    token = accessor.use_cases().token_provider.token_of(request)
    return token if token is not None and token.user_id == str(request.user.pk) else None


def operator_refusal(site: AdminSite, request: HttpRequest) -> MfaError | None:
    """Return why whoever is in an admin may not act upon the accounts of others; None where he may.

    He has to have verified just now: in an admin behind the second factor whoever he is, and in any other if he has a
    device, which he relies on.
    """
    gated = isinstance(site, VerifiedAdminSite) or conf.has_middleware(VerifiedMiddleware)
    token = token_of(request)
    if token is None:
        return NotAllowed() if gated else None
    try:
        if gated or requests.assessment_of(request, token).enrolled:
            requests.demand_operator(request, token)
    except MfaError as error:
        return error
    return None


def not_verified(site: AdminSite, request: HttpRequest, refused: MfaError) -> HttpResponseBase:
    """Answer what is refused by a page that says what to do, and nothing of what lies behind it."""
    deployed = accessor.use_cases()
    answer = answer_to(refused, deployed.token_provider.scheme) if isinstance(refused, Refused) else None
    on = None if answer is None or request.method != "GET" else leading.led(request, answer)
    if on is not None:
        return on
    unavailable = not isinstance(refused, Refused | NotAllowed)
    context = {
        **site.each_context(request),
        "available_apps": [],
        "is_nav_sidebar_enabled": False,
        "code": refused.code,
        "again": isinstance(refused, Refused) and refused.requirement.max_age is not None,
        "username": request.user.get_username(),
        "back": request.get_full_path(),
        "verify": answer
        and deployed.verify_url
        and leading.address(deployed.verify_url, leading.question(request, answer)),
    }
    status = HTTPStatus.SERVICE_UNAVAILABLE if unavailable else HTTPStatus.FORBIDDEN
    response = TemplateResponse(request, NOT_VERIFIED, context, status=status)
    add_never_cache_headers(response)
    return response
