"""The routes of the promises, and doors that end what is open: a logout, and an operator's lockdown."""

from django.contrib.auth import get_user_model, logout
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mfa.adapters import accessor
from mfa.application.operations import Operator
from mfa.domain.identifiers import UserId
from tests.projects.promises import urls as promises


class LogoutView(APIView):
    """Ends the token that comes with the request, whichever kind it is of."""

    permission_classes = (IsAuthenticated,)

    def post(self, request: Request) -> Response:
        if request.auth is None:
            logout(request)
        else:
            request.auth.delete()
        return Response(status=204)


@csrf_exempt
def login(request: HttpRequest, user_id: int) -> JsonResponse:
    """Gives a user one more token."""
    del request
    return JsonResponse({"key": promises.key(get_user_model().objects.get(pk=user_id))})


@csrf_exempt
def lock_down(request: HttpRequest, user_id: int) -> JsonResponse:
    del request
    ended = accessor.use_cases().operations.lock_down(UserId(str(user_id)), Operator(name="somebody"))
    return JsonResponse({"tokens": dict(ended.tokens)})


urlpatterns = [
    *promises.urlpatterns,
    path("logout/", LogoutView.as_view()),
    path("login/<int:user_id>/", login),
    path("lock-down/<int:user_id>/", lock_down),
]
