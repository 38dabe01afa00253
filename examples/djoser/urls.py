"""djoser's routes, with a login that replaces the token, and a view behind the gate."""

from typing import Any

from django.contrib.auth import user_logged_in
from django.db.transaction import non_atomic_requests
from django.urls import include, path
from django.utils.decorators import method_decorator
from djoser.views import TokenCreateView, TokenDestroyView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mfa.adapters.drf.login import prove, standing_of
from mfa.adapters.drf.permissions import IsVerified
from mfa.adapters.tokens.authtoken import new_row, replaced_by


@method_decorator(non_atomic_requests, name="dispatch")
class Login(TokenCreateView):
    """Log in with another token than before, and take the second factor along."""

    def _action(self, serializer: Any) -> Response:  # noqa: ANN401 - as in djoser
        user, row = serializer.user, new_row(serializer.user)
        prove(self.request, user, row)
        replaced_by(row)
        user_logged_in.send(sender=type(user), request=self.request, user=user)
        answer = {"auth_token": row.key, "mfa": standing_of(self.request, user, row)}
        return Response(answer, headers={"Cache-Control": "no-store"})


class Payslips(APIView):
    """A view of the project's own."""

    permission_classes = (IsVerified,)

    def get(self, request: Request) -> Response:
        """Show what only somebody with a second factor sees."""
        return Response({"payslips": []})


urlpatterns = [
    path("auth/", include("djoser.urls")),
    # In the place of djoser.urls.authtoken, whose login would still answer at token/login, without the slash.
    path("auth/token/login/", Login.as_view()),
    path("auth/token/logout/", TokenDestroyView.as_view()),
    path("multi-factor/", include("mfa.urls")),
    path("payslips/", Payslips.as_view()),
]
