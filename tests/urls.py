"""A small project: the package's routes, a login that replaces tokens, and a view behind the gate."""

from django.urls import include, path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mfa.adapters.drf.permissions import IsVerified
from mfa.adapters.tokens.authtoken import ObtainAuthToken


class ProtectedView(APIView):
    permission_classes = (IsVerified,)

    def get(self, request: Request) -> Response:
        return Response({"secret": "the project's own"})


urlpatterns = [
    path("multi-factor/", include("mfa.urls")),
    path("login/", ObtainAuthToken.as_view(), name="login"),
    path("protected/", ProtectedView.as_view(), name="protected"),
]
