"""Routes of a project that has every kind of login, each with the real package's own views."""

from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import ensure_csrf_cookie
from knox.views import LoginView as KnoxLoginView
from knox.views import LogoutView as KnoxLogoutView
from rest_framework.authentication import BasicAuthentication
from rest_framework_simplejwt.views import TokenBlacklistView, TokenObtainPairView, TokenRefreshView

from mfa.adapters.tokens import jwt, knox, session
from mfa.adapters.tokens.authtoken import ObtainAuthToken
from tests.urls import ProtectedView


class KnoxLogin(KnoxLoginView):  # type: ignore[misc] # knox has no types
    authentication_classes = (BasicAuthentication,)


@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a page with a form")


urlpatterns = [
    path("knox/own/", knox.LoginView.as_view()),
    path("jwt/own/", jwt.TokenObtainPairView.as_view()),
    path("session/own/", session.LoginView.as_view()),
    path("multi-factor/", include("mfa.urls")),
    path("protected/", ProtectedView.as_view()),
    path("authtoken/login/", ObtainAuthToken.as_view()),
    path("knox/login/", KnoxLogin.as_view()),
    path("knox/logout/", KnoxLogoutView.as_view()),
    path("jwt/login/", TokenObtainPairView.as_view()),
    path("jwt/refresh/", TokenRefreshView.as_view()),
    path("jwt/logout/", TokenBlacklistView.as_view()),
    path("session/", page),
    path("session/login/", LoginView.as_view(next_page="/session/")),
    path("session/logout/", LogoutView.as_view(next_page="/session/")),
    path("session/password/", PasswordChangeView.as_view(success_url="/session/")),
]
