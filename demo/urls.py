"""The routes of the demo."""

from django.urls import include, path

from demo.views import Protected, Transfer, home, static
from mfa.adapters.tokens.authtoken import ObtainAuthToken

urlpatterns = [
    path("", home),
    path("static/<path:path>", static),
    path("login/", ObtainAuthToken.as_view()),
    path("protected/", Protected.as_view()),
    path("transfer/", Transfer.as_view()),
    path("multi-factor/", include("mfa.urls")),
]
