"""What browsers and password managers look for at the root of the site that passkeys are bound to (RFC 8615).

Anybody may read it and keep it for an hour, and nothing in it is of any user.
"""

from abc import abstractmethod
from collections.abc import Mapping

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import NoReverseMatch, reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import cache_control

from mfa.adapters import accessor
from mfa.application.use_cases import UseCases

CACHED = 3600
"""For how many seconds."""


@method_decorator((login_not_required, cache_control(public=True, max_age=CACHED)), name="dispatch")
class WellKnownView(View):
    """Answers one document; there is none where there are no passkeys."""

    http_method_names = ("get", "head", "options")
    mfa_exempt = True
    """The middleware lets everybody pass."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer the document; raises ``Http404`` where there is none."""
        use_cases = accessor.use_cases()
        if use_cases.list_passkeys is None:
            raise Http404
        return JsonResponse(self.document(request, use_cases))

    @abstractmethod
    def document(self, request: HttpRequest, use_cases: UseCases) -> Mapping[str, object]:
        """Return what is answered; raises ``Http404``."""


class RelatedOriginsView(WellKnownView):
    """Which pages of other domains may use the passkeys of this one (WebAuthn Level 3 section 5.11)."""

    def document(self, request: HttpRequest, use_cases: UseCases) -> Mapping[str, object]:
        """Return the origins; raises ``Http404`` where there are none."""
        if not use_cases.related_origins:
            raise Http404
        return {"origins": use_cases.related_origins}


class PasskeyEndpointsView(WellKnownView):
    """Where people create passkeys and look after them (W3C, A Well-Known URL for Relying Party Passkey Endpoints)."""

    def document(self, request: HttpRequest, use_cases: UseCases) -> Mapping[str, object]:
        """Return the addresses of the settings, or else of the pages where they are mounted; some may be unknown."""
        found = {
            "enroll": use_cases.passkey_enroll_url or _page(request, "register", "webauthn"),
            "manage": use_cases.passkey_manage_url or _page(request, "devices"),
        }
        return {name: address for name, address in found.items() if address}


def _page(request: HttpRequest, name: str, *arguments: str) -> str:
    try:
        return request.build_absolute_uri(reverse(f"mfa_pages:{name}", args=arguments))
    except NoReverseMatch:
        return ""
