"""A login for apps: they have a token of another site, by python-social-auth, and want one of this site."""

from typing import Any

from django.core import signing
from django.db.transaction import non_atomic_requests
from django.utils.decorators import method_decorator
from knox.models import AuthToken
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from social_core.backends.oauth import BaseOAuth2
from social_core.exceptions import AuthCredentialError, AuthException
from social_django.utils import load_backend, load_strategy

from mfa.adapters.drf.login import prove, standing_of


class Elsewhere(BaseOAuth2):
    """Stands for Google, or your company's own: here nobody else is asked what a token says."""

    name = "elsewhere"
    ID_KEY = "username"

    def user_data(self, access_token: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - as there
        """Return whom the other site has let in."""
        try:
            return {"username": signing.loads(str(access_token), salt="elsewhere", max_age=600)}
        except signing.BadSignature:
            raise AuthCredentialError(self) from None

    def get_user_details(self, response: dict[str, Any]) -> dict[str, Any]:
        """Return what a new user begins with."""
        return {"username": response["username"]}


class Shown(serializers.Serializer[Any]):
    """What an app shows."""

    access_token = serializers.CharField()


@method_decorator(non_atomic_requests, name="dispatch")
class SocialLogin(APIView):
    """Lets in by the token of another site, and takes the second factor along."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def post(self, request: Request) -> Response:
        """Exchange the token."""
        shown = Shown(data=request.data)
        shown.is_valid(raise_exception=True)
        backend = load_backend(load_strategy(request), "elsewhere", redirect_uri=None)
        try:
            user = backend.do_auth(shown.validated_data["access_token"])
        except AuthException:
            user = None
        if user is None or not user.is_active:
            raise AuthenticationFailed
        row, token = AuthToken.objects.create(user)
        prove(request, user, row)
        answer = {"token": token, "mfa": standing_of(request, user, row)}
        return Response(answer, headers={"Cache-Control": "no-store"})
