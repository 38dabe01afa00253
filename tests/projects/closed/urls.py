"""Views that say nothing of permissions, beside those that have to stay open: logins, joining, and a public one."""

from django.contrib.auth import get_user_model
from django.urls import path
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.projects import logins


class Diary(APIView):
    def get(self, request: Request) -> Response:
        return Response({"diary_of": request.user.get_username()})


@api_view(["POST"])
@permission_classes([AllowAny])
def join(request: Request) -> Response:
    get_user_model().objects.create_user(request.POST["username"], password=request.POST["password"])
    return Response(status=201)


@api_view(["GET"])
@permission_classes([AllowAny])
def prices(request: Request) -> Response:
    return Response({"coffee": 3})


urlpatterns = [
    *logins.urlpatterns,
    path("diary/", Diary.as_view()),
    path("join/", join),
    path("prices/", prices),
]
