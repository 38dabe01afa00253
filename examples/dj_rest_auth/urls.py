"""dj-rest-auth's routes, with a login that tells how its token stands, and a view behind the gate."""

from dj_rest_auth.views import LoginView
from django.db.transaction import non_atomic_requests
from django.urls import include, path
from django.utils.decorators import method_decorator
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mfa.adapters.drf.login import standing_of
from mfa.adapters.drf.permissions import IsVerified


@method_decorator(non_atomic_requests, name="dispatch")
class Login(LoginView):
    """Log in; ``TOKEN_CREATOR`` has taken along what the body brought."""

    def get_response(self) -> Response:
        """Answer as dj-rest-auth does, and tell how the token stands."""
        response: Response = super().get_response()
        response.data = {**response.data, "mfa": standing_of(self.request, self.user, self.token)}
        response["Cache-Control"] = "no-store"
        return response


class Payslips(APIView):
    """A view of the project's own."""

    permission_classes = (IsVerified,)

    def get(self, request: Request) -> Response:
        """Show what only somebody with a second factor sees."""
        return Response({"payslips": []})


urlpatterns = [
    path("auth/login/", Login.as_view()),
    path("auth/", include("dj_rest_auth.urls")),
    path("multi-factor/", include("mfa.urls")),
    path("payslips/", Payslips.as_view()),
]
