"""The two views of the demo that are not the package's."""

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from demo.walk import walk
from mfa.adapters.drf.permissions import IsVerified


class Protected(APIView):
    """What only a verified token gets to see."""

    permission_classes = (IsVerified,)

    def get(self, request: Request) -> Response:
        """Answer whoever passes."""
        return Response({"detail": "This token is verified: the route is open."})


def home(request: HttpRequest) -> HttpResponse:
    """Say where to look."""
    return HttpResponse(
        "The demo of drf-mfa: multi-factor authentication for Django REST framework.\n"
        "POST /login/ gives a token, GET /protected/ is behind the second factor, and the package's routes are under\n"
        f"/multi-factor/. Here is a walk for another terminal.\n{walk(int(request.get_port()))}",
        content_type="text/plain; charset=utf-8",
    )
