"""The bank's API, and the page as Vite has built it."""

from pathlib import Path

from django.contrib.auth import logout
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.static import serve
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mfa.adapters.drf.permissions import check_requirement
from mfa.adapters.tokens.session import LoginView

DIST = Path(__file__).resolve().parents[1] / "dist"
LARGE = 10_000


@method_decorator(ensure_csrf_cookie, name="dispatch")
class Session(APIView):
    """Tells the page who is logged in, and gives it the cookie against forgery that a login needs."""

    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        """Tell the name, or null."""
        return Response({"user": request.user.get_username() or None})

    def delete(self, request: Request) -> Response:
        """Log out."""
        logout(request)
        return Response(status=204)


class Transfer(serializers.Serializer[dict[str, str]]):
    """What somebody wants to send."""

    to = serializers.CharField(max_length=64)
    amount = serializers.IntegerField(min_value=1)


class Transfers(APIView):
    """Sends money: for those who have verified in the last minutes, and much of it by a passkey alone."""

    mfa_requirement = "transfer"

    def post(self, request: Request) -> Response:
        """Send it."""
        transfer = Transfer(data=request.data)
        transfer.is_valid(raise_exception=True)
        if transfer.validated_data["amount"] > LARGE:
            check_requirement(request, "large transfer")
        return Response(transfer.validated_data, status=201)


urlpatterns = [
    path("api/session/", Session.as_view()),
    path("api/login/", LoginView.as_view()),
    path("api/multi-factor/", include("mfa.urls")),
    path("api/transfers/", Transfers.as_view()),
    # On this machine only: elsewhere whatever serves a site's static files serves these.
    path("", serve, {"document_root": DIST, "path": "index.html"}),
    path("assets/<path:path>", serve, {"document_root": DIST / "assets"}),
]
