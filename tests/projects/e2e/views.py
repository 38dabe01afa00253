"""What a project brings along: how one becomes a user, and how one logs in and out."""

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from knox.views import LoginView
from rest_framework.authtoken.serializers import AuthTokenSerializer
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class SignUp(APIView):
    """Takes whatever it is given for a name and an address: other ways than this one lead into a table of users."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        model: Any = get_user_model()
        wanted: Any = request.data
        user = model()
        setattr(user, model.get_email_field_name(), wanted["email"])
        setattr(user, model.USERNAME_FIELD, wanted["username"])
        user.set_password(wanted["password"])
        user.save()
        return Response({"id": str(user.pk)}, status=201)


class KnoxLogin(LoginView):  # type: ignore[misc]  # knox carries no types
    """Knox's own login, by password, as its documentation has it."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def post(self, request: Request, format: str | None = None) -> Response:  # noqa: A002 - as knox calls it
        serializer = AuthTokenSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        request.user = serializer.validated_data["user"]
        response: Response = super().post(request, format=format)
        return response


class BriefKnoxLogin(KnoxLogin):
    """A login for a few seconds."""

    def get_token_ttl(self) -> timedelta:
        return timedelta(seconds=10)


class AuthtokenLogout(APIView):
    permission_classes = (IsAuthenticated,)

    def post(self, request: Request) -> Response:
        token: Any = request.auth
        token.delete()
        return Response(status=204)
