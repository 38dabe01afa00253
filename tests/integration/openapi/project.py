"""A project with a view of its own behind the second factor, and a place to read what was sent."""

from typing import Any

from django.apps import apps
from django.urls import include, path
from drf_spectacular.utils import extend_schema, extend_schema_view, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mfa.adapters.accessor import APP_LABEL
from mfa.adapters.drf.permissions import IsVerified
from mfa.adapters.tokens.authtoken import ObtainAuthToken

_described = extend_schema(
    request=inline_serializer(
        "Credentials", {"username": serializers.CharField(), "password": serializers.CharField()}
    ),
    responses=inline_serializer("Login", {"token": serializers.CharField()}),
)

LoginView: Any = extend_schema_view(post=_described)(type("LoginView", (ObtainAuthToken,), {}))


class ProtectedView(APIView):
    permission_classes = (IsVerified,)

    @extend_schema(responses=inline_serializer("Secret", {"secret": serializers.CharField()}))
    def get(self, request: Request) -> Response:
        return Response({"secret": "the project's own"})


class OutboxView(APIView):
    @extend_schema(responses=inline_serializer("Sent", {"code": serializers.CharField()}))
    def get(self, request: Request) -> Response:
        config = apps.get_app_config(APP_LABEL)
        return Response({"code": config.container.email_sender().messages[-1].code})  # type: ignore[attr-defined]


urlpatterns = [
    path("multi-factor/", include("mfa.urls")),
    path("login/", LoginView.as_view()),
    path("protected/", ProtectedView.as_view()),
    path("outbox/", OutboxView.as_view()),
]
