"""The views of the demo that are not the package's: its page, and what is behind the second factor."""

from datetime import timedelta
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views.static import serve
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from demo.walk import walk
from mfa.adapters.drf.permissions import IsVerified
from mfa.domain.policies import Requirement


class Protected(APIView):
    """What only a verified token gets to see."""

    permission_classes = (IsVerified,)

    def get(self, request: Request) -> Response:
        """Answer whoever passes."""
        return Response({"detail": "This token is verified: the route is open."})


class Transfer(APIView):
    """What wants a verification of the last five minutes."""

    permission_classes = (IsVerified,)
    mfa_requirement = Requirement(max_age=timedelta(minutes=5))

    def post(self, request: Request) -> Response:
        """Answer whoever has verified lately."""
        return Response({"detail": "Verified lately: the money is on its way."})


STATIC = Path(__file__).with_name("static")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may do: nothing but ask this site, by the module that is in it (Content Security Policy Level 3)."""


def home(request: HttpRequest) -> HttpResponseBase:
    """Show the page to a browser, and say to everybody else where to look."""
    answer = static(request, "page.html") if request.accepts("text/html") and not _any(request) else _walk(request)
    patch_vary_headers(answer, ["Accept"])
    return answer


def static(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer with a file of the page."""
    answer = serve(request, path, document_root=str(STATIC))
    answer["Content-Security-Policy"] = POLICY
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "no-cache"
    return answer


def _any(request: HttpRequest) -> bool:
    """Tell whether whatever asks takes anything, as curl does."""
    return request.headers.get("Accept", "*/*") == "*/*"


def _walk(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        "The demo of drf-mfa: multi-factor authentication for Django REST framework.\n"
        "POST /login/ gives a token, GET /protected/ is behind the second factor, and the package's routes are under\n"
        f"/multi-factor/. Here is a walk for another terminal.\n{walk(int(request.get_port()))}",
        content_type="text/plain; charset=utf-8",
    )
