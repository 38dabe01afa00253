"""The routes of the demo."""

from django.urls import include, path

from demo.views import Protected, home
from mfa.adapters.tokens.authtoken import ObtainAuthToken

urlpatterns = [
    path("", home),
    path("login/", ObtainAuthToken.as_view()),
    path("protected/", Protected.as_view()),
    path("multi-factor/", include("mfa.urls")),
]
