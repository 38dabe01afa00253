"""What a project may mount beside, or in the place of, the stock routes."""

from typing import Any

from django.urls import include, path
from rest_framework.authentication import BasicAuthentication, SessionAuthentication, TokenAuthentication
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin

from mfa.adapters.drf.permissions import IsTokenAuthenticated, IsVerified, IsVerifiedOrNoDevice
from mfa.adapters.drf.routers import MultiFactorRegisterRouter, MultiFactorVerifierRouter
from mfa.adapters.drf.viewsets import MultiFactorRegistrationViewSet, MultiFactorVerifierViewSet
from tests import urls

CREDENTIALS = (SessionAuthentication, BasicAuthentication, TokenAuthentication)


class StrictRegistration(MultiFactorRegistrationViewSet):
    permission_classes = (IsVerified,)


class AnyCredentials(MultiFactorVerifierViewSet):
    authentication_classes = CREDENTIALS


class CareLess(MultiFactorVerifierViewSet):
    authentication_classes = CREDENTIALS
    permission_classes = (IsAuthenticated,)


class Plain(APIView):
    authentication_classes = CREDENTIALS

    def get(self, request: Request) -> Response:
        return Response({})


class TokenView(Plain):
    permission_classes = (IsTokenAuthenticated,)


class NewcomerView(Plain):
    permission_classes = (IsVerifiedOrNoDevice,)


class ComposedView(Plain):
    permission_classes = (IsAuthenticated & IsVerifiedOrNoDevice & IsVerified, IsVerified)


class StaffOrVerifiedView(Plain):
    permission_classes = (IsAdminUser | IsVerified,)


def routes(
    router: MultiFactorVerifierRouter | MultiFactorRegisterRouter, prefix: str, viewset: type[ViewSetMixin]
) -> list[Any]:
    router.register(prefix, viewset, basename=prefix or None)
    return list(router.urls)


urlpatterns = [
    *urls.urlpatterns,
    path(
        "strict/",
        include(
            [
                *routes(MultiFactorRegisterRouter(), "multi-factor/register", StrictRegistration),
                path("multi-factor/", include("mfa.urls")),
            ]
        ),
    ),
    path("any/", include(routes(MultiFactorVerifierRouter(), "", AnyCredentials))),
    *routes(MultiFactorVerifierRouter(trailing_slash=False), "careless", CareLess),
    path("by-hand/<str:index>", MultiFactorVerifierViewSet.as_view({"get": "retrieve", "post": "verify"})),
    path("by-number/<int:index>", MultiFactorVerifierViewSet.as_view({"get": "retrieve", "post": "verify"})),
    path("by-number/register/<int:index>", MultiFactorRegistrationViewSet.as_view({"post": "register"})),
    path("v/<str:version>/", include("mfa.urls")),
    path("token/", TokenView.as_view()),
    path("newcomer/", NewcomerView.as_view()),
    path("composed/", ComposedView.as_view()),
    path("staff/", StaffOrVerifiedView.as_view()),
]
