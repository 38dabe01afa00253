"""Tags for a project's own templates: ``{% load mfa_pages %}``."""

from django import template
from django.http import HttpRequest
from django.template import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from mfa.adapters import accessor, requests
from mfa.adapters.django import leading
from mfa.domain.errors import MfaError
from mfa.pages.visits import VERIFY

register = template.Library()

_MINUTE = 60


@register.simple_tag
def mfa_script() -> SafeString:
    """Write the element that loads the script of the pages, for a base template of a project's own."""
    return format_html('<script type="module" src="{}"></script>', static("mfa/pages.js"))


@register.simple_tag
def mfa_style() -> SafeString:
    """Write the element that loads the style of the pages."""
    return format_html('<link rel="stylesheet" href="{}">', static("mfa/pages.css"))


@register.simple_tag(takes_context=True)
def mfa_verified(context: Context, requirement: str | None = None) -> bool:
    """Tell whether the request may pass, by the policy or by a requirement that ``MFA["REQUIREMENTS"]`` names."""
    request = _request_of(context)
    token = accessor.use_cases().token_provider.token_of(request)
    if token is None:
        return False
    demanded = requests.requirements_of(requirement) or (None,)
    try:
        return requests.first_refusal(requests.standing_of(request, token), demanded) is None
    except MfaError:
        return False


@register.simple_tag(takes_context=True)
def mfa_step_up(context: Context) -> str:
    """Return the address of the page that verifies, from where the browser comes back to this one."""
    verify = accessor.use_cases().verify_url or VERIFY
    return leading.address(verify, {leading.NEXT: leading.way_back(_request_of(context))})


def _request_of(context: Context) -> HttpRequest:
    """Return the request that a page is rendered for, with a context processor or without one."""
    request: HttpRequest = getattr(context, "request", None) or context["request"]
    return request


@register.simple_tag
def mfa_wait(seconds: int) -> str:
    """Say how long to wait, in minutes from two on."""
    if seconds < 2 * _MINUTE:
        return ngettext("Wait %(count)d second.", "Wait %(count)d seconds.", seconds) % {"count": seconds}
    minutes = -(-seconds // _MINUTE)
    return ngettext("Wait %(count)d minute.", "Wait %(count)d minutes.", minutes) % {"count": minutes}
