"""The routes of the demo."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from demo.views import Protected, Transfer, bank, code, console, home, pay, phone, press
from mfa.adapters.tokens.authtoken import ObtainAuthToken

urlpatterns = [
    # In a browser, by a session.
    path("", home, name="home"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("security/", include("mfa.pages.urls")),
    path("bank/", bank, name="bank"),
    path("bank/pay/", pay, name="pay"),
    path("console/", console, name="console"),
    path("phone/", phone, name="phone"),
    path("phone/code/", code),
    path("phone/<int:entry>/press/", press, name="press"),
    path("admin/", admin.site.urls),
    # Over the API, by a token or a session.
    path("login/", ObtainAuthToken.as_view()),
    path("protected/", Protected.as_view()),
    path("transfer/", Transfer.as_view()),
    path("multi-factor/", include("mfa.urls")),
]
