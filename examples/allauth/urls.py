"""allauth's routes for browsers and apps, those of this package, and a view behind the gate."""

from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mfa.adapters.drf.permissions import IsVerified


class Payslips(APIView):
    """A view of the project's own."""

    permission_classes = (IsVerified,)

    def get(self, request: Request) -> Response:
        """Show what only somebody with a second factor sees."""
        return Response({"payslips": []})


urlpatterns = [
    path("_allauth/", include("allauth.headless.urls")),
    path("multi-factor/", include("mfa.urls")),
    path("payslips/", Payslips.as_view()),
]
