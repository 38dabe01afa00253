"""Logins by password and by another site, the routes of hijack and of this package, and a view behind the gate."""

from django.urls import include, path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from hijack.views import AcquireUserView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from examples.neighbours.social import SocialLogin
from mfa.adapters.django.decorators import verified
from mfa.adapters.drf.permissions import IsVerified
from mfa.adapters.tokens.session import LoginView


class Payslips(APIView):
    """A view of the project's own."""

    permission_classes = (IsVerified,)

    @extend_schema(responses={200: {"type": "object", "properties": {"payslips_of": {"type": "string"}}}})
    def get(self, request: Request) -> Response:
        """Show what only somebody with a second factor sees."""
        return Response({"payslips_of": request.user.get_username()})


urlpatterns = [
    path("login/", LoginView.as_view()),
    path("social/token/", SocialLogin.as_view()),
    path("social/", include("social_django.urls", namespace="social")),
    path("hijack/acquire/", verified()(AcquireUserView.as_view())),
    path("hijack/", include("hijack.urls")),
    path("multi-factor/", include("mfa.urls")),
    path("payslips/", Payslips.as_view()),
    path("schema/", SpectacularAPIView.as_view()),
]
